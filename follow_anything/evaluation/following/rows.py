# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One row of an episode's log: truth and output; and which rows count as right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import math

from follow_anything.core.geometry import iou
from follow_anything.core.types import Box
from follow_anything.evaluation.closed_loop.log import durations, FrameRow, WRONG_OVERLAP
import numpy as np

__all__ = [
    'HALF',
    'HIDDEN',
    'RIGHT_OVERLAP',
    'FollowRow',
    'Spell',
    'is_failing',
    'is_right',
    'is_wrong',
    'seconds',
    'spells',
]

HIDDEN, HALF = 0.1, 0.5
"""Below the first share of its surface a target is hidden, from the second on half visible."""

RIGHT_OVERLAP = 0.3
"""A box that overlaps (IoU) at least this much with the target is on the target."""


@dataclass(frozen=True)
class FollowRow(FrameRow):
    """
    One moment: the truth, and the pipeline's output.

    :param reported: box of the target, believed or not; the state says which.
    :param presence: probability reported for it, [0, 1]. :param target_id: reported id.
    :param middle: true horizontal distance to the middle of the target, metres.
    :param bearing: true, of the target's middle, rad, left positive.
    :param gone: the target has left the world for good.
    :param off_true: horizontal distance from the place reported for the target to the true one,
        metres; None when no place was reported.
    :param off_other: the same to the nearest other mover.
    """

    reported: Box | None = None
    presence: float = 0.0
    target_id: int = 0
    middle: float = math.nan
    bearing: float = 0.0
    gone: bool = False
    off_true: float | None = None
    off_other: float | None = None

    @property
    def followed(self) -> Box | None:
        """Return the box that the robot may move towards."""
        return self.reported if self.state.may_move else None

    @property
    def overlap(self) -> float:
        """Return the IoU of what was reported with the truth; 0 where one is missing."""
        return 0.0 if self.reported is None or self.box is None else iou(self.reported, self.box)


def is_right(row: FollowRow) -> bool:
    """Tell whether the target itself is followed."""
    return row.followed is not None and row.overlap >= RIGHT_OVERLAP


def is_wrong(row: FollowRow) -> bool:
    """Tell whether something else is followed."""
    return row.followed is not None and row.overlap < WRONG_OVERLAP


def is_failing(row: FollowRow) -> bool:
    """Tell whether something else is followed, or nothing though the target is in view."""
    return is_wrong(row) or (row.visibility >= HALF and not is_right(row))


@dataclass(frozen=True)
class Spell:
    """
    An interval in which a condition holds.

    :param first: index of its first row. :param end: index after its last row.
    :param start: s. :param seconds: how long.
    """

    first: int
    end: int
    start: float
    seconds: float


def spells(rows: Sequence[FollowRow], holds: Callable[[FollowRow], bool]) -> Iterator[Spell]:
    """Yield the stretches of rows in which something holds, in order."""
    lengths, first = durations(rows), None
    for index in range(len(rows) + 1):
        now = index < len(rows) and holds(rows[index])
        if now and first is None:
            first = index
        elif not now and first is not None:
            yield Spell(first, index, rows[first].stamp, float(lengths[first:index].sum()))
            first = None


def seconds(rows: Sequence[FollowRow], holds: Callable[[FollowRow], bool]) -> float:
    """Return for how long something held."""
    if not rows:
        return 0.0
    return float(durations(rows) @ np.array([holds(row) for row in rows], float))
