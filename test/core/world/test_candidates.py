# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Everybody keeps an id in the world: when two cross, when one is hidden, when many come."""

from __future__ import annotations

import math

from follow_anything.core.world.candidates import FORGET_S, MAX_TRACKS, WorldTracks
from follow_anything.core.world.track import Place, TWIN_LOOKS, WorldTrack
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

DT = 0.1
RED, BLUE = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def place(x: float, y: float, std: float = 0.1, scale: float = 1.0) -> Place:
    return Place(np.array([x, y]), std**2 * np.eye(2), scale)


def seen(
    tracks: WorldTracks, where: list[Place], stamp: float, views: list[np.ndarray] | None = None
) -> list[WorldTrack]:
    """Give the places of one picture to the tracks."""
    looks = list(views) if views is not None else [None] * len(where)
    matched = tracks.associate(where, looks, stamp)
    return [
        tracks.observe(track, at, stamp, look)
        for track, at, look in zip(matched, where, looks, strict=True)
    ]


def moved(speed: float, seconds: float = 5.0) -> WorldTrack:
    """Return the track of somebody who walks along x, and ends at the origin."""
    track = WorldTracks().new(place(-speed * seconds, 0.0), 0.0, None)
    for k in range(1, round(seconds / DT) + 1):
        track.update(place(-speed * (seconds - DT * k), 0.0), DT * k)
    return track


def test_who_stood_for_long_is_rather_where_he_stood_than_elsewhere() -> None:
    stands, walks = moved(0.0), moved(0.8)
    here, there, later = place(0.0, 0.0), place(0.0, 3.0), 5.0 + 3.0
    for track in (stands, walks):
        assert track.log_likelihood(here, 5.0) > track.log_likelihood(there, 5.0) + 10.0
    odds = [
        t.log_likelihood(here, later) - t.log_likelihood(there, later) for t in (stands, walks)
    ]
    assert odds[0] > odds[1] + 3.0
    # he may have left, though: that is unlikely, and not out of the question
    assert -3.0 < stands.log_likelihood(there, later) - walks.log_likelihood(there, later) < 0.0
    assert math.isfinite(stands.log_likelihood(place(500.0, 0.0), 1e6))


def test_track_that_takes_over_the_state_of_a_walker_does_not_stand() -> None:
    stands, walks = moved(0.0), moved(0.8)
    walks.update(place(0.08, 0.0), 5.0 + DT)
    stands.absorb(walks)
    there, later = place(0.0, 3.0), 5.0 + 3.0
    assert stands.log_likelihood(there, later) == walks.log_likelihood(there, later)


@pytest.mark.parametrize('seconds', [1.0, 2.5])
def test_who_was_not_seen_to_stand_for_long_is_expected_to_walk(seconds: float) -> None:
    assert moved(0.0, seconds).log_likelihood(place(0.0, 3.0), seconds + 3.0) == pytest.approx(
        WorldTracks()
        .new(place(0.0, 0.0), seconds, None)
        .log_likelihood(place(0.0, 3.0), seconds + 3.0),
        abs=1.0,
    )


@pytest.mark.parametrize('speed', [0.7, 1.4, 2.5])
@pytest.mark.parametrize('views', [None, [RED, BLUE]], ids=['alike', 'different'])
def test_two_that_cross_keep_their_ids(speed: float, views: list[np.ndarray] | None) -> None:
    tracks, numbers = WorldTracks(), []
    for index in range(round(8.0 / speed / DT)):
        x = -4.0 + speed * index * DT
        now = seen(tracks, [place(x, 5.0), place(-x, 6.0)], index * DT, views)
        numbers.append([track.number for track in now])
    assert all(pair == numbers[0] for pair in numbers)
    assert len(tracks.tracks) == 2


def test_velocity_is_learnt() -> None:
    tracks = WorldTracks()
    for index in range(40):
        (track,) = seen(tracks, [place(1.4 * index * DT, 5.0)], index * DT)
    np.testing.assert_allclose(track.mean[2:], [1.4, 0.0], atol=0.3)


@pytest.mark.parametrize('hidden_s', [0.5, 1.0, 2.0])
def test_hidden_one_is_expected_where_its_velocity_leads(hidden_s: float) -> None:
    tracks = WorldTracks()
    for index in range(30):
        (track,) = seen(tracks, [place(1.4 * index * DT, 5.0)], index * DT)
    stamp = 29 * DT + hidden_s
    ahead, behind = 1.4 * stamp, 1.4 * (29 * DT - hidden_s)
    assert track.distance2(place(ahead, 5.0), stamp) < 4.0
    assert track.distance2(place(ahead, 5.0), stamp) < track.distance2(place(behind, 5.0), stamp)
    (matched,) = tracks.associate([place(ahead, 5.0)], [None], stamp)
    assert matched is track


def test_hidden_one_may_stop() -> None:
    tracks = WorldTracks()
    for index in range(30):
        (track,) = seen(tracks, [place(1.4 * index * DT, 5.0)], index * DT)
    assert track.distance2(place(1.4 * 29 * DT, 5.0), 29 * DT + 2.0) < 9.0


