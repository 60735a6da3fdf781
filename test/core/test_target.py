# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The life of a target: every edge, and what must hold on every path."""

from __future__ import annotations

from follow_anything.core.config import TrackerConfig
from follow_anything.core.target import EDGES, Event, TargetLife
from follow_anything.core.types import TargetState
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

CONFIG = TrackerConfig(
    confirm_time=0.2, presence_low=0.3, presence_high=0.6, occlusion_timeout=2.0
)
DT = 0.1
SEEN, UNSURE, GONE = 0.9, 0.45, 0.1


class Story:
    """Plays a life frame by frame."""

    def __init__(self, *, explicit: bool = True, config: TrackerConfig = CONFIG) -> None:
        self.life = TargetLife(config)
        self.now = 10.0
        self.life.on_query(explicit=explicit)

    def found(self) -> Story:
        self.life.on_found(self.now)
        return self

    def frames(self, presence: float, count: int) -> Story:
        for _ in range(count):
            self.now += DT
            self.life.on_presence(presence, self.now)
        return self

    @classmethod
    def until(cls, state: TargetState) -> Story:
        story = cls()
        if state is TargetState.IDLE:
            story.life.on_stop()
        if state in (TargetState.IDLE, TargetState.SEARCHING):
            return story
        story.found()
        if state is TargetState.CONFIRMING:
            return story
        story.frames(SEEN, 3)
        if state is TargetState.TRACKING:
            return story
        if state is TargetState.AMBIGUOUS:
            return story.unclear()
        story.frames(GONE, 1)
        if state is TargetState.LOST:
            story.frames(GONE, 21)
        return story

    def unclear(self) -> Story:
        self.now += DT
        self.life.on_unclear('ambiguous: 2 candidates look alike', self.now)
        return self


@pytest.mark.parametrize('state', TargetState)
def test_story_reaches_every_state(state: TargetState) -> None:
    assert Story.until(state).life.state is state


# How each event is brought about, from a state in which it means something.
CAUSES = {
    Event.QUERY: lambda s: s.life.on_query(explicit=True),
    Event.STOP: lambda s: s.life.on_stop(),
    Event.FOUND: lambda s: s.found(),
    Event.PRESENT: lambda s: s.frames(SEEN, 3),
    Event.ABSENT: lambda s: s.frames(GONE, 1),
    Event.UNCLEAR: lambda s: s.unclear(),
    Event.PICKED: lambda s: s.life.on_pick(s.now),
    Event.REJECTED: lambda s: s.frames(GONE, 1),
    Event.TIMEOUT: lambda s: s.life.on_time(s.now + 2.1),
    Event.CLOCK_JUMP: lambda s: s.life.on_clock_jump(1.0),
}
NEED_A_PAST = (
    (TargetState.CONFIRMING, Event.ABSENT),
    (TargetState.AMBIGUOUS, Event.REJECTED),
)


@pytest.mark.parametrize(
    ('edge', 'after'), [(edge, after) for edge, after in EDGES.items() if edge not in NEED_A_PAST]
)
def test_edge(edge: tuple[TargetState, Event], after: TargetState) -> None:
    state, event = edge
    story = Story.until(state)
    CAUSES[event](story)
    assert story.life.state is after
    assert story.life.reason


@pytest.mark.parametrize('before', [TargetState.OCCLUDED, TargetState.LOST])
def test_target_that_was_followed_is_lost_when_its_new_candidate_vanishes(
    before: TargetState,
) -> None:
    """The edge CONFIRMING, ABSENT: it needs a past, unlike REJECTED."""
    story = Story.until(before).found()
    assert story.life.state is TargetState.CONFIRMING
    assert story.frames(GONE, 1).life.state is TargetState.LOST


@pytest.mark.parametrize(
    ('state', 'event'),
    [(s, e) for s in TargetState for e in (Event.FOUND, Event.CLOCK_JUMP) if (s, e) not in EDGES],
)
def test_event_without_an_edge_changes_nothing(state: TargetState, event: Event) -> None:
    story = Story.until(state)
    CAUSES[event](story)
    assert story.life.state is state


@pytest.mark.parametrize('presence', [SEEN, GONE])
def test_presence_means_nothing_without_a_query(presence: float) -> None:
    assert Story.until(TargetState.IDLE).frames(presence, 50).life.state is TargetState.IDLE


