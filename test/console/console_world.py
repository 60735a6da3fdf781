# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the page on the simulator share: the command, and somebody who watches."""

from __future__ import annotations

import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from follow_anything.core.geometry import iou
from follow_anything.core.types import Box
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from geometry_msgs.msg import Twist
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from vision_msgs.msg import Detection2D, Detection2DArray

__all__ = ['Watcher', 'ended', 'is_moving', 'started']

START_S = 120.0
"""For the processes to start."""

THE_SAME = 0.3
"""Overlap (IoU) from which two boxes are of one person."""


class Watcher:
    """Sees where the person is, as somebody on the pavement does, and the commands."""

    def __init__(self, domain: int) -> None:
        self.commands: list[tuple[float, Twist]] = []
        self.truth: Detection2D | None = None
        self.track: Detection2D | None = None
        self._boxes: dict[float, Box | None] = {}
        self._candidates: tuple[float, dict[str, Box | None]] = (0.0, {})
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node('watcher', context=self._context)
        for kind, topic, callback in (
            (Twist, 'cmd_vel', self._on_command),
            (Detection2D, 'truth', self._on_truth),
            (Detection2D, 'track', self._on_track),
            (Detection2DArray, 'candidates', self._on_candidates),
        ):
            self._node.create_subscription(kind, topic, callback, qos.QUERY)
        self._set: Any = self._node.create_client(SetParameters, 'sim_node/set_parameters')
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._closing.is_set():
            self._executor.spin_once(timeout_sec=0.1)

    def _on_command(self, twist: Twist) -> None:
        self.commands.append((time.monotonic(), twist))

    def _on_truth(self, message: Detection2D) -> None:
        self.truth = message
        self._boxes[conversions.seconds(message.header.stamp)] = conversions.box_from_msg(message)
        while len(self._boxes) > 200:
            del self._boxes[next(iter(self._boxes))]

    def _on_track(self, message: Detection2D) -> None:
        self.track = message

    def _on_candidates(self, message: Detection2DArray) -> None:
        boxes = {row.id: conversions.box_from_msg(row) for row in message.detections}
        self._candidates = conversions.seconds(message.header.stamp), boxes

    def follows_the_right_one(self) -> bool:
        """Tell whether the newest track is of the target."""
        track = self.track
        if track is None or not track.results:
            return False
        stamp = conversions.seconds(track.header.stamp)
        return self._is_of_target(stamp, conversions.box_from_msg(track))

    def right_candidate(self) -> str:
        """Return the id of the candidate that is the target; '' where there is none."""
        stamp, boxes = self._candidates
        return next((name for name, box in boxes.items() if self._is_of_target(stamp, box)), '')

    def _is_of_target(self, stamp: float, box: Box | None) -> bool:
        meant = self._boxes.get(stamp)
        return box is not None and meant is not None and iou(box, meant) >= THE_SAME

    def let_time_run(self, speed: float) -> None:
        """Let so many simulated seconds pass in a second."""
        value = Parameter('speed', Parameter.Type.DOUBLE, speed).to_parameter_msg()
        self._set.call_async(SetParameters.Request(parameters=[value]))

    def person(self) -> tuple[float, float] | None:
        """Return where the person is in the picture, shares of it; None while hardly seen."""
        truth = self.truth
        if truth is None or not truth.results or truth.results[0].hypothesis.score < 0.8:
            return None
        center = truth.bbox.center.position
        return center.x / 640, center.y / 480

    def moves(self) -> bool:
        newest = self.commands[-5:]
        return len(newest) == 5 and all(is_moving(twist) for _, twist in newest)

    def moved_until(self) -> float:
        return max((at for at, twist in list(self.commands) if is_moving(twist)), default=0.0)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=5.0)
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


def is_moving(twist: Twist) -> bool:
    return any(
        value != 0.0 for value in (twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z)
    )


def started(
    arguments: list[str], log: Path, pattern: str, domain: int
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a command of ours and wait until it has printed what the pattern finds."""
    with log.open('wb') as output:
        process = subprocess.Popen(
            [sys.executable, '-m', 'follow_anything', *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
        )
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        found = re.search(pattern, log.read_text(errors='replace'))
        if found:
            return process, found[1]
        time.sleep(0.1)
    ended(process)
    raise AssertionError(f'did not start: {log.read_text(errors="replace")[-2000:]}')


def ended(process: subprocess.Popen[bytes]) -> None:
    """End it; not as Ctrl-C does, which a process in the background of a script ignores."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
