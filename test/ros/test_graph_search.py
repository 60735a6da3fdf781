# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What a controller, as a process, does while its target is hidden; the test is the tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, ExitStack
from dataclasses import replace
from operator import attrgetter
import time
from typing import Any, NamedTuple

from follow_anything.core.config import ServoConfig
from follow_anything.core.types import Box, Rated, Target, TargetState
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions, targets
from geometry_msgs.msg import Twist, TwistStamped
from graph import Graph, moves
import numpy as np
import pytest
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D

pytestmark = [pytest.mark.ros, pytest.mark.identity]

TRACKING, LOST, AMBIGUOUS = TargetState.TRACKING, TargetState.LOST, TargetState.AMBIGUOUS

ROOM_M = 0.5  # servo.min_distance
PERIOD_S, LIMIT_S = 0.04, 40.0
AFTER_S, TIME_S, LONG_S = ServoConfig().search_after, 4.0, 60.0
"""search_after; search_time where a search has to end by it, and where it must not."""

DEFAULTS = {
    f'servo__{name}': value
    for name, value in vars(ServoConfig()).items()
    if name.startswith('search_') or name in ('follow', 'lag', 'max_vertical')
}
"""What the tests change."""


class Command(NamedTuple):
    """A command, the stamp of the picture behind it, and when it came, s of one clock."""

    stamp: float
    came: float
    twist: Twist


Commands = list[Command]


class World:
    """A tracker that says what a test wants; its target is (ahead, left) of the camera, metres."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.stamp = graph, 0.0
        self.commands: Commands = []
        self._track = graph.publisher(Detection2D, 'track', qos.COMMAND)
        graph.subscribe(TwistStamped, 'controller_node/command', self._on_command, qos.QUERY)

    def configure(self, **servo: Any) -> None:
        """Give the controller these parameters of servo, and the defaults of what tests change."""
        self.place, self.range_std, self.target_id, self.age = (8.0, 1.0), 0.3, 1, 0.0
        changes = {f'servo__{name}': value for name, value in servo.items()}
        for values in (DEFAULTS, changes):
            answers = self.graph.set('controller_node', **values)
            assert all(success for success, _ in answers), answers

    def _on_command(self, message: TwistStamped) -> None:
        stamp = conversions.seconds(message.header.stamp)
        self.commands.append(Command(stamp, self.graph.now(), message.twist))

    def _send(self, state: TargetState) -> None:
        stamp = conversions.time_msg(self.graph.now() - self.age)
        self.stamp, (ahead, left) = conversions.seconds(stamp), self.place
        target = Target(self.stamp, state, self.target_id, range_std=self.range_std)
        box, position = Box(300.0, 200.0, 340.0, 280.0), np.array([-left, 0.0, ahead])
        if state is TRACKING:
            target = replace(target, box=box, presence=1.0, position=position)
        if state is AMBIGUOUS:  # the message then has the place of the likeliest of them
            target = replace(target, candidates=(Rated(1, box, 0.5), Rated(2, box, 0.5)))
        self._track.publish(targets.target_to_msg(target, Header(stamp=stamp, frame_id='camera')))

    def after(self, stamp: float) -> Commands:
        """Return the commands by pictures after this one."""
        return [command for command in self.commands if command.stamp > stamp]

    def play(self, state: TargetState, done: Callable[[Commands], Any], what: str) -> Commands:
        """Publish the track in a state until the commands it led to are enough; return them."""
        start, due = self.stamp, 0.0

        def is_done() -> bool:
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + PERIOD_S
                self._send(state)
            return bool(done(self.after(start)))

        self.graph.wait(is_done, LIMIT_S, what)
        return self.after(start)

    def follow(self) -> float:
        """Let the robot follow; return the stamp of the last picture that shows the target."""
        self.play(TRACKING, lambda got: len(moving(got)) > 5, 'the robot to follow')
        self.graph.wait(lambda: self.commands[-1].stamp == self.stamp, LIMIT_S, 'it to be taken')
        return self.stamp

    def search(self) -> None:
        """Let the robot follow, then search in each way that a drone has."""
        each = {'search_yaw_rate': 0.3, 'search_climb': 0.4, 'search_backward': 0.3}
        self.configure(**each, search_time=LONG_S)
        self.follow()
        self.play(LOST, lambda got: len(moving(got)) > 5, 'the robot to search')

    def hide(self, state: TargetState, why: str) -> Commands:
        """Publish a state until a search would have begun, and the diagnostics say why not."""
        end = self.graph.now() + AFTER_S + 2.0
        return self.play(state, lambda got: got and got[-1].stamp > end and self.says(why), why)

    def says(self, reason: str) -> bool:
        """Tell whether this is why the controller does not just follow, in its diagnostics."""
        message = self.graph.diagnostics('controller_node').get('message', '')
        return message.partition(';')[0] == reason


Worlds = dict[str, World]
Servo = dict[str, float]


def moving(commands: Commands) -> Commands:
    """Return the commands that are not zero."""
    return [command for command in commands if moves(command.twist)]


STANDS = 'LOST: the tracker does not vouch for it'
SILENT = 'no track: the tracker or the camera is silent'


@pytest.fixture(scope='module')
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Give a controller of either robot, of whose `track` the test is the only source."""
    folder = tmp_path_factory.mktemp('search')
    with ExitStack() as stack:
        found = {}
        for robot in ('drone', 'ground'):
            graph = stack.enter_context(closing(Graph(folder, f'/search_{robot}')))
            found[robot] = World(graph)
            given = {'robot': robot, 'camera_pitch': 0.0, 'min_distance': ROOM_M}
            servo = {f'servo__{name}': value for name, value in given.items()}
            graph.start('controller_node', require_detector=False, **servo)
        yield found


