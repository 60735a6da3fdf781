# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The sentinel: how often the judge weighs the whole picture, and what such a look changes."""

from __future__ import annotations

from follow_anything.core.config import IdentityConfig
from follow_anything.core.geometry import iou
from follow_anything.core.identity.verdict import Verdict
from follow_anything.core.types import Target

__all__ = ['NEAR_RIVAL', 'decides_alike', 'look_rate']

ALIKE_RATE = 2.0
"""The sentinel looks so many times as often while something like the target is near."""

NEAR_RIVAL = 0.1
"""A rival of at least this probability is watched as closely as a doubtful target."""

SAME_BOX = 0.7
"""Boxes of one picture that overlap (IoU) so much lead a robot to the same place."""


def look_rate(config: IdentityConfig, verdict: Verdict, *, calm: bool, surveys: bool) -> float:
    """
    Return how often to look, Hz.

    :param verdict: the last one. :param calm: the track is unbroken, and nothing is in doubt.
    :param surveys: everything in view is seen without the detector's help.
    """
    rival = any(r.probability >= NEAR_RIVAL for r in verdict.rated[1:])
    if not calm or rival:
        return config.doubt_rate
    rate = config.sentinel_rate
    if verdict.is_alike_near:
        rate = min(ALIKE_RATE * rate, config.doubt_rate)
    # without a survey a look weighs the tracker's own box alone, and costs little
    return rate if surveys else max(rate, config.doubt_rate)


def decides_alike(target: Target, before: Target) -> bool:
    """Tell whether a look left what a robot may do as it was: two targets of one picture."""
    one, other = ((t.stamp, t.state, t.target_id) for t in (target, before))
    if one != other:
        return False
    if target.box is None or before.box is None:
        return target.box is before.box
    return iou(target.box, before.box) >= SAME_BOX
