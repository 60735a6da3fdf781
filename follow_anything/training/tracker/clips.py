# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Longer synthetic videos of held-out assets, to choose the online loop's settings on.

One target among two distractors or strangers over a photo; the camera sways, an occluder passes,
the target may leave the picture. Written in the layout that evaluation/tracking/dataset.py reads,
with nan where less than a tenth of the target can be seen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
from follow_anything.training.tracker.pictures.augment import recolour
from follow_anything.training.tracker.pictures.library import Library
import numpy as np

__all__ = ['main', 'make_clip']

WIDTH_PX, HEIGHT_PX = 480, 360
HIDDEN_SHARE = 0.1


def _smooth(rng: np.random.Generator, frames: int, amplitude: float, dims: int = 1) -> np.ndarray:
    """Sum of three slow waves, (frames, dims)."""
    time = np.arange(frames)[:, None] / 60.0
    out = np.zeros((frames, dims))
    for octave in (0.5, 1.0, 2.5):
        phase, rate = rng.uniform(0, 2 * np.pi, dims), octave * rng.uniform(0.5, 1.5, dims)
        out += np.sin(2 * np.pi * rate * time + phase) * amplitude * rng.uniform(0.3, 1.0) / octave
    return out


def _shape(sprite: np.ndarray, size: float, angle: float, aspect: float) -> np.ndarray:
    """Scale and turn an RGBA sprite about its centre on a canvas that holds it."""
    tall, wide = sprite.shape[:2]
    scale = size / np.sqrt(tall * wide)
    while scale < 0.5 and min(tall, wide) > 8:
        sprite = cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        tall, wide = sprite.shape[:2]
        scale = size / np.sqrt(tall * wide)
    side = int(np.hypot(tall, wide) * scale * max(aspect, 1 / aspect)) + 4
    cosine, sine = np.cos(angle), np.sin(angle)
    stretch = np.diag([scale * aspect, scale / aspect])
    matrix = np.array([[cosine, -sine], [sine, cosine]]) @ stretch
    offset = side / 2 - matrix @ [wide / 2, tall / 2]
    matrix = np.hstack([matrix, offset[:, None]])
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(sprite), matrix, (side, side)))


def _stamp(
    frame: np.ndarray, mask: np.ndarray, sprite: np.ndarray, at: np.ndarray, number: int
) -> tuple[np.ndarray, int]:
    """Blend a sprite centred at (x, y); returns its full box and opaque area."""
    side = len(sprite)
    x, y = (round(float(v) - side / 2) for v in at)
    ys, xs = np.nonzero(sprite[..., 3] > 100)
    if len(xs) == 0:
        return np.zeros(4), 0
    low = np.array([max(-x, 0), max(-y, 0)])
    high = np.array([min(side, frame.shape[1] - x), min(side, frame.shape[0] - y)])
    if (high > low).all():
        part = sprite[low[1] : high[1], low[0] : high[0]]
        window = (slice(y + low[1], y + high[1]), slice(x + low[0], x + high[0]))
        alpha = part[..., 3:].astype(np.float32) / 255
        frame[window] = (frame[window] * (1 - alpha) + part[..., :3] * alpha).astype(np.uint8)
        mask[window][part[..., 3] > 100] = number
    return np.array([x + xs.min(), y + ys.min(), x + xs.max() + 1, y + ys.max() + 1]), len(xs)


