# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Measures of published benchmarks, on our own scenes: to compare in kind, not in rank.

Their distances belong to their robots. Ours keep another distance, so lengths are given in
shares of what each benchmark wants kept, and areas in its square.

    EVT-Bench       Wang et al., TrackVLA, arXiv 2505.23189        SR, TR, CR
    UnrealCV        Zhong et al., Gym-UnrealCV, AD-VAT             AR, EL, SR
    DAT             Sun et al., arXiv 2412.00744                   TSR
    Follow-Bench    version 2.0                                    identity failure
    TPT-Bench       Ye et al., arXiv 2505.07446                    AMR
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from follow_anything.evaluation.closed_loop.log import durations, VISIBLE_SHARE
from follow_anything.evaluation.following.rows import FollowRow, HIDDEN, seconds, spells
import numpy as np

__all__ = [
    'EVT_SPLITS',
    'Evt',
    'Unreal',
    'amr',
    'dat_tsr',
    'evt',
    'identity_failures',
    'unreal',
]

EVT_SPLITS = {
    'STT': ('street',),
    'DT': ('occlusion', 'group'),
    'AT': ('crossing', 'twin_crosses', 'twin_first'),
}
"""Which of our scenarios are like a split: one alone, others in other clothes, twins."""

EVT_KEPT_M = 2.0
"""The middle of the 1 to 3 m that count as followed there."""
EVT_AREA, EVT_TOO_LARGE = 0.01, 0.30
"""Share of the picture that the target must and must not fill, at that distance."""
EVT_LOST_S = 2.0
"""20 steps of .1 s beyond 4 m end an episode."""
FILL = 0.5
"""Share of its box that a person fills."""

UNREAL_KEPT_M, UNREAL_REACH_M = 2.5, 7.5
UNREAL_ASIDE = math.radians(45.0)
UNREAL_NEAR_M = 1.0
UNREAL_STEPS, UNREAL_LOST_STEPS = 500, 50
UNREAL_STEP_S = 0.08
"""500 steps are 40 s; a shorter episode is scaled up to as many."""

DAT_LOST_SHARE = 100 / 1500
"""Of the steps of an episode: out of view for so long in a row ends it."""

IDENTITY_NEAR_M, IDENTITY_FAR_M, IDENTITY_S = 1.5, 7.0, 5.0

AMR_OVERLAPS = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)


@dataclass(frozen=True)
class Evt:
    """
    One episode.

    :param success: it ended in time, and followed. :param followed_s: time of followed steps.
    :param length_s: of the whole episode, also where it ended early.
    :param collision: with the target.
    """

    success: bool
    followed_s: float
    length_s: float
    collision: bool


def evt(
    rows: Sequence[FollowRow], keep_m: float, picture_px: float, touched_at: float | None = None
) -> Evt:
    """
    Score an episode as EVT-Bench does.

    :param keep_m: distance that the robot keeps. :param picture_px: pixels of a picture.
    :param touched_at: when the robot ran into the target, s.
    """
    scale = keep_m / EVT_KEPT_M
    lengths = durations(rows)
    followed_s, last_followed, is_lost = 0.0, rows[0].stamp, False
    is_followed = False
    for row, length in zip(rows, lengths, strict=True):
        if touched_at is not None and row.stamp >= touched_at:
            break
        is_followed = _evt_followed(row, scale, picture_px)
        if is_followed:
            followed_s, last_followed = followed_s + float(length), row.stamp
        elif row.middle > 4.0 * scale and row.stamp - last_followed > EVT_LOST_S:
            is_lost = True
            break
    success = is_followed and not is_lost and touched_at is None
    return Evt(success, followed_s, float(lengths.sum()), touched_at is not None)


def _evt_followed(row: FollowRow, scale: float, picture_px: float) -> bool:
    if row.box is None or not row.middle <= 3.0 * scale:
        return False
    share = FILL * row.visibility * row.box.area / picture_px
    return EVT_AREA / scale**2 < share < EVT_TOO_LARGE


