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
from dataclasses import dataclass, field
import enum
import math

from follow_anything.core.candidates import (
    BESIDE_LOOKS,
    GATE,
    LOOKS_COST,
    NO_TRACK,
    Place,
    WorldTrack,
    WorldTracks,
)
from follow_anything.core.config import IdentityConfig
from follow_anything.core.gallery import Gallery
from follow_anything.core.geometry import coverage, iou
from follow_anything.core.types import Box, FloatArray, Rated
import numpy as np

__all__ = ['Candidate', 'Decision', 'Judge', 'Verdict']

APPEARANCE_RANGE = (-8.0, 4.0)
MOTION_MOST, HELD_MOTION_MOST = 9.0, 2.0
"""Squared Mahalanobis distance beyond which further away is no stronger evidence; and that for a
box which the tracker has held without a jump while nothing else looks like the target."""

OTHER_MOST = 12.0
"""Log-odds, at most, against a candidate that goes on as one who was seen beside the target."""

GROUP = -6.0
"""Log-odds of a box around several things that do not overlap."""

PRESENCE_RANGE = (-1.5, 1.5)
WORDS_RANGE = (-3.0, 1.0)

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

SAME_BOX = 0.5
"""IoU from which a box is the tracker's box by another name."""

SIZE_SPREAD, SIZE_LEAST = 0.3, -3.0
"""Standard deviation of the logarithm of a size, and the most that a size speaks against it."""

ALIKE = 0.85
"""Cosine from which a candidate may be the thing of a track by its looks."""

ALIKE_NEAR = 2.5
"""A look-alike within so many sides of the target's box is near."""

ALONE = 0.2
"""A box that shares less than this with every other shows nothing but its own thing."""


class Decision(enum.Enum):
    """What a look at the candidates led to."""

    TARGET = 'the target is seen'
    NONE = 'none of the candidates is the target'
    AMBIGUOUS = 'several candidates may be the target'


@dataclass(frozen=True)
class Size:
    """The square root of a box's area, pixels, and metres where its depth is known."""

    pixels: float
    metres: float | None = None

    def ratio(self, usual: Size) -> float:
        """Return how many times the usual size this is."""
        if self.metres is not None and usual.metres is not None:
            return self.metres / usual.metres
        return self.pixels / usual.pixels

    def drawn_to(self, new: Size, share: float) -> Size:
        """Return the size after a share of the way to a new one."""
        metres = new.metres if self.metres is None else self.metres
        if new.metres is not None and metres is not None:
            metres += share * (new.metres - metres)
        return Size(self.pixels + share * (new.pixels - self.pixels), metres)


@dataclass(frozen=True, eq=False)
class Candidate:
    """
    One box of a picture.

    :param view: embedding (D,), unit length; None where none could be made.
    :param place: where it is; None where that is unknown.
    :param presence: of the tracker, [0, 1], for its own box; None for all others.
    :param words: log-odds that it is what the words say; 0 where nothing is known.
    :param size: None where it does not matter.
    """

    box: Box
    view: FloatArray | None = None
    place: Place | None = None
    presence: float | None = None
    words: float = 0.0
    size: Size | None = None


@dataclass(frozen=True, eq=False)
class Verdict:
    """
    What the judge says of one picture.

    :param decision: whether a robot may believe it. :param best: index of the likeliest; -1: none.
    :param probability: of the best one. :param none: probability that it is none of them.
    :param margin: log-odds between the best and the next thing that is not part of it.
    :param rated: the candidates that are not out of the question, likeliest first.
    :param is_alike_near: something that looks like the target is near it.
    :param in_question: tracks that may have changed places with the target: none of them moves.
    """

    decision: Decision
    best: int = -1
    probability: float = 0.0
    none: float = 1.0
    margin: float = math.inf
    rated: tuple[Rated, ...] = ()
    is_alike_near: bool = False
    evidence: FloatArray = field(default_factory=lambda: np.zeros(0))
    in_question: frozenset[int] = frozenset()