def make_clip(
    rng: np.random.Generator,
    library: Library,
    frames: int = 80,
) -> tuple[list[np.ndarray], np.ndarray]:
    """
    Draw one video.

    :returns: RGB frames (360, 480, 3) and boxes (frames, 4), x y width height, nan when hidden.
    """
    photo = library.photo(rng)
    fill = max(WIDTH_PX / photo.shape[1], HEIGHT_PX / photo.shape[0])
    zoom = max(1.3 * fill, rng.uniform(0.6, 1.5))
    size = np.exp(rng.uniform(np.log(25), np.log(85)))
    camera = _smooth(rng, frames, rng.choice([0, 10, 25]), 2)
    groups = [library.group(rng) for _ in range(3)]
    if rng.random() < 0.5:
        groups[1] = groups[0]
    paths, angles, sizes, aspects, starts = [], [], [], [], []
    for _ in groups:
        travel = _smooth(rng, frames, rng.choice([15, 40, 90]), 2) * [1.4, 0.8]
        start = np.array([WIDTH_PX / 2, HEIGHT_PX / 2]) + rng.normal(0, size, 2)
        paths.append(travel + start + camera)
        angles.append(_smooth(rng, frames, 0.15)[:, 0])
        sizes.append(size * np.exp(rng.normal(0, 0.2) + _smooth(rng, frames, 0.2)[:, 0]))
        aspects.append(np.exp(_smooth(rng, frames, 0.08)[:, 0]))
        starts.append(int(rng.integers(1000)))
    tints = [recolour(rng, 0.5 if k == 1 else 0.2) for k in range(3)]
    occluder, blocked = library.group(rng)[0], rng.random() < 0.6
    middle = int(rng.integers(frames // 3, 2 * frames // 3))
    velocity = rng.uniform(0.06, 0.2) * size * rng.choice([-1, 1])
    occluder_size = size * rng.uniform(0.8, 1.8)
    turning, light = rng.random() < 0.6, np.exp(_smooth(rng, frames, 0.12)[:, 0])
    quality = int(rng.integers(50, 95))
    blur, noise = rng.random() < 0.3, rng.choice([0.0, 4.0])
    pictures, boxes = [], np.full((frames, 4), np.nan)
    for f in range(frames):
        offset = np.array([WIDTH_PX, HEIGHT_PX]) / 2 + camera[f]
        offset = offset - zoom * np.array(photo.shape[1::-1]) / 2
        frame = cv2.warpAffine(
            photo,
            np.array([[zoom, 0, offset[0]], [0, zoom, offset[1]]]),
            (WIDTH_PX, HEIGHT_PX),
            borderMode=cv2.BORDER_REFLECT_101,
        )
        mask = np.zeros(frame.shape[:2], np.uint8)
        # the target is drawn between the others: one passes behind it, one in front
        for k in (1, 0, 2):
            group = groups[k]
            view = (starts[k] + (f // 12 if turning else 0)) % len(group)
            sprite = _shape(tints[k](group[view]), sizes[k][f], angles[k][f], aspects[k][f])
            box, area = _stamp(frame, mask, sprite, paths[k][f], k + 1)
            if k == 0:
                truth, full = box, area
        if blocked:
            at = paths[0][middle] + [velocity * (f - middle), 0] + camera[f] - camera[middle]
            _stamp(frame, mask, _shape(occluder, occluder_size, 0.0, 1.0), at, 9)
        if full and (mask == 1).sum() / full >= HIDDEN_SHARE:
            low, high = truth[:2].clip(0), np.minimum(truth[2:], [WIDTH_PX, HEIGHT_PX])
            boxes[f] = [*low, *(high - low)]
        frame = (frame * light[f]).clip(0, 255).astype(np.uint8)
        if blur and f % 7 < 3:
            frame = cv2.blur(frame, (max(2, int(size * 0.12)), 1))
        if noise:
            grain = np.empty(frame.shape, np.int16)
            cv2.setRNGSeed(int(rng.integers(2**31)))  # the same seed, the same clip
            cv2.randn(grain, 0, noise)
            frame = cv2.add(frame, grain, dtype=cv2.CV_8U)
        _, packed = cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pictures.append(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return pictures, boxes


def main(arguments: list[str] | None = None) -> None:
    """Write clips of held-out assets as a dataset of sequences."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('--assets', type=Path, default=Path('out/train/assets'))
    parser.add_argument('--out', type=Path, default=Path('out/train/clips'))
    parser.add_argument('--clips', type=int, default=40)
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    library = Library(options.assets, held_out=True)
    number = 0
    for attempt in range(options.clips * 4):
        frames, boxes = make_clip(np.random.default_rng([options.seed, attempt]), library)
        # a target that starts hidden or is mostly hidden tells nothing about tracking
        seen = np.isfinite(boxes[:, 0])
        if not seen[0] or seen.mean() < 0.5 or boxes[0, 2:].min() < 12:
            continue
        folder = options.out / f'clip_{number:03d}'
        (folder / 'img').mkdir(parents=True, exist_ok=True)
        for f, frame in enumerate(frames):
            path = folder / 'img' / f'{f + 1:04d}.jpg'
            cv2.imwrite(str(path), frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        np.savetxt(folder / 'groundtruth.txt', boxes, '%.1f', ',')
        number += 1
        if number == options.clips:
            break
    print(number, 'clips in', options.out)


if __name__ == '__main__':
    main()