@pytest.mark.parametrize('state', [TargetState.SEARCHING, TargetState.LOST])
def test_tracker_that_sees_the_target_again_has_found_it(state: TargetState) -> None:
    story = Story.until(state).frames(UNSURE, 9)
    assert story.life.state is state
    assert story.frames(SEEN, 1).life.state is TargetState.CONFIRMING
    assert story.frames(SEEN, 1).life.state is TargetState.CONFIRMING
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_table_reaches_every_state_and_leaves_every_state() -> None:
    assert {after for after in EDGES.values()} == set(TargetState)
    assert {state for (state, _), after in EDGES.items() if after is not state} == set(TargetState)


def test_only_confirmation_leads_to_tracking() -> None:
    into = {edge for edge, after in EDGES.items() if after is TargetState.TRACKING}
    assert into == {
        (TargetState.CONFIRMING, Event.PRESENT),
        (TargetState.OCCLUDED, Event.PRESENT),
        (TargetState.AMBIGUOUS, Event.PRESENT),
    }


@pytest.mark.parametrize('seen', [1, 2])
def test_too_few_frames_start_nothing(seen: int) -> None:
    story = Story().found().frames(SEEN, seen)
    assert story.life.state is TargetState.CONFIRMING
    assert story.frames(GONE, 1).found().frames(SEEN, seen).life.state is TargetState.CONFIRMING


def test_frames_before_the_target_was_found_do_not_count() -> None:
    story = Story().frames(SEEN, 1)
    story.life.on_query(explicit=True)
    assert story.found().frames(SEEN, 2).life.state is TargetState.CONFIRMING


@pytest.mark.parametrize(
    ('presence', 'after'),
    [
        (0.3, TargetState.TRACKING),  # at presence_low
        (0.45, TargetState.TRACKING),  # inside the hysteresis
        (0.29, TargetState.OCCLUDED),
        (0.0, TargetState.OCCLUDED),
    ],
)
def test_one_frame_stops_a_robot(presence: float, after: TargetState) -> None:
    assert Story.until(TargetState.TRACKING).frames(presence, 1).life.state is after


def test_presence_that_is_no_number_stops_a_robot() -> None:
    story = Story.until(TargetState.TRACKING).frames(float('nan'), 1)
    assert story.life.state is TargetState.OCCLUDED


@pytest.mark.parametrize('presence', [UNSURE, 0.59])
def test_unsure_frames_do_not_end_an_occlusion(presence: float) -> None:
    story = Story.until(TargetState.OCCLUDED).frames(presence, 10)
    assert story.life.state is TargetState.OCCLUDED


def test_occlusion_ends_with_the_same_target() -> None:
    story = Story.until(TargetState.OCCLUDED)
    number = story.life.target_id
    assert story.frames(SEEN, 3).life.state is TargetState.TRACKING
    assert story.life.target_id == number


def test_after_a_brief_occlusion_half_the_time_confirms() -> None:
    story = Story.until(TargetState.TRACKING).frames(GONE, 3)
    assert story.frames(SEEN, 1).life.state is TargetState.OCCLUDED
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_after_a_longer_occlusion_the_whole_time_confirms() -> None:
    story = Story.until(TargetState.TRACKING).frames(GONE, 12)
    assert story.frames(SEEN, 2).life.state is TargetState.OCCLUDED
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_doubt_during_a_brief_occlusion_takes_the_whole_time() -> None:
    story = Story.until(TargetState.TRACKING).frames(GONE, 1).unclear().frames(GONE, 1)
    assert story.frames(SEEN, 2).life.state is TargetState.OCCLUDED
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_hidden_for_longer_than_the_timeout_is_lost() -> None:
    story = Story.until(TargetState.OCCLUDED).frames(GONE, 18)
    assert story.life.state is TargetState.OCCLUDED
    assert story.frames(GONE, 3).life.state is TargetState.LOST


LIKELY = 0.75
"""Between `presence_high` and what it takes after the target was lost."""


def test_somebody_likely_is_enough_while_hidden_but_not_once_lost() -> None:
    assert Story.until(TargetState.OCCLUDED).frames(LIKELY, 4).life.state is TargetState.TRACKING
    story = Story.until(TargetState.LOST).frames(LIKELY, 10)
    assert story.life.state is TargetState.LOST
    assert '0.75, followed from 0.90' in story.life.reason
    assert 'followed from' not in story.frames(GONE, 1).life.reason


