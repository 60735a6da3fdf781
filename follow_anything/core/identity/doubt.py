# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The ways in which the best candidate may be somebody who looks like the target."""

from __future__ import annotations

import math

from follow_anything.core.identity.contest import Contest
from follow_anything.core.identity.evidence import Evidence, LOOKS_SHARE, MAY_BE_IT, WORDS_RANGE
from follow_anything.core.identity.merged import MergedBoxes
from follow_anything.core.identity.reacquisition import Reacquisition
from follow_anything.core.identity.swaps import Swaps
from follow_anything.core.identity.things import ALONE, Overlaps, SAME_THING
from follow_anything.core.identity.verdict import Candidate
from follow_anything.core.types import FloatArray
from follow_anything.core.world.outlook import Watch
from follow_anything.core.world.track import are_apart, GATE, NO_TRACK, Place, WorldTrack
from follow_anything.core.world.unseen import Unseen
import numpy as np

__all__ = ['Doubt']

GOES_ON_S, HIDES_MOST = 0.25, 4.0
"""A target that the tracker holds, seen so shortly ago, would be hidden by whoever is in its place
now; and the most that standing behind it speaks against somebody, log-odds."""

ALIKE_THERE = 0.007
"""Probability that somebody who looks like the target stands just where one is seen."""

STRANGERS_ALIKE, NEW_THERE, ELSEWHERE_MOST = 0.62, 0.02, 4.0
"""Cosine of the looks of two strangers; density of people who come into view, a square metre; and
the most that somebody's being seen elsewhere tells, log-odds."""

HELD_FROM = 0.5
"""The tracker's presence from which it holds its box."""


