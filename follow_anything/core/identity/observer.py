# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a verdict says of everybody in view: their tracks move, and distractors become known."""

from __future__ import annotations

from copy import copy
import math

from follow_anything.core.config import IdentityConfig
from follow_anything.core.geometry import iou
from follow_anything.core.identity.doubt import Doubt
from follow_anything.core.identity.reacquisition import Reacquisition
from follow_anything.core.identity.things import ALONE, Overlaps, SAME_THING
from follow_anything.core.identity.verdict import Candidate, Decision, Verdict
from follow_anything.core.types import Box, FloatArray
from follow_anything.core.world.hidden import Hidden
from follow_anything.core.world.ranging import SAME_SURFACE
from follow_anything.core.world.track import GATE, Place, WorldTrack
import numpy as np

__all__ = ['MORE_ALIKE', 'Observer']

MORE_ALIKE = 0.25
"""Likeness by which somebody else looks more like the target than the best candidate: the two may
have changed places, so the robot holds, and nobody is learnt to be somebody else."""

OUT_OF_REACH, OUT_OF_REACH_UNMEASURED, JUST_GONE_S = 40.0, 20.0, 1.0
"""Squared Mahalanobis distance from the target's track at which somebody like it is somebody else,
with depth and without one, where the distances of all things are less; and how long after the last
sight of the target that tells."""

HIDDEN_S = 1.5
"""Out of sight for so long, a target and somebody like it may have changed places."""

TWIN_LIKENESS = 0.08
"""A twin looks more like the target than an even candidate, by this: a lamp post does not."""

COMES_NEARER = 1.0
"""Squared distance along the line of sight, in variances, from which the depth of a target that
comes back is rather that of what it was behind, where that is in view."""

OWN_BOX = 0.3
"""Overlap (IoU) with the target's box of its last sight from which a box is not elsewhere."""