@pytest.mark.parametrize(
    ('robot', 'servo', 'range_std'),
    [
        ('drone', {}, 0.3),
        ('ground', {'search_climb': 0.4, 'search_time': LONG_S}, 0.3),
        ('ground', {'search_forward': 0.5}, np.inf),
        ('drone', {'follow': False, 'search_climb': 0.4, 'search_backward': 0.3}, 0.3),
    ],
    ids=['by default', 'ground does not climb', 'no range', 'only looks'],
)
def test_it_stands_where_it_may_not_search(
    worlds: Worlds, robot: str, servo: Servo, range_std: float
) -> None:
    world = worlds[robot]
    world.configure(**servo)
    world.range_std = range_std
    world.follow()
    assert moving(world.hide(LOST, STANDS)) == []


WAYS: list[tuple[str, Servo, float, str, float, str]] = [
    ('drone', {'search_yaw_rate': 0.4}, 1.0, 'angular.z', 0.4, 'turns to where it left'),
    ('ground', {'search_yaw_rate': 0.4}, -1.0, 'angular.z', -0.4, 'turns to where it left'),
    ('drone', {'search_climb': 0.6, 'max_vertical': 0.3}, 1.0, 'linear.z', 0.3, 'climbs'),
    ('drone', {'search_backward': 0.3}, 1.0, 'linear.x', -0.3, 'backs off'),
    ('ground', {'search_forward': 0.5}, 0.0, 'linear.x', 0.5, 'goes to where it was last seen'),
]


@pytest.mark.parametrize(('robot', 'servo', 'left', 'axis', 'speed', 'way'), WAYS)
def test_it_stands_then_searches_and_ends(
    worlds: Worlds, robot: str, servo: Servo, left: float, axis: str, speed: float, way: str
) -> None:
    world = worlds[robot]
    world.configure(**servo, search_time=TIME_S)
    world.place, driven = (8.0, left), len(world.graph.commands)
    seen = world.follow()
    world.play(LOST, lambda _: world.says(f'searching: {way}'), 'diagnostics to say how')
    world.play(LOST, lambda got: got and got[-1].stamp > seen + TIME_S + 0.5, 'the end')
    world.play(LOST, lambda _: world.says(STANDS), 'diagnostics to say that it stands')
    commands = world.after(seen)
    assert moving(commands)[0].came >= seen + AFTER_S
    assert moving(commands)[-1].stamp <= seen + TIME_S
    for name in ('linear.x', 'linear.z', 'angular.z'):
        values = [attrgetter(name)(command.twist) for command in commands]
        wanted = sorted((0.0, speed if name == axis else 0.0))
        assert [min(values), max(values)] == pytest.approx(wanted)
    sent = [attrgetter(axis)(twist) for _, twist in world.graph.commands[driven:]]
    assert pytest.approx(speed) in sent, 'cmd_vel does not say the same'


def test_it_goes_as_near_as_it_may_and_no_nearer(worlds: Worlds) -> None:
    """Without a lag the robot is where the controller believes it to be."""
    world = worlds['ground']
    world.configure(search_forward=0.5, search_time=LONG_S, lag=0.0)
    world.place = (2.5, 0.5)
    seen = world.follow()
    world.play(LOST, lambda _: world.says(f'searching: {WAYS[-1][-1]}'), 'it to begin')
    world.play(LOST, lambda _: world.says(STANDS), 'it to be there')
    commands = world.after(seen)
    assert commands[-1].stamp < seen + LONG_S, 'the time has ended it'
    assert moving(commands)[0].twist.angular.z > 0.0, 'it does not turn to the place'
    assert all(0.0 <= command.twist.linear.x <= 0.5 + 1e-9 for command in commands)
    since = [command.twist.linear.x for command in world.commands if command.stamp >= seen]
    way, room = sum(since) / ServoConfig().rate, float(np.hypot(*world.place)) - ROOM_M
    assert room - 0.5 < way < room - 0.1


def test_who_is_unsure_does_not_search(worlds: Worlds) -> None:
    world = worlds['drone']
    world.search()
    why = 'CONFIRMING: the tracker does not vouch for it'  # AMBIGUOUS, as `track` says it
    assert moving(world.hide(AMBIGUOUS, why)) == []
    world.play(LOST, moving, 'it to search again: there is time')
    world.play(TRACKING, lambda _: world.says('following'), 'it to follow again')


def test_a_search_ends_with_the_track(worlds: Worlds) -> None:
    world = worlds['drone']
    world.search()
    world.graph.wait_until_still(ticks=30)
    world.graph.wait(lambda: world.says(SILENT), LIMIT_S, 'the reason')
    assert moving(world.commands)[-1].came < world.stamp + 1.0
    world.age = 0.5
    assert moving(world.hide(LOST, SILENT)) == []
    world.age = 0.0
    assert moving(world.hide(LOST, 'LOST: the tracker does not vouch for it')) == []


def test_a_new_target_is_not_searched_where_the_old_one_was(worlds: Worlds) -> None:
    world = worlds['drone']
    world.search()
    world.target_id = 2
    assert moving(world.hide(LOST, 'LOST: the tracker does not vouch for it')) == []
