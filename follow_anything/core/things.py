# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which boxes of a picture are one thing, a part of a thing, or a group of things."""

from __future__ import annotations

from follow_anything.core.candidates import WorldTrack
from follow_anything.core.geometry import coverage, iou
from follow_anything.core.types import Box
from follow_anything.core.verdict import Candidate, Size
import numpy as np

__all__ = [
    'ALONE',
    'COVERED',
    'DRIFTED',
    'INSIDE',
    'SAME_THING',
    'is_group',
    'is_part',
    'proposal_under',
    'track_of_same',
    'wholes',
]

SAME_THING = 0.5
"""Two boxes that share so much of the smaller one are one thing, or a thing and its part."""

INSIDE, SMALLER = 0.8, 0.6
"""A box that lies so much inside another one with less than this share of its area is its part."""

PERSON_OF_GROUP = 0.25
"""Share of a group's box that one of its things takes at least."""

COVERED, DRIFTED = 0.45, 0.2
"""IoU of the tracker's box with a proposal from which it is on it, and from which half on it."""

TRACKED_SIZES = (0.5, 1.4)
"""Boxes of other sizes than these, times the target's, are no sightings of what is like it."""

ALONE = 0.2
"""A box that shares less than this with every other shows nothing but its own thing."""


def proposal_under(candidates: list[Candidate], whole: list[bool]) -> tuple[int, float]:
    """Return the proposal that the tracker's box overlaps most, and how much (IoU)."""
    if candidates[0].presence is None or len(candidates) < 2:
        return 0, 0.0
    overlaps = [
        iou(c.box, candidates[0].box) if is_whole else 0.0
        for c, is_whole in zip(candidates[1:], whole[1:], strict=True)
    ]
    best = int(np.argmax(overlaps))
    return best + 1, overlaps[best]


def track_of_same(
    candidate: Candidate, candidates: list[Candidate], matched: list[WorldTrack | None]
) -> WorldTrack | None:
    """Return the track of another box of the same thing; None where there is none."""
    same = [
        (iou(candidate.box, other.box), track)
        for other, track in zip(candidates, matched, strict=True)
        if track is not None and other is not candidate
        if iou(candidate.box, other.box) >= COVERED or is_part(candidate.box, other.box)
    ]
    return max(same, key=lambda row: row[0], default=(0.0, None))[1]


def wholes(candidates: list[Candidate], usual: Size | None) -> list[bool]:
    """Tell of each candidate whether it may be a thing like the target: no part, and no group."""
    fit = [
        usual is None
        or c.size is None
        or TRACKED_SIZES[0] <= c.size.ratio(usual) <= TRACKED_SIZES[1]
        for c in candidates
    ]
    return [
        c.presence is not None
        or (
            is_fit
            and not any(
                is_part(c.box, other.box)
                for other, other_fits in zip(candidates, fit, strict=True)
                if other is not c and other_fits
            )
        )
        for c, is_fit in zip(candidates, fit, strict=True)
    ]


def is_group(box: Box, boxes: list[Box]) -> bool:
    """Tell whether a box holds two things of some size side by side."""
    inside = [b for b in boxes if is_part(b, box) and b.area >= PERSON_OF_GROUP * box.area]
    return any(
        coverage(one, other) < ALONE for k, one in enumerate(inside) for other in inside[k + 1 :]
    )


def is_part(box: Box, other: Box) -> bool:
    """Tell whether a box is a part of another one: a head, or one of a group."""
    return box.area < SMALLER * other.area and coverage(box, other) >= INSIDE
