# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The judge: a probability for each candidate and for none; no decision where two are alike."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
import math

from court import CONFIG, Court, DT, found_again, thing, USUAL, view
from follow_anything.core.config import IdentityConfig
from follow_anything.core.geometry import camera_mount, PinholeCamera
from follow_anything.core.identity.judge import Candidate, Decision, Size, Verdict
from follow_anything.core.identity.things import Overlaps
from follow_anything.core.types import Box
from follow_anything.core.world.candidates import FORGET_S
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.hidden import Visibility
from follow_anything.core.world.track import Place, TWIN_LOOKS, WorldTrack
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def weigh(court: Court, *candidates: Candidate) -> float:
    """Return the log-odds of the first of some candidates that have no track."""
    overlaps, nobody = Overlaps([c.box for c in candidates]), [None] * len(candidates)
    evidence = court.judge.evidence
    return evidence.log_odds(list(candidates), nobody, overlaps, court.now, False, USUAL)[0]


def test_empty_picture_holds_nobody() -> None:
    verdict = Court().look()
    assert (verdict.decision, verdict.best, verdict.none) == (Decision.NONE, -1, 1.0)


def test_target_where_it_was_is_the_target() -> None:
    verdict = Court().look(thing(0.0), count=3)
    assert verdict.decision is Decision.TARGET
    assert verdict.probability > 0.9


def test_other_looks_are_somebody_else() -> None:
    verdict = Court().look(thing(0.3, 80.0), count=10)
    assert verdict.decision is Decision.NONE
    assert verdict.none > 0.9


@pytest.mark.parametrize('aside', [0.4, 1.0])
def test_twins_at_the_same_distance_are_ambiguous(aside: float) -> None:
    verdict = Court().look(thing(aside), thing(-aside), count=10)
    assert verdict.decision is Decision.AMBIGUOUS
    assert verdict.margin < max(CONFIG.margin, CONFIG.doubt_margin)
    assert len(verdict.rated) == 2


def test_twins_are_ambiguous_though_the_tracker_has_jumped_to_one() -> None:
    """Its word alone is worth a margin at most; without an unbroken track it decides nothing."""
    verdict = Court().look(thing(0.6, presence=0.9), thing(-0.6), count=10)
    assert verdict.decision is not Decision.TARGET


def test_how_near_somebody_alike_is_is_told_before_anything_is_in_doubt() -> None:
    near = []
    for x in (3.0, 2.0, 1.0):
        court = Court().followed_beside(thing(x))
        verdict = court.look(thing(0.0, presence=0.99), thing(x), unbroken=True)
        assert verdict.decision is Decision.TARGET
        near.append(verdict.alike_near)
    assert near[0] == 0.0
    assert 0.0 < near[1] < near[2] < 1.0
    others = Court().followed_beside(thing(1.0, 80.0))  # in other clothes
    assert others.look(thing(0.0), thing(1.0, 80.0), unbroken=True).alike_near == 0.0


def test_twin_seen_beside_the_target_is_never_the_target() -> None:
    court = Court().followed_beside(thing(2.0))
    for step in range(60):  # it comes to where the target was lost
        verdict = court.look(thing(max(0.0, 2.0 - 0.05 * step)))
        assert verdict.decision is not Decision.TARGET


def test_without_exclusion_that_twin_would_be_taken() -> None:
    """What the ablation switches off; so that the test above says something."""
    court = Court(replace(CONFIG, exclusion=False)).followed_beside(thing(2.0))
    decisions = [court.look(thing(max(0.0, 2.0 - 0.05 * step))).decision for step in range(60)]
    assert Decision.TARGET in decisions


def test_target_comes_back_beside_its_twin() -> None:
    court = Court().followed_beside(thing(2.0))
    court.look(thing(2.0), count=20)
    verdict = court.look(thing(2.0), thing(0.2), count=6)
    assert verdict.decision is Decision.TARGET
    assert verdict.best == 1


def test_group_is_not_the_target() -> None:
    """Three walk by; the box around them looks like her, and is no one."""
    court = Court()
    left = Candidate(Box(300, 190, 330, 290), view(70), Place(np.array([-0.2, 5.0]), np.eye(2)))
    right = Candidate(Box(340, 190, 370, 290), view(75), Place(np.array([0.4, 5.0]), np.eye(2)))
    group = Candidate(
        Box(298, 188, 372, 292), view(0), Place(np.array([0.0, 5.0]), 0.1 * np.eye(2)), size=USUAL
    )
    alone = weigh(court, group)
    among = weigh(court, group, left, right)
    assert among < alone - 3.0
    assert court.look(group, left, right, count=5).decision is not Decision.TARGET


@pytest.mark.parametrize(('size', 'is_target'), [(0.85, True), (1.2, True), (2.5, False)])
def test_thing_keeps_its_size(size: float, is_target: bool) -> None:
    court = Court()
    usual = weigh(court, thing(0.0))
    other = weigh(court, thing(0.0, size=size))
    assert bool(usual - other < 0.5) is is_target


def test_candidate_that_contradicts_the_words_loses() -> None:
    court = Court()
    verdict = court.look(thing(0.4, words=3.0), thing(-0.4, words=-3.0), count=10)
    assert verdict.decision is Decision.TARGET
    assert verdict.best == 0


def test_what_shows_nothing_is_not_the_target() -> None:
    blank = Candidate(thing(0.0).box, None, thing(0.0).place, None, 0.0, USUAL)
    assert Court().look(blank, count=5).decision is Decision.NONE


