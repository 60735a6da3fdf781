# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The MAVLink camera on its link, in a thread of its own, so that heartbeats are never late."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from follow_anything.core.types import Box
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.robots.mavlink.camera import (
    CameraComponent,
    CameraSettings,
    TrackingOrder,
)
from follow_anything.robots.mavlink.link import Link, open_mavlink

__all__ = ['CameraLink']

LONGEST_WAIT_S = 0.05
AGAIN_S = 0.5
"""After a link that is broken: a network comes back."""


class CameraLink:
    """
    Runs the protocol of one MAVLink camera on a link until it is closed.

    :param endpoint: see robots.mavlink.link. :param on_order: called in the link's thread.
    :param complain: called with what went wrong there; the thread goes on.
    """

    def __init__(
        self,
        endpoint: str,
        settings: CameraSettings,
        on_order: Callable[[TrackingOrder], None],
        complain: Callable[[Exception], None],
    ) -> None:
        self._endpoint, self._settings = endpoint, settings
        self._on_order, self._complain = on_order, complain
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._link: Link | None = None
        self._running = False
        self.broken = ''

    def open(self) -> None:
        """
        Open the link and start the thread.

        :raises InvalidInput: the endpoint has no known form.
        :raises MissingDependency: pymavlink is not installed.
        :raises SourceError: the port or the device cannot be opened.
        """
        self._link, self._mavlink = open_mavlink(
            self._endpoint, self._settings.system, self._settings.component
        )
        self._component = CameraComponent(self._mavlink, self._settings, time.monotonic())
        self._running = True
        self._thread = threading.Thread(
            target=self._run, args=(self._link,), name='mavlink camera', daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and close the link; may be called more than once."""
        if self._thread is None or self._link is None:
            return
        self._running = False
        self._thread.join(timeout=2.0)
        self._link.close()
        self._thread = self._link = None

    # Whatever thread.

    def show(self, picture: tuple[int, int] | None, tracked: Box | None) -> None:
        """Take the size of the newest picture and the target in it, pixels; None: none."""
        with self._guard:
            self._component.picture, self._component.tracked = picture, tracked

    def is_wanted(self, number: int) -> bool:
        """Tell whether an order still waits for its answer."""
        with self._guard:
            return self._component.is_wanted(number)

    def answer(self, number: int, result: CommandResult, why: str = '') -> None:
        """End an order."""
        with self._guard:
            self._try(lambda: self._component.answer(number, result, why))

    def say(self, text: str, *, warns: bool = False) -> None:
        """Send a STATUSTEXT to the operator."""
        with self._guard:
            self._try(lambda: self._component.say(text, warns=warns))

    def report(self) -> dict[str, object]:
        """Return the state of the link, for people."""
        with self._guard:
            component = self._component
            return {
                'station': component.has_station(time.monotonic()),
                'status_rate': f'{component.status_rate:.1f}',
                'refusals': component.refusals,
                'last_refusal': component.last_refusal,
            }

    # The thread.

    def _run(self, link: Link) -> None:
        due = time.monotonic()
        while self._running:
            try:
                wait = min(due - time.monotonic(), LONGEST_WAIT_S)
                data = link.receive(wait)
                orders = []
                with self._guard:
                    now = time.monotonic()
                    for message in self._mavlink.parse_buffer(data) or () if data else ():
                        order = self._component.handle(message, now)
                        orders += [] if order is None else [order]
                    is_due, due = now >= due, self._component.tick(now)
                if is_due:
                    self.broken = ''
                for order in orders:
                    self._on_order(order)
            except OSError as error:
                self._break(error)
                time.sleep(AGAIN_S)
            # The border of the thread: no message may end it, and nothing is hidden.
            except Exception as error:
                self._complain(error)

    def _try(self, send: Callable[[], None]) -> None:
        """Send; what a broken link loses is lost as by any radio, and is asked again."""
        try:
            send()
        except OSError as error:
            self._break(error)

    def _break(self, error: OSError) -> None:
        if not self.broken:
            self._complain(error)
        self.broken = f'the link is broken: {error}'