class Observer:
    """
    Moves the tracks by what was seen, and keeps who is not the target.

    :param config: thresholds. :param doubt: knows the tracks, and what was looked at.
    """

    def __init__(self, config: IdentityConfig, doubt: Doubt) -> None:
        self.config, self.doubt = config, doubt
        self.evidence, self.tracks = doubt.evidence, doubt.tracks
        self.clear()

    def clear(self) -> None:
        """Forget the target."""
        self._looked = 1.0  # its likeness at its last sure sight
        self._seen: WorldTrack | None = None  # its track then
        self._box: Box | None = None  # where it was in the picture at its last sight, sure or not
        self.doubt.found_again = None
        self.doubt.merged.clear()
        self.doubt.contest.clear()
        self.doubt.swaps.clear()
        self.doubt.hidden.clear()

    def observe(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        whole: list[bool],
        overlaps: Overlaps,
        evidence: FloatArray,
        verdict: Verdict,
        stamp: float,
        unbroken: bool,
        *,
        lost: bool,
    ) -> None:
        """
        Move the tracks; who stands beside a sure target is somebody else.

        The track of a target that was lost from sight stays where that was expected until it is
        confirmed: one look may be at a passer-by, at the depth of a lamp post.
        """
        is_target = verdict.decision is Decision.TARGET and not lost
        sure = is_target and verdict.probability >= self.config.learn_from
        if is_target:
            self._sight(candidates, verdict, stamp, sure, unbroken)
        # a box covers itself; where nobody is the target, nothing belongs to it
        with_best = overlaps.coverage[verdict.best] if is_target else np.zeros(len(candidates))
        with_thing = overlaps.with_thing(verdict.best, evidence)
        elsewhere = self._cannot_be_it(candidates, verdict, stamp)
        is_like = verdict.likeness >= self.config.likeness_even + TWIN_LIKENESS
        sighting = self._sighting(candidates, overlaps, verdict, stamp) if is_target else None
        expected = self._rather_expected(candidates, verdict, stamp)
        for k, candidate in enumerate(candidates):
            track, place = matched[k], candidate.place
            if place is None or (track is not None and track.number in verdict.in_question):
                continue  # or it would run away with somebody else
            if is_target and k == verdict.best:
                share = 1.0 if sure else verdict.probability
                self._observe_target(sighting, track, float(evidence[k]), stamp, share)
            elif whole[k] and with_best[k] < SAME_THING and self._is_other(candidate, track):
                track = self._observe_other(track, place, candidate, float(evidence[k]), stamp)
                is_beside = sure and with_thing[k] < ALONE
                is_beside &= k not in verdict.better and k not in expected
                if is_beside or k in elsewhere:
                    # at the edge of the target's box the looks are its own, the depth is not
                    is_own = is_beside and overlaps.in_line[verdict.best, k]
                    is_alike = is_like[k] and k in verdict.alike and not is_own
                    track.was_beside(candidate.view, is_alike=is_alike or k in elsewhere)
                side = None if candidate.size is None else candidate.size.metres
                self.doubt.hidden.sees_other(track, place, side)
        if sure:
            self._see_surely(candidates, matched, verdict, stamp)
        for track in self.tracks.tracks:
            # where nothing is the target, no twin can have been taken for it
            is_asked = verdict.decision is not Decision.NONE
            if is_asked and track.is_twin and track.number in verdict.in_question:
                track.questioned_at = stamp
        self.tracks.merge(stamp)
        self.tracks.prune(stamp)

    def _sight(
        self,
        candidates: list[Candidate],
        verdict: Verdict,
        stamp: float,
        sure: bool,
        unbroken: bool,
    ) -> None:
        """Note how and where the target is seen, and whether it was out of sight before."""
        best, likeness = candidates[verdict.best], float(verdict.likeness[verdict.best])
        self._box = best.box
        if not sure:
            return
        self._looked = likeness
        seen = self._seen
        if unbroken or seen is None or best.place is None or stamp - seen.stamp <= HIDDEN_S:
            return
        hidden, self.doubt.hidden.target = self.doubt.hidden.target, Hidden()
        self.doubt.found_again = Reacquisition(seen, best.place, stamp, likeness, hidden)

    def _see_surely(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        verdict: Verdict,
        stamp: float,
    ) -> None:
        """Keep where the target is: what comes after it is hidden or covered starts there."""
        best = candidates[verdict.best]
        side = None if best.size is None else best.size.metres
        self._seen = copy(self.tracks.target)
        self.doubt.hidden.target.seen(self._seen, best.place, side)
        if self._seen is not None:
            self.doubt.merged.look(
                self._seen, verdict.best, verdict.alike, candidates, matched, stamp
            )

    def _observe_other(
        self,
        track: WorldTrack | None,
        place: Place,
        candidate: Candidate,
        evidence: float,
        stamp: float,
    ) -> WorldTrack:
        """Move the track of something else, or begin one; return it."""
        if track is not None and candidate.depth is None:
            place = self.doubt.watch.without_range(track, place)
        is_new = track is None
        track = self.tracks.observe(track, place, stamp, candidate.view)
        if is_new:
            self.doubt.hidden.came(track.number, place)
        track.box = None if candidate.depth is None else (candidate.box, candidate.depth)
        if track.judged_at == -math.inf:
            track.evidence, track.judged_at = evidence, stamp
        return track

    def _cannot_be_it(
        self, candidates: list[Candidate], verdict: Verdict, stamp: float
    ) -> frozenset[int]:
        """
        Return who looks like the target, just gone, and is where it cannot have got to.

        Whoever looks much more like it than it did itself may be it: its track may have gone over
        to somebody else. And a box where its own was in the picture is its own with another depth:
        that may have been measured on what it came out from behind.
        """
        target = self.tracks.target
        if verdict.decision is not Decision.NONE or target is None:
            return frozenset()
        if target.measure != 'metres' or stamp - target.stamp > JUST_GONE_S:
            return frozenset()
        like = verdict.likeness
        return frozenset(
            k
            for k, candidate in enumerate(candidates)
            if self.config.likeness_even <= like[k] < self._looked + MORE_ALIKE
            and candidate.place is not None
            and candidate.place.measure == 'metres'
            and target.distance2(candidate.place, stamp)
            >= (OUT_OF_REACH_UNMEASURED if candidate.depth is None else OUT_OF_REACH)
            and (self._box is None or iou(candidate.box, self._box) < OWN_BOX)
        )

    def _rather_expected(
        self, candidates: list[Candidate], verdict: Verdict, stamp: float
    ) -> frozenset[int]:
        """
        Return who is rather where the target is expected than the best candidate is.

        That may be the target: its head over the wall, while its legs still show beside it, and
        the range of their box is that of the ground behind them.
        """
        target, best = self.tracks.target, candidates[verdict.best].place
        if target is None or best is None or not self.doubt.watch.is_behind(target, best):
            return frozenset()
        there = target.log_likelihood(best, stamp)
        return frozenset(
            k
            for k, candidate in enumerate(candidates)
            if candidate.place is not None
            and target.log_likelihood(candidate.place, stamp) > there
        )

    def _is_other(self, candidate: Candidate, track: WorldTrack | None) -> bool:
        """
        Tell whether a box beside the target's may move a track.

        The tracker's box is no sighting of anything by itself, unless it is still on what the
        operator refused; and the target's own track moves by nothing but the target.
        """
        is_own = track is not None and track is self.tracks.target
        is_refused = track is not None and track.refused
        return (candidate.presence is None or is_refused) and not is_own

    def _sighting(
        self, candidates: list[Candidate], overlaps: Overlaps, verdict: Verdict, stamp: float
    ) -> Candidate | None:
        """
        Return the box that tells where the target is; None where it has another's depth.

        A target that comes back comes out from behind something, and half of its box shows that.
        Of its boxes the one nearest to where it is expected counts, and none that is nearer to the
        camera, by `COMES_NEARER`, at the depth of a box across it that shows something else.
        """
        best, target = candidates[verdict.best], self.tracks.target
        if target is None or best.depth is None or not target.is_away(stamp):
            return best
        shared = overlaps.coverage[verdict.best]
        own = (shared >= SAME_THING) & (verdict.evidence > 0.0)
        places = {k: candidates[k].place for k in (verdict.best, *np.flatnonzero(own))}
        away = {k: target.distance2(p, stamp) for k, p in places.items() if p is not None}
        nearest = min(away, key=away.__getitem__, default=verdict.best)
        depth, place = candidates[nearest].depth, candidates[nearest].place
        is_hidden = depth is not None and any(
            other.depth is not None and abs(other.depth - depth) <= SAME_SURFACE * depth
            for k, other in enumerate(candidates)
            if shared[k] >= ALONE and verdict.likeness[k] < self.config.likeness_even
        )
        if is_hidden and place and self.doubt.watch.is_before(target, place, COMES_NEARER):
            return None
        return candidates[nearest]

    def _observe_target(
        self,
        sighting: Candidate | None,
        track: WorldTrack | None,
        evidence: float,
        stamp: float,
        share: float,
    ) -> None:
        """
        Move the target's own track to where it is seen.

        :param sighting: what tells where it is, see _sighting().
        :param track: that the place belongs to, by motion and looks.
        :param share: probability of the sighting, 1 where it is sure.
        """
        target, place = self.tracks.target, None if sighting is None else sighting.place
        if sighting is None or place is None:
            return
        watch = self.doubt.watch
        if target is not None and (
            watch.is_before(target, place) or watch.is_behind(target, place)
        ):
            return  # the box is the target's, its depth is that of what is before or behind it
        if target is None:
            target = self.tracks.target = track or self.tracks.new(place, stamp, sighting.view)
        if track is not None and track is not target:
            if share < 1.0:
                track.update(place, stamp, sighting.view)
            elif target.distance2(place, stamp) < GATE and not math.isinf(track.judged_at):
                # two tracks of one thing: its own one has the velocity
                self.tracks.tracks.remove(track)
                target.evidence, target.judged_at = track.evidence, track.judged_at
            else:
                self.tracks.adopt(track)
                target = track
        target.update(place, stamp, sighting.view, share)
        target.box = None if sighting.depth is None else (sighting.box, sighting.depth)
        if target.judged_at == -math.inf:
            target.evidence, target.judged_at = evidence, stamp
        if share == 1.0:
            target.beside = target.alike = 0
