# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes that merge and split: who comes out of one box is told by where the two went in."""

from __future__ import annotations

from dataclasses import replace

from court import Court, DT, thing, view
from follow_anything.core.identity.evidence import LOOKS_SHARE
from follow_anything.core.identity.judge import Candidate, Decision, Size
from follow_anything.core.identity.merged import MergedBoxes, SPLIT_S, TOGETHER_S
from follow_anything.core.types import Box
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.track import AWAY_S, Place, TWIN_LOOKS, WorldTrack
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def at(x: float, ahead: float = 5.0, degrees: float = 0.0) -> Candidate:
    """Return a proposal x metres aside and so far ahead."""
    return replace(thing(x, degrees), place=Place(np.array([x, ahead]), 0.15**2 * np.eye(2)))


def merged(ahead: float = 5.5, speed: float = 1.0) -> Court:
    """Return a judge of a target that stands; a twin has walked into its box from the right."""
    court = Court()
    for step in range(30):
        x = 0.15 + speed * DT * (29 - step)
        court.look(thing(0.0, presence=0.99), at(x, ahead), unbroken=True)
    (other,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    assert other.is_twin
    return court


def together(court: Court, seconds: float, unbroken: bool = True) -> Court:
    """Let the two stay in one box; it counts as the target."""
    for _ in range(round(seconds / DT)):
        verdict = court.look(thing(0.0, presence=0.99), unbroken=unbroken)
        assert verdict.decision is Decision.TARGET
    return court


def slid(court: Court) -> tuple[Candidate, Candidate]:
    """Let the box come out with the twin; return it, and the target that stays behind."""
    for step in range(10):
        box, stayed = replace(at(-0.55 - 0.05 * step, 5.4), presence=0.99), at(0.0)
        verdict = court.look(box, stayed, unbroken=True)
    assert verdict.decision is Decision.AMBIGUOUS
    return box, stayed


WIDE = replace(thing(0.0, presence=0.99), box=Box.from_center(320, 240, 60, 110))
"""The tracker's box, grown."""


@pytest.mark.parametrize('ahead', [5.8, 4.2])
@pytest.mark.parametrize('unbroken', [True, False])
def test_two_in_one_box_are_followed_as_long_as_they_are_together(
    ahead: float, unbroken: bool
) -> None:
    together(merged(ahead), TOGETHER_S - 0.5, unbroken)


def test_twin_that_comes_out_where_it_was_going_is_the_twin() -> None:
    """It has crossed behind the target, as fast as before; the target still stands."""
    court = together(merged(), 0.8)
    verdict = court.look(thing(0.0, presence=0.99), at(-0.7, 5.5), count=4, unbroken=True)
    assert verdict.decision is Decision.TARGET
    assert verdict.best == 0


def test_box_that_slides_to_the_twin_while_they_are_merged_is_asked_about() -> None:
    """Who comes out stands where the target stood, and the box goes on as the twin did."""
    court = together(merged(), 0.4)
    slid(court)
    # the other one leaves the picture: that answers nothing
    verdict = court.look(replace(at(-1.2, 5.4), presence=0.99), count=10, unbroken=True)
    assert verdict.decision is Decision.AMBIGUOUS


def test_one_stray_box_beside_two_in_one_box_is_not_asked_about_for_ever() -> None:
    court = together(merged(), 0.4)
    for _ in range(4):
        verdict = court.look(WIDE, at(-0.7, 5.5), unbroken=True)
        assert verdict.decision is Decision.AMBIGUOUS
        together(court, 0.4)
    verdict = court.look(WIDE, at(-0.7, 5.5), count=4, unbroken=True)
    assert court.look(WIDE, unbroken=True).decision is Decision.AMBIGUOUS


def test_operator_ends_the_doubt_about_who_came_out() -> None:
    court = together(merged(), 0.4)
    box, stayed = slid(court)
    court.judge.choose(stayed, [box, stayed], court.now)
    verdict = court.look(replace(stayed, presence=0.99), replace(box, presence=None), count=10)
    assert (verdict.decision, verdict.best) == (Decision.TARGET, 0)


@pytest.mark.parametrize('is_known', [True, False])
def test_somebody_else_who_is_known_does_not_come_out_of_the_box(is_known: bool) -> None:
    """A third one who looks alike, and was in view all the time, tells nothing of the two."""
    court, third = Court(), at(-1.2, 5.5)
    for step in range(30):
        twin = at(0.15 + DT * (29 - step), 5.5)
        court.look(thing(0.0, presence=0.99), twin, *[third] * is_known, unbroken=True)
    cut = replace(third, size=Size(45.0, 0.45))  # what shows of it is given no track
    verdict = court.look(WIDE, cut, count=8, unbroken=True)
    assert (verdict.decision is Decision.TARGET) is is_known


@pytest.mark.parametrize(('seconds', 'is_clear'), [(SPLIT_S + 0.2, True), (1.0, False)])
def test_after_a_while_nobody_comes_out_of_the_box(seconds: float, is_clear: bool) -> None:
    court = together(merged(), seconds)
    verdict = court.look(WIDE, at(-1.2, 5.5), count=8, unbroken=True)
    assert (verdict.decision is Decision.TARGET) is is_clear


class Pair:
    """
    A target at x = 0 and a twin that was beside it, whose boxes have merged since.

    :param box: the target's, from the moment on that the twin's touches it.
    """

    def __init__(self, box: Candidate | None = None) -> None:
        self.boxes, self.stamp, tracks = MergedBoxes(), 0.0, WorldTracks()
        self.target, self.twin, self.old = (
            tracks.new(place, 0.0, None)
            for place in (at(0.0).place, at(-0.5, 5.3).place, at(9.0).place)
            if place is not None
        )
        for _ in range(TWIN_LOOKS):
            self.twin.was_beside(None, is_alike=True)
        self.look(replace(at(0.0), presence=0.99), at(-0.5, 5.3))
        if box is not None:
            self.look(box, at(-0.4, 5.3))
        self.look(box or replace(at(0.0), presence=0.99), at(-0.1, 5.3))

    def look(self, box: Candidate, other: Candidate, is_alike: bool = True) -> None:
        """Take the first box for the target; the other one has the twin's track."""
        self.stamp += DT
        twins, matched = [1] * is_alike, [self.target, self.twin]
        self.boxes.look(self.target, 0, twins, [box, other], matched, self.stamp)

    def weigh(
        self,
        box: Candidate,
        other: Candidate,
        track: WorldTrack | None,
        *third: WorldTrack,
        looks: float = 0.0,
    ) -> float:
        """Return the lead of the first box over the other one; a third one may be in view, too."""
        self.stamp += DT
        candidates, matched = [box, other], [self.target, track]
        return self.boxes.weigh(0, {1: looks}, candidates, matched, third, self.stamp, 3.0)


SLID, STAYED = replace(at(-0.8, 5.4), presence=0.99), at(0.1, 5.1)


def test_who_comes_out_under_an_old_number_is_weighed_look_by_look() -> None:
    pair = Pair()
    pair.stamp += AWAY_S
    for _ in range(4):
        assert pair.weigh(SLID, STAYED, pair.old, pair.old) < 3.0
        assert STAYED.place is not None
        pair.old.begin(STAYED.place, pair.stamp)  # who is seen there explains nothing


def test_looks_and_places_together_tell_who_came_out() -> None:
    pair = Pair()
    pair.stamp += AWAY_S
    lead = pair.weigh(SLID, STAYED, None)
    assert pair.weigh(SLID, STAYED, None, looks=0.5) == pytest.approx(lead + 0.5, rel=0.1)
    assert pair.weigh(SLID, STAYED, None, looks=5.0 - lead) == np.inf


@pytest.mark.parametrize(
    ('larger', 'nearer', 'has_grown'), [(1.0, 1.0, False), (1.3, 1.0, True), (1.3, 1.3, False)]
)
def test_a_box_that_grew_while_the_twin_touched_it_may_hold_the_twin(
    larger: float, nearer: float, has_grown: bool
) -> None:
    """Who comes nearer grows, too."""

    def seen(candidate: Candidate) -> Candidate:
        box, depth = candidate.box, candidate.depth
        assert depth is not None
        box = Box.from_center(*box.center, larger * box.width, larger * box.height)
        return replace(candidate, box=box, depth=depth / nearer)

    pair, usual = Pair(seen(replace(at(0.0), presence=0.99))), Pair()
    usual.stamp = pair.stamp = pair.stamp + AWAY_S
    known = usual.weigh(SLID, STAYED, None)  # 3 of it, because the box kept its size
    expected = known - 3.0 if has_grown else known
    assert pair.weigh(seen(SLID), STAYED, None) == pytest.approx(expected, abs=0.5)


def test_looks_are_compared_where_two_come_out_of_one_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shirt with stripes is not hers, though the places tell nothing."""
    court, looks = merged(), {}

    def weigh(boxes: MergedBoxes, best: int, twins: dict[int, float], *rest: object) -> float:
        looks.update(twins)
        return np.inf

    monkeypatch.setattr(MergedBoxes, 'weigh', weigh)
    court.look(thing(0.0, presence=0.99), at(-0.9, 5.4, 20.0), unbroken=True)
    config, like = court.judge.config, court.judge.gallery.likeness(np.stack([view(0), view(20)]))
    assert looks[1] == pytest.approx(config.likeness_slope * LOOKS_SHARE * (like[0] - like[1]))
    assert looks[1] > 0.0


def test_old_number_that_is_in_view_did_not_come_out() -> None:
    pair = Pair()
    pair.stamp += AWAY_S
    pair.old.stamp = pair.stamp
    assert pair.weigh(SLID, STAYED, pair.old) == np.inf


@pytest.mark.parametrize(('aside', 'std', 'is_doubted'), [(3.0, 1.5, True), (0.1, 0.05, False)])
def test_somebody_known_comes_out_only_where_he_rather_is_than_the_two(
    aside: float, std: float, is_doubted: bool
) -> None:
    """Without depth a parked car far behind may be anywhere in a row."""
    pair = Pair()
    pair.stamp += AWAY_S
    where = Place(np.array([aside, 5.1]), std**2 * np.eye(2))
    third = WorldTracks().new(where, pair.stamp, None)
    assert (pair.weigh(SLID, STAYED, None, third) < 3.0) is is_doubted


@pytest.mark.parametrize(('std', 'is_doubted'), [(0.4, True), (0.1, False)])
def test_two_boxes_side_by_side_are_not_apart_before_their_places_are(
    std: float, is_doubted: bool
) -> None:
    """Without depth the boxes part earlier than what is known of the places."""
    pair = Pair()
    pair.stamp += AWAY_S
    vague = [
        replace(c, place=Place(c.place.mean, std**2 * np.eye(2)))
        for c in (SLID, STAYED)
        if c.place is not None
    ]
    pair.look(vague[0], vague[1])
    assert (pair.weigh(SLID, STAYED, None) < 3.0) is is_doubted


@pytest.mark.parametrize('is_alike', [True, False])
def test_track_of_the_twin_that_goes_over_to_its_neighbour_ends_no_doubt(is_alike: bool) -> None:
    """In the box with the target nobody sees the twin: its track takes what stands beside them."""
    pair = Pair()
    pair.look(replace(at(0.0), presence=0.99), at(-0.9, 5.3), is_alike)
    assert (pair.weigh(SLID, STAYED, None) == np.inf) is is_alike
