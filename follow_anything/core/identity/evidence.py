# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What speaks for and against each candidate, in log-odds against "something else"."""

from __future__ import annotations

import math

from follow_anything.core.config import IdentityConfig
from follow_anything.core.identity.gallery import Gallery
from follow_anything.core.identity.reacquisition import Reacquisition
from follow_anything.core.identity.things import Overlaps, SAME_THING
from follow_anything.core.identity.verdict import Candidate, Size
from follow_anything.core.types import FloatArray
from follow_anything.core.world.candidates import GATE, NO_TRACK, Place, WorldTrack, WorldTracks
from follow_anything.core.world.outlook import Watch
import numpy as np

__all__ = ['APPEARANCE_RANGE', 'AWAY_S', 'Evidence']

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

SAME_BOX = 0.5
"""IoU from which a box is the tracker's box by another name."""

LOOKS_SHARE = 0.5
"""Of two that look alike the looks tell so much of what they tell otherwise."""

TWIN_LOOKS_MOST = 2.0
"""The most that looks speak for the target against its twin, log-odds."""

AWAY_S = 0.5
"""A track that was not seen for so long is out of sight: what takes it up again may be another."""

GOES_ON_S, HIDES_MOST = 0.25, 4.0
"""A target that the tracker holds, seen so shortly ago, would be hidden by whoever is in its place
now; and the most that standing behind it speaks against somebody, log-odds."""

HELD_FROM = 0.5
"""The tracker's presence from which it holds its box."""

SIZE_SPREAD, SIZE_LEAST = 0.3, -3.0
"""Standard deviation of the logarithm of a size, and the most that a size speaks against it."""


