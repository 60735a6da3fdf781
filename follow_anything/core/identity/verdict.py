# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Input and output of the identity judge: candidates and its verdict on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import enum
import math

from follow_anything.core.types import Box, FloatArray, Rated
from follow_anything.core.world.track import Place
import numpy as np

__all__ = ['SURE', 'Candidate', 'Decision', 'Size', 'Verdict', 'is_only_pale']

SURE = 0.9
"""Probability from which the tracker's box, once it has been steady, is the target's again."""

PALE = -3.0
"""Log-odds below which the tracker's box is something else, however steady it is."""


class Decision(enum.Enum):
    """The outcome of one look at the candidates."""

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
    :param depth: of its surface, metres; None where it was not measured.
    """

    box: Box
    view: FloatArray | None = None
    place: Place | None = None
    presence: float | None = None
    words: float = 0.0
    size: Size | None = None
    depth: float | None = None


@dataclass(frozen=True, eq=False)
class Verdict:
    """
    The judge's answer for one picture.

    :param decision: whether a robot may believe it. :param best: index of the likeliest; -1: none.
    :param probability: of the best one. :param none: probability that it is none of them.
    :param margin: log-odds between the best and the next thing that is not part of it.
    :param rated: the candidates that are not out of the question, likeliest first.
    :param is_alike_near: something that looks like the target is near it, or about to come.
    :param alike_near: how near the nearest of that is in the picture, [0, 1]; 0: nobody.
    :param in_question: tracks that may have changed places with the target: none of them moves.
    :param alike: candidates that look like the target, the best one's thing left out.
    :param better: those that look far more like it than the best one.
    :param likeness: of each candidate to the target, (N,).
    :param is_learnt: the view of the best one has entered the memory.
    :param knows_twin: somebody like the target was seen beside it, and may come back.
    """

    decision: Decision
    best: int = -1
    probability: float = 0.0
    none: float = 1.0
    margin: float = math.inf
    rated: tuple[Rated, ...] = ()
    is_alike_near: bool = False
    alike_near: float = 0.0
    evidence: FloatArray = field(default_factory=lambda: np.zeros(0))
    in_question: frozenset[int] = frozenset()
    alike: frozenset[int] = frozenset()
    better: frozenset[int] = frozenset()
    likeness: FloatArray = field(default_factory=lambda: np.zeros(0))
    is_learnt: bool = False
    knows_twin: bool = False


def is_only_pale(candidates: Sequence[Candidate], verdict: Verdict) -> bool:
    """
    Tell whether the tracker has held its box all along, and only its looks are in doubt.

    Light and pose change looks; such a track goes on as soon as it looks right again.

    :param candidates: those judged; the tracker's box is the first, where it has one.
    """
    own = candidates[0] if candidates else None
    if own is None or own.presence is None or verdict.decision is Decision.AMBIGUOUS:
        return False
    return own.presence >= SURE and float(verdict.evidence[0]) >= PALE
