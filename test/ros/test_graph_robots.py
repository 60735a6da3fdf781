# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The controller as a process, its supervisor and its adapters; the test plays everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import time
from typing import Any

from follow_anything.core.types import Box, Target, TargetState
from follow_anything.launcher.processes import free_port
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions, targets
from geometry_msgs.msg import PoseStamped, TwistStamped, Vector3Stamped
from graph import Graph, moves
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from sensor_msgs.msg import BatteryState, JointState
from std_msgs.msg import Empty, Header, String
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection2D

pytestmark = pytest.mark.ros

CAMERA = 'camera_optical_frame'
PERIOD_S = 0.04


class World:
    """Sees a target eight metres ahead, and knows where the robot is."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.target_id, self.tracked = 1, True
        self.x: float | None = None
        self.odom_lag_s = 0.0
        self.battery: float | None = None
        self.gimbal: tuple[float, float] | None = None
        self.beats = ['detector_node']
        self.limits: list[str] = []
        self.stamps: list[float] = []
        self._track = graph.publisher(Detection2D, 'track', qos.COMMAND)
        self._beats = {
            name: graph.publisher(Empty, f'{name}/heartbeat', qos.COMMAND)
            for name in ('detector_node', 'console_node')
        }
        self._odom = graph.publisher(Odometry, 'odom', qos.COMMAND)
        self._charge = graph.publisher(BatteryState, 'battery', qos.COMMAND)
        self._joints = graph.publisher(JointState, 'gimbal/joint_states', qos.COMMAND)
        self.stop = graph.publisher(Empty, 'stop', qos.QUERY)
        graph.subscribe(String, 'controller_node/limits', self._on_limits, qos.LATCHED)
        graph.node.create_timer(PERIOD_S, self._tick)

    def _on_limits(self, message: String) -> None:
        self.limits.append(message.data)

    def _tick(self) -> None:
        now = self.graph.node.get_clock().now()
        header = Header(stamp=now.to_msg(), frame_id=CAMERA)
        self.stamps.append(conversions.seconds(header.stamp))
        state = TargetState.TRACKING if self.tracked else TargetState.LOST
        target = Target(
            self.stamps[-1],
            state if self.target_id else TargetState.IDLE,
            self.target_id,
            Box(300.0, 200.0, 340.0, 280.0) if self.tracked else None,
            presence=1.0,
            position=np.array([0.1, 0.0, 8.0]) if self.tracked else None,
            range_std=0.3,
        )
        message = targets.target_to_msg(target, header)
        for name in self.beats:
            self._beats[name].publish(Empty())
        self._track.publish(message)
        if self.x is not None:
            odom = Odometry(header=Header(frame_id='odom'))
            odom.header.stamp = conversions.time_msg(self.stamps[-1] - self.odom_lag_s)
            odom.pose.pose.position.x = self.x
            odom.pose.pose.orientation.w = 1.0
            self._odom.publish(odom)
        if self.battery is not None:
            self._charge.publish(BatteryState(percentage=self.battery))
        if self.gimbal is not None:
            self._joints.publish(JointState(name=['pan', 'tilt'], position=list(self.gimbal)))

    def wait_until_held(self, why: str) -> None:
        """Wait for zeros, and for the reason in the diagnostics."""
        self.graph.wait_until_still(ticks=15)
        self.graph.wait(
            lambda: why in self.graph.diagnostics('controller_node').get('message', ''),
            20.0,
            f'the reason {why!r}',
        )


@contextmanager
def controller(folder: Path, **parameters: Any) -> Iterator[World]:
    """Start a controller that sees a target."""
    graph = Graph(folder, '/robot')
    try:
        world = World(graph)
        graph.start('controller_node', **parameters)
        yield world
    finally:
        graph.close()


@pytest.mark.supervisor
def test_fence_holds_the_robot_and_says_why(tmp_path: Path) -> None:
    with controller(
        tmp_path, supervisor__fence_radius=20.0, supervisor__fence_margin=1.0
    ) as world:
        world.wait_until_held('pose: not known, and there is a fence')
        world.x = 0.0
        world.graph.wait_until_moving()
        world.odom_lag_s = 1.0
        world.wait_until_held('pose: not of the last 0.5 s')
        world.odom_lag_s = 0.0
        world.graph.wait_until_moving()
        world.x = 19.5
        world.graph.wait(
            lambda: world.limits and 'fence: too near' in world.limits[-1], 20.0, '~/limits'
        )
        since = len(world.graph.commands)
        world.graph.wait(lambda: len(world.graph.commands) > since + 20, 20.0, 'commands')
        assert all(twist.linear.x == 0.0 for _, twist in world.graph.commands[since:])
        world.x = 0.0
        world.graph.wait(lambda: world.limits[-1] == '', 20.0, 'the end of it')
        world.graph.wait_until_moving()


@pytest.mark.supervisor
def test_battery_and_link_hold_the_robot(tmp_path: Path) -> None:
    watched = {
        'supervisor__min_battery': 0.2,
        'supervisor__link': 'console_node',
        'supervisor__link_timeout': 0.5,
    }
    with controller(tmp_path, **watched) as world:
        world.wait_until_held('battery: its charge is not known')
        world.battery = 0.5
        world.wait_until_held('link: no heartbeat of console_node')
        world.beats.append('console_node')
        world.graph.wait_until_moving()
        world.battery = 0.1
        world.wait_until_held('battery: below 20%')
        world.battery = 0.5
        world.graph.wait_until_moving()
        world.beats.remove('console_node')
        world.wait_until_held('link')


@pytest.mark.supervisor
def test_operator_confirms_and_stops_from_every_interface(tmp_path: Path) -> None:
    with controller(tmp_path, supervisor__confirm_motion=True) as world:
        graph = world.graph
        world.wait_until_held('not confirmed')
        assert graph.trigger('controller_node/confirm').message == 'confirmed'
        graph.wait_until_moving()
        world.target_id = 2  # another target needs another word
        world.wait_until_held('not confirmed')
        assert graph.trigger('controller_node/confirm').success
        graph.wait_until_moving()
        world.stop.publish(Empty())
        world.wait_until_held('stopped by the operator')
        assert graph.enable(True).success
        graph.wait_until_moving()
        world.target_id, world.tracked = 0, False
        graph.wait_until_still()
        answer = graph.trigger('controller_node/confirm')
        assert (answer.success, answer.message) == (False, 'nothing to confirm: no target')


def test_silent_twist_leaves_the_topic_to_others(tmp_path: Path) -> None:
    with controller(tmp_path, adapter__silent_when_stopped=True) as world:
        graph = world.graph
        graph.wait_until_moving()
        assert graph.enable(False).success
        until = time.monotonic() + 1.5
        graph.wait(lambda: time.monotonic() > until, 5.0, 'it to fade')
        count, until = len(graph.commands), time.monotonic() + 1.0
        assert not moves(graph.commands[-1][1])
        graph.wait(lambda: time.monotonic() > until, 5.0, 'a second')
        assert len(graph.commands) == count
        assert graph.enable(True).success
        graph.wait_until_moving()


def test_a_dry_run_moves_nothing_until_the_operator_enables_it(tmp_path: Path) -> None:
    with controller(tmp_path, dry_run=True) as world:
        graph = world.graph
        graph.wait(
            lambda: 'dry run' in graph.diagnostics('controller_node').get('message', ''),
            20.0,
            'the reason',
        )
        assert graph.commands == []
        assert graph.enable(True).success
        graph.wait_until_moving()
        assert graph.enable(False).success
        world.wait_until_held('stopped by the operator')


@pytest.mark.nav2
def test_nav2_gets_a_stream_of_poses_that_ends_with_the_target(tmp_path: Path) -> None:
    """The test plays the input of FollowObject's server."""
    with controller(tmp_path, adapter__kind='nav2') as world:
        graph, poses, frames = world.graph, [], []
        graph.subscribe(
            PoseStamped,
            'follow_pose',
            lambda pose: poses.append((time.monotonic(), pose)),
            qos.QUERY,
        )
        graph.subscribe(TFMessage, '/tf', frames.append, qos.QUERY)
        graph.wait(lambda: len(poses) > 10, 20.0, 'poses')
        begin, until = len(poses), time.monotonic() + 3.0
        graph.wait(lambda: time.monotonic() > until, 10.0, 'three seconds')
        stream = poses[begin:]
        rate = (len(stream) - 1) / (stream[-1][0] - stream[0][0])
        assert rate >= 20.0
        stamps = [conversions.seconds(pose.header.stamp) for _, pose in stream]
        assert stamps == sorted(stamps)
        assert set(stamps) <= set(world.stamps), 'a stamp is not that of a picture'
        now = conversions.seconds(graph.node.get_clock().now().to_msg())
        assert now - stamps[-1] < 0.5
        for _, pose in stream:
            assert pose.header.frame_id == CAMERA
            place, turn = pose.pose.position, pose.pose.orientation
            assert (place.x, place.y, place.z) == pytest.approx((0.1, 0.0, 8.0))
            assert turn.w == 1.0
        transform = frames[-1].transforms[0]
        assert (transform.header.frame_id, transform.child_frame_id) == (CAMERA, 'target')
        assert transform.transform.translation.z == pytest.approx(8.0)
        assert graph.commands == [], 'Nav2 drives, not we'
        world.tracked = False
        until = time.monotonic() + 0.5
        graph.wait(lambda: time.monotonic() > until, 10.0, 'the loss to arrive')
        count, until = len(poses), time.monotonic() + 1.0
        graph.wait(lambda: time.monotonic() > until, 10.0, 'a second')
        assert len(poses) == count


