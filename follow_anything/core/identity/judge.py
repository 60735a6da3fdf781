# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The judge: which of the candidates is the target, with a probability for each and for none of them.

    appearance (gallery, likeness)        ─┐
    motion     (Mahalanobis, world track)  ├─▶ log-odds ─▶ mean over time ─▶ softmax ─▶ Verdict
    tracker    (presence, unbroken track)  │    a look       a track          with "none"
    words      (the query's own belief)   ─┘

Log-odds are against "something else". Each look adds to the exponential mean of its track, so that
one bad frame does not stop a robot and one good frame does not start it. Who was seen beside the
target is excluded. Two candidates within the margin are ambiguous, in every state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math

from follow_anything.core.config import IdentityConfig
from follow_anything.core.geometry import coverage
from follow_anything.core.identity.doubt import Doubt
from follow_anything.core.identity.evidence import APPEARANCE_RANGE, Evidence, MAY_BE_IT
from follow_anything.core.identity.gallery import Gallery
from follow_anything.core.identity.observer import MORE_ALIKE, Observer
from follow_anything.core.identity.things import (
    ALONE,
    COVERED,
    DRIFTED,
    INSIDE,
    Overlaps,
    SAME_THING,
)
from follow_anything.core.identity.verdict import Candidate, Decision, Size, Verdict
from follow_anything.core.types import FloatArray, Rated
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.outlook import Outlook
from follow_anything.core.world.track import are_apart, BESIDE_LOOKS, NO_TRACK, WorldTrack
import numpy as np

__all__ = ['Candidate', 'Decision', 'Judge', 'Size', 'Verdict']

FALLS_FASTER = 2.5
"""Evidence falls so many times as fast as it rises: to stop is cheap."""

PART_FIRST = 2.0
"""A part of the tracker's box replaces it when it is better by these log-odds: beside a part, the
other parts would be rivals. (A box that has widened to a group is worse by more.)"""


class Judge:
    """
    Weighs candidates, look by look, and learns from those that are sure.

    :param config: weights and thresholds.
    """

    def __init__(self, config: IdentityConfig) -> None:
        self.config = config
        self.gallery = Gallery(config.memory, config.adaptive_memory, config.negative_memory)
        self.tracks = WorldTracks()
        self.evidence = Evidence(config, self.gallery, self.tracks)
        self.doubt = Doubt(self.evidence)
        self.observer = Observer(config, self.doubt)
        self._held: tuple[float, float] | None = None

    def configure(self, config: IdentityConfig) -> None:
        """Take new weights; what was learnt stays."""
        self.config = self.evidence.config = self.observer.config = config
        self.gallery.resize(config.memory, config.adaptive_memory, config.negative_memory)

    def clear(self, *, keep_refused: bool = False) -> None:
        """Forget the target and everybody else, but for whom the operator refused."""
        self.gallery.clear(keep_refused=keep_refused)
        self.tracks.clear()
        self.doubt.watch.clear()
        self.observer.clear()
        self._held = None

    def after_clock_jump(self) -> None:
        """Forget where everybody is: that was timed by another clock. Looks stay."""
        self.tracks.clear()
        self.observer.clear()

    def begin(self, candidate: Candidate, stamp: float, others: Sequence[Candidate] = ()) -> None:
        """
        Take the first sight of a target.

        :param others: what else is in that picture: what it is not.
        """
        self.clear(keep_refused=True)
        if candidate.view is not None:
            self.gallery.anchor(candidate.view)
        beside = [c.view for c in others if coverage(c.box, candidate.box) < ALONE]
        views = [view for view in beside if view is not None]
        if views:
            self.gallery.add_negatives(np.stack(views))
        if candidate.place is not None:
            self.tracks.target = self.tracks.new(candidate.place, stamp, candidate.view)

    def judge(
        self,
        candidates: list[Candidate],
        stamp: float,
        *,
        unbroken: bool,
        usual: Size | None = None,
        learn: bool = True,
        lost: bool = False,
        outlook: Outlook | None = None,
        visibility: Visibility | None = None,
    ) -> Verdict:
        """
        Weigh the candidates of one picture.

        :param stamp: of the picture, s.
        :param unbroken: the tracker has held the target without a jump until now.
        :param usual: size of the target; None where unknown.
        :param learn: sure views may enter the memory.
        :param lost: the target is out of sight, and what comes is still to be confirmed.
        :param outlook: what the camera looks at; None where that is unknown.
        :param visibility: what of it can be seen; None where that is unknown.

        The tracker's own box, where there is one, comes first.
        """
        self.doubt.watch.look(outlook)
        if not candidates:
            self.doubt.hidden.look((), self.tracks.tracks, visibility, stamp)
            return Verdict(Decision.NONE)
        overlaps = Overlaps(
            [c.box for c in candidates],
            [c.size for c in candidates],
            [c.place for c in candidates],
            usual,
        )
        like = self.evidence.likeness(candidates)
        whole = overlaps.wholes(candidates, usual, like, self.config.likeness_even)
        matched = self._associate(candidates, whole, overlaps, stamp, unbroken)
        now = self.evidence.log_odds(candidates, matched, overlaps, stamp, unbroken, usual)
        evidence = self._means(candidates, matched, now, stamp)
        verdict = self._decide(candidates, matched, overlaps, evidence, like, stamp, unbroken)
        self.observer.observe(
            candidates, matched, whole, overlaps, evidence, verdict, stamp, unbroken, lost=lost
        )
        detected = [
            (c.place, track)
            for c, track, likeness in zip(candidates, matched, verdict.likeness, strict=True)
            if c.presence is None and c.place is not None
            if likeness >= self.config.likeness_even - MAY_BE_IT
        ]
        self.doubt.hidden.look(detected, self.tracks.tracks, visibility, stamp)
        verdict = replace(verdict, knows_twin=self._knows_twin())
        # one look at something else must not be learnt, whatever was seen before
        if not learn or verdict.decision is not Decision.TARGET or now[verdict.best] < 0.0:
            return verdict
        is_learnt = self._learn(candidates, whole, overlaps, verdict, unbroken)
        return replace(verdict, is_learnt=is_learnt)

    def _associate(
        self,
        candidates: list[Candidate],
        whole: list[bool],
        overlaps: Overlaps,
        stamp: float,
        unbroken: bool,
    ) -> list[WorldTrack | None]:
        """
        Give each candidate its track.

        The tracker's box may drift to what is beside the target. So it shares the track of the
        proposal that it covers; half on a proposal it has no track; and one of its own only where
        it stands alone, or where its depth is not the proposal's: somebody passes before it.
        """
        places = [
            c.place if is_whole else None for c, is_whole in zip(candidates, whole, strict=True)
        ]
        twin, overlap = overlaps.proposal_under(candidates, whole)
        is_on = overlap >= DRIFTED and not are_apart(places[0], places[twin])
        if is_on:
            places[0] = None
        matched = self.tracks.associate(places, [c.view for c in candidates], stamp)
        is_held = unbroken and candidates[0].presence is not None
        for k, track in enumerate(matched):
            # who is away leaves what the tracker holds, or where the target would sooner be
            if track is not None and track.is_away(stamp):
                is_on_held = is_held and bool(overlaps.coverage[0, k] >= ALONE)
                is_on_held &= candidates[k].depth is None and track is not self.tracks.target
                if is_on_held or self.tracks.is_rather_target(track, places[k], stamp):
                    matched[k] = None
        if is_on and overlap >= COVERED:
            matched[0] = matched[twin]
        return matched

    def _means(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        now: FloatArray,
        stamp: float,
    ) -> FloatArray:
        """
        Let the evidence of each track follow what is seen now; return each candidate's.

        A candidate without a view counts as it is, at once. Where no camera is known the tracker's
        box has an evidence of its own, unless it is on somebody else: tracks in a picture that
        shakes lose what the tracker holds.
        """
        evidence = now.copy()
        best: dict[int, tuple[WorldTrack, float]] = {}
        place = candidates[0].place
        held = (
            candidates[0].presence is not None
            and place is not None
            and place.measure == 'pixels'
            and not self.evidence.is_somebody_else(candidates[0], matched[0], stamp)
        )
        for k, track in enumerate(matched):
            memory = None if track is None else (track.evidence, track.judged_at)
            if k == 0 and held:
                memory = self._held
            if memory is not None and candidates[k].view is not None:
                evidence[k] = self._mean(*memory, float(now[k]), stamp)
            if track is None or (k == 0 and held and track is not self.tracks.target):
                continue
            known = best.get(track.number)
            if known is None or evidence[k] > known[1]:  # two boxes of one thing: the better one
                best[track.number] = track, float(evidence[k])
        for track, value in best.values():
            track.evidence, track.judged_at = value, stamp
        self._held = (float(evidence[0]), stamp) if held else None
        return evidence

    def _mean(self, before: float, at: float, now: float, stamp: float) -> float:
        """Return the exponential mean of an evidence that was `before` at some time."""
        if at == -math.inf:
            return now
        falls = FALLS_FASTER if now < before else 1.0
        share = 1.0 - math.exp(-max(0.02, stamp - at) * falls / self.config.evidence_time)
        return before + share * (now - before)

    def _decide(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        overlaps: Overlaps,
        evidence: FloatArray,
        like: FloatArray,
        stamp: float,
        unbroken: bool,
    ) -> Verdict:
        config = self.config
        best = int(evidence.argmax())
        own = 0 if candidates[0].presence is not None else best
        # of two boxes of one thing the tracker's moves more smoothly
        same = overlaps.coverage[own, best] >= SAME_THING
        better_by = PART_FIRST if overlaps.part[best, own] else config.tracker_first
        if same and evidence[own] >= evidence[best] - better_by:
            best = own
        free = np.array([_is_free(track) for track in matched])
        is_measured = np.array([candidate.depth is not None for candidate in candidates])
        rivals = overlaps.rivals(best, evidence, free, is_measured)
        margin = float(evidence[best] - evidence[rivals].max()) if rivals else math.inf
        # in one box with a lamp post the target looks like nothing, and may take its twin's track
        back = [t is not None and t.is_twin and t.is_away(stamp) for t in matched]
        twins = [k for k in rivals if back[k] or like[k] >= config.likeness_even]
        better = frozenset(k for k in twins if like[k] >= like[best] + MORE_ALIKE)
        likely = bool(evidence[best] > 0.0)
        doubt, in_question = self.doubt.weigh(
            best, twins, candidates, like, matched, overlaps, stamp, unbroken, likely=likely
        )
        weights = np.exp(np.clip(evidence, -30.0, 30.0))
        whole = float(weights[best] + weights[rivals].sum() + 1.0)
        probability = float(weights[best]) / whole
        order = sorted([best, *rivals], key=lambda k: -evidence[k])
        rated = tuple(
            Rated(_number(matched[k]), candidates[k].box, float(weights[k]) / whole)
            for k in order
            if k == best or weights[k] / whole >= config.shown_probability
        )
        decision = Decision.NONE
        if likely:
            is_clear = margin >= config.margin and doubt >= config.doubt_margin and not better
            is_clear = self.doubt.contest.is_settled(best, twins, candidates, matched, is_clear)
            decision = Decision.TARGET if is_clear else Decision.AMBIGUOUS
        alike_near = overlaps.nearness(best, twins)
        is_near = alike_near > 0.0 or self.doubt.expects_a_second(stamp)
        return Verdict(
            decision,
            best,
            probability,
            1.0 / whole,
            min(margin, doubt),
            rated,
            is_near,
            alike_near,
            evidence,
            frozenset(in_question),
            frozenset(twins) - better,
            better,
            like,
        )

    def _knows_twin(self) -> bool:
        """Tell whether somebody is known who is like the target."""
        target = self.tracks.target
        return any(track.is_twin for track in self.tracks.tracks if track is not target)

    def _learn(
        self,
        candidates: list[Candidate],
        whole: list[bool],
        overlaps: Overlaps,
        verdict: Verdict,
        unbroken: bool,
    ) -> bool:
        """
        Let sure views in: of the target, and of the others as what it is not.

        :return: whether the target's own view was good enough.
        """
        config, best = self.config, candidates[verdict.best]
        if verdict.probability < config.learn_from or not unbroken:
            return False
        if self.doubt.found_again is not None:
            self.doubt.found_again.is_learnt = True
        with_best = overlaps.coverage[verdict.best]
        with_thing = overlaps.with_thing(verdict.best, verdict.evidence)
        others = [candidates[k].view for k in np.flatnonzero(with_thing < ALONE)]
        views = [view for view in others if view is not None]
        if views:
            self.gallery.add_negatives(np.stack(views))
        # another thing of its size before it; not a second box around the target itself
        covers = (with_best >= ALONE) & (with_best < INSIDE)
        covers &= (overlaps.iou[verdict.best] < COVERED) & np.array(whole)
        is_sure = verdict.margin >= config.learn_margin
        is_sure &= (best.presence or 0.0) >= config.learn_presence
        # not by the tracker's word alone: it may have slid to what hides the target
        is_sure &= bool(verdict.likeness[verdict.best] >= config.likeness_even)
        is_sure &= not overlaps.is_loose(verdict.best, candidates, verdict.evidence)
        if best.view is None or not is_sure or covers.any():
            return False
        self.gallery.anchor(best.view)
        self.gallery.adapt(best.view)
        return True

    def choose(self, chosen: Candidate, candidates: Sequence[Candidate], stamp: float) -> None:
        """
        Take the operator's word that one of the candidates is the target.

        Whoever else is in that picture is somebody else from now on.
        """
        self.observer.clear()
        for candidate in candidates:
            if candidate.place is None:
                continue
            is_chosen = candidate is chosen
            if not is_chosen and coverage(candidate.box, chosen.box) >= ALONE:
                continue
            (track,) = self.tracks.associate([candidate.place], [candidate.view], stamp)
            if track is None or (track is self.tracks.target and not is_chosen):
                track = self.tracks.new(candidate.place, stamp, candidate.view)
            if is_chosen:
                self.tracks.adopt(track)
                track.begin(candidate.place, stamp)
                track.beside, track.alike, track.refused = 0, 0, False
                track.evidence, track.judged_at = APPEARANCE_RANGE[1], stamp
            else:
                track.beside = max(track.beside, BESIDE_LOOKS)

    def refuse(self, candidate: Candidate, stamp: float) -> None:
        """Take the operator's word that this one is not the target, for ever."""
        self.observer.clear()
        if candidate.view is not None:
            self.gallery.refuse(candidate.view)
        if candidate.place is not None:
            (track,) = self.tracks.associate([candidate.place], [candidate.view], stamp)
            if track is None:
                track = self.tracks.new(candidate.place, stamp, candidate.view)
            elif track is self.tracks.target:
                # the robot followed somebody else: who was seen beside that one may be the target
                self.tracks.target = None
                for other in self.tracks.tracks:
                    other.beside, other.alike = 0, 0
            track.refused = True
            track.evidence, track.judged_at = APPEARANCE_RANGE[0], stamp
        self._held = None


def _is_free(track: WorldTrack | None) -> bool:
    """Tell whether a track may be the target's, as far as is known."""
    return track is None or not track.is_other


def _number(track: WorldTrack | None) -> int:
    return NO_TRACK if track is None else track.number
