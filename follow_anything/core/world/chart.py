# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the world tracks know, as the camera would see it now: for drawing, never for deciding."""

from __future__ import annotations

from dataclasses import dataclass
import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import FloatArray
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import WorldTrack
import numpy as np

__all__ = ['LOOK_ALIKE', 'OTHER', 'TARGET', 'UNKNOWN', 'Ellipse', 'Thing', 'chart', 'ellipse_of']

TARGET, LOOK_ALIKE, OTHER, UNKNOWN = 'target', 'look-alike', 'other', 'unknown'
"""What a thing is: the target, its twin, surely somebody else, or nobody can tell yet."""

SIGMAS = 2.0
"""Half axes of a drawn ellipse, in standard deviations: 86 % of what is believed lies inside."""

WIDEST_M = 1e4
"""Whose place is known no better than so is nowhere; it bounds what others may publish, too."""

NEAREST_M = 0.2
"""Nearer than this, and behind the camera, nothing can be drawn."""


@dataclass(frozen=True, eq=False)
class Thing:
    """
    One world track at one moment.

    :param number: id of its track, the same as that of a candidate.
    :param kind: TARGET, LOOK_ALIKE, OTHER or UNKNOWN.
    :param position: (3,) where it is believed to be, optical frame, metres.
    :param covariance: (3, 3) of that, m^2.
    """

    number: int
    kind: str
    position: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class Ellipse:
    """
    An ellipse in a picture.

    :param center: pixels. :param axes: half axes, the longer first, pixels.
    :param angle: of the longer one, rad, clockwise from x.
    """

    center: tuple[float, float]
    axes: tuple[float, float]
    angle: float


def chart(tracks: WorldTracks, pose: CameraPose, stamp: float) -> tuple[Thing, ...]:
    """
    Return the tracks as things before the camera; those without a place in metres are left out.

    Tracks are kept on the ground: each thing is drawn at the height it had where it came into
    view.

    :param pose: of the camera in the world, at the stamp, seconds.
    """
    known = [track for track in tracks.tracks if track.measure != 'pixels']
    return tuple(_thing(track, track is tracks.target, pose, stamp) for track in known)


def _thing(track: WorldTrack, is_target: bool, pose: CameraPose, stamp: float) -> Thing:
    mean, covariance = track.at(stamp)
    seen = track.born[0].height if track.born is not None else None
    height = float(pose.position[2]) if seen is None else seen
    spread = np.zeros((3, 3))
    spread[:2, :2] = covariance[:2, :2]
    position = pose.to_optical(np.array([mean[0], mean[1], height]))
    return Thing(track.number, _kind(track, is_target), position, pose.axes.T @ spread @ pose.axes)


def _kind(track: WorldTrack, is_target: bool) -> str:
    if is_target:
        return TARGET
    if track.is_twin:
        return LOOK_ALIKE
    return OTHER if track.is_other else UNKNOWN


def ellipse_of(thing: Thing, camera: PinholeCamera) -> Ellipse | None:
    """
    Return where in the picture a thing is believed to be; None where that is no place in it.

    The centre is bent by the lens; the spread is that of a pinhole, which is enough to look at.
    """
    x, y, z = (float(value) for value in thing.position)
    if not (math.isfinite(x + y + z) and z > NEAREST_M):
        return None
    if not np.abs(thing.covariance).max() < WIDEST_M**2:
        return None
    try:
        center = camera.project(thing.position)
    except InvalidInput:
        return None
    slope = np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]]) / z
    slope *= np.array([[camera.fx], [camera.fy]])
    spread = slope @ thing.covariance @ slope.T
    values, vectors = np.linalg.eigh(spread)
    short, long = (SIGMAS * math.sqrt(max(0.0, float(value))) for value in values)
    return Ellipse(center, (long, short), math.atan2(float(vectors[1, 1]), float(vectors[0, 1])))