def test_gimbal_turns_and_the_body_waits_for_its_angles(tmp_path: Path) -> None:
    with controller(tmp_path, adapter__kind='gimbal') as world:
        graph, rates = world.graph, []
        graph.subscribe(Vector3Stamped, 'gimbal/rates', rates.append, qos.QUERY)
        graph.wait(lambda: rates and rates[-1].vector.z < 0.0, 20.0, 'it to turn right')
        graph.wait_until_still()
        world.gimbal = (0.4, -0.3)
        graph.wait_until_moving()
        graph.wait(lambda: graph.commands[-1][1].angular.z > 0.1, 20.0, 'the body to turn left')
        world.gimbal = None
        graph.wait_until_still()


def test_mavros_streams_set_points_while_it_holds(tmp_path: Path) -> None:
    """Without mavros_msgs the state is not known: it holds, says so, and keeps the heart-beat."""
    with controller(tmp_path, adapter__kind='mavros') as world:
        graph, sent = world.graph, []
        world.x = 0.0
        topic = 'mavros/setpoint_velocity/cmd_vel'
        graph.subscribe(
            TwistStamped, topic, lambda t: sent.append((time.monotonic(), t)), qos.QUERY
        )
        graph.wait(lambda: len(sent) > 60, 20.0, 'set-points')
        rate = (len(sent) - 1) / (sent[-1][0] - sent[0][0])
        assert rate > 20.0
        assert sent[-1][1].header.frame_id == 'map'
        assert not any(moves(stamped.twist) for _, stamped in sent)
        assert graph.commands == []
        answer = graph.call(SetBool, 'controller_node/arm', SetBool.Request(data=True))
        assert not answer.success
        assert 'no connection' in answer.message


