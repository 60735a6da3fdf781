# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What part of the ground the camera looks at: whoever stood outside comes in over its edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import PinholeCamera, wrap_angle
from follow_anything.core.types import FloatArray
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.track import Place, WorldTrack
import numpy as np

__all__ = ['Outlook', 'Watch']

OUTSIDE_M = 0.5
"""Somebody so far beside the view was not in it."""

UNNOTICED_M = 1.0
"""So far from the edge somebody who walks in is seen at last."""

RUN = 3.0
"""Nobody walks in faster, m/s."""

OFTEN_S = 0.6
"""Looks further apart tell nothing: somebody may have come in, and gone behind a wall."""

BEFORE = 9.0
"""Squared distance along the line of sight, in variances, from which something is before it."""

CUT = 0.2
"""Share of its range by which a box that is half hidden seems further away at least."""

ASKED_S = 1.0
"""Whoever may have been what was seen so shortly ago may still be it."""


@dataclass(frozen=True)
class Outlook:
    """
    A wedge of the ground, seen from above.

    :param stamp: of the picture, s. :param x: of the camera, metres. :param y: metres.
    :param heading: rad, anticlockwise from x. :param half: rad, from the middle to an edge.
    """

    stamp: float
    x: float
    y: float
    heading: float
    half: float

    @classmethod
    def of(cls, stamp: float, camera: PinholeCamera | None, pose: CameraPose) -> Outlook | None:
        """
        Return what a camera looks at, lens and mount included.

        None where it is unknown: no camera, one that looks straight down or to its sides too, or
        a lens whose model says nothing about an edge of the picture.
        """
        ahead = pose.axes[:, 2]
        if camera is None or math.hypot(float(ahead[0]), float(ahead[1])) < 1e-3:
            return None
        heading = math.atan2(float(ahead[1]), float(ahead[0]))
        try:
            edges = [pose.axes @ camera.ray(x, camera.cy) for x in (0.0, float(camera.width))]
        except InvalidInput:
            return None
        half = min(abs(wrap_angle(math.atan2(float(e[1]), float(e[0])) - heading)) for e in edges)
        if half >= math.pi / 2:
            return None  # no wedge: it sees to its sides, and behind
        return cls(stamp, float(pose.position[0]), float(pose.position[1]), heading, half)

    def inside(self, place: FloatArray) -> float:
        """Return how far a place (2,) is from the nearer edge, metres; negative: outside."""
        x, y = float(place[0]) - self.x, float(place[1]) - self.y
        cos, sin = math.cos(self.heading), math.sin(self.heading)
        ahead, left = cos * x + sin * y, cos * y - sin * x
        return ahead * math.sin(self.half) - abs(left) * math.cos(self.half)


class Watch:
    """Remembers the last two views, and tells who cannot have come in between them."""

    def __init__(self) -> None:
        self._before: Outlook | None = None
        self._now: Outlook | None = None

    def clear(self) -> None:
        """Forget what was looked at."""
        self._before = self._now = None

    def is_before(self, track: WorldTrack, place: Place, variances: float = BEFORE) -> bool:
        """
        Tell whether a place is between the camera and a track, nearer than that can have come.

        So is the depth of whatever passes before the target, in the target's own box.

        :param variances: squared distance from which it is, in variances along the line of sight.
        """
        return self._nearer(track, place) > math.sqrt(variances)

    def is_behind(self, track: WorldTrack, place: Place, variances: float = BEFORE) -> bool:
        """
        Tell whether a place is beyond a track, further away than that can have gone.

        So is the ground that is seen between legs, in a box of which little else is left.

        :param variances: squared distance from which it is, in variances along the line of sight.
        """
        return self._nearer(track, place) < -math.sqrt(variances)

    def _nearer(self, track: WorldTrack, place: Place) -> float:
        """Return by how many standard deviations a place is nearer than a track; 0: unknown."""
        now = self._now
        if now is None or {place.measure, track.measure} != {'metres'}:
            return 0.0
        eye = np.array([now.x, now.y])
        mean, covariance = track.at(now.stamp)
        toward = place.mean - eye
        away = float(np.linalg.norm(toward))
        nearer = float(np.linalg.norm(mean[:2] - eye)) - away
        along = toward / max(away, 1e-6)
        variance = float(along @ (covariance[:2, :2] + place.covariance) @ along)
        return nearer / math.sqrt(max(variance, 1e-12))

    def without_range(self, track: WorldTrack, place: Place) -> Place:
        """
        Return a place without the range that rests on a box's height, where that box is cut.

        What something hides in part is too small, and so seems further away than its track can
        have gone; only its direction is known. Any other place is returned as it is.
        """
        now = self._now
        if now is None or place.measure != track.measure or place.measure == 'pixels':
            return place
        eye = np.array([now.x, now.y])
        toward = place.mean - eye
        away = max(float(np.linalg.norm(toward)), 1e-6)
        expected = float(np.linalg.norm(track.at(now.stamp)[0][:2] - eye))
        further = away - expected
        if further <= CUT * expected + RUN * max(0.0, now.stamp - track.stamp):
            return place
        along = further / away * toward
        return replace(place, covariance=place.covariance + np.outer(along, along))

    def hides(self, track: WorldTrack, target: WorldTrack) -> float:
        """Return the probability that a track stands before another one; 1 where unknown."""
        now = self._now
        if now is None or {track.measure, target.measure} != {'metres'}:
            return 1.0
        eye = np.array([now.x, now.y])
        nearer, variance = 0.0, 1e-9
        for thing, sign in ((target, 1.0), (track, -1.0)):
            mean, covariance = thing.at(now.stamp)
            toward = mean[:2] - eye
            away = max(float(np.linalg.norm(toward)), 1e-6)
            nearer += sign * away
            variance += float(toward @ covariance[:2, :2] @ toward) / away**2
        return 0.5 * math.erfc(-nearer / math.sqrt(2.0 * variance))

    def look(self, outlook: Outlook | None) -> None:
        """Take the view of the picture that is to be judged."""
        self._before, self._now = self._now, outlook

    def may_be_at(self, track: WorldTrack, place: Place) -> bool:
        """
        Tell whether a thing that is not seen may be what is seen at a place.

        False when it stood beside the last view, and the place is deep in both: it would have
        been seen at the edge first.
        """
        before, now = self._before, self._now
        if before is None or now is None or {place.measure, track.measure} != {'metres'}:
            return True
        gap = now.stamp - before.stamp
        if not 0.0 < gap <= OFTEN_S or now.stamp - track.questioned_at <= ASKED_S:
            return True
        was_outside = before.inside(track.at(before.stamp)[0]) < -OUTSIDE_M
        depth = min(before.inside(place.mean), now.inside(place.mean))
        return not was_outside or depth < UNNOTICED_M + RUN * gap
