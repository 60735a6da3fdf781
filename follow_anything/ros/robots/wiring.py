# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The adapters of robots/ with ROS topics at their ends; robots/ itself knows no ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import math

from follow_anything.core.config import ControllerConfig
from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.geometry import camera_mount
from follow_anything.core.types import Target, VelocityCommand
from follow_anything.robots.base import RobotAdapter
from follow_anything.robots.gimbal import GimbalRobot
from follow_anything.robots.mavlink.robot import MavlinkRobot
from follow_anything.robots.mavros import MavrosRobot
from follow_anything.robots.nav2 import Nav2Robot
from follow_anything.robots.twist import TwistRobot
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions, targets
from follow_anything.ros.node import FollowNode
from follow_anything.ros.robots.mavros import MavrosClient
from follow_anything.ros.robots.nav2 import Nav2Client
from geometry_msgs.msg import PoseStamped, TransformStamped, Twist, TwistStamped, Vector3Stamped
from rclpy.duration import Duration
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

__all__ = ['Wiring', 'wire']

ANGLES_TIMEOUT_S = 0.25


@dataclass
class Wiring:
    """
    A robot, and what to subscribe to once the node is active.

    :param header: of the newest track: the picture's stamp and the camera's frame.
    """

    robot: RobotAdapter
    listen: Callable[[], None] = lambda: None
    header: Header = field(default_factory=Header)


def wire(
    node: FollowNode,
    config: ControllerConfig,
    pose: Callable[[], tuple[VehiclePose, float] | None],
) -> Wiring:
    """
    Make the publishers and the adapter that `adapter.kind` names.

    :param pose: returns the newest pose of odom with its age in seconds, or None.
    """
    how, kind = config.adapter, config.adapter.kind
    if kind == 'mavlink':
        return Wiring(
            MavlinkRobot(how.address, how.set_point_rate, how.loss_action, how.loss_timeout)
        )
    if kind == 'mavros':
        client = MavrosClient(node)
        publish, timeout = _world_twist(node), config.supervisor.pose_timeout
        robot = MavrosRobot(publish, pose, client, how.follow_mode, timeout)
        return Wiring(robot, client.listen)
    if kind == 'nav2':
        return _nav2(node)
    body = _twist(node, config)
    return _gimbal(node, config, body) if kind == 'gimbal' else body


def _twist(node: FollowNode, config: ControllerConfig) -> Wiring:
    message = TwistStamped if config.stamped else Twist
    publisher = node.advertise(message, 'cmd_vel', qos.COMMAND)

    def publish(command: VelocityCommand) -> None:
        if config.stamped:
            publisher.publish(_stamped(node, command, config.base_frame))
        else:
            publisher.publish(conversions.twist_from_command(command))

    def flush() -> None:
        publisher.wait_for_all_acked(Duration(seconds=0.2))

    def listen() -> None:  # behind a discovery server, so that we are told of another driver
        node.subscribe(message, 'cmd_vel', lambda _: None, qos.IMAGE)

    how = config.adapter
    robot = TwistRobot(publish, flush, how.output_rate, how.silent_when_stopped, config.dry_run)
    return Wiring(robot, listen)


def _stamped(node: FollowNode, command: VelocityCommand, frame: str) -> TwistStamped:
    header = Header(frame_id=frame, stamp=node.get_clock().now().to_msg())
    return conversions.twist_stamped_from_command(command, header)


def _world_twist(node: FollowNode) -> Callable[[VelocityCommand], None]:
    publisher = node.advertise(TwistStamped, 'mavros/setpoint_velocity/cmd_vel', qos.COMMAND)
    return lambda command: publisher.publish(_stamped(node, command, 'map'))


def _nav2(node: FollowNode) -> Wiring:
    poses = node.advertise(PoseStamped, 'follow_pose', qos.COMMAND)
    frames = node.advertise(TFMessage, '/tf', qos.QUERY)
    wiring = Wiring(RobotAdapter())

    def publish(target: Target) -> None:
        pose = targets.pose_to_msg(target, wiring.header)
        poses.publish(pose)
        frame = TransformStamped(header=pose.header, child_frame_id='target')
        place = frame.transform.translation
        place.x, place.y, place.z = (
            pose.pose.position.x,
            pose.pose.position.y,
            pose.pose.position.z,
        )
        frame.transform.rotation.w = 1.0
        frames.publish(TFMessage(transforms=[frame]))

    client = Nav2Client(node, 'follow_pose')
    wiring.robot, wiring.listen = Nav2Robot(publish, client), client.listen
    return wiring


def _gimbal(node: FollowNode, config: ControllerConfig, body: Wiring) -> Wiring:
    rates = node.advertise(Vector3Stamped, 'gimbal/rates', qos.COMMAND)
    newest: list[tuple[float, float, float]] = []

    def publish(pan: float, tilt: float) -> None:
        message = Vector3Stamped()
        message.header.frame_id = config.base_frame
        message.header.stamp = node.get_clock().now().to_msg()
        # REP 103: about y, a positive turn looks down.
        message.vector.y, message.vector.z = -tilt, pan
        rates.publish(message)

    def on_joints(message: JointState) -> None:
        known = dict(zip(message.name, message.position, strict=False))
        if 'pan' in known and 'tilt' in known:
            newest[:] = [(node.steady_now(), known['pan'], known['tilt'])]

    def listen() -> None:
        body.listen()
        node.subscribe(JointState, 'gimbal/joint_states', on_joints, qos.IMAGE)

    def angles() -> tuple[float, float] | None:
        if not newest or node.steady_now() - newest[0][0] > ANGLES_TIMEOUT_S:
            return None
        _, pan, tilt = newest[0]
        return (pan, tilt) if math.isfinite(pan) and math.isfinite(tilt) else None

    servo, gain, limit = config.servo, config.adapter.gimbal_gain, config.adapter.max_gimbal_rate
    mount = camera_mount(servo.camera_roll, servo.camera_pitch, servo.camera_yaw)
    robot = GimbalRobot(body.robot, publish, angles, servo.camera_roll, mount, gain, limit)
    return Wiring(robot, listen)