@dataclass(frozen=True)
class Unreal:
    """One episode: accumulated reward and length in steps, both at most 500; success."""

    reward: float
    length: float
    success: bool


def unreal(rows: Sequence[FollowRow], keep_m: float) -> Unreal:
    """
    Score an episode as Gym-UnrealCV does.

    r = 1 - |d - d*| / (3 d*) - |angle| / 45 deg - collision, not below -1. Lost: beyond 3 d* or
    45 degrees aside. Fifty lost steps in a row end the episode.

    :param keep_m: d*, the distance that the robot keeps.
    """
    reach = keep_m * UNREAL_REACH_M / UNREAL_KEPT_M
    total_s = seconds(rows, lambda _: True)
    reward = lost_s = run_s = 0.0
    for row, length in zip(rows, durations(rows), strict=True):
        run_s += float(length)
        is_lost = row.gone or row.distance > reach or abs(row.bearing) > UNREAL_ASIDE
        lost_s = lost_s + float(length) if is_lost else 0.0
        reward += float(length) * _unreal_reward(row, keep_m, reach)
        if lost_s >= UNREAL_LOST_STEPS * UNREAL_STEP_S - 1e-9:
            break
    scale = UNREAL_STEPS / total_s
    return Unreal(reward * scale, run_s * scale, run_s >= total_s - 1e-6)


def _unreal_reward(row: FollowRow, keep_m: float, reach: float) -> float:
    if row.gone:
        return -1.0
    touches = row.distance < UNREAL_NEAR_M and abs(row.bearing) < UNREAL_ASIDE
    off = abs(row.distance - keep_m) / reach + abs(row.bearing) / UNREAL_ASIDE
    return max(-1.0, 1.0 - off - touches)


def dat_tsr(rows: Sequence[FollowRow], width: int) -> float:
    """
    Return the share of the reward that a drone could have had, [0, 1], as DAT does.

    The reward falls from 1 for a target in the middle to 0 for one at the left or right edge,
    or out of view.

    :param width: of the picture, pixels.
    """
    lengths = durations(rows)
    total, reward, lost_s = float(lengths.sum()), 0.0, 0.0
    for row, length in zip(rows, lengths, strict=True):
        if row.box is None or row.visibility < HIDDEN:
            lost_s += float(length)
            if lost_s >= DAT_LOST_SHARE * total:
                break
            continue
        lost_s = 0.0
        off = abs(row.box.center[0] - width / 2) / (width / 2)
        reward += float(length) * max(0.0, 1.0 - off)
    return reward / total


def identity_failures(rows: Sequence[FollowRow]) -> int:
    """Return how often another one was followed for 5 s, 7 m or more from the target."""

    def fails(row: FollowRow) -> bool:
        return (
            row.state.may_move
            and row.off_true is not None
            and row.off_other is not None
            and row.off_true >= IDENTITY_FAR_M
            and row.off_other <= IDENTITY_NEAR_M
        )

    return sum(spell.seconds >= IDENTITY_S for spell in spells(rows, fails))


def amr(rows: Sequence[FollowRow]) -> float | None:
    """
    Return the average of the maximal recall at precision 1, [0, 1], over 11 overlaps.

    How many of the pictures with the target can be answered without a single mistake, if only
    answers above some probability are believed? None when it was never in view.
    """
    visible = np.array([row.visibility >= VISIBLE_SHARE for row in rows], bool)
    absent = np.array([row.visibility < HIDDEN for row in rows], bool)
    answered = np.array([row.reported is not None and row.state.is_visible for row in rows], bool)
    presence = np.array([row.presence for row in rows])
    overlap = np.array([row.overlap for row in rows])
    if not visible.any():
        return None
    recalls = []
    for wanted in AMR_OVERLAPS:
        right = answered & visible & (overlap >= wanted)
        wrong = answered & (absent | (visible & (overlap < wanted)))
        limit = presence[wrong].max() if wrong.any() else -1.0
        recalls.append(float((right & (presence > limit)).sum() / visible.sum()))
    return float(np.mean(recalls))