def test_lost_target_stays_lost_through_finds_and_doubt_until_it_is_sure() -> None:
    story = Story.until(TargetState.LOST).found().frames(LIKELY, 5)
    assert story.life.state is TargetState.LOST
    assert story.unclear().frames(LIKELY, 5).life.state is TargetState.OCCLUDED
    assert story.frames(SEEN, 3).life.state is TargetState.TRACKING
    assert story.frames(LIKELY, 5).life.state is TargetState.TRACKING


def test_operator_who_picks_the_lost_target_is_believed() -> None:
    story = Story.until(TargetState.LOST)
    assert story.life.on_pick(story.now)
    assert story.frames(LIKELY, 4).life.state is TargetState.TRACKING


def test_described_target_waits_for_the_operator() -> None:
    story = Story(explicit=False).found().frames(SEEN, 20)
    assert story.life.state is TargetState.CONFIRMING
    assert story.life.awaits_operator
    assert 'confirm' in story.life.reason
    assert story.life.on_confirm()
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_operator_confirms_one_target_only() -> None:
    story = Story(explicit=False).found().frames(SEEN, 3)
    story.life.on_confirm()
    story.frames(SEEN, 1)
    story.life.on_query(explicit=False)
    assert story.found().frames(SEEN, 20).life.state is TargetState.CONFIRMING


def test_auto_confirm_does_not_ask() -> None:
    config = TrackerConfig(confirm_time=0.2, auto_confirm=True)
    story = Story(explicit=False, config=config).found().frames(SEEN, 3)
    assert story.life.state is TargetState.TRACKING


@pytest.mark.parametrize('state', [s for s in TargetState if s is not TargetState.CONFIRMING])
def test_nothing_to_confirm(state: TargetState) -> None:
    assert not Story.until(state).life.on_confirm()


def test_hold_says_why_and_keeps_the_state() -> None:
    story = Story()
    story.life.on_hold('ambiguous: 2 candidates look alike')
    assert story.life.state is TargetState.SEARCHING
    assert story.life.reason.startswith('ambiguous')