class Judge:
    """
    Weighs candidates, look by look, and learns from those that are sure.

    :param config: weights and thresholds.
    """

    def __init__(self, config: IdentityConfig) -> None:
        self.config = config
        self.gallery = Gallery(config.memory, config.adaptive_memory, config.negative_memory)
        self.tracks = WorldTracks()

    def configure(self, config: IdentityConfig) -> None:
        """Take new weights; what was learnt stays."""
        self.config = config
        self.gallery.resize(config.memory, config.adaptive_memory, config.negative_memory)

    def clear(self) -> None:
        """Forget the target and everybody else."""
        self.gallery.clear()
        self.tracks.clear()

    def begin(self, candidate: Candidate, stamp: float, others: Sequence[Candidate] = ()) -> None:
        """
        Take the first sight of a target.

        :param others: what else is in that picture: what it is not.
        """
        self.clear()
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
    ) -> Verdict:
        """
        Weigh the candidates of one picture.

        :param stamp: of the picture, s.
        :param unbroken: the tracker has held the target without a jump until now.
        :param usual: size of the target; None where unknown.
        :param learn: sure views may enter the memory.

        The tracker's own box, where there is one, comes first.
        """
        if not candidates:
            return Verdict(Decision.NONE)
        whole = _wholes(candidates, usual)
        matched = self._associate(candidates, whole, stamp)
        now = self._log_odds(candidates, matched, stamp, unbroken, usual)
        evidence = self._means(matched, now, stamp)
        verdict = self._decide(candidates, matched, evidence, stamp)
        self._observe(candidates, matched, whole, evidence, verdict, stamp)
        # one look at something else must not be learnt, whatever was seen before
        if learn and verdict.decision is Decision.TARGET and now[verdict.best] >= 0.0:
            self._learn(candidates, verdict, unbroken)
        return verdict

    def _associate(
        self, candidates: list[Candidate], whole: list[bool], stamp: float
    ) -> list[WorldTrack | None]:
        """
        Give each candidate its track.

        The tracker's box may drift to what is beside the target. So it shares the track of the
        proposal that it covers; half on a proposal it has no track; and one of its own only where
        it stands alone.
        """
        places = [
            c.place if is_whole else None for c, is_whole in zip(candidates, whole, strict=True)
        ]
        twin, overlap = self._proposal_under(candidates, whole)
        if overlap >= DRIFTED:
            places[0] = None
        matched = self.tracks.associate(places, [c.view for c in candidates], stamp)
        if overlap >= COVERED:
            matched[0] = matched[twin]
        return matched

    @staticmethod
    def _proposal_under(candidates: list[Candidate], whole: list[bool]) -> tuple[int, float]:
        """Return the proposal that the tracker's box overlaps most, and how much (IoU)."""
        if candidates[0].presence is None or len(candidates) < 2:
            return 0, 0.0
        overlaps = [
            iou(c.box, candidates[0].box) if is_whole else 0.0
            for c, is_whole in zip(candidates[1:], whole[1:], strict=True)
        ]
        best = int(np.argmax(overlaps))
        return best + 1, overlaps[best]

    def _log_odds(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
        unbroken: bool,
        usual: Size | None,
    ) -> FloatArray:
        """Return each candidate's log-odds by this picture alone, (N,)."""
        config, target = self.config, self.tracks.target
        total = np.zeros(len(candidates))
        seen = [k for k, c in enumerate(candidates) if c.view is not None]
        if seen and len(self.gallery):
            views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
            like = self.gallery.likeness(views) - config.likeness_even
            total[seen] += np.clip(config.likeness_slope * like, *APPEARANCE_RANGE)
        is_alone = unbroken and not self._has_twin(candidates, total)
        for k, candidate in enumerate(candidates):
            track = matched[k] or _track_of_same(candidate, candidates, matched)
            if candidate.view is None:
                total[k] += APPEARANCE_RANGE[0]
            if target is not None and candidate.place is not None:
                away = target.distance2(candidate.place, stamp)
                is_held = is_alone and candidate.presence is not None
                most = HELD_MOTION_MOST if is_held else MOTION_MOST
                total[k] -= config.motion_weight * min(away, most)
            total[k] += config.words_weight * float(np.clip(candidate.words, *WORDS_RANGE))
            total[k] += self._tracked(candidate, candidates, unbroken)
            total[k] += self._size(candidate, usual)
            if _is_group(candidate.box, [c.box for c in candidates]):
                total[k] += GROUP
            if config.exclusion and track is not None and track.is_other:
                total[k] -= float(np.logaddexp(0.0, -self._lead(candidate, track, stamp)))
        return total

    @staticmethod
    def _has_twin(candidates: list[Candidate], looks: FloatArray) -> bool:
        """Tell whether something beside the tracker's box looks like the target."""
        own = candidates[0].box
        return any(
            looks[k] >= 0.0 and coverage(c.box, own) < SAME_THING
            for k, c in enumerate(candidates)
            if k > 0 and c.view is not None
        )

    def _tracked(self, candidate: Candidate, candidates: list[Candidate], unbroken: bool) -> float:
        """Return what the tracker's word adds to its own box, and to other boxes of that thing."""
        own = candidates[0]
        if own.presence is None:
            return 0.0
        share = 1.0 if candidate is own else min(1.0, iou(candidate.box, own.box) / SAME_BOX)
        presence = min(max(own.presence, 1e-3), 1 - 1e-3)
        word = float(np.clip(math.log(presence / (1 - presence)) / 2, *PRESENCE_RANGE))
        return share * (word + (self.config.continuity if unbroken else 0.0))

    @staticmethod
    def _size(candidate: Candidate, usual: Size | None) -> float:
        """Return the log-odds of a size: a thing keeps its own, a part or a group has another."""
        if usual is None or candidate.size is None:
            return 0.0
        off = math.log(candidate.size.ratio(usual)) / SIZE_SPREAD
        return max(SIZE_LEAST, -0.5 * off * off)

    def _lead(self, candidate: Candidate, other: WorldTrack, stamp: float) -> float:
        """
        Return by how much a candidate goes on as the target rather than as somebody else.

        Two explanations compete, by motion and looks: log-likelihood of the one less the other.
        """
        target = self.tracks.target
        if other.refused:
            return -OTHER_MOST
        if candidate.place is None or target is None:
            return 0.0
        looks = [0.0, 0.0]
        if candidate.view is not None and other.view is not None and len(self.gallery):
            nearest = float(self.gallery.nearest(candidate.view[None])[0])
            looks = [1.0 - nearest, 1.0 - float(candidate.view @ other.view)]
        as_target, as_other = (
            track.log_likelihood(candidate.place, stamp) - LOOKS_COST / 2 * unlike
            for track, unlike in zip((target, other), looks, strict=True)
        )
        return float(np.clip(as_target - as_other, -OTHER_MOST, OTHER_MOST))

    def _doubt(
        self,
        best: int,
        twins: list[int],
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        stamp: float,
    ) -> tuple[float, set[int]]:
        """
        Return how much likelier the best candidate is the target than somebody like it.

        There are three ways to be wrong: a look-alike in view is the target; the two have changed
        places; or the best is a look-alike that is not seen elsewhere now.

        :param twins: candidates that look like the target, the best one's thing left out.
        :return: log-likelihood ratio, inf without any, and the tracks that are in question.
        """
        target, place = self.tracks.target, candidates[best].place
        if not self.config.exclusion or place is None or target is None:
            return math.inf, set()
        mine = target.log_likelihood(place, stamp)
        doubts: dict[int, float] = {}
        for k in twins:
            other, there = matched[k], candidates[k].place
            if there is None:
                continue
            swapped = target.log_likelihood(there, stamp) - self._words_lead(
                candidates[best], candidates[k]
            )
            if other is None or other is target or not other.is_other:
                doubts[-1] = min(doubts.get(-1, math.inf), mine - swapped)
            elif not other.refused:
                straight = mine + other.log_likelihood(there, stamp)
                crossed = swapped + other.log_likelihood(place, stamp)
                doubts[other.number] = straight - crossed
        # a look-alike that was given this very thing, or no other, may be what is seen
        seen = {
            track.number
            for track, c in zip(matched, candidates, strict=True)
            if track is not None and coverage(c.box, candidates[best].box) < SAME_THING
        }
        for other in self.tracks.tracks:
            if (
                other.is_other
                and other is not target
                and other.number not in seen
                and _is_alike(candidates[best], other)
                and other.distance2(place, stamp) < GATE
            ):
                doubts[other.number] = self._lead(candidates[best], other, stamp)
        limit = self.config.doubt_margin
        open_ = {number for number, lead in doubts.items() if lead < limit}
        return min(doubts.values(), default=math.inf), open_

    def _words_lead(self, one: Candidate, other: Candidate) -> float:
        """Return by how much the words rather mean the one: of twins they are all that tells."""
        words = np.clip([one.words, other.words], *WORDS_RANGE)
        return 2.0 * self.config.words_weight * float(words[0] - words[1])

    def _means(
        self, matched: list[WorldTrack | None], now: FloatArray, stamp: float
    ) -> FloatArray:
        """Let the evidence of each track follow what is seen now; return each candidate's."""
        evidence = now.copy()
        best: dict[int, tuple[WorldTrack, float]] = {}
        for k, track in enumerate(matched):
            if track is None:
                continue
            if track.judged_at > -math.inf:
                dt = max(0.02, stamp - track.judged_at)
                share = 1.0 - math.exp(-dt / self.config.evidence_time)
                evidence[k] = track.evidence + share * (now[k] - track.evidence)
            known = best.get(track.number)
            if known is None or evidence[k] > known[1]:  # two boxes of one thing: the better one
                best[track.number] = track, float(evidence[k])
        for track, value in best.values():
            track.evidence, track.judged_at = value, stamp
        return evidence

    def _decide(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        evidence: FloatArray,
        stamp: float,
    ) -> Verdict:
        config = self.config
        best = int(evidence.argmax())
        own = 0 if candidates[0].presence is not None else best
        # of two boxes of one thing the tracker's moves more smoothly
        same = coverage(candidates[own].box, candidates[best].box) >= SAME_THING
        if same and evidence[own] >= evidence[best] - config.tracker_first:
            best = own
        rivals = [
            k
            for k, c in enumerate(candidates)
            if k != best and coverage(c.box, candidates[best].box) < SAME_THING
        ]
        margin = float(evidence[best] - evidence[rivals].max()) if rivals else math.inf
        twins = self._alike(candidates, rivals)
        doubt, in_question = self._doubt(best, twins, candidates, matched, stamp)
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
        if evidence[best] > 0.0:
            is_clear = margin >= config.margin and doubt >= config.doubt_margin
            decision = Decision.TARGET if is_clear else Decision.AMBIGUOUS
        reach = ALIKE_NEAR * max(candidates[best].box.width, candidates[best].box.height)
        center = candidates[best].box.center
        is_near = any(math.dist(candidates[k].box.center, center) <= reach for k in twins)
        margin = min(margin, doubt)
        return Verdict(
            decision,
            best,
            probability,
            1.0 / whole,
            margin,
            rated,
            is_near,
            evidence,
            frozenset(in_question),
        )

    def _alike(self, candidates: list[Candidate], which: list[int]) -> list[int]:
        """Return those of some candidates that look like the target."""
        seen = [k for k in which if candidates[k].view is not None]
        if not seen or not len(self.gallery):
            return []
        views = np.stack([candidates[k].view for k in seen])  # type: ignore[misc]
        like = self.gallery.likeness(views)
        return [k for k, x in zip(seen, like, strict=True) if x >= self.config.likeness_even]

    def _observe(
        self,
        candidates: list[Candidate],
        matched: list[WorldTrack | None],
        whole: list[bool],
        evidence: FloatArray,
        verdict: Verdict,
        stamp: float,
    ) -> None:
        """Move the tracks; who stands beside a sure target is somebody else."""
        is_target = verdict.decision is Decision.TARGET
        sure = is_target and verdict.probability >= self.config.learn_from
        chosen = candidates[verdict.best].box
        for k, candidate in enumerate(candidates):
            is_best = is_target and k == verdict.best
            if candidate.place is None or not (whole[k] or is_best):
                continue
            track = matched[k]
            if not is_best and track is self.tracks.target and track is not None:
                continue  # the target's own track moves by nothing but the target
            if track is not None and track.number in verdict.in_question:
                continue  # or it would run away with somebody else
            if not is_best and is_target and coverage(candidate.box, chosen) >= SAME_THING:
                continue
            if not is_best and candidate.presence is not None:
                continue  # the tracker's box is no sighting of anything by itself
            if is_best and track is not None and track is not self.tracks.target:
                track = self._adopt(track)
            if is_best and track is None:
                track = self.tracks.target
            track = self.tracks.observe(track, candidate.place, stamp, candidate.view)
            if track.judged_at == -math.inf:
                track.evidence, track.judged_at = float(evidence[k]), stamp
            if is_best:
                self.tracks.target = track
                track.beside = 0
            elif sure and coverage(candidate.box, chosen) < ALONE:
                track.beside += 1
        self.tracks.prune(stamp)

    def _adopt(self, track: WorldTrack) -> WorldTrack:
        """Make a track the target's, which was followed under another id before."""
        if self.tracks.target in self.tracks.tracks and track is not self.tracks.target:
            self.tracks.tracks.remove(self.tracks.target)
        self.tracks.target = track
        return track

    def _learn(self, candidates: list[Candidate], verdict: Verdict, unbroken: bool) -> None:
        """Let sure views in: of the target, and of the others as what it is not."""
        config, best = self.config, candidates[verdict.best]
        if verdict.probability < config.learn_from or not unbroken:
            return
        others = [
            c
            for k, c in enumerate(candidates)
            if k != verdict.best and coverage(c.box, best.box) < ALONE and c.view is not None
        ]
        self.gallery.add_negatives(
            np.stack([c.view for c in others]) if others else np.zeros((0, 1))  # type: ignore[misc]
        )
        is_covered = any(
            ALONE <= coverage(c.box, best.box) < INSIDE
            for k, c in enumerate(candidates)
            if k != verdict.best
        )
        if best.view is None or is_covered or verdict.margin < config.learn_margin:
            return
        if best.presence is None or best.presence < config.learn_presence:
            return
        self.gallery.anchor(best.view)
        self.gallery.adapt(best.view)

    def choose(self, chosen: Candidate, candidates: Sequence[Candidate], stamp: float) -> None:
        """
        Take the operator's word that one of the candidates is the target.

        Whoever else is in that picture is somebody else from now on.
        """
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
                self._adopt(track)
                track.begin(candidate.place, stamp)
                track.beside, track.refused = 0, False
                track.evidence, track.judged_at = APPEARANCE_RANGE[1], stamp
            else:
                track.beside = max(track.beside, BESIDE_LOOKS)

    def refuse(self, candidate: Candidate, stamp: float) -> None:
        """Take the operator's word that this one is not the target, for ever."""
        if candidate.view is not None:
            self.gallery.refuse(candidate.view)
        if candidate.place is not None:
            (track,) = self.tracks.associate([candidate.place], [candidate.view], stamp)
            if track is None or track is self.tracks.target:
                track = self.tracks.new(candidate.place, stamp, candidate.view)
            track.refused = True


