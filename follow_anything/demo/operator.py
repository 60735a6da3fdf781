# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The simulated operator: asks for the target, and logs what happens for the score.

Like a person, the operator sees where the target is (the simulator's truth) and clicks on it, or
says what it is and, when the tracker asks, whether this is the one. Truth goes nowhere else: the
nodes get the picture, and the click or the words.
"""

from __future__ import annotations

from collections.abc import Iterable
import math
from typing import Any

from follow_anything.core.geometry import iou, optical_to_body
from follow_anything.core.types import Box, TargetState
from follow_anything.evaluation.closed_loop.log import CLICK_VISIBILITY, FollowLog, FrameRow
from follow_anything.evaluation.closed_loop.timing import CommandTiming
from follow_anything.io.movie import Movie
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from geometry_msgs.msg import PointStamped, Twist, TwistStamped
import numpy as np
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Empty, String, UInt32
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D

__all__ = ['Operator']

ASK_AGAIN_S = 4.0

THE_ONE = 0.3
"""Overlap (IoU) of what the tracker shows with the target from which a person says yes."""

RECORD = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
RECORD_CAMERA = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Whoever keeps the score may be late, but misses nothing."""


class Operator(Node):
    """
    Clicks on the target (or says the query) until it is followed, and logs what happens.

    :param log: filled from the first click on; its commands when it is all over.
    :param nodes: whose first sign of life is waited for.
    :param movie: takes the annotated pictures; None: nobody looks at them.
    :param camera_pitch: of the vehicle, radians.
    :param query: text to say instead of clicking.
    """

    def __init__(
        self,
        log: FollowLog,
        movie: Movie | None,
        camera_pitch: float,
        nodes: Iterable[str],
        query: str = '',
    ) -> None:
        super().__init__('operator')
        self.log, self._movie, self._pitch, self._query = log, movie, camera_pitch, query
        self.asked = 0
        self.silent: set[str] = set()
        self._followed = False
        self._asked_at = -math.inf
        self._state = TargetState.IDLE
        self.confirmed = 0
        self._truth: dict[float, Box | None] = {}
        self._timing = CommandTiming()
        self._click = self.create_publisher(PointStamped, 'query/click', qos.QUERY)
        self._text = self.create_publisher(String, 'query/text', qos.QUERY)
        heard: tuple[tuple[Any, str, Any, QoSProfile], ...] = (
            # It has the stamp of the picture, and is small.
            (CameraInfo, 'camera_info', self._on_camera_info, RECORD_CAMERA),
            (Detection2D, 'truth', self._on_truth, qos.QUERY),
            (UInt32, 'truth/collisions', self._on_collisions, qos.COMMAND),
            (String, 'state', self._on_state, qos.LATCHED),
            (Detection2D, 'track', self._on_track, qos.QUERY),
            (TwistStamped, 'controller_node/command', self._on_command, RECORD),
            (Twist, 'cmd_vel', self._on_cmd_vel, RECORD),
        )
        for kind, topic, callback, profile in heard:
            self.create_subscription(kind, topic, callback, profile)
        if movie is not None:
            self.create_subscription(Image, 'debug_image', self._on_debug_image, qos.IMAGE)
        self._confirm: Client = self.create_client(Trigger, 'tracker_node/confirm')
        for name in nodes:
            self._await_heartbeat(name)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)

    def watch(self, seconds: float) -> None:
        """Spin once, for so many seconds of wall time at most."""
        self._executor.spin_once(timeout_sec=seconds)

    def also_spin(self, node: Node) -> None:
        """Spin another node, too, while this one is spun."""
        self._executor.add_node(node)

    def close(self) -> None:
        """Unsubscribe, and finish the log."""
        self._executor.shutdown()
        self.destroy_node()
        self.log.commands = self._timing.rows()
        timed = self._timing.latencies()
        self.log.pictured = [sent for sent, _ in timed]
        self.log.latencies = [latency for _, latency in timed]

    def _await_heartbeat(self, name: str) -> None:
        """Wait for the first heartbeat of a node, and then do not listen to it any more."""

        def on_heartbeat(_: Empty) -> None:
            if name in self.silent:
                self.silent.remove(name)
                self.destroy_subscription(subscription)

        self.silent.add(name)
        subscription = self.create_subscription(
            Empty, f'{name}/heartbeat', on_heartbeat, qos.COMMAND
        )

    def _on_camera_info(self, message: CameraInfo, info: dict[str, Any]) -> None:
        if self.asked:
            self._timing.picture(conversions.seconds(message.header.stamp), _sent(info))

    def _on_debug_image(self, message: Image) -> None:
        if self.asked and self._movie is not None:
            self._movie.add(conversions.rgb_from_msg(message))

    def _on_truth(self, message: Detection2D) -> None:
        stamp = conversions.seconds(message.header.stamp)
        box = conversions.box_from_msg(message)
        result = message.results[0]
        self._truth[stamp] = box
        if len(self._truth) > 100:
            del self._truth[next(iter(self._truth))]
        visibility, place = result.hypothesis.score, result.pose.pose.position
        if box is not None and visibility >= CLICK_VISIBILITY:
            self._ask(stamp, box.center)
        if self.asked:
            forward, left, _ = optical_to_body(np.array([place.x, place.y, place.z]), self._pitch)
            distance = math.hypot(forward, left)
            self.log.frames.append(FrameRow(stamp, box, visibility, distance, self._state))

    def _ask(self, stamp: float, center: tuple[float, float]) -> None:
        """Send the query, again if it was lost; never again once the target is followed."""
        if self._followed or stamp - self._asked_at < ASK_AGAIN_S:
            return
        self._asked_at = stamp
        self.asked += 1
        if self._query:
            self._text.publish(String(data=self._query))
            return
        click = PointStamped()
        click.point.x, click.point.y = center
        self._click.publish(click)

    def _on_state(self, message: String) -> None:
        self._state = TargetState(message.data)
        self._followed = self._followed or self._state is TargetState.TRACKING

    def _on_track(self, message: Detection2D) -> None:
        """Log the track; confirm when the tracker asks and its box is on the right target."""
        stamp, shown = conversions.seconds(message.header.stamp), conversions.box_from_msg(message)
        if message.results and shown is not None:
            self.log.followed[stamp] = shown
        if self._state is not TargetState.CONFIRMING or not self._query:
            return
        meant = self._truth.get(stamp)
        if shown is not None and meant is not None and iou(shown, meant) >= THE_ONE:
            self.confirmed += 1
            self._confirm.call_async(Trigger.Request())

    def _on_collisions(self, message: UInt32) -> None:
        self.log.collisions = int(message.data)

    def _on_command(self, message: TwistStamped, info: dict[str, Any]) -> None:
        self._timing.source(conversions.seconds(message.header.stamp), _sent(info))

    def _on_cmd_vel(self, message: Twist, info: dict[str, Any]) -> None:
        self._timing.command(conversions.command_from_twist(message), _sent(info))


def _sent(info: dict[str, Any]) -> float:
    """Return when a message was sent, seconds of wall time: the middleware keeps it."""
    return float(info['source_timestamp']) * 1e-9