class AnyLife(RuleBasedStateMachine):
    """Whatever happens, in any order, the promises hold."""

    @initialize(
        seconds=st.sampled_from([0.0, 0.1, 0.5, 2.0]),
        auto=st.booleans(),
        limit=st.sampled_from([0.0, 3.0]),
        after_lost=st.sampled_from([0.0, 0.9]),
    )
    def begin(self, seconds: float, auto: bool, limit: float, after_lost: float) -> None:
        self.config = TrackerConfig(
            confirm_time=seconds,
            auto_confirm=auto,
            presence_low=0.3,
            presence_high=0.6,
            occlusion_timeout=2.0,
            reconfirm_after=limit,
            presence_after_lost=after_lost,
        )
        self.life = TargetLife(self.config)
        self.now = 10.0
        self.steady_from: float | None = None
        self.last_seen = self.moved_at = 0.0
        self.allowed = self.asked = self.followed = self.lost = False
        self.highest_id = 0

    @property
    def visible_from(self) -> float:
        """The probability that it takes; more once the target was lost."""
        return max(0.6, self.config.presence_after_lost if self.lost else 0.0)

    def see(self, stamp: float) -> None:
        """Note a sight; who was away for long has to be confirmed again."""
        if self.followed and 0.0 < self.config.reconfirm_after < stamp - self.last_seen:
            self.allowed = False
        self.last_seen = stamp

    @rule(explicit=st.booleans())
    def query(self, explicit: bool) -> None:
        self.life.on_query(explicit=explicit)
        self.asked, self.allowed = True, explicit or self.config.auto_confirm
        self.steady_from, self.followed, self.moved_at = None, False, 0.0
        assert self.life.state is TargetState.SEARCHING

    @rule()
    def stop(self) -> None:
        self.life.on_stop()
        assert self.life.state is TargetState.IDLE
        self.asked = self.allowed = False
        self.steady_from = None

    @rule()
    def confirm(self) -> None:
        asked_in = self.life.state
        if self.life.on_confirm():
            assert asked_in is TargetState.CONFIRMING
            self.allowed, self.lost = True, False
        assert self.life.state is asked_in

    @rule()
    def pick(self) -> None:
        before = self.life.state
        if self.life.on_pick(self.now):
            assert before not in (TargetState.IDLE, TargetState.SEARCHING)
            self.allowed, self.lost, self.last_seen = True, False, self.now
        assert self.life.state.may_move is before.may_move

    @rule(dt=st.floats(0.0, 1.5))
    def unclear(self, dt: float) -> None:
        self.now += dt
        self.life.on_unclear('ambiguous: 2 candidates look alike', self.now)
        self.steady_from, self.moved_at = None, 0.0
        assert not self.life.state.may_move
        assert (self.life.state is TargetState.AMBIGUOUS) is self.asked

    @rule(ago=st.floats(0, 1))
    def found(self, ago: float) -> None:
        before = self.life.state
        self.life.on_found(self.now - ago)
        self.see(self.now - ago)
        if self.life.state is not before:
            self.steady_from = None
        assert self.life.state.may_move is before.may_move

    @rule(
        presence=st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.6, 1.0, float('nan')])),
        times=st.integers(1, 5),
        dt=st.floats(0.01, 1.5),
    )
    def presence(self, presence: float, times: int, dt: float) -> None:
        for _ in range(times):
            self.now += dt
            before = self.life.state
            is_hidden_long = self.now - self.last_seen > self.config.occlusion_timeout
            self.lost |= before.is_visible and is_hidden_long
            is_seen = presence >= self.visible_from
            if is_seen or (presence >= 0.3 and before.may_move and not is_hidden_long):
                self.see(self.now)
            if not is_seen:
                self.steady_from = None
            elif self.steady_from is None:
                self.steady_from = self.now
            self.life.on_presence(presence, self.now)
            if self.life.state.may_move and not before.may_move:
                assert self.asked, 'TRACKING without a query'
                assert self.allowed, 'TRACKING without a confirmation'
                assert self.steady_from is not None
                is_brief = before is TargetState.OCCLUDED and self.now - self.moved_at <= 1.0
                share = 0.5 if is_brief else 1.0
                assert self.now - self.steady_from >= share * self.config.confirm_time - 1e-6
            self.followed |= self.life.state.may_move
            self.moved_at = self.now if self.life.state.may_move else self.moved_at
            if not presence >= 0.3:
                assert not self.life.state.may_move
            self.note()

    def note(self) -> None:
        """Note whether the target was lost, and was not followed since."""
        if self.life.state is TargetState.LOST:
            self.lost = True
        elif self.life.state in (TargetState.IDLE, TargetState.SEARCHING, TargetState.TRACKING):
            self.lost = False

    @invariant()
    def what_is_lost_is_noted(self) -> None:
        if hasattr(self, 'life'):
            self.note()

    @rule(dt=st.floats(0, 5))
    def time(self, dt: float) -> None:
        self.now += dt
        before = self.life.state
        self.life.on_time(self.now)
        assert self.life.state in (before, TargetState.LOST)

    @precondition(lambda self: self.now > 2)
    @rule(back=st.floats(1, 5))
    def clock_jump(self, back: float) -> None:
        self.now -= back
        self.life.on_clock_jump(self.now)
        self.steady_from, self.last_seen, self.moved_at = None, self.now, 0.0
        assert not self.life.state.may_move

    @rule(text=st.text())
    def hold(self, text: str) -> None:
        before = self.life.state
        self.life.on_hold(text)
        assert self.life.state is before

    @invariant()
    def ids_never_decrease(self) -> None:
        if hasattr(self, 'life'):
            assert self.life.target_id >= self.highest_id
            self.highest_id = self.life.target_id

    @invariant()
    def nothing_is_asked_of_an_idle_life(self) -> None:
        if hasattr(self, 'life') and not self.asked:
            assert self.life.state is TargetState.IDLE
            assert not self.life.wants_detection
            assert not self.life.awaits_operator


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyLife.pytestmark = [pytest.mark.core, pytest.mark.identity]


def test_after_a_long_gap_without_frames_the_target_is_confirmed_anew() -> None:
    config = TrackerConfig(confirm_time=0.1, occlusion_timeout=2.0)
    life = TargetLife(config)
    life.on_query(explicit=True)
    life.on_found(10.0)
    for index in range(3):
        life.on_presence(1.0, 10.0 + 0.05 * index)
    assert life.state is TargetState.TRACKING
    states = []
    for index in range(3):
        life.on_presence(1.0, 15.0 + 0.05 * index)
        states.append(life.state)
    assert states == [*[TargetState.CONFIRMING] * 2, TargetState.TRACKING]


@pytest.mark.parametrize('rate', [5.0, 10.0, 20.0, 60.0])
def test_confirmation_takes_seconds_not_frames(rate: float) -> None:
    """The same time, however many frames a camera gives in it."""
    life = TargetLife(TrackerConfig(confirm_time=0.4))
    life.on_query(explicit=True)
    life.on_found(10.0)
    frame = 0
    while life.state is not TargetState.TRACKING:
        life.on_presence(1.0, 10.0 + frame / rate)
        frame += 1
    assert (frame - 1) / rate == pytest.approx(0.4, abs=1 / rate - 1e-9)


