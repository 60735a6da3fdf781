# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What speaks for and against each candidate, in log-odds against "something else"."""

from __future__ import annotations

import math

from follow_anything.core.config import IdentityConfig
from follow_anything.core.identity.gallery import Gallery
from follow_anything.core.identity.things import Overlaps, SAME_THING
from follow_anything.core.identity.verdict import Candidate, Size
from follow_anything.core.types import FloatArray
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.track import Place, WorldTrack
import numpy as np

__all__ = ['APPEARANCE_RANGE', 'LOOKS_SHARE', 'MAY_BE_IT', 'WORDS_RANGE', 'Evidence']

APPEARANCE_RANGE = (-8.0, 4.0)

MOTION_MOST, PICTURE_MOTION_MOST, HELD_MOTION_MOST = 9.0, 4.0, 2.0
"""Squared Mahalanobis distance beyond which further away is no stronger evidence: in the world, in
a picture whose camera is unknown, and for a box that the tracker has held without a jump while
nothing else looks like the target."""

OTHER_MOST = 12.0
"""Log-odds, at most, against a candidate that goes on as one who was seen beside the target."""

GROUP = -6.0
"""Log-odds of a box around several things that do not overlap."""

PRESENCE_RANGE = (-1.5, 1.5)

WORDS_RANGE = (-3.0, 1.0)

MAY_BE_IT = 0.25
"""What looks less like the target than an even candidate by this is not it, in whatever pose."""

SAME_BOX = 0.5
"""IoU from which a box is the tracker's box by another name."""

JUST_LIKE = 0.3
"""What looks more like the target than an even candidate by this, where no twin is known, and
depth tells the place, may be it though it turned round out of sight."""

LOOKS_SHARE = 0.5
"""Of two that look alike the looks tell so much of what they tell otherwise."""

TWIN_LOOKS_MOST = 2.0
"""The most that looks speak for the target against its twin, log-odds."""

SIZE_SPREAD, SIZE_LEAST = 0.3, -3.0
"""Standard deviation of the logarithm of a size, and the most that a size speaks against it."""


