# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Two in view, without a depth: did they change places?"""

from __future__ import annotations

from dataclasses import replace

from court import Court, DT, seen
from follow_anything.core.identity.judge import Candidate
from follow_anything.core.identity.swaps import FRESH_S, GONE_S, Swaps
from follow_anything.core.world.candidates import WorldTracks
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

ENOUGH = 0.7
SPEED = 1.3


class Meeting:
    """A target that stands at 0, somebody who walked up to it, and what tells them apart."""

    def __init__(self) -> None:
        tracks = WorldTracks()
        self.swaps, self.now, self.x = Swaps(), 0.0, -2.0
        self.target = tracks.new(seen(0.0).place, 0.0, None)
        self.other = tracks.new(seen(self.x).place, 0.0, None)
        while self.x < -0.4:
            self.walk()
            self.target.update(seen(0.0).place, self.now)
            self.other.update(seen(self.x).place, self.now)

    def walk(self, seconds: float = DT) -> None:
        self.now += seconds
        self.x += SPEED * seconds

    def lead(self, here: Candidate, there: Candidate) -> float:
        return self.swaps.lead(self.target, self.other, here, there, self.now, ENOUGH)

    def one_look(self, here: Candidate, there: Candidate) -> float:
        """Return what this look alone tells."""
        return Swaps().lead(self.target, self.other, here, there, self.now, ENOUGH)

    def come_out(self) -> float:
        """Let the other one walk past unseen, and both be seen again; return the lead."""
        while self.x < 0.5:
            self.walk()
        return self.lead(seen(0.0), seen(self.x))


def test_who_stood_and_goes_on_standing_is_told_from_who_walks_on() -> None:
    meeting = Meeting()
    leads = [meeting.come_out()]
    while leads[-1] < ENOUGH:
        meeting.walk()
        leads.append(meeting.lead(seen(0.0), seen(meeting.x)))
        assert len(leads) < 40, leads
    assert leads[0] < ENOUGH, 'one look did not tell'


def test_tracks_go_on_as_the_sure_explanation_has_them() -> None:
    meeting = Meeting()
    while meeting.come_out() < ENOUGH:
        meeting.walk()
    assert meeting.target.stamp == meeting.other.stamp == meeting.now
    assert abs(meeting.target.mean[0]) < 0.2
    assert meeting.other.mean[0] == pytest.approx(meeting.x, abs=0.3)
    assert meeting.other.mean[2] == pytest.approx(SPEED, abs=0.5)
    assert not meeting.swaps._open


def test_that_they_changed_places_is_never_sure() -> None:
    """A twin that nobody knew stood by the way; after seconds of doubt it was followed."""
    meeting = Meeting()
    while meeting.x < 0.5:
        meeting.walk()
    meeting.lead(seen(meeting.x), seen(0.0))  # the best one was the other one
    meeting.swaps._open[0].lead = -100.0
    for _ in range(20):
        meeting.walk()
        pair = seen(0.0), seen(meeting.x)
        assert meeting.lead(*pair) <= meeting.one_look(*pair)
    assert meeting.target.stamp < meeting.now - 1.0


def test_one_look_counts_once() -> None:
    """The tracker's box and a detector's are two boxes of one thing."""
    leads = []
    for boxes in (1, 3):
        meeting = Meeting()
        meeting.come_out()
        for _ in range(3):
            meeting.walk()
            lead = [meeting.come_out() for _ in range(boxes)][-1]
        leads.append(lead)
    assert leads[0] == leads[1]


@pytest.mark.parametrize(('seconds', 'goes_on'), [(GONE_S - DT, True), (GONE_S + DT, False)])
def test_explanations_of_who_was_not_seen_for_long_are_dropped(
    seconds: float, goes_on: bool
) -> None:
    meeting = Meeting()
    meeting.come_out()
    meeting.now += seconds
    pair = seen(0.0), seen(meeting.x)
    assert (meeting.lead(*pair) == meeting.one_look(*pair)) is not goes_on


def test_nothing_begins_where_the_target_was_seen_too_long_ago() -> None:
    meeting = Meeting()
    meeting.now += FRESH_S + DT
    meeting.come_out()
    meeting.walk()
    pair = seen(0.0), seen(meeting.x)
    assert meeting.lead(*pair) == meeting.one_look(*pair)


@pytest.mark.parametrize('x', [-2.0, 0.1])
def test_who_is_elsewhere_or_too_near_to_the_other_is_taken_by_himself(x: float) -> None:
    meeting = Meeting()
    meeting.x = x if x > 0.0 else 0.5
    meeting.lead(seen(0.0), seen(meeting.x))
    meeting.now += DT
    pair = seen(0.0), seen(x)
    assert meeting.lead(*pair) == meeting.one_look(*pair)


def test_with_depth_each_look_counts_by_itself() -> None:
    meeting = Meeting()
    for _ in range(20):
        meeting.walk()
        pair = [replace(seen(x), depth=5.0) for x in (0.0, meeting.x)]
        assert meeting.lead(*pair) == meeting.one_look(*pair)


def test_judge_weighs_who_keeps_to_his_way_once_and_for_all() -> None:
    """The two stood apart in full view, and the robot knew less with every second."""
    court, x = Court(), 2.0
    while x > 0.3:
        x -= SPEED * DT
        court.look(seen(0.0, presence=0.99), seen(x, 6.0), unbroken=True)
    while x > -0.9:
        x -= SPEED * DT
        court.look()
    margins = []
    for _ in range(40):
        x -= SPEED * DT
        margins.append(court.look(seen(0.0), seen(x, 6.0)).margin)
    assert margins == sorted(margins)
