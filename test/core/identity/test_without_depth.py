# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Without a depth image: ranges rest on the height of a box, and sizes are pixels."""

from __future__ import annotations

from dataclasses import replace

from court import Court, DT, seen, thing, view
from follow_anything.core.identity.contest import Contest
from follow_anything.core.identity.judge import Candidate, Decision, Size, Verdict
from follow_anything.core.identity.reacquisition import HOLDS_S, LOOKS_TO_ASK
from follow_anything.core.identity.things import Overlaps
from follow_anything.core.types import Box
from follow_anything.core.world.candidates import WorldTracks
from follow_anything.core.world.track import Place
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

USUAL = Size(100.0)


def others(court: Court) -> list[int]:
    """Return the tracks that are somebody else's."""
    target = court.judge.tracks.target
    return [t.number for t in court.judge.tracks.tracks if t is not target and t.is_other]


@pytest.mark.parametrize(
    ('size', 'is_whole'),
    [(Size(30.0), True), (Size(10.0), False), (Size(30.0, 0.3), False), (Size(160.0), False)],
)
def test_small_box_may_be_somebody_far_away_where_nothing_measures_it(
    size: Size, is_whole: bool
) -> None:
    candidate = replace(seen(2.0), size=size)
    overlaps = Overlaps([candidate.box])
    usual = Size(100.0, 1.0 if size.metres else None)
    assert overlaps.wholes([candidate], usual, np.array([1.0]), 0.62) == [is_whole]


def test_far_twin_is_known() -> None:
    court = Court()
    court.look(seen(0.0, presence=0.99), seen(4.0, 14.0), count=10, unbroken=True)
    assert len(others(court)) == 1


@pytest.mark.parametrize(
    ('x', 'depth', 'is_moved'),
    [(0.3, None, False), (0.3, 5.0, False), (1.0, None, False), (1.0, 5.0, True)],
)
def test_who_was_away_does_not_come_back_within_the_box_that_is_held(
    x: float, depth: float | None, is_moved: bool
) -> None:
    """The legs of a target were given to a twin who had left, and the robot asked for ever."""
    court = Court().followed_beside(seen(1.5), count=30)
    (twin,) = others(court)
    court.look(seen(0.0, presence=0.99), count=30, unbroken=True)
    legs = replace(seen(x), box=Box.from_center(348, 260, 40, 70), depth=depth)
    court.look(seen(0.0, presence=0.99), seen(0.0), legs, count=2, unbroken=True)
    (track,) = (t for t in court.judge.tracks.tracks if t.number == twin)
    assert (track.stamp == court.now) is is_moved


@pytest.mark.parametrize('unbroken', [True, False])
def test_that_the_tracker_went_on_counts_where_places_are_vague(unbroken: bool) -> None:
    court = Court()
    for step in range(20):
        twin = seen(1.2 - step * DT, 6.0)
        verdict = court.look(seen(0.0, presence=0.99), twin, unbroken=unbroken)
    assert (verdict.decision is Decision.TARGET) is unbroken


@pytest.mark.parametrize(('depth', 'decision'), [(None, 'TARGET'), (5.0, 'AMBIGUOUS')])
def test_torso_above_the_trackers_box_on_the_legs_is_no_rival(
    depth: float | None, decision: str
) -> None:
    """It is smaller than the whole: where its height tells its range, it seems further away."""
    court = Court().followed_beside(seen(0.0))
    legs = replace(seen(0.0, presence=0.99), box=Box(300.0, 236.0, 340.0, 310.0))
    torso = replace(seen(0.0, 6.5), box=Box(300.0, 190.0, 340.0, 240.0))
    found = [replace(candidate, depth=depth) for candidate in (legs, torso, seen(0.0))]
    verdict = court.look(*found, count=3, unbroken=True)
    assert verdict.decision is Decision[decision]


@pytest.mark.parametrize(('depth', 'is_clear'), [(None, True), (5.0, False)])
def test_what_the_edge_cuts_off_holds_for_a_while_where_its_height_tells_the_range(
    depth: float | None, is_clear: bool
) -> None:
    """A lamp post at the edge of the picture made the robot ask for ever."""
    court = Court().followed_beside()
    court.look(count=60)
    court.look(thing(0.5), count=20)
    cut = replace(thing(-1.0), size=Size(30.0, 0.3), depth=depth)  # not of the target's size
    verdict = court.look(thing(0.5), cut, count=5, unbroken=True)
    assert verdict.decision is Decision.AMBIGUOUS
    verdict = court.look(thing(0.5), count=round(HOLDS_S / DT) + 2, unbroken=True)
    assert (verdict.decision is Decision.TARGET) is is_clear