def test_one_bad_frame_does_not_stop_and_one_good_one_does_not_start() -> None:
    court = Court().followed_beside()
    assert court.look(thing(0.0, 60.0, presence=0.9)).decision is Decision.TARGET
    away = Court()
    away.look(thing(0.0, 50.0, words=-3.0), count=20)
    assert away.look(thing(0.0, 50.0, words=1.0)).decision is Decision.NONE
    assert away.look(thing(0.0, 50.0, words=1.0), count=20).decision is Decision.TARGET


def pictured(x: float, degrees: float = 0.0, presence: float | None = None) -> Candidate:
    """Return a thing whose place is known in the picture alone."""
    known = thing(x, degrees, presence=presence)
    spot = Place(np.array(known.box.center), 12.0**2 * np.eye(2), 300.0, 'pixels')
    return replace(known, place=spot)


@pytest.mark.parametrize(('make', 'holds'), [(pictured, True), (thing, False)])
def test_tracker_holds_its_box_through_a_jerk_of_the_picture_alone(make, holds: bool) -> None:
    """In a picture a jump may be the camera's; three metres in one frame are nobody's."""
    court = Court()
    court.judge.begin(make(0.0), court.now)
    for _ in range(20):
        court.look(make(0.0, presence=0.99), make(2.0, 80.0), unbroken=True)
    jerk = -3.0
    after = court.look(make(jerk, presence=0.99), make(2.0 + jerk, 80.0))
    assert bool(after.evidence[0] > 4.0) is holds


