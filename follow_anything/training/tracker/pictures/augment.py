# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation over the frames of a clip: shape, colour, light, blur, compression."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

__all__ = ['blob_mask', 'degrade', 'recolour', 'sprite_warp']


JUMPS = 0.25
"""Share of the cameras whose light changes at once, half way."""


def blob_mask(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Draw a random outline that fills its box: ellipse, rectangle or a smooth star."""
    mask = np.zeros((height, width), np.uint8)
    kind = rng.random()
    if kind < 0.25:
        mask[:] = 255
        return mask
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(angles)
    if kind > 0.45:
        for order in range(2, 6):
            radius += rng.normal(0, 0.35 / order) * np.cos(order * angles + rng.uniform(0, 6.3))
    radius = radius.clip(0.25)
    points = np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1)
    points = (points - points.min(0)) / np.ptp(points, axis=0) * [width - 1, height - 1]
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    return mask


def recolour(rng: np.random.Generator, strength: float) -> Callable[[np.ndarray], np.ndarray]:
    """Make one change of colours of an RGBA sprite: channel mixing, gain and offset."""
    mix = np.eye(3)
    if rng.random() < strength:
        mix = mix[rng.permutation(3)] if rng.random() < 0.5 else mix
        mix = mix + rng.normal(0, 0.25 * strength, (3, 3))
    gain = np.exp(rng.normal(0, 0.3 * strength))
    offset = rng.normal(0, 20 * strength)

    def apply(sprite: np.ndarray) -> np.ndarray:
        out = sprite.copy()
        colour = cv2.transform(sprite[..., :3], mix * gain).astype(np.float32) + offset
        out[..., :3] = colour.clip(0, 255).astype(np.uint8)
        return out

    return apply


def sprite_warp(
    rng: np.random.Generator,
    frames: int,
) -> Callable[[np.ndarray, int, float], np.ndarray]:
    """
    Make a sequence of shapes of one sprite: it turns, leans, stretches and bends a little.

    :returns: warp(sprite RGBA, frame, size) -> RGBA; size is the square root of the box's area.
    """
    steps = np.arange(frames)
    angle = rng.normal(0, 8) + rng.normal(0, 5) * steps + rng.normal(0, 3, frames).cumsum()
    shear = rng.normal(0, 0.06, frames).cumsum()
    aspect = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, frames).cumsum())
    mirror = rng.random() < 0.5
    turns_round = int(rng.integers(1, frames)) if frames > 1 and rng.random() < 0.08 else frames
    bend = rng.random() < 0.5
    field = rng.normal(0, 0.05, (2, 4, 4))
    fields = [field + rng.normal(0, 0.025, (2, 4, 4)) for _ in range(frames)]

    def warp(sprite: np.ndarray, frame: int, size: float) -> np.ndarray:
        if mirror != (frame >= turns_round):
            sprite = sprite[:, ::-1]
        tall, wide = sprite.shape[:2]
        scale = size / np.sqrt(tall * wide)
        sx, sy = scale * np.sqrt(aspect[frame]), scale / np.sqrt(aspect[frame])
        if min(sx, sy) < 0.5:
            smaller = (max(2, round(wide * sx * 1.4)), max(2, round(tall * sy * 1.4)))
            sprite = cv2.resize(sprite, smaller, interpolation=cv2.INTER_AREA)
            tall, wide = sprite.shape[:2]
            sx = sy = 1 / 1.4
        turn = np.deg2rad(angle[frame])
        rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = rotate @ np.array([[1, shear[frame]], [0, 1]]) @ np.diag([sx, sy])
        corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]]) @ matrix.T
        low = corners.min(0) - 2
        extent = np.ceil(np.ptp(corners, axis=0) + 4).astype(int)
        matrix = np.hstack([matrix, -low[:, None]])
        # colour under the transparent part must not bleed in: blend premultiplied
        out: np.ndarray = cv2.warpAffine(
            np.ascontiguousarray(sprite),
            matrix,
            tuple(int(v) for v in extent),
            flags=cv2.INTER_LINEAR,
        )
        if bend:
            height, width = out.shape[:2]
            grid = [
                cv2.resize(
                    fields[frame][i].astype(np.float32),
                    (width, height),
                    interpolation=cv2.INTER_CUBIC,
                )
                for i in range(2)
            ]
            x, y = np.meshgrid(
                np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
            )
            out = cv2.remap(out, x + grid[0] * width, y + grid[1] * height, cv2.INTER_LINEAR)
        return out

    return warp


def _motion_kernel(length: int, angle: float) -> np.ndarray:
    kernel = np.zeros((length, length), np.float32)
    half = (length - 1) / 2
    dx, dy = np.cos(angle) * half, np.sin(angle) * half
    start = (round(half - dx), round(half - dy))
    stop = (round(half + dx), round(half + dy))
    cv2.line(kernel, start, stop, 1.0)
    return np.asarray(kernel / kernel.sum())


def degrade(
    rng: np.random.Generator,
    frames: int,
) -> Callable[[np.ndarray, int, float], np.ndarray]:
    """Make one camera: drifting light and white balance, blur, noise, grey video and JPEG."""
    gain = np.exp((rng.normal(0, 0.2) + rng.normal(0, 0.08, frames).cumsum()).clip(-0.5, 0.5))
    if rng.random() < JUMPS:  # from sun to shade, or into a lamp
        gain[frames // 2 :] *= np.exp(rng.normal(0, 0.4))
    balance = np.exp(rng.normal(0, 0.06, 3) + rng.normal(0, 0.02, (frames, 3)).cumsum(0))
    gamma = np.exp(rng.normal(0, 0.2))
    grey = rng.random() < 0.1
    noise = rng.choice([0.0, 3.0, 8.0], p=[0.5, 0.35, 0.15])
    quality = int(rng.choice([0, 40, 65, 85]))
    blur = rng.random(frames) < 0.25
    levels = np.linspace(0, 1, 256)

    def look(frame: np.ndarray, f: int, size: float) -> np.ndarray:
        table = 255 * (levels[:, None] * gain[f] * balance[f]).clip(0, 1) ** gamma
        frame = cv2.LUT(frame, table.astype(np.uint8)[None])
        if grey:
            frame = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if blur[f]:
            if rng.random() < 0.6:
                length = int(max(3, size * rng.uniform(0.05, 0.35)))
                frame = cv2.filter2D(frame, -1, _motion_kernel(length, rng.uniform(0, np.pi)))
            else:
                frame = cv2.GaussianBlur(frame, (0, 0), max(size * rng.uniform(0.01, 0.05), 0.4))
        if noise:
            grain = np.empty(frame.shape, np.int16)
            cv2.setRNGSeed(int(rng.integers(2**31)))  # or the same scene would differ each time
            cv2.randn(grain, 0, noise)
            frame = cv2.add(frame, grain, dtype=cv2.CV_8U)
        if quality:
            _, packed = cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
            frame = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        return frame

    return look