def test_range_of_a_twin_that_is_half_hidden_is_not_believed() -> None:
    """It went behind a column, seemed twice as far away, and came out as the target."""
    court = Court()
    for _ in range(20):
        court.look(seen(0.0, presence=0.99), seen(2.0), unbroken=True, half_view=0.8)
    (twin,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    half = replace(seen(2.0), place=Place(np.array([3.2, 8.0]), np.diag([0.4, 1.5]) ** 2))
    court.look(seen(0.0, presence=0.99), half, count=8, unbroken=True, half_view=0.8)
    assert twin.mean[1] < 5.3


def test_part_of_the_target_is_not_somebody_who_was_last_seen_far_away() -> None:
    """What looks over the hoarding seems further away than it is, and a twin's track took it."""
    court = Court()
    court.look(seen(0.0, presence=0.99), seen(8.0, 9.0), count=20, unbroken=True)
    (twin,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    court.look(seen(0.0, presence=0.99), count=60, unbroken=True)
    court.look(count=20)
    court.look(seen(0.0, presence=0.0), seen(0.5, 6.5))
    assert (twin.mean[0], court.now - twin.stamp) == pytest.approx((8.0, 81 * DT), abs=0.5)
    assert court.look(seen(0.1), count=20).decision is Decision.TARGET


@pytest.mark.parametrize(
    ('x', 'depth', 'is_known'), [(1.7, None, True), (1.7, 5.0, False), (0.8, None, False)]
)
def test_twin_beside_the_place_where_the_target_went_is_known(
    x: float, depth: float | None, is_known: bool
) -> None:
    """It was in view for a moment before the robot saw nobody else."""
    court = Court().followed_beside()
    court.look(dt=0.15)
    court.look(replace(seen(x, 6.0), depth=depth), count=3)
    assert bool(others(court)) is is_known


def car(x1: float, x2: float, ahead: float, presence: float | None = None) -> Candidate:
    """Return a box between two columns that looks like the target."""
    x = (x1 + x2 - 640) / 200
    box = Box(x1, 190.0, x2, 190.0 + 100.0 * 5.0 / ahead)
    candidate = seen(x, ahead, presence)
    return replace(candidate, box=box, size=Size(box.area**0.5))


def over_two(width: float) -> Verdict:
    """Return what is thought of a box that has run over two of some width side by side."""
    court = Court()
    target = car(270.0, 370.0, 5.0, 0.99)
    court.judge.begin(target, court.now)
    court.look(target, count=20, unbroken=True)
    both = car(270.0, 270.0 + 1.7 * width, 5.0, 0.99)
    left = car(270.0, 270.0 + width, 5.0)
    right = car(270.0 + 1.05 * width, 270.0 + 2.05 * width, 5.0)
    return court.look(both, left, right, count=10, unbroken=True)


def test_box_that_has_run_over_two_cars_is_neither() -> None:
    """The other one came out from behind the target, and was never seen apart from it."""
    verdict = over_two(100.0)
    assert (verdict.best, verdict.alike) == (1, {2})
    assert verdict.evidence[0] < verdict.evidence[1] - 4.0


def test_front_and_rear_of_a_car_are_no_rivals() -> None:
    verdict = over_two(45.0)
    assert (verdict.decision, verdict.alike) == (Decision.TARGET, set())


def contested(looks: int) -> Court:
    """Return a judge who could not tell in so many looks which of two is the target."""
    court = Court()
    court.look(seen(0.0, presence=0.99), count=20, unbroken=True)
    pair = seen(0.3), seen(-0.5, 6.0)
    court.look(*pair)  # the second one has a track from now on
    verdict = court.look(*pair, count=looks)
    assert verdict.decision is Decision.AMBIGUOUS
    return court


@pytest.mark.parametrize(('looks', 'decision'), [(LOOKS_TO_ASK, 'AMBIGUOUS'), (1, 'TARGET')])
def test_who_stays_in_view_is_not_the_target_for_that(looks: int, decision: str) -> None:
    """She went behind a wall, her twin stood where she may have gone, and was followed."""
    court = contested(looks)
    verdict = court.look(seen(-0.5, 6.0), count=40)
    assert verdict.decision is Decision[decision]


def test_both_are_seen_again_and_one_is_the_target() -> None:
    court = contested(LOOKS_TO_ASK)
    court.look(seen(-0.5, 6.0), count=5)
    verdict = court.look(seen(0.3), replace(seen(-0.5, 6.0), view=view(50.0)), count=40)
    assert verdict.decision is Decision.TARGET
    assert court.look(seen(0.3), count=5).decision is Decision.TARGET


def test_one_look_at_both_of_them_does_not_tell() -> None:
    court = contested(LOOKS_TO_ASK)
    other = replace(seen(-0.5, 6.0), view=view(50.0))
    verdict = court.look(seen(0.3), other, count=LOOKS_TO_ASK - 1)
    assert verdict.decision is Decision.AMBIGUOUS
    assert court.look(seen(0.3), count=5).decision is Decision.AMBIGUOUS


@pytest.mark.parametrize('is_other', [False, True])
def test_who_is_known_to_be_somebody_else_is_in_no_contest(is_other: bool) -> None:
    tracks, contest = WorldTracks(), Contest()
    pair = [seen(0.0), seen(1.0)]
    matched = [tracks.new(c.place, 0.0, c.view) for c in pair]
    matched[1].refused = is_other
    for _ in range(LOOKS_TO_ASK):
        assert not contest.is_settled(0, [1], pair, matched, False)
    assert contest.is_settled(0, [], pair[:1], matched[:1], True) is is_other


def test_parts_of_one_thing_are_in_no_contest() -> None:
    """The legs of somebody near had tracks of their own, and the robot asked for ever."""
    tracks, contest = WorldTracks(), Contest()
    pair = [seen(0.0), replace(seen(1.0), box=Box(300.0, 240.0, 340.0, 290.0))]
    matched = [tracks.new(c.place, 0.0, c.view) for c in pair]
    for _ in range(LOOKS_TO_ASK):
        assert not contest.is_settled(0, [1], pair, matched, False)
    assert contest.is_settled(0, [], pair[:1], matched[:1], True)


def test_operator_ends_the_contest() -> None:
    court = contested(LOOKS_TO_ASK)
    pair = [seen(0.3), seen(-0.5, 6.0)]
    court.judge.choose(pair[1], pair, court.now)
    verdict = court.look(pair[1], pair[0], count=2)
    assert (verdict.decision, verdict.best) == (Decision.TARGET, 0)
