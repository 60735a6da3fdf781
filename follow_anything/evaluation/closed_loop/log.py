# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The log of one session of following, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, TargetState, VelocityCommand
import numpy as np

__all__ = [
    'CLICK_VISIBILITY',
    'MEANING',
    'STALE_S',
    'VISIBLE_SHARE',
    'WRONG_OVERLAP',
    'CommandRow',
    'FollowLog',
    'FrameRow',
    'durations',
]

CLICK_VISIBILITY = 0.8
"""An operator clicks on a target of which at least this share is in view."""

VISIBLE_SHARE = 0.25
"""A target counts as visible when at least this share of its surface is in the picture."""

WRONG_OVERLAP = 0.1
"""A box that overlaps (IoU) less than this with the target is on something else."""

STALE_S = 0.3
"""A command computed from an older picture must be zero."""

MEANING = {
    'frames': 'pictures scored, from the first click to the end',
    'visible_fraction': 'share of the time in which at least a quarter of the target is in view',
    'centre_error_median': "median distance of the target's centre from the picture's, / width",
    'range_error_median': 'median | distance to its near side - follow_distance |, level, m',
    'tracking_fraction': 'share of the time in state TRACKING',
    'wrong_target_fraction': 'share of the time in which something else was followed',
    'latency_ms_p50': 'median wall time from the picture to the first command made of it, ms',
    'latency_ms_p99': 'its 99th percentile, ms',
    'commands': 'commands sent',
    'commands_while_stale': 'non-zero commands made of a picture older than 0.3 s: must be 0',
    'collisions': 'times the vehicle touched something',
}
"""Every key that summary() gives, for the documentation and the table."""


@dataclass(frozen=True)
class FrameRow:
    """
    One picture, and the truth about it.

    :param stamp: seconds. :param box: true box of the target, None when it is not in view.
    :param visibility: share of the target that is seen, [0, 1].
    :param distance: true horizontal distance to the side of the target that faces the camera,
        metres: what the servo keeps, also from a car. :param state: what the tracker believes.
    """

    stamp: float
    box: Box | None
    visibility: float
    distance: float
    state: TargetState


def durations(rows: Sequence[FrameRow]) -> np.ndarray:
    """
    Return for how long each picture was the newest one, seconds, (N,).

    The last one counts as long as the median of the others, so that dropped pictures weigh.
    """
    if len(rows) < 2:
        return np.ones(len(rows))
    steps = np.diff([row.stamp for row in rows])
    return np.append(steps, np.median(steps))


@dataclass(frozen=True)
class CommandRow:
    """
    One command.

    :param stamp: when it was given, seconds. :param image_age: of the picture behind it then.
    """

    stamp: float
    command: VelocityCommand
    image_age: float


@dataclass
class FollowLog:
    """
    What happened, row by row.

    :param width: of the picture, pixels. :param height: of the picture, pixels.
    :param follow_distance: wanted, metres.
    :param latencies: from a picture to its command, wall seconds. :param pictured: when each of
        these pictures was sent, wall time.
    :param followed: by stamp, the box that the robot was allowed to move towards.
    """

    width: int
    height: int
    follow_distance: float
    frames: list[FrameRow] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    pictured: list[float] = field(default_factory=list)
    followed: dict[float, Box] = field(default_factory=dict)
    collisions: int = 0

    def centre_errors(self) -> np.ndarray:
        """Return the distance of the target's centre from the picture's over its width, (N,)."""
        middle = self.width / 2, self.height / 2
        return np.array(
            [
                math.nan if row.box is None else math.dist(row.box.center, middle) / self.width
                for row in self.frames
            ]
        )

    def summary(self) -> dict[str, float | int | None]:
        """Return the figures that MEANING explains; None where there is nothing to measure."""
        visible = [row.visibility >= VISIBLE_SHARE for row in self.frames]
        distance = np.array([row.distance for row in self.frames])
        latency = np.array(self.latencies) * 1e3
        stale = [
            row for row in self.commands if row.image_age > STALE_S and not row.command.is_zero
        ]
        tracking = [row.state is TargetState.TRACKING for row in self.frames]
        return {
            'frames': len(self.frames),
            'visible_fraction': self._share(visible),
            'centre_error_median': _median(self.centre_errors()),
            'range_error_median': _median(np.abs(distance - self.follow_distance)),
            'tracking_fraction': self._share(tracking),
            'wrong_target_fraction': self._share([self._is_wrong(row) for row in self.frames]),
            'latency_ms_p50': float(np.percentile(latency, 50)) if latency.size else None,
            'latency_ms_p99': float(np.percentile(latency, 99)) if latency.size else None,
            'commands': len(self.commands),
            'commands_while_stale': len(stale),
            'collisions': self.collisions,
        }

    def _share(self, flags: Sequence[bool]) -> float | None:
        """Return the share of the time in which something held; None without pictures."""
        if not self.frames:
            return None
        return float(np.average(flags, weights=durations(self.frames)))

    def _is_wrong(self, row: FrameRow) -> bool:
        box = self.followed.get(row.stamp)
        return box is not None and (row.box is None or iou(box, row.box) < WRONG_OVERLAP)


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None
