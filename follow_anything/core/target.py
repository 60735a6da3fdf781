# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The life of a target: an explicit state machine, every edge of it in one table.

                     rejected
                  ┌────────────────┐
                  ▼                │
    IDLE ─query─▶ SEARCHING ─found─▶ CONFIRMING ─present─▶ TRACKING ◀──── present
                                   ▲  │      ▲              │     │           │
                             found │  │absent│found   absent│     │ambiguous  │
                                   │  ▼      │              ▼     ▼           │
                                   LOST ◀────┼─ timeout ── OCCLUDED ◀─▶ AMBIGUOUS
                                             └───────────────┘

From every state: query ─▶ SEARCHING (a new target), stop ─▶ IDLE. To AMBIGUOUS from every state
in which a candidate may be the target; an operator's pick leads from there to CONFIRMING. To LOST
also when the clock is set back, or when no frame came for as long as a target may be hidden.
Only TRACKING lets a robot move.
"""

from __future__ import annotations

import enum

from follow_anything.core.config import TrackerConfig
from follow_anything.core.types import TargetState

__all__ = ['EDGES', 'Event', 'TargetLife']

IDLE, SEARCHING, CONFIRMING = TargetState.IDLE, TargetState.SEARCHING, TargetState.CONFIRMING
TRACKING, OCCLUDED, LOST = TargetState.TRACKING, TargetState.OCCLUDED, TargetState.LOST
AMBIGUOUS = TargetState.AMBIGUOUS


class Event(enum.Enum):
    """What can happen to a target."""

    QUERY = 'new query'
    STOP = 'stopped by the operator'
    FOUND = 'a candidate was found'
    PRESENT = 'seen for long enough'
    ABSENT = 'not visible'
    UNCLEAR = 'several candidates may be the target'
    PICKED = 'the operator chose'
    REJECTED = 'the candidate did not hold'
    TIMEOUT = 'hidden for too long'
    CLOCK_JUMP = 'the clock was set back'


EDGES: dict[tuple[TargetState, Event], TargetState] = {
    **{(state, Event.QUERY): SEARCHING for state in TargetState},
    **{(state, Event.STOP): IDLE for state in TargetState},
    (SEARCHING, Event.FOUND): CONFIRMING,
    (SEARCHING, Event.UNCLEAR): AMBIGUOUS,
    (CONFIRMING, Event.PRESENT): TRACKING,
    (CONFIRMING, Event.REJECTED): SEARCHING,
    (CONFIRMING, Event.ABSENT): LOST,
    (CONFIRMING, Event.UNCLEAR): AMBIGUOUS,
    (TRACKING, Event.ABSENT): OCCLUDED,
    (TRACKING, Event.UNCLEAR): AMBIGUOUS,
    (OCCLUDED, Event.PRESENT): TRACKING,
    (OCCLUDED, Event.FOUND): CONFIRMING,
    (OCCLUDED, Event.UNCLEAR): AMBIGUOUS,
    (AMBIGUOUS, Event.PRESENT): TRACKING,
    (AMBIGUOUS, Event.FOUND): CONFIRMING,
    (AMBIGUOUS, Event.PICKED): CONFIRMING,
    (AMBIGUOUS, Event.ABSENT): OCCLUDED,
    (AMBIGUOUS, Event.REJECTED): SEARCHING,
    (CONFIRMING, Event.TIMEOUT): LOST,
    (TRACKING, Event.TIMEOUT): LOST,
    (OCCLUDED, Event.TIMEOUT): LOST,
    (LOST, Event.FOUND): CONFIRMING,
    (LOST, Event.UNCLEAR): AMBIGUOUS,
    **{(state, Event.CLOCK_JUMP): LOST for state in (CONFIRMING, TRACKING, OCCLUDED, AMBIGUOUS)},
}
"""Every edge there is; an event without an edge leaves the state as it is."""


BRIEFLY_S, BRIEF_SHARE = 1.0, 0.5
"""A target that was followed so shortly ago and was but hidden since, as behind somebody who
passes, is confirmed in this share of `confirm_time`: it has had no time to get elsewhere."""

MAY_BE = 'lost; somebody in view may be it'


class TargetLife:
    """
    Turns the judge's probability, frame by frame, into the state of the target.

    It takes `confirm_time` above `presence_high` to start a robot, a share of it after a brief
    occlusion, and one frame below `presence_low`, or an ambiguous one, to stop it. From LOST on
    it takes `presence_after_lost`: the target may be anywhere by then, so that its place no longer
    tells it from somebody who looks a little like it.
    """

    def __init__(self, config: TrackerConfig) -> None:
        self.config = config
        self.state = IDLE
        self.target_id = 0
        self.reason = 'no query yet'
        self._steady_since: float | None = None
        self._confirmed = False
        self._was_followed = False
        self._was_lost = False
        self._seen_at = 0.0
        self._followed_at: float | None = None

    @property
    def wants_detection(self) -> bool:
        """True when the detector should look for what was asked for."""
        return self.state in (SEARCHING, OCCLUDED, LOST, AMBIGUOUS)

    @property
    def awaits_operator(self) -> bool:
        """True when all that is missing is the operator's word."""
        is_asking = self.state is CONFIRMING and not self._confirmed
        return is_asking and self._is_asked

    _is_asked = False

    @property
    def needs_word(self) -> bool:
        """True while no robot will move before the operator has said that this is the one."""
        return not self._confirmed

    @property
    def was_followed(self) -> bool:
        """True when a robot has been following this target: it is the right one."""
        return self._was_followed

    def on_query(self, *, explicit: bool) -> None:
        """Begin a new target; explicit: the operator pointed at it, which confirms it."""
        self._apply(Event.QUERY)
        self.target_id += 1
        self._confirmed = explicit or self.config.auto_confirm
        self._was_followed, self._followed_at = False, None

    def on_stop(self) -> None:
        """Forget the target."""
        self._apply(Event.STOP, Event.STOP.value)

    def on_confirm(self) -> bool:
        """Take the operator's word that this is the one; False when nothing is being asked."""
        if self.state is not CONFIRMING:
            return False
        self._confirmed, self._was_lost = True, False
        return True

    def on_pick(self, stamp: float) -> bool:
        """Take the operator's choice among the candidates; False when there is no target."""
        if self.state in (IDLE, SEARCHING):
            return False
        self._confirmed, self._was_lost, self._seen_at = True, False, stamp
        self._apply(Event.PICKED)
        return True

    def on_reject(self, stamp: float) -> None:
        """
        Take the operator's word that this is not the one.

        The target gets another number: where the last one was is no place to search at.
        """
        self.target_id += 1
        self.on_presence(0.0, stamp)

    def on_found(self, stamp: float) -> None:
        """Take a candidate from the detector."""
        self._doubt_what_is_old(stamp)
        self._seen_at = stamp
        self._apply(Event.FOUND)

    def on_hold(self, reason: str) -> None:
        """Say why nothing is happening; the state stays."""
        self.reason = reason

    def on_unclear(self, reason: str, stamp: float) -> None:
        """Several candidates may be the target: no robot moves, in whatever state it is."""
        self._steady_since = self._followed_at = None
        if self.state.is_visible:
            self.on_time(stamp)
        self._apply(Event.UNCLEAR, reason)
        if self.state is AMBIGUOUS:
            self.reason = reason

    def on_presence(self, presence: float, stamp: float) -> None:
        """
        Take the belief about one frame.

        :param presence: probability that the target is seen, [0, 1]. :param stamp: s.
        """
        if self.state.is_visible:
            self.on_time(stamp)  # after a long gap without frames, what was believed is void
        if presence >= self._threshold:
            if self.state in (SEARCHING, LOST):
                self.on_found(stamp)
            self._doubt_what_is_old(stamp)
            self._seen_at = stamp
            if self._steady_since is None:
                self._steady_since = stamp
            # half a microsecond: stamps are sums of periods
            if stamp - self._steady_since >= self._confirm_time(stamp) - 5e-7:
                self._on_steady()
            if self.state is TRACKING:
                self._followed_at = stamp
        else:
            self._steady_since = None
            is_doubtful = self.state in (CONFIRMING, AMBIGUOUS)
            never_followed = is_doubtful and not self._was_followed
            self._apply(Event.REJECTED if never_followed else Event.ABSENT)
            self._say_how_sure(presence)
        self.on_time(stamp)

    def _say_how_sure(self, presence: float) -> None:
        """While it is lost, say that somebody may be it, if not surely enough."""
        if self.state is LOST and presence >= self.config.presence_high:
            self.reason = f'{MAY_BE} ({presence:.2f}, followed from {self._threshold:.2f})'
        elif self.reason.startswith(MAY_BE):
            self.reason = Event.ABSENT.value

    def on_time(self, stamp: float) -> None:
        """Let time pass: what has been hidden for too long is lost."""
        if stamp - self._seen_at > self.config.occlusion_timeout:
            self._apply(Event.TIMEOUT)

    def on_clock_jump(self, stamp: float) -> None:
        """Time went backwards: what was seen then says nothing about now."""
        self._seen_at, self._steady_since, self._followed_at = stamp, None, None
        self._apply(Event.CLOCK_JUMP)

    def _doubt_what_is_old(self, stamp: float) -> None:
        """Ask the operator again about a target that was away for long."""
        limit = self.config.reconfirm_after
        if self._was_followed and 0.0 < limit < stamp - self._seen_at:
            self._confirmed = False

    def _confirm_time(self, stamp: float) -> float:
        """Return how long the target must be seen before a robot may move, s."""
        is_brief = self._followed_at is not None and stamp - self._followed_at <= BRIEFLY_S
        share = BRIEF_SHARE if is_brief and self.state is OCCLUDED else 1.0
        return share * self.config.confirm_time

    @property
    def _threshold(self) -> float:
        config = self.config
        if self.state is TRACKING:
            return config.presence_low
        lost = config.presence_after_lost if self._was_lost else 0.0
        return max(config.presence_high, lost)

    def _on_steady(self) -> None:
        if not self._confirmed:
            if self.state in (OCCLUDED, AMBIGUOUS):
                self._apply(Event.FOUND)
            if self.state is CONFIRMING:
                self._is_asked = True
                self.reason = 'waiting for the operator to confirm'
            return
        self._apply(Event.PRESENT)
        self._was_followed = self._was_followed or self.state is TRACKING

    def _apply(self, event: Event, reason: str = '') -> None:
        after = EDGES.get((self.state, event))
        if after is None:
            return
        if after is not self.state:
            self._steady_since, self._is_asked = None, False
        if after is LOST:
            self._was_lost = True
        elif after in (IDLE, SEARCHING, TRACKING):
            self._was_lost = False
        self.state, self.reason = after, reason or event.value
