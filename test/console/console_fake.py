# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that is none: a scripted scene behind the console's Link, for tests and screenshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import threading
import time
from typing import Any

import cv2
from follow_anything.console.link import (
    Answer,
    Mode,
    Order,
    Report,
    Shown,
    ShownCandidate,
    WorldInfo,
)
from follow_anything.core.types import Box
from follow_anything.testing import SyntheticScene

__all__ = ['FakeLink', 'playing']

TRACKING_AFTER_S, PERIOD_S = 0.6, 0.05
LOOK_ALIKE, TARGET = 7, 3
"""Numbers of the two candidates."""


class FakeLink:
    """
    Follows what is clicked on, and is AMBIGUOUS where a test wants it.

    :param scene: what the camera shows.
    """

    def __init__(self, scene: SyntheticScene | None = None) -> None:
        self.scene = scene or SyntheticScene(seed=3, width=640, height=480, look_alike=True)
        self.changed: Callable[[], None] = lambda: None
        self.orders: list[tuple[Order, Any]] = []
        self.stops: list[tuple[float, str]] = []
        self.viewers = 0
        self.is_broken = False  # a test has broken it on purpose
        self.state, self.mode, self.distance = 'IDLE', Mode.FOLLOW, 3.0
        self.reason = ''
        self.query = self.limits = ''
        self.battery: float | None = 0.82
        self.side = 0.0
        self.world: WorldInfo | None = None
        self.index = 0
        self._asked_at: float | None = None
        self._shown: Shown | None = None
        self._running = threading.Event()

    # The Link.

    def report(self) -> Report:
        follows = self.state == 'TRACKING'
        moves = follows and self.mode is not Mode.HOLD
        forward = 0.6 if self.mode is Mode.FOLLOW else 0.0
        return Report(
            state=self.state,
            reason=self.reason,
            presence=0.97 if follows else None,
            margin=4.2 if follows else 0.3 if self.state == 'AMBIGUOUS' else None,
            range_m=3.4 if follows else None,
            distance_m=self.distance,
            side_m=self.side,
            speed=(forward, 0.2) if moves else (0.0, 0.0),
            holding=''
            if moves
            else 'stopped by the operator'
            if self.mode is Mode.HOLD
            else f'{self.state}: {self.reason}',
            limits=self.limits,
            battery=self.battery,
            mode=self.mode,
            query=self.query,
            world=self.world,
        )

    def shown(self) -> Shown | None:
        return self._shown

    def watched(self, viewers: int) -> None:
        self.viewers = viewers

    def order(self, what: Order, value: Any, answer: Callable[[Answer], None]) -> None:
        self.orders.append((what, value))
        if what is Order.DISTANCE and value < 1.0:
            answer(Answer(False, 'min_distance (1.2) must not exceed follow_distance'))
            return
        if what in (Order.CLICK, Order.BOX, Order.TEXT, Order.IMAGE):
            self.query = value if what is Order.TEXT else f'a {what.value}'
            self.become('CONFIRMING', 'a candidate was found')
            self._asked_at = None if what is Order.TEXT else time.monotonic()
        elif what in (Order.CONFIRM, Order.PICK):
            self.become('TRACKING', 'the operator chose')
        elif what is Order.REJECT:
            self.become('SEARCHING', 'the candidate did not hold')
        elif what is Order.FORGET:
            self.become('IDLE', '')
        elif what is Order.MODE:
            self.mode = value
        elif what is Order.DISTANCE:
            self.distance = value
        elif what is Order.SIDE:
            self.side = value
        elif what is Order.WORLD and self.world is not None:
            self.begin(*value)
        answer(Answer(True, ''))

    def stop(self, why: str) -> None:
        self.stops.append((time.monotonic(), why))
        self.mode = Mode.HOLD

    # The script.

    def become(self, state: str, reason: str) -> None:
        self.state, self.reason, self._asked_at = state, reason, None

    def begin(self, scenario: str, robot: str) -> None:
        """Show a world, in which nobody is followed."""
        number = self.world.number + 1 if self.world else 1
        scenarios, robots = ('street', 'cars', 'wall_2s'), ('drone', 'ground')
        self.world = WorldInfo(number, scenario, robot, scenarios, robots)
        self.become('IDLE', '')

    def target(self) -> tuple[float, float]:
        """Return where the target is, shares of the picture."""
        x, y = self.scene.box(self.index).center
        return x / self.scene.width, y / self.scene.height

    def step(self) -> None:
        """Take the next picture."""
        self.index += 1
        now = time.monotonic()
        if self._asked_at is not None and now - self._asked_at > TRACKING_AFTER_S:
            self.become('TRACKING', '')
        frame = self.scene.frame(self.index)
        _, jpeg = cv2.imencode('.jpg', frame.rgb[..., ::-1])
        seen = self.state in ('TRACKING', 'CONFIRMING')
        self._shown = Shown(
            self.index,
            jpeg.tobytes(),
            (self.scene.width, self.scene.height),
            frame.stamp,
            now,
            self._share(self.scene.box(self.index)) if seen else None,
            self._candidates() if self.state == 'AMBIGUOUS' else (),
        )
        self.changed()

    def _candidates(self) -> tuple[ShownCandidate, ...]:
        return (
            ShownCandidate(TARGET, self._share(self.scene.box(self.index)), 0.51),
            ShownCandidate(LOOK_ALIKE, self._share(self.scene.look_alike_box()), 0.47),
        )

    def _share(self, box: Box) -> tuple[float, float, float, float]:
        width, height = self.scene.width, self.scene.height
        left, top, right, bottom = (float(value) for value in box.xyxy)
        return left / width, top / height, (right - left) / width, (bottom - top) / height

    def play(self) -> None:
        """Run until `end()`."""
        while not self._running.wait(PERIOD_S):
            self.step()

    def end(self) -> None:
        self._running.set()


@contextlib.contextmanager
def playing(link: FakeLink) -> Iterator[FakeLink]:
    """Let a scene run in a thread of its own."""
    thread = threading.Thread(target=link.play, daemon=True)
    thread.start()
    try:
        yield link
    finally:
        link.end()
        thread.join(timeout=5.0)