class Evidence:
    """
    Weighs looks, motion, size, words and the tracker's word.

    :param config: the weights. :param gallery: views of the target and of others.
    :param tracks: everybody in the world.
    """

    def __init__(self, config: IdentityConfig, gallery: Gallery, tracks: WorldTracks) -> None:
        self.config, self.gallery, self.tracks = config, gallery, tracks

    def log_odds(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        stamp: float,
        unbroken: bool,
        usual: Size | None,
    ) -> FloatArray:
        """Return each candidate's log-odds by this picture alone, (N,)."""
        config, target = self.config, self.tracks.target
        total, nearest, like = np.zeros((3, len(candidates)))
        may_have_turned = (
            target is not None
            and target.measure == 'metres'
            and not any(track.is_twin for track in self.tracks.tracks)
        )
        seen = [k for k, c in enumerate(candidates) if c.view is not None]
        if seen and len(self.gallery):
            views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
            nearest[seen] = self.gallery.nearest(views)
            like[seen] = self.gallery.likeness(views) - config.likeness_even
            total[seen] += np.clip(config.likeness_slope * like[seen], *APPEARANCE_RANGE)
        is_alone = unbroken and not bool(
            ((total >= 0.0) & (overlaps.coverage[0] < SAME_THING))[seen].any()
        )
        may_be_it = total >= 0.0
        may_be_it &= np.array([c.view is not None and c.depth is None for c in candidates])
        for k, candidate in enumerate(candidates):
            track = matched[k] or overlaps.track_of_same(k, matched)
            if candidate.view is None:
                total[k] += APPEARANCE_RANGE[0]
            if target is not None and candidate.place is not None:
                away = target.distance2(candidate.place, stamp)
                if like[k] >= JUST_LIKE and may_have_turned:
                    away = min(away, target.distance2_if_turned(candidate.place, stamp))
                is_held = is_alone and candidate.presence is not None
                most = PICTURE_MOTION_MOST if candidate.place.measure == 'pixels' else MOTION_MOST
                most = HELD_MOTION_MOST if is_held else most
                total[k] -= config.motion_weight * min(away, most)
            total[k] += config.words_weight * min(
                WORDS_RANGE[1], max(WORDS_RANGE[0], candidate.words)
            )
            total[k] += self._tracked(candidates[0], float(overlaps.iou[0, k]), unbroken)
            total[k] += self._size(candidate, usual)
            is_over_two = candidate.depth is None and overlaps.holds_two(k, may_be_it)
            if is_over_two or overlaps.is_group(k):
                total[k] += GROUP
            if config.exclusion and track is not None and track.is_other:
                lead = self.lead(candidate, track, stamp, float(nearest[k]))
                # a twin and the target may change their tracks where they meet
                if candidate.depth is not None and not track.is_twin:
                    lead = track.least_lead(lead, stamp)
                total[k] -= float(np.logaddexp(0.0, -lead))
        return total

    def _tracked(self, own: Candidate, overlap: float, unbroken: bool) -> float:
        """
        Return what the tracker's word adds to its own box, and to other boxes of that thing.

        :param overlap: IoU with its own box.
        """
        if own.presence is None:
            return 0.0
        presence = min(max(own.presence, 1e-3), 1 - 1e-3)
        low, high = PRESENCE_RANGE
        word = min(high, max(low, math.log(presence / (1 - presence)) / 2))
        share = min(1.0, overlap / SAME_BOX)
        return share * (word + (self.config.continuity if unbroken else 0.0))

    @staticmethod
    def _size(candidate: Candidate, usual: Size | None) -> float:
        """Return the log-odds of a size: a thing keeps its own, a part or a group has another."""
        if usual is None or candidate.size is None:
            return 0.0
        off = math.log(candidate.size.ratio(usual)) / SIZE_SPREAD
        return max(SIZE_LEAST, -0.5 * off * off)

    def lead(self, candidate: Candidate, other: WorldTrack, stamp: float, nearest: float) -> float:
        """
        Return by how much a candidate goes on as the target rather than as somebody else.

        Two explanations compete, by motion and looks: log-likelihood of the one less the other.

        :param nearest: cosine of its view to the most similar one of the target.
        """
        target = self.tracks.target
        if other.refused:
            return -OTHER_MOST
        if candidate.place is None or target is None:
            return 0.0
        looks = [0.0, 0.0]
        known = other.view if other.beside_view is None else other.beside_view
        if candidate.view is not None and known is not None and len(self.gallery):
            looks = [1.0 - nearest, 1.0 - float(candidate.view @ known)]
        place = target.log_likelihood(candidate.place, stamp) - other.log_likelihood(
            candidate.place, stamp
        )
        look = self.config.likeness_slope * (looks[1] - looks[0])
        if other.is_twin:
            place = min(place, self._twin_place_lead(place, candidate.place, other, stamp))
            # the target is known by many views, its twin by one: this says little
            look = min(LOOKS_SHARE * look, TWIN_LOOKS_MOST)
        return min(OTHER_MOST, max(-OTHER_MOST, place + look))

    def _twin_place_lead(self, lead: float, place: Place, twin: WorldTrack, stamp: float) -> float:
        """
        Return by how much a place is rather the target's than its twin's.

        Where both are out of sight, that the twin has been away for longer counts by half: it may
        have spread as far as a walker does, or be waiting behind the same wall.

        :param lead: what the likelihoods of the place say.
        """
        target = self.tracks.target
        if target is None or not target.is_away(stamp):
            return lead
        nearer = 0.5 * (twin.distance2(place, stamp) - target.distance2(place, stamp))
        return 0.5 * (lead + nearer)

    def is_somebody_else(
        self, candidate: Candidate, track: WorldTrack | None, stamp: float
    ) -> bool:
        """Tell whether a candidate goes on as one who was seen beside the target."""
        if track is None or track is self.tracks.target or not track.is_other:
            return False
        return self.lead(candidate, track, stamp, self.nearest(candidate)) < 0.0

    def nearest(self, candidate: Candidate) -> float:
        """Return the cosine of its view to the most similar one of the target; 0 without one."""
        view = candidate.view
        return 0.0 if view is None else float(self.gallery.nearest(view[None])[0])

    def is_alike(self, track: WorldTrack) -> bool:
        """Tell whether somebody else is its twin, or looks like the target now."""
        view = track.view if track.beside_view is None else track.beside_view
        if track.is_twin or view is None or not len(self.gallery):
            return True
        return self.gallery.likeness_of(view) >= self.config.likeness_even

    def mean_likeness(self, track: WorldTrack) -> float:
        """Return how much somebody has looked like the target; 1 where nothing tells."""
        if track.view is None or not len(self.gallery):
            return 1.0
        return self.gallery.likeness_of(track.view)

    def likeness(self, candidates: list[Candidate]) -> FloatArray:
        """Return how much each candidate looks like the target, (N,); -inf where unknown."""
        like = np.full(len(candidates), -np.inf)
        seen = [k for k, candidate in enumerate(candidates) if candidate.view is not None]
        if seen and len(self.gallery):
            views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
            like[seen] = self.gallery.likeness(views)
        return like
