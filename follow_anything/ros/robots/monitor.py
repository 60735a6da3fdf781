# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the supervisor needs to know of the robot: pose, battery, link and heartbeats."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

from follow_anything.core.config import (
    ControllerConfig,
    DetectorConfig,
    SupervisorConfig,
    WatchdogConfig,
)
from follow_anything.core.control.supervisor import Situation, Supervisor, VehiclePose
from follow_anything.core.errors import InvalidInput
from follow_anything.core.servo import Servo
from follow_anything.core.types import Target
from follow_anything.robots.base import RobotAdapter
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Empty

__all__ = ['VehicleMonitor']

BATTERY_TIMEOUT_S, WATCHDOG_TIMEOUT_S = 30.0, 2.0
FENCE_FRAME = 'odom'
"""Until odometry says in which frame the pose is, and where the robot's link says none."""


class VehicleMonitor:
    """
    Collects pose, battery and heartbeats for the supervisor while the node is active.

    What the robot's adapter knows by itself (a pose, a charge) wins over the topics. A topic that
    nothing depends on is not subscribed to: each message costs every node some of its time.

    :param on_frame: called when the pose is in another frame than was known; `frame_id` has it.
    """

    def __init__(self, node: FollowNode, on_frame: Callable[[], None]) -> None:
        self._node, self._on_frame = node, on_frame
        self.pose: VehiclePose | None = None
        self.frame_id = FENCE_FRAME
        self._pose_at = -math.inf
        self._battery: tuple[float, float] | None = None
        self._heartbeats: dict[str, float] = {}
        self._subscribed: set[str] = set()
        self._target_id = self._followed_id = self._confirmed_id = 0
        self._watch_heartbeat(DetectorConfig.node)
        self.configure()

    def configure(self) -> None:
        """Subscribe to what the configuration in force needs."""
        config: ControllerConfig = self._node.config
        # Best effort receives from any publisher; only the newest pose counts.
        if Supervisor(config).needs_pose or config.adapter.kind == 'mavros':
            self._subscribe_once(Odometry, 'odom', self._on_odom, qos.IMAGE)
        if config.supervisor.min_battery > 0.0:
            self._subscribe_once(BatteryState, 'battery', self._on_battery, qos.IMAGE)
        if config.require_watchdog:
            self._watch_heartbeat(WatchdogConfig.node)
        if config.supervisor.link:
            self._watch_heartbeat(config.supervisor.link)

    def _subscribe_once(
        self, kind: Any, topic: str, callback: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        if topic not in self._subscribed:
            self._subscribed.add(topic)
            self._node.subscribe(kind, topic, callback, profile)

    def _watch_heartbeat(self, name: str) -> None:
        def on_heartbeat(_: Empty) -> None:
            self._heartbeats[name] = self._node.steady_now()

        self._subscribe_once(Empty, f'{name}/heartbeat', on_heartbeat, qos.COMMAND)

    def silence(self, name: str) -> float:
        """Return the seconds since a node's last heartbeat."""
        return self._node.steady_now() - self._heartbeats.get(name, -math.inf)

    @property
    def is_watched(self) -> bool:
        """Whether the watchdog has heard this node, which is what its heartbeat says."""
        return WatchdogConfig.node in self._heartbeats

    @property
    def lost_its_watchdog(self) -> bool:
        """Whether that was so, and the watchdog has been silent since."""
        return self.is_watched and self.silence(WatchdogConfig.node) > WATCHDOG_TIMEOUT_S

    def take_target(self, target: Target) -> None:
        """Take the newest target; without one, every confirmation is void."""
        if target.target_id != self._target_id:
            self._target_id, self._followed_id, self._confirmed_id = target.target_id, 0, 0
        if target.state.may_move:
            self._followed_id = target.target_id

    def confirm(self) -> bool:
        """Take the operator's confirmation of the present target; False when there is none."""
        self._confirmed_id = self._target_id
        return self._target_id != 0

    def situation(
        self, robot: RobotAdapter, servo: Servo, now: float, *, allowed: bool
    ) -> Situation:
        """Return the input of the supervisor; unknown values are None."""
        config: SupervisorConfig = self._node.config.supervisor
        word = self._confirmed_id if config.confirm_motion else self._followed_id
        battery = robot.battery()
        return Situation(
            allowed=allowed,
            confirmed=self._target_id != 0 and word == self._target_id,
            pose=robot.pose(now) or self.pose,
            target=servo.target_in_base,
            battery=self._charge() if battery is None else battery,
            link_age=self.silence(config.link) if config.link else None,
        )

    def _charge(self) -> float | None:
        if self._battery is None:
            return None
        heard_at, charge = self._battery
        return charge if self._node.steady_now() - heard_at <= BATTERY_TIMEOUT_S else None

    def _on_odom(self, message: Odometry) -> None:
        pose, now = conversions.pose_from_odometry(message), self._node.steady_now()
        before, was = now - self._pose_at, self.frame_id
        self._pose_at, self.frame_id = now, message.header.frame_id or was
        if self.frame_id != was:
            self._on_frame()
        if self.frame_id != was and before <= self._node.config.supervisor.pose_timeout:
            # The fence cannot be in both.
            self.pose = None
            raise InvalidInput(
                f'odom: in the frames {was!r} and {self.frame_id!r}: two publishers? Remap one'
            )
        self.pose = pose

    def _on_battery(self, message: BatteryState) -> None:
        self._battery = self._node.steady_now(), float(message.percentage)