def test_target_that_was_taken_for_another_is_told_by_what_the_other_looked_like() -> None:
    """Its look then is what is compared, not the look of what took over its track."""
    court = Court().followed_beside(thing(1.0, 80.0))
    other = next(t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    assert other.is_other
    for _ in range(20):
        other.update(thing(1.0).place, court.now, thing(1.0).view)  # a false association
    lead = court.judge.evidence.lead(thing(1.0), other, court.now, 1.0)
    fooled = replace_beside_view(other, None)
    assert lead > court.judge.evidence.lead(thing(1.0), fooled, court.now, 1.0) + 5.0


def replace_beside_view(track: WorldTrack, view_: np.ndarray | None) -> WorldTrack:
    """Return a track that remembers another look of when it was beside the target."""
    changed = copy(track)
    changed.beside_view = view_
    return changed


def test_doubtful_sighting_does_not_carry_the_target_away() -> None:
    """A piece of wall that was just good enough: she comes out where she was expected."""
    court = Court()
    court.look(thing(0.0, presence=0.99), count=20, unbroken=True)
    verdict = court.look(thing(1.4, 45.0), dt=1.0)
    assert 0.5 < verdict.probability < CONFIG.learn_from
    target = court.judge.tracks.target
    assert target is not None
    assert 0.1 < target.mean[0] < 1.3
    assert target.distance2(thing(0.0).place, court.now) < 6.0
    assert court.look(thing(0.0), count=3).decision is Decision.TARGET


@pytest.mark.parametrize(('degrees', 'is_known'), [(0.0, True), (80.0, False)])
def test_twin_is_somebody_else_after_two_looks(degrees: float, is_known: bool) -> None:
    """It steps out from behind the target, which goes behind a wall at once."""
    court = Court()
    court.look(thing(0.0, presence=0.99), count=20, unbroken=True)
    court.look(thing(0.0, presence=0.99), thing(1.5, degrees), count=2, unbroken=True)
    others = [t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target]
    assert [t.is_other for t in others] == [is_known]
    verdict = court.look(thing(1.5, degrees), count=40)
    assert verdict.decision is not Decision.TARGET


def in_line(ahead: float, height: float, degrees: float = 0.0) -> Candidate:
    """Return somebody straight ahead, at a distance in metres; the box has a height in pixels."""
    box = Box.from_center(320, 240 - height / 4, 0.4 * height, height)
    spot = Place(np.array([0.0, ahead]), 0.15**2 * np.eye(2))
    side = math.sqrt(0.4) * height
    return Candidate(box, view(degrees), spot, size=Size(side, side * ahead / 500))


@pytest.mark.parametrize(('ahead', 'is_known'), [(15.0, True), (5.5, False), (3.0, False)])
def test_twin_in_line_far_behind_the_target_is_somebody_else(ahead: float, is_known: bool) -> None:
    """In the picture it lies in the target's box; what is no further away may be a part of it."""
    court, target = Court(), replace(in_line(5.0, 160.0), presence=0.99)
    court.look(target, in_line(ahead, 480.0 / ahead), count=4, unbroken=True)
    assert any(track.is_other for track in court.judge.tracks.tracks) is is_known


def test_edge_of_the_targets_own_box_is_no_twin_after_two_looks() -> None:
    """The box shows half of the target, and its depth is that of the wall behind."""
    court, target = Court(), replace(in_line(5.0, 160.0), presence=0.99)
    edge = replace(in_line(7.0, 80.0), box=Box(330.0, 180.0, 360.0, 260.0))
    court.look(target, edge, count=2, unbroken=True)
    assert not any(track.is_other for track in court.judge.tracks.tracks)


@pytest.mark.parametrize(
    ('metres', 'hidden_s', 'degrees', 'is_known'),
    [
        (6.0, 0.2, 0.0, True),
        (0.8, 0.2, 0.0, False),
        (6.0, 3.0, 0.0, False),
        (6.0, 0.2, 80.0, False),
    ],
)
def test_twin_where_the_target_cannot_have_got_to_is_somebody_else(
    metres: float, hidden_s: float, degrees: float, is_known: bool
) -> None:
    court = Court().followed_beside()
    court.look(dt=hidden_s)
    court.look(thing(metres, degrees), count=4)
    known = {track.is_other for track in court.judge.tracks.tracks} - {False}
    assert bool(known) is is_known
    if is_known:
        assert court.look(thing(metres, degrees), count=60).decision is Decision.NONE


def test_target_whose_depth_was_measured_on_what_hid_it_is_not_somebody_else() -> None:
    """It comes out from behind a column: half of its box is the column's, and then none is."""
    court = Court().followed_beside()
    court.look(count=14)
    near = Place(np.array([0.0, 3.2]), 0.15**2 * np.eye(2))
    court.look(replace(thing(0.0), place=near), count=12)
    court.look(thing(0.1), count=6)
    assert not any(track.is_other for track in court.judge.tracks.tracks)
    assert court.look(thing(0.1), count=20).decision is Decision.TARGET


@pytest.mark.parametrize('lost', [True, False])
def test_look_that_is_not_confirmed_does_not_move_the_target(lost: bool) -> None:
    """Somebody behind a lamp post, as near as that: the target itself was somebody else then."""
    court = Court().followed_beside()
    court.look(dt=0.5)
    verdict = court.look(thing(0.8), thing(-2.5, 60.0), count=6, lost=lost)
    assert verdict.decision is Decision.TARGET
    target = court.judge.tracks.target
    assert target is not None
    assert (abs(float(target.mean[0])) < 0.1) is lost
    others = [t for t in court.judge.tracks.tracks if t.is_other]
    assert bool(others) is not lost


def test_who_looks_more_like_the_target_than_it_did_is_not_taken_for_somebody_else() -> None:
    """The target's track may have gone over to a passer-by just before."""
    court = Court().followed_beside()
    court.look(thing(0.0, 42.0, presence=0.85), count=30, unbroken=True)
    court.look(thing(6.0), count=4, dt=0.1)
    assert not any(track.is_other for track in court.judge.tracks.tracks)


def test_twin_that_was_hidden_for_longer_may_be_the_one_that_comes_back() -> None:
    """Both went behind one wall; that the twin has been there for longer tells nothing."""
    court = Court().followed_beside(thing(1.5))
    court.look(thing(0.0, presence=0.99), count=60, unbroken=True)
    court.look(dt=2.5)
    for degrees in (0.0, 20.0, 0.0, 10.0, 0.0, 0.0, 0.0):
        assert court.look(thing(0.7, degrees)).decision is not Decision.TARGET
    for _ in range(400):  # nor does it become clear because everybody else is forgotten
        verdict = court.look(thing(0.7))
    assert verdict.decision is Decision.AMBIGUOUS
    assert court.now > FORGET_S + 15.0


@pytest.mark.parametrize(('half_view', 'is_clear'), [(0.4, True), (1.2, False)])
def test_twin_left_standing_outside_the_picture_does_not_come_out_of_its_middle(
    half_view: float, is_clear: bool
) -> None:
    """A robot that moves on leaves it behind; what then comes from behind a wall is the target."""
    court = Court().followed_beside(thing(3.5))
    court.look(count=30, half_view=half_view)
    verdict = court.look(thing(0.2), count=3, half_view=half_view)
    assert (verdict.decision is Decision.TARGET) is is_clear


@pytest.mark.parametrize(
    ('off', 'apart', 'best', 'decision'),
    [
        (45.0, 0.6, 0, Decision.TARGET),
        (60.0, 0.6, 1, Decision.AMBIGUOUS),
        (60.0, 0.0, 1, Decision.TARGET),  # two ends at one place are of one thing
    ],
)
def test_whole_in_the_trackers_box_stays_before_its_part(
    off: float, apart: float, best: int, decision: Decision
) -> None:
    """Of a car that turns, one end looks more like its first view; the other is no rival then."""
    court = Court().followed_beside()
    whole = thing(0.0, off, presence=0.9)
    front, rear = (
        Candidate(
            Box(x1, 190.0, x2, 290.0),
            view(0.0),
            Place(np.array([x, 5.0]), 0.1**2 * np.eye(2)),
            size=Size(80.0, 0.8),
            depth=5.0,
        )
        for x, x1, x2 in ((0.0, 299.0, 318.0), (apart, 325.0, 346.0))
    )
    for _ in range(8):
        verdict = court.look(whole, front, rear, unbroken=True)
    assert (verdict.best, verdict.decision) == (best, decision)


@pytest.mark.parametrize(
    ('spread', 'is_known', 'decision'),
    [
        (0.1, False, Decision.TARGET),
        (0.1, True, Decision.AMBIGUOUS),  # its range may be that of the target beside it
        (0.4, False, Decision.AMBIGUOUS),  # the place is not known so well
    ],
)
def test_two_boxes_at_one_place_are_one_thing(
    spread: float, is_known: bool, decision: Decision
) -> None:
    """Head and legs, where a hoarding hides what is between; a known twin stays a rival."""
    twin = thing(0.7, 20.0)
    court = Court().followed_beside(*(twin,) * is_known)
    court.look(*(twin,) * is_known, dt=0.3)
    middle = Place(np.array([0.05, 5.0]), spread**2 * np.eye(2))
    head = Candidate(Box(310.0, 190.0, 330.0, 215.0), view(0.0), middle, size=Size(100.0, 1.0))
    legs = Candidate(
        Box(314.0, 240.0, 334.0, 290.0),
        twin.view if is_known else view(0.0),
        Place(np.array([0.25, 5.0]), spread**2 * np.eye(2)),
        size=Size(100.0, 1.0),
    )
    for _ in range(6):
        verdict = court.look(head, legs, dt=0.1)
    assert verdict.decision is decision


def test_passer_by_does_not_carry_the_target_away_by_its_range() -> None:
    """The tracker's box is the target's still, and its depth that of who passes before it."""
    court = Court().followed_beside()
    court.look(thing(0.0, presence=0.99), count=20, unbroken=True, half_view=0.5)
    target = court.judge.tracks.target
    assert target is not None
    near = Place(np.array([0.0, 3.8]), 0.15**2 * np.eye(2))
    covered = replace(thing(0.0, presence=0.99), place=near)
    court.look(covered, count=4, unbroken=True, half_view=0.5)
    assert target.at(court.now)[0][1] > 4.6
    verdict = court.look(thing(0.1), count=3, half_view=0.5)
    assert verdict.decision is Decision.TARGET


@pytest.mark.parametrize(('hidden_s', 'is_weighed'), [(0.1, False), (1.0, True), (2.0, True)])
def test_who_takes_up_the_track_of_a_twin_is_weighed_however_he_looks(
    hidden_s: float, is_weighed: bool
) -> None:
    """In one box with a lamp post, it may be the target, and what looks like that its twin."""
    court = Court().followed_beside(thing(1.2, 15.0), count=60)
    (twin,) = (track for track in court.judge.tracks.tracks if track.is_twin)
    court.look(count=round(hidden_s / DT))
    with_post = thing(1.2, 53.0)
    assert court.judge.evidence.likeness([with_post])[0] < CONFIG.likeness_even
    verdict = court.look(thing(0.1), with_post)
    assert (1 in verdict.alike) is is_weighed
    assert twin.stamp == court.now, 'it took up another track'


@pytest.mark.parametrize('ahead', [6.3, 6.6])
def test_head_over_the_wall_is_nobody_else_while_its_legs_show_beside_it(ahead: float) -> None:
    """The tracker is still on the legs, and the range of their box is that of the ground."""
    court = Court().followed_beside()
    court.look(thing(0.0, presence=0.99), count=20, unbroken=True, half_view=0.5)
    target = court.judge.tracks.target
    assert target is not None
    ground = Place(np.array([0.0, ahead]), 0.15**2 * np.eye(2))
    legs, head = replace(thing(0.0, presence=0.99), place=ground), thing(0.5, 60.0)
    court.look(legs, head, count=8, unbroken=True, half_view=0.5)
    assert not any(track.is_other for track in court.judge.tracks.tracks)
    verdict = court.look(thing(0.5, 5.0), count=8, half_view=0.5)
    assert verdict.decision is Decision.TARGET


@pytest.mark.parametrize('overlap', [0.0, 0.2, 0.4])
def test_second_box_of_somebody_else_is_not_the_target(overlap: float) -> None:
    """Whatever part of him it shows: two things cannot both be there."""
    passer = thing(1.5, 30.0)
    court = Court().followed_beside(passer)
    assert court.look(passer, count=80).decision is Decision.NONE
    x1, _, x2, y2 = passer.box.xyxy
    low = y2 - overlap * passer.box.height
    second = replace(thing(1.5, 10.0), box=Box(x1, low, x2, low + passer.box.height))
    assert court.look(passer, second, count=8).decision is Decision.NONE


@pytest.mark.parametrize(('ahead', 'is_seen'), [(3.6, True), (5.0, False)])
def test_proposal_with_the_depth_of_who_passes_before_it_is_not_what_the_tracker_has(
    ahead: float, is_seen: bool
) -> None:
    """The tracker's box is still at the target's depth; at the same depth they are one thing."""
    court = Court()
    passer = replace(thing(0.9, 60.0), place=Place(np.array([0.7, ahead]), 0.15**2 * np.eye(2)))
    court.followed_beside(passer)
    (other,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    assert other.is_other
    shared = replace(thing(0.05, 60.0), place=Place(np.array([0.7, ahead]), 0.15**2 * np.eye(2)))
    for _ in range(6):
        verdict = court.look(thing(0.0, 30.0, presence=0.98), shared)
    assert (verdict.decision is Decision.TARGET) is is_seen
    assert other.at(court.now)[0][1] == pytest.approx(ahead, abs=0.2)


def test_where_nothing_looks_like_the_target_its_twin_is_not_in_question() -> None:
    """Or the twin that was left outside the picture might be what is seen next."""
    court = Court().followed_beside(thing(3.5), count=40)
    court.look(count=40, half_view=0.4)
    (twin,) = (track for track in court.judge.tracks.tracks if track.is_twin)
    assert court.look(thing(3.3, 85.0), count=3, half_view=1.2).in_question == {twin.number}
    assert twin.questioned_at == -math.inf


@pytest.mark.parametrize(('degrees', 'is_clear'), [(45.0, True), (0.0, False)])
def test_distractor_that_comes_out_on_the_other_side_ends_the_doubt(
    degrees: float, is_clear: bool
) -> None:
    """Who was taken for a twin looks like himself again; a true twin may be the target."""
    court, spread = Court(), 0.15**2 * np.eye(2)
    for step in range(-14, 16):
        x = 0.1 - 0.05 * step
        other = replace(thing(x, degrees), place=Place(np.array([x, 5.2]), spread))
        if step < 0:
            court.look(thing(0.0, presence=0.99), other, unbroken=True)
            continue
        if step == 0:
            (track,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
            track.alike = track.beside = 20  # it looked like the target now and then
            court.look(thing(0.0, presence=0.99), count=16)
        verdict = court.look(thing(0.0, presence=0.99), *[other] * (x < -0.5))
    assert (verdict.decision is Decision.TARGET) is is_clear


@pytest.mark.parametrize(('degrees', 'is_learnt'), [(48.0, True), (55.0, False)])
def test_what_the_tracker_alone_takes_for_the_target_is_not_learnt(
    degrees: float, is_learnt: bool
) -> None:
    """It slides to the pavement beside the wall that the target went behind."""
    court = Court().followed_beside()
    verdict = court.look(thing(0.0, degrees, presence=0.99), count=4, unbroken=True)
    assert verdict.decision is Decision.TARGET
    assert verdict.probability >= CONFIG.learn_from
    assert verdict.is_learnt is is_learnt


@pytest.mark.parametrize(('width', 'is_learnt'), [(42, True), (90, False)])
def test_box_that_holds_more_than_the_target_is_not_learnt(width: int, is_learnt: bool) -> None:
    """Or the wall beside it becomes the target, and is followed once the target is hidden."""
    court = Court()
    own = replace(thing(0.0, presence=0.99), box=Box.from_center(320, 240, width, 100))
    verdict = court.look(own, thing(0.0), count=3, unbroken=True)
    assert (verdict.decision, verdict.best) == (Decision.TARGET, 0)
    assert verdict.is_learnt is is_learnt


@pytest.mark.parametrize('is_seen', [True, False])
def test_twin_that_is_cut_off_is_seen_elsewhere(is_seen: bool) -> None:
    """What shows of somebody who leaves the picture has no track; it is somewhere all the same."""
    court = Court()
    for step in range(30):
        twin = thing(0.5 + DT * (29 - step))
        court.look(thing(0.0, presence=0.99), twin, unbroken=True, half_view=0.7)
    for step in range(16):
        spot = Place(np.array([0.5 - 0.03 * step, 5.0]), 0.15**2 * np.eye(2))
        cut = replace(thing(0.5), place=spot, size=Size(45.0, 0.45))
        verdict = court.look(thing(0.0, presence=0.99), *[cut] * is_seen, half_view=0.7)
    assert (verdict.decision is Decision.TARGET) is is_seen


@pytest.mark.parametrize(('degrees', 'is_twin'), [(0.0, True), (20.0, False)])
def test_what_is_a_little_like_the_target_is_no_twin(degrees: float, is_twin: bool) -> None:
    """A lamp post in the distance looks as dark and upright as a man in a suit."""
    court = Court(replace(CONFIG, likeness_even=0.88))
    court.followed_beside(thing(1.5, degrees), count=40)
    (other,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    like = court.judge.evidence.likeness([thing(1.5, degrees)])[0]
    assert like > court.judge.config.likeness_even
    assert other.is_other
    assert other.is_twin is is_twin


@pytest.mark.parametrize(
    ('x', 'degrees', 'late_s', 'hidden_s', 'is_asked'),
    [
        (-1.0, 0.0, 0.0, 3.0, True),  # was it the one or the other that went there?
        (-1.0, 0.0, 6.0, 3.0, False),  # the wall is far behind
        (-15.0, 0.0, 0.0, 3.0, False),  # not in three seconds
        (-1.0, 75.0, 0.0, 3.0, False),  # somebody else
        (-1.0, 0.0, 0.0, 1.0, False),  # there was no time to change places
    ],
)
def test_who_comes_from_hiding_after_the_target_may_be_it(
    x: float, degrees: float, late_s: float, hidden_s: float, is_asked: bool
) -> None:
    """The first of two that look alike is not the target for being the first."""
    court = found_again(hidden_s)
    found = thing(0.5, presence=0.98)
    if late_s:
        court.look(found, count=round(late_s / DT), unbroken=True)
    verdict = court.look(found, thing(x, degrees), count=5, unbroken=True)
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked
    verdict = court.look(found, count=10, unbroken=True)  # that one is gone; nothing is told by it
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked


@pytest.mark.parametrize('is_known', [True, False])
def test_distractor_that_comes_back_under_another_number_is_not_asked_about(
    is_known: bool,
) -> None:
    """Its track was lost beside the same wall, nearer to where somebody comes out."""
    court = Court().followed_beside(*[thing(4.5)] * is_known)
    court.look(count=round(1.6 / DT))
    assert court.look(thing(0.3), count=20).decision is Decision.TARGET
    back = thing(4.4)
    assert back.place is not None
    court.judge.tracks.new(back.place, court.now, back.view)
    verdict = court.look(thing(0.3, presence=0.98), back, count=10, unbroken=True)
    assert (verdict.decision is Decision.TARGET) is is_known


def walled() -> Visibility:
    """Return the view of an open field with a wall before the target, 1.3 m to either side."""
    camera = PinholeCamera.from_horizontal_fov(640, 480, math.radians(100))
    depth = np.full((480, 640), 60.0)
    edge = int(camera.fx * 1.3 / 5.0)
    depth[:, 320 - edge : 320 + edge] = 3.0
    pose = CameraPose(camera_mount(0.0, 0.0, math.pi / 2), np.array([0.0, 0.0, 1.0]))
    return Visibility(depth, camera, pose)


@pytest.mark.parametrize(
    ('x', 'view_of', 'decision'),
    [
        (1.8, walled(), Decision.TARGET),  # it comes out from behind the wall
        (4.0, walled(), Decision.AMBIGUOUS),  # over 2 m of open ground, unseen?
        (4.0, None, Decision.TARGET),  # nothing is known of what can be seen
    ],
)
def test_who_can_only_have_come_over_open_ground_is_asked_about(
    x: float, view_of: Visibility | None, decision: Decision
) -> None:
    court = Court().followed_beside()
    court.look(count=80, visibility=view_of)
    for _ in range(20):
        assert court.look(thing(x), visibility=view_of).decision in (decision, Decision.NONE)
    assert court.look(thing(x), visibility=view_of).decision is decision


def test_who_was_seen_coming_from_behind_the_wall_is_not_asked_about() -> None:
    """At first he shows his side, and looks otherwise; he is in the open when he looks like it."""
    court = Court().followed_beside()
    court.look(count=80, visibility=walled())
    for step in range(60):
        verdict = court.look(thing(1.8 + 0.04 * step, 60.0 - step), visibility=walled())
        assert verdict.decision is not Decision.AMBIGUOUS
    verdict = court.look(thing(4.2), count=20, visibility=walled())
    assert verdict.decision is Decision.TARGET


@pytest.mark.parametrize(
    ('twin', 'view_of', 'decision'),
    [
        (-5.0, walled(), Decision.TARGET),  # it would have been seen on its way to the wall
        (-5.0, None, Decision.AMBIGUOUS),  # nothing is known of what can be seen
        (-1.0, walled(), Decision.AMBIGUOUS),  # it was hidden by the same wall
    ],
)
def test_twin_that_is_out_of_sight_has_not_crossed_open_ground_either(
    twin: float, view_of: Visibility | None, decision: Decision
) -> None:
    court = Court().followed_beside(thing(twin))
    court.look(count=80, visibility=view_of)
    assert court.look(thing(1.6), count=20, visibility=view_of).decision is decision


def test_twin_is_remembered_from_the_look_that_told_it_is_one() -> None:
    court = Court().followed_beside(count=20).followed_beside(thing(-5.0), count=TWIN_LOOKS)
    court.look(count=80, visibility=walled())
    verdict = court.look(thing(1.6), count=20, visibility=walled())
    assert verdict.decision is Decision.TARGET


RAN = 2.4
"""Metres that a runner makes in a second."""


def ran_out_of_sight(*others: Candidate, measure: str = 'metres') -> Court:
    """Return a judge of a target that ran to the right, and was out of sight for a second."""
    court = Court()
    for step in range(30):
        x = -RAN * DT * (29 - step)
        court.look(measured(thing(x, presence=0.99), measure), *others, unbroken=True)
    court.look(count=20)
    return court


def measured(candidate: Candidate, measure: str) -> Candidate:
    """Return it with a place of another measure."""
    assert candidate.place is not None
    return replace(candidate, place=replace(candidate.place, measure=measure))


@pytest.mark.parametrize(
    ('degrees', 'others', 'decision'),
    [
        (0.0, (), Decision.TARGET),
        (30.0, (), Decision.NONE),  # a little like it
        (0.0, (thing(-5.0),), Decision.NONE),  # its twin is about
    ],
)
def test_who_looks_just_like_it_may_have_turned_round_out_of_sight(
    degrees: float, others: tuple[Candidate, ...], decision: Decision
) -> None:
    court = ran_out_of_sight(*others)
    for step in range(20):
        verdict = court.look(thing(-1.4 - RAN * DT * step, degrees))
    assert verdict.decision is decision


def test_where_ranges_rest_on_heights_nobody_has_turned_round() -> None:
    court = ran_out_of_sight(measure='nominal')
    for step in range(20):
        verdict = court.look(measured(thing(-1.4 - RAN * DT * step), 'nominal'))
    assert verdict.decision is Decision.NONE


def test_who_is_further_than_it_could_run_is_not_the_target() -> None:
    verdict = ran_out_of_sight().look(thing(-6.0), count=20)
    assert verdict.decision is not Decision.TARGET


@pytest.mark.parametrize(('view_of', 'is_asked'), [(walled(), False), (None, True)])
def test_who_was_in_the_open_all_along_was_not_hidden_with_the_target(
    view_of: Visibility | None, is_asked: bool
) -> None:
    court = Court().followed_beside()
    court.look(count=80, visibility=view_of)
    found = thing(1.8, presence=0.98)
    verdict = court.look(thing(1.8), count=20, visibility=view_of)
    assert verdict.decision is Decision.TARGET
    verdict = court.look(found, thing(-4.0), count=6, unbroken=True, visibility=view_of)
    assert (verdict.decision is Decision.AMBIGUOUS) is is_asked


def test_legs_of_the_target_are_nobody_that_was_hidden_with_it() -> None:
    court = found_again()
    legs = thing(0.9)
    legs = replace(legs, box=Box.from_center(320 + 50 + 27, 270, 40, 100))
    court.look(thing(0.5, presence=0.98), legs, count=8, unbroken=True)
    court.look(thing(0.5, presence=0.98), count=8, unbroken=True)
    verdict = court.look(thing(0.5, presence=0.98), unbroken=True)
    assert verdict.decision is Decision.TARGET


def test_operator_tells_which_of_two_that_were_hidden_together_it_is() -> None:
    court = found_again()
    both = [thing(0.5, presence=0.98), thing(-1.0)]
    court.look(*both, count=5, unbroken=True)
    court.judge.choose(both[1], both, court.now)
    verdict = court.look(thing(0.5), thing(-1.0, presence=0.98), count=5)
    assert (verdict.decision, verdict.best) == (Decision.TARGET, 1)


@pytest.mark.parametrize(('evidence', 'shared'), [(2.0, 0.6), (-2.0, 0.0)])
def test_part_beside_the_best_part_is_of_the_same_thing(evidence: float, shared: float) -> None:
    """Left and right half do not overlap; the whole, where it is the target's, has both."""
    whole, left, right = Box(0, 0, 40, 100), Box(0, 0, 19, 100), Box(25, 0, 50, 100)
    overlaps = Overlaps([whole, left, right])
    assert overlaps.coverage[1, 2] == 0.0
    with_left = overlaps.with_thing(1, np.array([evidence, 4.0, 1.0]))
    np.testing.assert_allclose(with_left, [1.0, 1.0, shared])


def test_twin_that_is_taken_up_far_away_after_a_while_may_still_be_this_one() -> None:
    """Somebody who looks a little like it stands there: he may be another."""
    court = Court().followed_beside(thing(1.5))
    court.look(dt=3.0)
    verdict = court.look(thing(0.7), thing(4.0, 30.0), count=3)
    assert verdict.decision is not Decision.TARGET


@pytest.mark.parametrize(('degrees', 'is_clear'), [(0.0, False), (50.0, True)])
def test_newcomer_who_looks_less_alike_makes_nobody_doubt(degrees: float, is_clear: bool) -> None:
    court = Court()
    for k in range(6):  # both are as far from where it was
        verdict = court.look(thing(0.3), thing(-0.3, degrees + k * 0.1))
    assert (verdict.decision is Decision.TARGET) is is_clear


def test_sure_views_enter_the_memory_and_others_become_negatives() -> None:
    court = Court()
    for degrees in range(0, 40, 8):  # it turns round
        court.look(thing(0.0, degrees, presence=0.95), thing(2.0, 90.0), unbroken=True)
    gallery = court.judge.gallery
    assert len(gallery) > 2
    assert gallery.likeness(view(90)[None])[0] < 0.4 < gallery.likeness(view(30)[None])[0]


@pytest.mark.parametrize(
    ('presence', 'unbroken', 'other'),
    [
        (0.95, False, 3.0),  # the tracker has jumped
        (0.30, True, 3.0),  # the tracker is not sure
        (0.95, True, 0.25),  # somebody stands in front of it
    ],
)
def test_doubtful_views_do_not_enter(presence: float, unbroken: bool, other: float) -> None:
    court = Court()
    for degrees in (0, 12, 24):
        court.look(thing(0.0, degrees, presence=presence), thing(other, 90.0), unbroken=unbroken)
    assert len(court.judge.gallery) == 1


def in_a_crowd(config: IdentityConfig, degrees: float) -> tuple[Verdict, int]:
    """Look once at a target that has turned a little, and at a newcomer; and its memory then."""
    court = Court(config).followed_beside()
    before = len(court.judge.gallery)
    newcomer = thing(0.6, degrees)
    verdict = court.look(thing(0.0, 12.0, presence=0.99), newcomer, unbroken=True)
    assert (verdict.decision, verdict.best) == (Decision.TARGET, 0)
    assert verdict.probability > config.learn_from
    return verdict, len(court.judge.gallery) - before


@pytest.mark.parametrize(('degrees', 'views'), [(30.0, 0), (90.0, 1)])
def test_view_is_not_learnt_beside_somebody_who_is_nearly_as_much_like_it(
    degrees: float, views: int
) -> None:
    """Sure enough to follow, not sure enough to learn."""
    verdict, learnt = in_a_crowd(CONFIG, degrees)
    assert verdict.margin >= CONFIG.margin
    assert (verdict.margin >= CONFIG.learn_margin) is bool(views)
    assert (verdict.is_learnt, learnt) == (bool(views), views)


@pytest.mark.parametrize('degrees', [30.0, 45.0])
def test_margin_alone_decides_what_is_learnt(degrees: float) -> None:
    margin = in_a_crowd(CONFIG, degrees)[0].margin
    for learn_margin, views in ((margin - 0.1, 1), (margin + 0.1, 0)):
        verdict, learnt = in_a_crowd(replace(CONFIG, learn_margin=learn_margin), degrees)
        assert verdict.margin == pytest.approx(margin)
        assert (verdict.is_learnt, learnt) == (bool(views), views)


@pytest.mark.parametrize(
    'box',
    [
        Box(312.0, 200.0, 350.0, 300.0),  # a second proposal of the target, IoU 0.5
        Box(310.0, 100.0, 560.0, 230.0),  # something large behind it, which cannot be like it
    ],
)
def test_views_enter_though_boxes_of_no_other_thing_like_it_overlap(box: Box) -> None:
    court = Court()
    size = Size(math.sqrt(box.area), math.sqrt(box.area) / 100)
    for degrees in (0, 12, 24):
        beside = Candidate(box, view(90.0), None, size=size)
        court.look(thing(0.0, degrees, presence=0.95), beside, unbroken=True)
    assert len(court.judge.gallery) > 1


def test_refused_is_refused_for_ever() -> None:
    court = Court().followed_beside()
    court.judge.refuse(thing(0.0), court.now)
    for _ in range(10):
        court.now += FORGET_S
        assert court.look(thing(0.0), count=5).decision is not Decision.TARGET


def test_operator_may_choose_who_was_excluded() -> None:
    court = Court().followed_beside(thing(2.0))
    court.look(thing(2.0), count=20)
    chosen = thing(2.0)
    court.judge.choose(chosen, [chosen], court.now)
    assert court.look(thing(2.0), count=5).decision is Decision.TARGET


def test_forgotten_is_forgotten() -> None:
    court = Court().followed_beside(thing(2.0))
    court.judge.clear()
    assert not court.judge.gallery
    assert not court.judge.tracks.tracks
    assert court.judge.tracks.target is None


SOMEBODY = st.builds(
    thing,
    st.floats(-3, 3),
    st.floats(0, 360),
    words=st.floats(-5, 5),
    size=st.one_of(st.none(), st.floats(0.05, 20)),
)
MINE = st.one_of(
    st.none(),
    st.builds(thing, st.floats(-3, 3), st.floats(0, 360), presence=st.floats(0, 1)),
)
PICTURE = st.tuples(MINE, st.lists(SOMEBODY, max_size=5), st.booleans(), st.floats(0, 2))


@given(st.lists(PICTURE, min_size=1, max_size=12))
def test_probabilities_are_probabilities_and_decisions_have_their_margin(story: list) -> None:
    court = Court()
    for mine, others, unbroken, dt in story:
        candidates = [*([] if mine is None else [mine]), *others]
        verdict = court.look(*candidates, unbroken=unbroken, dt=dt)
        rated = [one.probability for one in verdict.rated]
        assert all(0.0 <= p <= 1.0 for p in (*rated, verdict.none, verdict.probability))
        assert sum(rated) + verdict.none <= 1.0 + 1e-9
        assert np.isfinite(verdict.evidence).all()
        if verdict.decision is Decision.TARGET:
            assert verdict.margin >= CONFIG.margin
            assert verdict.probability >= verdict.none
        if candidates:
            assert 0 <= verdict.best < len(candidates)
        assert len(court.judge.gallery) <= CONFIG.memory + CONFIG.adaptive_memory


def test_who_looks_far_more_like_the_target_makes_the_robot_hold() -> None:
    """The track went over to a passer-by: the one who looks right is not learnt as another."""
    court = Court().followed_beside(thing(-2.5, 90.0))
    passer_by, true = thing(0.0, 42.0, presence=0.95), thing(2.0, 0.0)
    gallery = court.judge.gallery
    like = gallery.likeness(np.stack([passer_by.view, true.view]))
    assert CONFIG.likeness_even < like[0] < like[1] - 0.25
    verdict = court.look(passer_by, true)
    assert verdict.evidence[0] > 0.0
    assert verdict.decision is Decision.AMBIGUOUS
    court.look(passer_by, true, count=10)
    others = [t for t in court.judge.tracks.tracks if t.is_other]
    assert [round(t.mean[0], 1) for t in others] == [-2.5], 'only who was beside it before'


@pytest.mark.parametrize(('ahead', 'is_part'), [(6.2, True), (8.0, False)])
def test_front_of_a_long_car_is_a_part_of_it(ahead: float, is_part: bool) -> None:
    """Its front end is farther away than its rear by a third, and yet no car behind it."""
    car, front = Box(150.0, 190.0, 440.0, 330.0), Box(150.0, 225.0, 260.0, 305.0)
    sides = [
        Size(math.sqrt(b.area), math.sqrt(b.area) * d / 500)
        for b, d in ((car, 4.6), (front, ahead))
    ]
    places = [Place(np.array([0.0, d]), 0.1**2 * np.eye(2)) for d in (4.6, ahead)]
    assert Overlaps([car, front], sides, places).part[1, 0] == is_part


@pytest.mark.parametrize(
    ('like', 'is_whole'),
    [
        ((0.8, 0.5), True),
        ((0.8, 0.78), False),
        ((0.4, 0.1), False),
    ],
)
def test_twin_in_a_box_around_it_and_its_neighbour_is_no_part(
    like: tuple[float, float], is_whole: bool
) -> None:
    """It stood in full view beside a bin, and its track was nobody's."""
    twin = thing(0.0)
    around = replace(twin, box=Box.from_center(320, 240, 90, 110))
    overlaps = Overlaps([twin.box, around.box])
    assert overlaps.wholes([twin, around], USUAL, np.array(like), 0.62) == [is_whole, True]


@pytest.mark.parametrize('depth', [None, 5.0])
def test_track_of_a_twin_does_not_go_over_to_what_is_beside_it(depth: float | None) -> None:
    """It went over to a column or a bin, and the twin was taken for the target."""
    court = Court().followed_beside(thing(2.0))
    (twin,) = (t for t in court.judge.tracks.tracks if t is not court.judge.tracks.target)
    bin_ = replace(thing(2.4, 90.0), depth=depth)
    court.look(thing(0.0, presence=0.99), bin_, unbroken=True)
    assert twin.stamp < court.now


def test_twin_is_not_seen_elsewhere_where_something_looks_otherwise() -> None:
    """The target goes, the twin's track stays with the bin beside it, and the twin comes."""
    court = Court().followed_beside(thing(1.0), count=60)
    twin = next(t for t in court.judge.tracks.tracks if t.is_twin)
    court.look(dt=0.4)
    twin.view = thing(0.0, 90.0).view  # it went over to the bin
    bin_ = thing(1.6, 90.0)
    for _ in range(8):
        verdict = court.look(thing(0.6), bin_)
        assert verdict.decision is not Decision.TARGET


@pytest.mark.parametrize(('gap_s', 'is_followed'), [(0.0, False), (1.0, True)])
def test_who_stays_in_view_is_the_same_one_all_the_time(gap_s: float, is_followed: bool) -> None:
    """Half hidden he looked otherwise; out of sight the two may change places."""
    court = Court().followed_beside(thing(1.4, 50.0))
    court.look(count=1 + round(gap_s / DT))
    decisions = {court.look(thing(1.4, 12.0)).decision for _ in range(round(4.0 / DT))}
    assert (Decision.TARGET in decisions) is is_followed