def _track_of_same(
    candidate: Candidate, candidates: list[Candidate], matched: list[WorldTrack | None]
) -> WorldTrack | None:
    """Return the track of another box of the same thing; None where there is none."""
    same = [
        (iou(candidate.box, other.box), track)
        for other, track in zip(candidates, matched, strict=True)
        if track is not None and other is not candidate
    ]
    overlap, track = max(same, key=lambda row: row[0], default=(0.0, None))
    return track if overlap >= COVERED else None


def _is_alike(candidate: Candidate, track: WorldTrack) -> bool:
    """Tell whether a candidate may be a thing by its looks."""
    if candidate.view is None or track.view is None:
        return True
    return float(candidate.view @ track.view) >= ALIKE


def _wholes(candidates: list[Candidate], usual: Size | None) -> list[bool]:
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
                _is_part(c.box, other.box)
                for other, other_fits in zip(candidates, fit, strict=True)
                if other is not c and other_fits
            )
        )
        for c, is_fit in zip(candidates, fit, strict=True)
    ]


def _is_group(box: Box, boxes: list[Box]) -> bool:
    """Tell whether a box holds two things of some size side by side."""
    inside = [b for b in boxes if _is_part(b, box) and b.area >= PERSON_OF_GROUP * box.area]
    return any(
        coverage(one, other) < ALONE for k, one in enumerate(inside) for other in inside[k + 1 :]
    )


def _is_part(box: Box, other: Box) -> bool:
    """Tell whether a box is a part of another one: a head, or one of a group."""
    return box.area < SMALLER * other.area and coverage(box, other) >= INSIDE


def _number(track: WorldTrack | None) -> int:
    return NO_TRACK if track is None else track.number