def test_spread_of_a_hidden_one_grows_as_a_walker_does() -> None:
    """Neither for ever in place, nor a rocket: some metres after some seconds."""
    (track,) = seen(WorldTracks(), [place(0.0, 5.0)], 0.0)
    spread = [math.sqrt(track.at(seconds)[0 + 1][0, 0]) for seconds in (0.5, 2.0, 8.0, 30.0)]
    assert spread == sorted(spread)
    assert 0.3 < spread[0] < 1.0
    assert 1.0 < spread[1] < 4.0
    assert spread[3] < 30.0


def test_who_is_elsewhere_is_somebody_new() -> None:
    tracks = WorldTracks()
    (first,) = seen(tracks, [place(0.0, 5.0)], 0.0)
    (second,) = seen(tracks, [place(4.0, 5.0)], DT)
    assert second.number != first.number


def test_one_track_takes_one_place_of_a_picture() -> None:
    tracks = WorldTracks()
    seen(tracks, [place(0.0, 5.0)], 0.0)
    matched = tracks.associate([place(0.1, 5.0), place(0.0, 5.0)], [None, None], DT)
    assert matched[0] is None
    assert matched[1] is tracks.tracks[0]


def test_a_track_does_not_take_what_others_leave_over() -> None:
    """Two boxes of the one thing go to two tracks rather than to let its own take a third."""
    tracks = WorldTracks()
    seen(tracks, [place(0.0, 5.0)], 0.0, [RED])
    own, beside = tracks.tracks[0], tracks.new(place(0.4, 5.0), 0.0, RED)
    where, views = [place(0.05, 5.0), place(0.4, 5.0), place(0.45, 5.1)], [RED, RED, BLUE]
    matched = tracks.associate(where, views, DT)
    assert matched == [own, beside, None]
    # the same without the first: its own track takes nothing rather than what looks like nothing
    matched = tracks.associate(where[1:], views[1:], DT)
    assert matched == [beside, None]


@pytest.mark.parametrize('hidden_s', [3.0, 4.0, 6.0])
@pytest.mark.parametrize('cosine', [1.0, 0.95, 0.9])
def test_who_is_in_view_keeps_its_track_when_a_second_box_of_it_turns_up(
    hidden_s: float, cosine: float
) -> None:
    """The sum of the costs alone would give the first box to whoever has been away for long."""
    tracks = WorldTracks()
    (target,) = seen(tracks, [place(0.0, 5.0, 0.2)], 0.0, [RED])
    tracks.target = target
    walker = tracks.new(place(2.0, 5.0, 0.2), 0.0, RED)
    for index in range(1, round(hidden_s / DT)):
        walker.update(place(2.0, 5.0, 0.2), index * DT, RED)
    where, beside = place(2.02, 5.0, 0.2), place(2.2, 5.0, 0.2)
    part = np.array([cosine, math.sqrt(1 - cosine**2)])
    assert tracks.associate([where, beside], [RED, part], hidden_s) == [walker, None]
    # the first box is the better one, even where the second fits as well
    twice = [place(2.05, 5.0, 0.2), where]
    assert tracks.associate(twice, [RED, RED], hidden_s) == [walker, None]
    # and the target is found where it is
    at_home = [where, place(0.2, 5.0, 0.2)]
    assert tracks.associate(at_home, [RED, RED], hidden_s) == [walker, target]


@pytest.mark.parametrize(
    ('hidden_s', 'cosine', 'is_taken'),
    [(3.0, 1.0, True), (3.0, 0.77, False), (0.2, 0.77, True), (0.2, 0.0, True)],
)
def test_a_track_that_was_hidden_for_long_takes_nobody_else(
    hidden_s: float, cosine: float, is_taken: bool
) -> None:
    """Seen a moment ago, it may look like anything: blurred, or half hidden."""
    tracks = WorldTracks()
    for index in range(20):
        (track,) = seen(tracks, [place(0.0, 5.0)], index * DT, [RED])
    passer_by = np.array([cosine, math.sqrt(1 - cosine**2)])
    aside = 3.0 if hidden_s > 1.0 else 0.1
    matched = tracks.associate([place(aside, 5.0)], [passer_by], 19 * DT + hidden_s)
    assert matched == [track if is_taken else None]


def test_what_cannot_be_placed_has_no_track() -> None:
    tracks = WorldTracks()
    seen(tracks, [place(0.0, 5.0)], 0.0)
    assert tracks.associate([None], [RED], DT) == [None]
    assert tracks.associate([], [], DT) == []


def test_a_track_at_its_own_stamp_is_not_moved() -> None:
    (track,) = seen(WorldTracks(), [place(0.0, 5.0)], 3.0)
    for stamp in (3.0, 2.0):  # an older picture says nothing about a later one
        mean, covariance = track.at(stamp)
        np.testing.assert_array_equal(mean, track.mean)
        np.testing.assert_array_equal(covariance, track.covariance)


