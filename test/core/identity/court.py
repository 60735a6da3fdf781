# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A judge, a clock, and things that it looks at."""

from __future__ import annotations

from dataclasses import replace
import math

from follow_anything.core.config import IdentityConfig
from follow_anything.core.identity.judge import Candidate, Decision, Judge, Size, Verdict
from follow_anything.core.types import Box
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.outlook import Outlook
from follow_anything.core.world.track import Place
import numpy as np

CONFIG = IdentityConfig()
DT = 0.05
USUAL = Size(100.0, 1.0)


def view(degrees: float) -> np.ndarray:
    angle = math.radians(degrees)
    return np.array([math.cos(angle), math.sin(angle), 0.0])


def thing(
    x: float,
    degrees: float = 0.0,
    *,
    presence: float | None = None,
    words: float = 0.0,
    size: float | None = 1.0,
) -> Candidate:
    """Return somebody 5 m ahead and x metres aside; 100 pixels are a metre."""
    box = Box.from_center(320 + 100 * x, 240, 40, 100)
    spot = Place(np.array([x, 5.0]), 0.15**2 * np.eye(2), height=1.0)
    extent = None if size is None else Size(100 * size, size)
    return Candidate(box, view(degrees), spot, presence, words, extent, 5.0)


def seen(x: float, ahead: float = 5.0, presence: float | None = None) -> Candidate:
    """Return somebody x metres aside and so far ahead, whose range is a guess."""
    scale = 5.0 / ahead
    box = Box.from_center(320 + 100 * x * scale, 240, 40 * scale, 100 * scale)
    place = Place(np.array([x, ahead]), np.diag([0.1 * scale, 0.2 * ahead]) ** 2)
    return replace(
        thing(x, presence=presence), box=box, place=place, size=Size(100 * scale), depth=None
    )


class Court:
    """A judge who knows a target at x = 0, and a clock."""

    def __init__(self, config: IdentityConfig = CONFIG) -> None:
        self.judge, self.now = Judge(config), 10.0
        self.judge.begin(thing(0.0), self.now)

    def look(
        self,
        *candidates: Candidate,
        count: int = 1,
        unbroken: bool = False,
        dt: float = DT,
        half_view: float = 0.0,
        visibility: Visibility | None = None,
        lost: bool = False,
    ) -> Verdict:
        """Look at some candidates; half_view: of the camera at the origin, rad; 0: unknown."""
        for _ in range(count):
            self.now += dt
            outlook = Outlook(self.now, 0.0, 0.0, math.pi / 2, half_view) if half_view else None
            verdict = self.judge.judge(
                list(candidates),
                self.now,
                unbroken=unbroken,
                usual=USUAL,
                lost=lost,
                outlook=outlook,
                visibility=visibility,
            )
        return verdict

    def followed_beside(self, *others: Candidate, count: int = 30) -> Court:
        """Follow the target while others are in the picture."""
        verdict = self.look(thing(0.0, presence=0.99), *others, count=count, unbroken=True)
        assert verdict.decision is Decision.TARGET
        assert verdict.best == 0
        return self


def found_again(hidden_s: float = 3.0) -> Court:
    """Return a judge of a target that was out of sight, and that was found again nearby."""
    court = Court().followed_beside()
    court.look(count=round(hidden_s / DT))
    verdict = court.look(thing(0.5), count=20)
    assert verdict.decision is Decision.TARGET
    return court
