# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing on pictures: box, state, command, who else may be meant, and why the robot holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import cv2
from follow_anything.core.types import (
    Box,
    Detections,
    Rated,
    TargetState,
    UInt8Array,
    VelocityCommand,
)
from follow_anything.core.world.chart import Ellipse
import numpy as np

__all__ = ['COLORS', 'Remarks', 'annotate', 'outline']

COLORS = {
    TargetState.IDLE: (200, 200, 200),
    TargetState.SEARCHING: (80, 170, 255),
    TargetState.CONFIRMING: (255, 210, 60),
    TargetState.TRACKING: (70, 220, 110),
    TargetState.OCCLUDED: (255, 150, 40),
    TargetState.AMBIGUOUS: (200, 100, 255),
    TargetState.LOST: (245, 70, 70),
}
"""RGB of every state; config/follow.rviz and the plots use the same."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
MAX_SPEED, MAX_YAW_RATE = 3.0, 1.2
"""Full length of the command's arrows, m/s and rad/s."""


FAR_PX = 30_000
"""Nothing is drawn further off: OpenCV refuses numbers that a foreign box may have."""

LONGEST_LINE = 90
"""Letters of a sentence on a picture; the rest of it is left out."""


@dataclass(frozen=True)
class Remarks:
    """
    What else is drawn on a picture.

    :param candidates: who may be the target, with ids. :param expected: where the target is
        believed to be. :param reason: why the robot holds.
    """

    candidates: Sequence[Rated] = ()
    expected: Ellipse | None = None
    reason: str = ''


NO_REMARKS = Remarks()


def annotate(
    rgb: UInt8Array,
    state: TargetState,
    box: Box | None = None,
    presence: float | None = None,
    command: VelocityCommand | None = None,
    remarks: Remarks = NO_REMARKS,
) -> UInt8Array:
    """
    Return a copy of a picture, uint8 (H, W, 3), RGB, with what is known drawn on it.

    :param box: of the target, pixels. :param presence: belief that it is visible, [0, 1].
    :param command: velocity sent to the robot. :param remarks: what else is known.
    """
    picture = rgb.copy()
    color = COLORS[state]
    scale = max(0.4, picture.shape[1] / 1280)
    for candidate in remarks.candidates:
        _candidate(picture, candidate, scale)
    if remarks.expected is not None:
        _ellipse(picture, remarks.expected, color)
    if box is not None:
        _brackets(picture, box, color)
    _banner(picture, state, presence, color, scale)
    if remarks.reason:
        place = (8, picture.shape[0] - 10)
        _text(picture, remarks.reason[:LONGEST_LINE], place, (255, 255, 255), scale)
    if command is not None:
        _compass(picture, command, color)
    return picture


def _candidate(picture: UInt8Array, candidate: Rated, scale: float) -> None:
    color = COLORS[TargetState.AMBIGUOUS]
    x1, y1, x2, y2 = _corners(candidate.box)
    for shade, thickness in (((0, 0, 0), 3), (color, 1)):
        cv2.rectangle(picture, (x1, y1), (x2, y2), shade, thickness, cv2.LINE_AA)
    text = f'{candidate.number}: {candidate.probability:.0%}'
    _text(picture, text, (x1, max(12, y1 - 6)), color, scale)


def _ellipse(picture: UInt8Array, expected: Ellipse, color: tuple[int, int, int]) -> None:
    """Draw where the target is expected; not what is larger than the picture: it says nothing."""
    height, width = picture.shape[:2]
    (x, y), (along, across) = expected.center, expected.axes
    if along > max(width, height) or not (0 <= x < width and 0 <= y < height):
        return
    center, axes = (round(x), round(y)), (max(2, round(along)), max(2, round(across)))
    turn = math.degrees(expected.angle)
    for shade, thickness in (((0, 0, 0), 3), (color, 1)):
        cv2.ellipse(picture, center, axes, turn, 0, 360, shade, thickness, cv2.LINE_AA)


def outline(rgb: UInt8Array, found: Detections) -> UInt8Array:
    """Return a copy of a picture, uint8 (H, W, 3), RGB, with detections drawn, best on top."""
    picture = rgb.copy()
    scale = max(0.4, picture.shape[1] / 1280)
    for index in reversed(range(len(found))):
        color = COLORS[TargetState.TRACKING if index == 0 else TargetState.CONFIRMING]
        box = found.box(index)
        if found.masks is not None:
            inside = found.masks[index]
            picture[inside] = (picture[inside] * 0.6 + np.array(color) * 0.4).astype(np.uint8)
        _brackets(picture, box, color)
        text = f'{found.scores[index]:.2f}  {found.label_of(index)}'
        _text(picture, text, (round(box.x1), max(12, round(box.y1) - 6)), color, scale)
    return picture


def _corners(box: Box) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (round(min(FAR_PX, max(-FAR_PX, value))) for value in box.xyxy)
    return x1, y1, x2, y2


def _brackets(picture: UInt8Array, box: Box, color: tuple[int, int, int]) -> None:
    """Draw the corners only: the target stays visible."""
    x1, y1, x2, y2 = _corners(box)
    arm = max(4, round(min(x2 - x1, y2 - y1) * 0.25))
    for x, y, dx, dy in ((x1, y1, 1, 1), (x2, y1, -1, 1), (x1, y2, 1, -1), (x2, y2, -1, -1)):
        for shade, thickness in (((0, 0, 0), 4), (color, 2)):
            cv2.line(picture, (x, y), (x + dx * arm, y), shade, thickness, cv2.LINE_AA)
            cv2.line(picture, (x, y), (x, y + dy * arm), shade, thickness, cv2.LINE_AA)


def _banner(
    picture: UInt8Array,
    state: TargetState,
    presence: float | None,
    color: tuple[int, int, int],
    scale: float,
) -> None:
    text = state.value if presence is None else f'{state.value}  {presence:.2f}'
    (width, height), _ = cv2.getTextSize(text, FONT, scale, 1)
    pad = height // 2 + 2
    corner = (width + 4 * pad + height, height + 2 * pad)
    picture[: corner[1], : corner[0]] //= 3
    center = (pad + height // 2, pad + height // 2)
    cv2.circle(picture, center, height // 2, color, -1, cv2.LINE_AA)
    _text(picture, text, (2 * pad + height, pad + height), (255, 255, 255), scale)


def _compass(picture: UInt8Array, command: VelocityCommand, color: tuple[int, int, int]) -> None:
    """Draw the command from above: up is forward, the arc is the turn."""
    radius = max(18, picture.shape[1] // 22)
    center = (picture.shape[1] - radius - 10, picture.shape[0] - radius - 10)
    cv2.circle(picture, center, radius, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.circle(picture, center, radius, (230, 230, 230), 1, cv2.LINE_AA)
    forward = max(-1.0, min(1.0, command.vx / MAX_SPEED))
    tip = (center[0], center[1] - round(forward * radius))
    cv2.arrowedLine(picture, center, tip, color, 2, cv2.LINE_AA, tipLength=0.3)
    turn = max(-1.0, min(1.0, command.yaw_rate / MAX_YAW_RATE)) * 90
    size = (radius - 4, radius - 4)
    cv2.ellipse(picture, center, size, -90, 0, -turn, color, 3, cv2.LINE_AA)


def _text(
    picture: UInt8Array,
    text: str,
    origin: tuple[int, int],
    color: tuple[int, int, int],
    scale: float,
) -> None:
    cv2.putText(picture, text, origin, FONT, scale, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, text, origin, FONT, scale, color, 1, cv2.LINE_AA)