class Evidence:
    """
    Weighs looks, motion, size, words and the tracker's word.

    :param config: the weights. :param gallery: views of the target and of others.
    :param tracks: everybody in the world.

    watch: what was looked at. found_again: how the target came back last, None where it has not.
    """

    def __init__(self, config: IdentityConfig, gallery: Gallery, tracks: WorldTracks) -> None:
        self.config, self.gallery, self.tracks = config, gallery, tracks
        self.watch = Watch()
        self.found_again: Reacquisition | None = None

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
        total, nearest = np.zeros(len(candidates)), np.zeros(len(candidates))
        seen = [k for k, c in enumerate(candidates) if c.view is not None]
        if seen and len(self.gallery):
            views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
            nearest[seen] = self.gallery.nearest(views)
            like = self.gallery.likeness(views) - config.likeness_even
            total[seen] += np.clip(config.likeness_slope * like, *APPEARANCE_RANGE)
        is_alone = unbroken and not bool(
            ((total >= 0.0) & (overlaps.coverage[0] < SAME_THING))[seen].any()
        )
        for k, candidate in enumerate(candidates):
            track = matched[k] or overlaps.track_of_same(k, matched)
            if candidate.view is None:
                total[k] += APPEARANCE_RANGE[0]
            if target is not None and candidate.place is not None:
                away = target.distance2(candidate.place, stamp)
                is_held = is_alone and candidate.presence is not None
                most = PICTURE_MOTION_MOST if candidate.place.measure == 'pixels' else MOTION_MOST
                most = HELD_MOTION_MOST if is_held else most
                total[k] -= config.motion_weight * min(away, most)
            total[k] += config.words_weight * min(
                WORDS_RANGE[1], max(WORDS_RANGE[0], candidate.words)
            )
            total[k] += self._tracked(candidates[0], float(overlaps.iou[0, k]), unbroken)
            total[k] += self._size(candidate, usual)
            if overlaps.is_group(k):
                total[k] += GROUP
            if config.exclusion and track is not None and track.is_other:
                lead = self._lead(candidate, track, stamp, float(nearest[k]))
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

    def _lead(
        self, candidate: Candidate, other: WorldTrack, stamp: float, nearest: float
    ) -> float:
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
        lead = place + look
        return float(np.clip(lead, -OTHER_MOST, OTHER_MOST))

    def _twin_place_lead(self, lead: float, place: Place, twin: WorldTrack, stamp: float) -> float:
        """
        Return by how much a place is rather the target's than its twin's.

        Where both are out of sight, that the twin has been away for longer counts by half: it may
        have spread as far as a walker does, or be waiting behind the same wall.

        :param lead: what the likelihoods of the place say.
        """
        target = self.tracks.target
        if target is None or stamp - target.stamp <= AWAY_S:
            return lead
        nearer = 0.5 * (twin.distance2(place, stamp) - target.distance2(place, stamp))
        return 0.5 * (lead + nearer)

    def is_somebody_else(
        self, candidate: Candidate, track: WorldTrack | None, stamp: float
    ) -> bool:
        """Tell whether a candidate goes on as one who was seen beside the target."""
        if track is None or track is self.tracks.target or not track.is_other:
            return False
        return self._lead(candidate, track, stamp, self._nearest(candidate)) < 0.0

    def _nearest(self, candidate: Candidate) -> float:
        """Return the cosine of its view to the most similar one of the target; 0 without one."""
        view = candidate.view
        return 0.0 if view is None else float(self.gallery.nearest(view[None])[0])

    def doubt(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        stamp: float,
        unbroken: bool,
        *,
        likely: bool,
    ) -> tuple[float, set[int]]:
        """
        Return how much likelier the best candidate is the target than somebody like it.

        There are four ways to be wrong: a distractor in view is the target; the two have changed
        places; the best is a distractor that is not seen elsewhere now; or it was hidden with the
        target, and came out first.

        :param twins: candidates that look like the target, the best one's thing left out.
        :param unbroken: the tracker has held the target without a jump until now.
        :param likely: the evidence is for the best one, and not for nobody.
        :return: log-likelihood ratio, inf without any, and the tracks that are in question.
        """
        target, place = self.tracks.target, candidates[best].place
        if not self.config.exclusion or place is None or target is None:
            return math.inf, set()
        swaps = self._swaps(best, twins, candidates, matched, stamp)
        returns = self._returns(best, candidates[best], matched, overlaps, stamp)
        if unbroken and overlaps.coverage[0, best] >= SAME_THING:
            returns = {
                number: lead + self._behind(number, stamp) for number, lead in returns.items()
            }
        held = 0.0
        if place.measure == 'pixels' and (candidates[best].presence or 0.0) >= HELD_FROM:
            # places in a picture tell little: whether the tracker went on counts as well
            held = self.config.continuity
        limit = self.config.doubt_margin
        open_ = {number for number, lead in swaps.items() if lead + held < limit}
        open_ |= {number for number, lead in returns.items() if abs(lead + held) < limit}
        second = self._second(twins, candidates, matched, stamp) if likely else math.inf
        least = min([*swaps.values(), *returns.values()], default=math.inf) + held
        return min(least, second), open_

    def _second(
        self,
        twins: list[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> float:
        """
        Return how much likelier the best is the target than whoever came from hiding after it.

        Of two that look alike and were hidden together, the first need not be the target.
        """
        leads, again = [math.inf], self.found_again
        if again is None:
            return math.inf
        like = self.likeness(candidates)
        for k in twins:
            place, track = candidates[k].place, matched[k]
            born = (place, stamp) if track is None else track.born
            if track is self.tracks.target or born is None or born[0] is None:
                continue
            if self._is_known(born[0], born[1], track, again.before):
                continue
            # what was learnt since then is of the one that was found
            looks = self.config.likeness_slope * float(again.likeness - like[k])
            leads.append(again.lead(born[0], born[1]) + looks)
        return again.weigh(min(leads), self.config.doubt_margin)

    def _is_known(
        self, place: Place, born_at: float, track: WorldTrack | None, target: WorldTrack
    ) -> bool:
        """
        Tell whether who came into view is rather a known distractor, under another number.

        :param track: that he has now. :param target: its track as it was before it was hidden.
        """
        rather = target.log_likelihood(place, born_at)
        return any(
            other.is_other
            and other is not track
            and other.stamp < born_at
            and other.measure == place.measure
            and other.log_likelihood(place, born_at) > rather
            and self._is_alike(other)
            for other in self.tracks.tracks
        )

    def _swaps(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> dict[int, float]:
        """
        Return how much likelier the best is the target than each distractor that is in view.

        :return: log-likelihood ratio by track; those without one share the number NO_TRACK.
        """
        target, place = self.tracks.target, candidates[best].place
        leads: dict[int, float] = {}
        if target is None or place is None:
            return leads
        mine = target.log_likelihood(place, stamp)
        for k in twins:
            other, there = matched[k], candidates[k].place
            if there is None:
                continue
            swapped = target.log_likelihood(there, stamp) - self._cues_lead(
                candidates[best], candidates[k]
            )
            if other is None or other is target or not other.is_other:
                leads[NO_TRACK] = min(leads.get(NO_TRACK, math.inf), mine - swapped)
            elif not other.refused:
                straight = mine + other.log_likelihood(there, stamp)
                crossed = swapped + other.log_likelihood(place, stamp)
                leads[other.number] = straight - crossed
        return leads

    def _returns(
        self,
        best: int,
        candidate: Candidate,
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        stamp: float,
    ) -> dict[int, float]:
        """
        Return how much likelier the best is the target than a distractor that may be back.

        That is one who is not surely seen elsewhere in this picture: given to this very thing, to
        nothing, or to something else after it was out of sight.

        :return: log-likelihood ratio by track.
        """
        if candidate.place is None:
            return {}
        nearest = self._nearest(candidate)
        seen = {
            track.number
            for track, shared in zip(matched, overlaps.coverage[best], strict=True)
            if track is not None and shared < SAME_THING and stamp - track.stamp <= AWAY_S
        }
        return {
            other.number: self._lead(candidate, other, stamp, nearest)
            for other in self.tracks.tracks
            if other.is_other
            and other is not self.tracks.target
            and other.number not in seen
            and self._is_alike(other)
            and other.distance2(candidate.place, stamp) < GATE
            and self.watch.may_be_at(other, candidate.place)
        }

    def _behind(self, number: int, stamp: float) -> float:
        """
        Return what it speaks against somebody else in the target's place that he was behind it.

        Who takes its place from one picture to the next hides it, and stands before it.
        """
        target = self.tracks.target
        if target is None or stamp - target.stamp > GOES_ON_S:
            return 0.0
        (other,) = (track for track in self.tracks.tracks if track.number == number)
        return min(HIDES_MOST, -math.log(max(self.watch.hides(other, target), 1e-9)))

    def _is_alike(self, track: WorldTrack) -> bool:
        """Tell whether somebody else is its twin, or looks like the target now."""
        view = track.view if track.beside_view is None else track.beside_view
        if track.is_twin or view is None or not len(self.gallery):
            return True
        return float(self.gallery.likeness(view[None])[0]) >= self.config.likeness_even

    def _cues_lead(self, one: Candidate, other: Candidate) -> float:
        """Return by how much words and looks rather mean the one: log-odds against the other."""
        words = np.clip([one.words, other.words], *WORDS_RANGE)
        lead = 2.0 * self.config.words_weight * float(words[0] - words[1])
        if one.view is None or other.view is None or not len(self.gallery):
            return lead
        like = self.gallery.likeness(np.stack([one.view, other.view]))
        return lead + LOOKS_SHARE * self.config.likeness_slope * float(like[0] - like[1])

    def likeness(self, candidates: list[Candidate]) -> FloatArray:
        """Return how much each candidate looks like the target, (N,); -inf where unknown."""
        like = np.full(len(candidates), -np.inf)
        seen = [k for k, candidate in enumerate(candidates) if candidate.view is not None]
        if seen and len(self.gallery):
            views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
            like[seen] = self.gallery.likeness(views)
        return like
