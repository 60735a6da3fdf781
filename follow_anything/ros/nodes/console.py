# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The console node: serves the operator's page, and publishes what the operator orders.

Subscribes to image, track, state, candidates, query/accepted, battery, controller_node/command,
controller_node/limits, world and /diagnostics. Publishes query/click, query/box, query/text,
query/image, candidates/pick, stop and world/choose; calls the services of tracker and controller.
Docs: docs/console.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import os
import time
from typing import Any

import cv2
from follow_anything.console.link import Answer, Order, Report, Shown
from follow_anything.console.serve import ConsoleServer
from follow_anything.core.config import ConsoleConfig
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.console.commands import Commands
from follow_anything.ros.console.inputs import Inputs
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.worker import NewestOnly
import numpy as np
from vision_msgs.msg import Detection2D

__all__ = ['TOKEN_VARIABLE', 'ConsoleNode', 'main']

TOKEN_VARIABLE = 'FOLLOW_ANYTHING_CONSOLE_TOKEN'
"""Holds a token of one's own; as a parameter, the whole graph could read it."""


TRACKER_SILENT_S, WAITING = 0.8, 20
"""Without a tracker, pictures are shown without a track; with a slow one, so many wait for it."""


class ConsoleNode(FollowNode):
    """ROS wiring of console.serve.ConsoleServer; implements RobotLink."""

    config_type = ConsoleConfig
    config: ConsoleConfig

    def build(self) -> None:
        """Make publishers and clients."""
        self.changed: Callable[[], None] = lambda: None
        self._commands = Commands(self)

    def start(self) -> None:
        """Listen, and serve the page."""
        self._viewers = 0
        self._newest: Shown | None = None
        self._waiting: deque[tuple[Picture, float]] = deque(maxlen=WAITING)
        self._encoded_at = float('-inf')
        self._inputs = Inputs(self)
        self._worker = NewestOnly(self._encode, self.complain)
        self.until_deactivated(self._worker.close)
        self._input = CameraInput(self, self._on_picture, compressed=self.config.compressed)
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self._commands.start(self._inputs)
        self._server = ConsoleServer(self, self.config, os.environ.get(TOKEN_VARIABLE, ''))
        self._server.start()
        self.until_deactivated(self._server.close)
        # Not by the log: it goes round the graph, and there may be a token in it.
        print(f'console: {self._server.address}', flush=True)

    def halt(self) -> None:
        """Let the robot hold if an operator was connected, who cannot stop it any more."""
        if self.config.link == 'hold' and self._server.console.hub.control.holder:
            self.stop('the console ends')

    def on_config(self) -> None:
        """Take new rates, sizes and what happens when the operator goes away."""
        if hasattr(self, '_server'):
            self._server.console.hub.config = self.config

    # The Link.

    def report(self) -> Report:
        """Return how it stands."""
        return self._commands.with_settings(self._inputs.report())

    def shown(self) -> Shown | None:
        """Return the newest picture."""
        return self._newest

    def watched(self, viewers: int) -> None:
        """Encode pictures only while there is a viewer."""
        self._viewers = viewers

    def order(self, what: Order, value: Any, answer: Callable[[Answer], None]) -> None:
        """Hand an order to the executor's thread."""
        shown = self._newest
        self._commands.order(what, value, answer, None if shown is None else shown.size)

    def stop(self, why: str) -> None:
        """Stop the robot, from whatever thread."""
        self._commands.stop(why)

    # Pictures.

    def _on_picture(self, picture: Picture) -> None:
        """Keep the picture until its track arrives, so that box and picture belong together."""
        if self._waiting and picture.stamp < self._waiting[-1][0].stamp:
            self._waiting.clear()  # another world, or a bag that begins again
        self._waiting.append((picture, time.monotonic()))
        if self._inputs.silence('track') > TRACKER_SILENT_S:
            self._offer(*self._waiting.pop())

    def _on_track(self, message: Detection2D) -> None:
        self._inputs.on_track(message)
        while self._waiting:  # a slow tracker leaves some out: they have no track
            picture, arrived = self._waiting.popleft()
            if picture.header.stamp == message.header.stamp:
                self._offer(picture, arrived)
                return
            if picture.stamp > conversions.seconds(message.header.stamp):
                self._waiting.appendleft((picture, arrived))
                return

    def _offer(self, picture: Picture, arrived: float) -> None:
        is_due = self.steady_now() - self._encoded_at >= 0.9 / self.config.rate
        if self._viewers and is_due:
            self._encoded_at = self.steady_now()
            self._worker.offer((picture, arrived))

    def _encode(self, item: tuple[Picture, float]) -> None:
        """Make the JPEG; the worker's thread."""
        picture, arrived = item
        rgb = picture.decode().rgb
        height, width = rgb.shape[:2]
        small = rgb
        if width > self.config.width:
            size = self.config.width, max(1, round(height * self.config.width / width))
            small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, self.config.quality])
        box, candidates = self._inputs.found_in(picture.stamp, (width, height))
        number = self._newest.number + 1 if self._newest else 1
        self._newest = Shown(
            number, jpeg.tobytes(), (width, height), picture.stamp, arrived, box, candidates
        )
        self.changed()

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return who looks on, and how the camera is."""
        complaint = self._input.complaint()
        hub = self._server.console.hub
        values: dict[str, object] = {
            'pages': len(hub.pages),
            'operator': hub.control.name_of(hub.control.holder),
            'frames_received': self._input.received,
            'frames_done': self._worker.done,
        }
        return (WARN if complaint else OK), complaint or 'serving', values


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(ConsoleNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