MOVING_OR_NOT = [s for s in TargetState if s is not TargetState.IDLE]


@pytest.mark.parametrize('state', MOVING_OR_NOT)
def test_several_candidates_block_motion_in_every_state(state: TargetState) -> None:
    story = Story.until(state).unclear()
    assert story.life.state is TargetState.AMBIGUOUS
    assert 'ambiguous' in story.life.reason
    assert not story.life.state.may_move


def test_ambiguity_means_nothing_without_a_query() -> None:
    assert Story.until(TargetState.IDLE).unclear().life.state is TargetState.IDLE


def test_ambiguity_that_resolves_itself_goes_on_after_the_confirmation_time() -> None:
    story = Story.until(TargetState.AMBIGUOUS)
    assert story.frames(SEEN, 2).life.state is TargetState.AMBIGUOUS
    assert story.frames(SEEN, 1).life.state is TargetState.TRACKING


def test_ambiguity_before_a_yes_still_asks_for_it() -> None:
    story = Story(explicit=False).unclear()
    assert story.life.state is TargetState.AMBIGUOUS
    story.frames(SEEN, 20)
    assert story.life.state is TargetState.CONFIRMING
    assert story.life.awaits_operator


def test_ambiguity_about_nobody_that_was_followed_ends_in_searching() -> None:
    story = Story().unclear()
    assert story.frames(GONE, 1).life.state is TargetState.SEARCHING


def test_picked_candidate_is_confirmed_by_the_choice() -> None:
    story = Story(explicit=False).unclear()
    assert story.life.on_pick(story.now)
    assert story.life.state is TargetState.CONFIRMING
    assert story.frames(SEEN, 3).life.state is TargetState.TRACKING


@pytest.mark.parametrize('state', [TargetState.IDLE, TargetState.SEARCHING])
def test_there_is_nothing_to_pick(state: TargetState) -> None:
    story = Story.until(state)
    assert not story.life.on_pick(story.now)
    assert story.life.state is state


@pytest.mark.parametrize('away', [TargetState.OCCLUDED, TargetState.LOST, TargetState.AMBIGUOUS])
@pytest.mark.parametrize(('seconds', 'is_asked'), [(9.0, False), (11.0, True)])
def test_target_that_was_away_for_long_is_followed_when_the_operator_says_so(
    away: TargetState, seconds: float, is_asked: bool
) -> None:
    """LOST ends: within reconfirm_after by itself, later by the operator's word."""
    config = TrackerConfig(
        confirm_time=0.2, presence_low=0.3, presence_high=0.6, occlusion_timeout=2.0
    )
    assert config.reconfirm_after == 10.0
    story = Story(config=config).found().frames(SEEN, 3)
    assert story.life.state is TargetState.TRACKING
    count = round(seconds / DT)
    if away is TargetState.LOST:
        story.frames(GONE, count)
        assert story.life.state is TargetState.LOST
    elif away is TargetState.AMBIGUOUS:
        for _ in range(count):
            story.unclear()
    else:
        story.life.config = TrackerConfig(occlusion_timeout=60.0)
        story.frames(GONE, count)
        assert story.life.state is TargetState.OCCLUDED
    story.frames(SEEN, 20)
    if is_asked:
        assert story.life.state is TargetState.CONFIRMING
        assert story.life.awaits_operator
        assert story.life.on_confirm()
        story.frames(SEEN, 1)
    assert story.life.state is TargetState.TRACKING


def test_zero_never_asks_again() -> None:
    config = TrackerConfig(confirm_time=0.2, reconfirm_after=0.0, occlusion_timeout=2.0)
    story = Story(config=config).found().frames(SEEN, 3).frames(GONE, 600)
    assert story.life.state is TargetState.LOST
    assert story.frames(SEEN, 4).life.state is TargetState.TRACKING


def test_clock_set_back_does_not_make_a_target_hidden_for_ever() -> None:
    """What was seen in a future that was taken back is seen now, at most."""
    story = Story.until(TargetState.TRACKING)
    story.now = 3.0
    story.life.on_clock_jump(story.now)
    assert story.frames(SEEN, 3).life.state is TargetState.TRACKING
    story.frames(GONE, 1)
    assert story.life.state is TargetState.OCCLUDED
    assert story.frames(GONE, 21).life.state is TargetState.LOST