@pytest.mark.mavlink
def test_mavlink_is_armed_and_engaged_by_services_only(tmp_path: Path) -> None:
    pytest.importorskip('pymavlink', reason='pymavlink is not installed')
    from follow_anything.sim.vehicle.autopilot import StandIn
    from follow_anything.sim.vehicle.flight_rules import FlightMode
    from follow_anything.sim.vehicle.vehicles import make_vehicle

    port = free_port(udp=True)
    vehicle = make_vehicle('drone', (0.0, 0.0, 0.0), 0.5, 0.0, 0)
    vehicle.position[2] = 0.0
    autopilot = StandIn(port, vehicle.odometry(0.0), 'px4')
    autopilot.run_vehicle(vehicle)
    rules = autopilot.rules

    def ask(world: World, service: str, value: bool = True) -> tuple[bool, str]:
        request = SetBool.Request(data=value)
        answer = world.graph.call(SetBool, f'controller_node/{service}', request)
        return answer.success, answer.message

    address = f'udpin:127.0.0.1:{port}'
    parameters = {
        'adapter__kind': 'mavlink',
        'adapter__address': address,
        'supervisor__fence_radius': 200.0,
    }
    with controller(tmp_path, **parameters) as world, autopilot:
        graph, commands = world.graph, []
        graph.subscribe(TwistStamped, 'controller_node/command', commands.append, qos.QUERY)
        graph.wait(lambda: ask(world, 'engage') == (False, 'not armed'), 20.0, 'a heartbeat')
        assert not rules.armed
        assert rules.set_points == []
        assert ask(world, 'arm') == (True, 'done: arm')
        graph.wait(
            lambda: 'on the ground' in ask(world, 'engage')[1], 10.0, 'armed, and on the ground'
        )
        rules.take_off(1.0, time.monotonic())  # by the pilot
        graph.wait(lambda: rules.mode is FlightMode.HOLD, 10.0, 'take-off')
        assert not any(moves(stamped.twist) for stamped in commands)
        graph.wait(lambda: ask(world, 'engage')[0], 20.0, 'control')
        graph.wait(lambda: vehicle.odometry(0.0).linear[0] > 0.5, 20.0, 'the drone to fly')
        asked = time.monotonic()
        world.stop.publish(Empty())
        graph.wait(lambda: rules.command(time.monotonic()).is_zero, 5.0, 'a stop')
        assert time.monotonic() - asked < 0.5
        assert graph.enable(True).success
        graph.wait(lambda: not rules.command(time.monotonic()).is_zero, 5.0, 'motion again')
        assert ask(world, 'engage', False) == (True, 'done: release')
        graph.wait(lambda: rules.mode is FlightMode.HOLD, 5.0, 'hold')
        assert graph.commands == [], 'there must be no second way to the robot'


def test_unknown_adapter_is_refused(tmp_path: Path) -> None:
    graph = Graph(tmp_path, '/robot')
    try:
        process = graph.spawn('controller_node', adapter__kind='rocket')
        assert process.wait(timeout=60.0) == 1
        assert (
            'adapter.kind must be one of twist, mavros' in graph.log('controller_node').read_text()
        )
    finally:
        graph.close()