class Doubt:
    """
    Compares "the best is the target" with each other explanation of what is seen.

    :param evidence: of looks and places.

    watch: what was looked at. hidden: where the target and its twins can be out of sight.
    found_again: how the target came back last, None where it has not.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence, self.tracks = evidence, evidence.tracks
        self.watch = Watch()
        self.hidden = Unseen()
        self.merged = MergedBoxes()
        self.contest = Contest()
        self.swaps = Swaps()
        self.found_again: Reacquisition | None = None

    def weigh(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        like: FloatArray,
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        stamp: float,
        unbroken: bool,
        *,
        likely: bool,
    ) -> tuple[float, set[int]]:
        """
        Return how much likelier the best candidate is the target than somebody like it.

        There are six ways to be wrong: a distractor in view is the target; the two have changed
        places; the best is a distractor that is not seen elsewhere now; it was hidden with the
        target, and came out first; the target cannot have come there without being seen; or the
        two were in one box, and the tracker went on with the wrong one.

        :param twins: candidates that look like the target, the best one's thing left out.
        :param like: likeness of each candidate to the target, (N,).
        :param unbroken: the tracker has held the target without a jump until now.
        :param likely: the evidence is for the best one, and not for nobody.
        :return: log-likelihood ratio, inf without any, and the tracks that are in question.
        """
        target, place = self.tracks.target, candidates[best].place
        if not self.evidence.config.exclusion or place is None or target is None:
            return math.inf, set()
        swaps = self._swaps(best, twins, candidates, matched, stamp)
        returns = self._returns(best, candidates, like, matched, overlaps, stamp)
        if unbroken and overlaps.coverage[0, best] >= SAME_THING:
            returns = {
                number: lead + self._behind(number, stamp) for number, lead in returns.items()
            }
        if not target.is_away(stamp):
            together = self.merged.together(stamp)
            returns = {n: lead for n, lead in returns.items() if n not in together}
        held = 0.0
        is_vague = place.measure == 'pixels' or (unbroken and candidates[best].depth is None)
        if is_vague and (candidates[best].presence or 0.0) >= HELD_FROM:
            # places without a depth tell little: whether the tracker went on counts as well
            held = self.evidence.config.continuity
        limit = self.evidence.config.doubt_margin
        open_ = {number for number, lead in swaps.items() if lead + held < limit}
        open_ |= {number for number, lead in returns.items() if abs(lead + held) < limit}
        least = min([*swaps.values(), *returns.values()], default=math.inf) + held
        if likely:
            # neither its legs, nor what shows of it in a box of something far behind it
            beside = [
                k
                for k in twins
                if are_apart(candidates[k].place, place) and not overlaps.in_line[best, k]
            ]
            least = min(least, self._second(best, beside, candidates, like, matched, stamp))
            least = min(least, self._came_unseen(place, matched[best]))
            is_held = candidates[0].presence is not None
            is_held &= bool(overlaps.coverage[0, best] >= SAME_THING)
            out = twins if is_held else []
            least = min(least, self._split(best, out, candidates, matched, stamp))
        return least, open_

    def expects_a_second(self, stamp: float) -> bool:
        """Tell whether somebody may come after the target from where it was hidden."""
        return self.found_again is not None and self.found_again.expects_a_second(stamp)

    def _split(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> float:
        """Return how much likelier the best is the target than who came out of its box."""
        others = [t for t in self.tracks.tracks if t.is_other and self.evidence.is_alike(t)]
        looks = {k: self._cues_lead(candidates[best], candidates[k]) for k in twins}
        limit = self.evidence.config.doubt_margin
        return self.merged.weigh(best, looks, candidates, matched, others, stamp, limit)

    def _came_unseen(self, place: Place, track: WorldTrack | None) -> float:
        """
        Return how much likelier the target came to a place unseen than somebody like it is there.

        The target that has been in view until now is not weighed so.
        """
        number = NO_TRACK if track is None else track.number
        unseen = self.hidden.target.unseen(place, number)
        return math.inf if unseen == 1.0 else math.log(unseen / ALIKE_THERE)

    def _second(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        like: FloatArray,
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> float:
        """
        Return how much likelier the best is the target than whoever came from hiding after it.

        Of two that look alike and were hidden together, the first need not be the target.
        """
        again = self.found_again
        if again is None:
            return math.inf
        # what was learnt since then is of the one that was found
        found = again.likeness if again.is_learnt else max(again.likeness, float(like[best]))
        leads, cut = [math.inf], [math.inf]
        for k in twins:
            place, track = candidates[k].place, matched[k]
            born = (place, stamp) if track is None else track.born
            if track is self.tracks.target or born is None or born[0] is None:
                continue
            if self._is_known(candidates[k], born[0], born[1], track, again.before):
                continue
            # a look at a part of both is like it by chance, and so is what is left of it in a mean
            mean = 1.0 if track is None else self.evidence.mean_likeness(track)
            looks = self.evidence.config.likeness_slope * (found - min(mean, float(like[k])))
            # cut off by the edge of the picture: where its height tells the range, it tells little
            is_cut = track is None and candidates[k].depth is None
            (cut if is_cut else leads).append(again.lead(born[0], born[1]) + looks)
        return again.weigh(min(leads), min(cut), self.evidence.config.doubt_margin, stamp)

    def _is_known(
        self,
        candidate: Candidate,
        place: Place,
        born_at: float,
        track: WorldTrack | None,
        target: WorldTrack,
    ) -> bool:
        """
        Tell whether who came into view is rather somebody known, under another number.

        That is a distractor, or whom he looks more like than the target.

        :param place: where he did, at `born_at`. :param track: that he has now.
        :param target: its track as it was before it was hidden.
        """
        rather, nearest = target.log_likelihood(place, born_at), self.evidence.nearest(candidate)
        return any(
            other.is_other
            and other is not track
            and other.stamp < born_at
            and other.measure == place.measure
            and other.log_likelihood(place, born_at) > rather
            and (self.evidence.is_alike(other) or _looks_like(other, candidate, nearest))
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
        leads: dict[int, float] = {}
        target = self.tracks.target
        if target is None:
            return leads
        for k in twins:
            other = matched[k]
            known = other if other is not target and other is not None and other.is_other else None
            if known is not None and known.refused:
                continue
            looks = self._cues_lead(candidates[best], candidates[k])
            enough = self.evidence.config.doubt_margin - looks
            pair = candidates[best], candidates[k]
            lead = self.swaps.lead(target, known, *pair, stamp, enough) + looks
            if known is None:
                leads[NO_TRACK] = min(leads.get(NO_TRACK, math.inf), lead)
            else:
                leads[known.number] = lead
        return leads

    def _returns(
        self,
        best: int,
        candidates: list[Candidate],
        like: FloatArray,
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
        candidate = candidates[best]
        if candidate.place is None:
            return {}
        nearest = self.evidence.nearest(candidate)
        # the track of who is hidden may go over to what hides him, or stands beside him
        may_be_alike = like >= self.evidence.config.likeness_even - MAY_BE_IT
        seen = {
            track.number
            for k, track in enumerate(matched)
            if track is not None
            and overlaps.coverage[best, k] < SAME_THING
            and not track.is_away(stamp)
            and may_be_alike[k]
        }
        return {
            other.number: self.evidence.lead(candidate, other, stamp, nearest)
            + self._elsewhere(other, best, candidates, matched, overlaps, stamp)
            + self.hidden.rather(candidate.place, other, matched[best])
            for other in self.tracks.tracks
            if other.is_other
            and other is not self.tracks.target
            and other.number not in seen
            and self.evidence.is_alike(other)
            and other.distance2(candidate.place, stamp) < GATE
            and self.watch.may_be_at(other, candidate.place)
        }

    def _elsewhere(
        self,
        other: WorldTrack,
        best: int,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        stamp: float,
    ) -> float:
        """
        Return what speaks for it that a distractor is what is seen elsewhere in this picture.

        That is to say, and nobody new, by place and looks: log-likelihood ratio, 0 at least.
        """
        known = other.view if other.beside_view is None else other.beside_view
        most, shared = 0.0, overlaps.coverage[best]
        for k, candidate in enumerate(candidates):
            place, view = candidate.place, candidate.view
            if candidate.presence is not None or place is None or view is None or known is None:
                continue
            # somebody who is cut off by the edge of the picture has no track to be given
            may_be = matched[k] is other or (matched[k] is None and shared[k] < ALONE)
            if not may_be or shared[k] >= SAME_THING:
                continue
            slope = LOOKS_SHARE * self.evidence.config.likeness_slope
            looks = slope * (float(view @ known) - STRANGERS_ALIKE)
            there = other.log_likelihood(place, stamp) - math.log(2.0 * math.pi * NEW_THERE)
            most = max(most, looks + there)
        return min(ELSEWHERE_MOST, most)

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

    def _cues_lead(self, one: Candidate, other: Candidate) -> float:
        """Return by how much words and looks rather mean the one: log-odds against the other."""
        words = np.clip([one.words, other.words], *WORDS_RANGE)
        lead = 2.0 * self.evidence.config.words_weight * float(words[0] - words[1])
        if one.view is None or other.view is None or not len(self.evidence.gallery):
            return lead
        like = self.evidence.gallery.likeness(np.stack([one.view, other.view]))
        return lead + LOOKS_SHARE * self.evidence.config.likeness_slope * float(like[0] - like[1])


def _looks_like(other: WorldTrack, candidate: Candidate, nearest: float) -> bool:
    """Tell whether a candidate looks more like somebody than by `nearest`, a cosine."""
    if other.view is None or candidate.view is None:
        return False
    return float(other.view @ candidate.view) > nearest