def test_errors_that_last_do_not_make_a_track_sure() -> None:
    """A hundred sightings a second of one wrong range are not a hundred measurements."""
    tracks = WorldTracks()
    for index in range(60):
        (track,) = seen(tracks, [place(0.0, 5.0, 0.5)], index * 0.01)
    assert math.sqrt(track.covariance[0, 0]) > 0.2


@pytest.mark.parametrize(
    ('apart', 'hidden_s', 'count'), [(0.2, 0.1, 1), (0.5, 0.1, 2), (0.2, 1.0, 2)]
)
def test_two_tracks_at_one_spot_are_one_thing(apart: float, hidden_s: float, count: int) -> None:
    """A box around a whole person and one around a part take turns; who is hidden may be near."""
    tracks = WorldTracks()
    first = tracks.new(place(0.0, 5.0), 0.0, RED)
    second = tracks.new(place(apart, 5.0), 0.0, RED)
    for index in range(20):
        first.update(place(0.0, 5.0), index * DT)
        second.update(place(apart, 5.0), index * DT)
    first.beside, second.beside, second.alike = 3, 9, 5
    second.update(place(apart, 5.0), 19 * DT + hidden_s)
    tracks.merge(19 * DT + hidden_s)
    assert tracks.tracks[0] is first
    assert len(tracks.tracks) == count
    if count == 1:
        assert (first.beside, first.alike, first.stamp) == (9, 5, 19 * DT + hidden_s)


def test_target_is_merged_with_nobody() -> None:
    tracks = WorldTracks()
    tracks.target = tracks.new(place(0.0, 5.0), 0.0, RED)
    tracks.new(place(0.0, 5.0), 0.0, RED)
    tracks.merge(0.0)
    assert len(tracks.tracks) == 2


def test_prune_forgets_and_keeps_the_target_and_the_refused() -> None:
    tracks = WorldTracks()
    for index in range(3):
        now = seen(tracks, [place(0.0, 5.0), place(9.0, 5.0), place(18.0, 5.0)], index * DT)
    tracks.target = now[0]
    now[1].refused = True
    tracks.prune(FORGET_S + 1.0)
    assert tracks.tracks == now[:2]


def test_prune_keeps_who_is_in_question() -> None:
    """An ambiguity does not end because one side of it was forgotten."""
    tracks = WorldTracks()
    for index in range(3):
        (track,) = seen(tracks, [place(0.0, 5.0)], index * DT)
    track.questioned_at = FORGET_S
    tracks.prune(FORGET_S + 1.0)
    assert tracks.tracks == [track]
    tracks.prune(2 * FORGET_S + 1.0)
    assert tracks.tracks == []


def test_two_hundred_in_one_picture_stay_bounded() -> None:
    tracks = WorldTracks()
    (tracks.target,) = seen(tracks, [place(0.0, 0.0)], 0.0)
    for index in range(5):
        seen(tracks, [place(3.0 * k, 5.0) for k in range(200)], index * DT)
        tracks.prune(index * DT)
        assert len(tracks.tracks) <= MAX_TRACKS
        assert tracks.target in tracks.tracks


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-20, 20), st.floats(0.5, 30)), max_size=6),
        min_size=1,
        max_size=12,
    ),
    st.floats(0.0, 3.0),
)
def test_whatever_is_seen_the_tracks_are_finite_and_no_two_share_one(
    story: list[list[tuple[float, float]]], dt: float
) -> None:
    tracks = WorldTracks()
    for index, points in enumerate(story):
        now = seen(tracks, [place(x, y) for x, y in points], index * dt)
        assert len({track.number for track in now}) == len(now)
        tracks.prune(index * dt)
        for track in tracks.tracks:
            assert np.isfinite(track.mean).all()
            assert np.linalg.eigvalsh(track.covariance).min() > -1e-9


@pytest.mark.parametrize('share', [0.2, 0.5, 0.8])
def test_sighting_that_is_unsure_counts_by_its_probability(share: float) -> None:
    """Probabilistic data association: a part of the way, and less sure than before it."""
    place = Place(np.array([1.0, 5.0]), 0.01 * np.eye(2))
    whole, part = (
        WorldTracks().new(Place(np.array([0.0, 5.0]), 0.04 * np.eye(2)), 0.0, None) for _ in '12'
    )
    whole.update(place, 1.0)
    part.update(place, 1.0, share=share)
    assert part.mean[0] == pytest.approx(share * whole.mean[0])
    assert part.covariance[0, 0] > whole.covariance[0, 0]
    assert np.linalg.eigvalsh(part.covariance).min() > 0.0


@pytest.mark.parametrize('is_twin', [True, False])
def test_track_of_a_hidden_twin_is_not_given_to_what_hides_it(is_twin: bool) -> None:
    """Somebody else's track takes it: a picture that is blurred or half hidden looks like this."""
    tracks = WorldTracks()
    (track,) = seen(tracks, [place(0.0, 5.0)], 0.0, [RED])
    for _ in range(TWIN_LOOKS * is_twin):
        track.was_beside(RED, is_alike=True)
    matched = tracks.associate([place(0.1, 5.0)], [BLUE], DT)
    assert (matched == [None]) is is_twin
    assert tracks.associate([place(0.1, 5.0)], [RED], DT) == [track]
