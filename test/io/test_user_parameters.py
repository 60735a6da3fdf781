# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A parameter is taken, or refused with a sentence before anything starts; never dropped."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from follow_anything.core.config import NODES, parameters, preset, PRESETS, values_of
from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.io.user_parameters import coerced, read_sections, resolve, Section, text_of
import pytest
import yaml

pytestmark = pytest.mark.field


def file(folder: Path, text: str) -> Path:
    path = folder / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    return path


@pytest.mark.parametrize('robot', PRESETS)
def test_without_a_file_the_robot_has_its_own(robot: str) -> None:
    resolved = resolve(robot)
    for kind in NODES:
        assert resolved[kind.node] == values_of(preset(robot, kind))


@pytest.mark.parametrize(
    'text',
    [
        '/**/controller_node: {ros__parameters: {servo.max_forward: 1}}',
        'controller_node: {ros__parameters: {servo.max_forward: 1.0}}',
        '/controller_node:\n  ros__parameters:\n    servo.max_forward: 1',
        '/**: {ros__parameters: {servo.max_forward: 1, device: cpu}}',
        '/*: {ros__parameters: {servo.max_forward: "1e0"}}',
        'controller_node: {ros__parameters: {servo.max_forward: 9.0}}\n'
        '/**: {ros__parameters: {servo.max_forward: 1}}',
        '/camera/driver: {ros__parameters: {fps: 30, mask: 0x1f}}\n'
        '/**/controller_node: {ros__parameters: {servo.max_forward: 1}}',
    ],
)
@pytest.mark.parametrize('robot', PRESETS)
def test_the_file_is_on_top_of_the_robot(tmp_path: Path, robot: str, text: str) -> None:
    controller = resolve(robot, '', file(tmp_path, text))['controller_node']
    assert controller['servo.max_forward'] == 1.0
    assert type(controller['servo.max_forward']) is float
    assert controller['servo.robot'] == robot
    assert controller['servo.follow_distance'] == {'drone': 6.0, 'ground': 3.0}[robot]


def test_nested_namespaces_are_read(tmp_path: Path) -> None:
    text = 'fleet:\n  robot1:\n    controller_node:\n      ros__parameters:\n'
    text += '        supervisor: {fence_radius: 10}'
    resolved = resolve('ground', '/fleet/robot1', file(tmp_path, text))
    assert resolved['controller_node']['supervisor.fence_radius'] == 10.0


FLEET = """
/robot1/controller_node: {ros__parameters: {servo.lag: 0.1}}
/robot2/controller_node: {ros__parameters: {servo.lag: 0.2}}
/robot1/**: {ros__parameters: {device: cpu}}
/robot2/**: {ros__parameters: {device: auto}}
"""


@pytest.mark.parametrize(
    ('robot', 'lag', 'device'), [('robot1', 0.1, 'cpu'), ('robot2', 0.2, 'auto')]
)
def test_one_file_is_for_several_robots(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, robot: str, lag: float, device: str
) -> None:
    resolved = resolve('ground', f'/{robot}', file(tmp_path, FLEET))
    assert resolved['controller_node']['servo.lag'] == lag
    assert resolved['tracker_node']['device'] == device
    other = {'robot1': 'robot2', 'robot2': 'robot1'}[robot]
    assert f"section '/{other}/controller_node' is for another robot: not taken" in caplog.text


def test_a_robot_that_the_file_forgot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match='does not match the node /robot3'):
        resolve('ground', '/robot3', file(tmp_path, FLEET))


BOMB = '\n'.join(
    ['a: &k0 {a: 1}'] + [f'b{i}: &k{i} [{", ".join([f"*k{i - 1}"] * 9)}]' for i in range(1, 12)]
)
"""Thirty thousand million values, in twelve lines."""

REFUSED = [
    ('/**/controller_node: {ros__parameters: {servo.lagg: 1}}', '', 'did you mean servo.lag?'),
    ('/**/tracker_node: {ros__parameters: {servo.lag: 1}}', '', 'parameter of controller_node'),
    ('/**: {ros__parameters: {nonsense_parameter: 1}}', '', 'no parameter of any node'),
    ('/**/controler_node: {ros__parameters: {}}', '', 'did you mean controller_node'),
    ('/**/follower: {ros__parameters: {servo.lag: 1}}', '', 'did you mean controller_node'),
    ('controller_node: {ros__parameters: {servo.lag: 1}}', '/robot1', 'write /../contr'),
    ('/robot2/controller_node: {ros__parameters: {}}', '/robot1', 'does not match'),
    (
        '/robot2/**: {ros__parameters: {servo.lag: 1}}\n/**: {ros__parameters: {servo.lag: 1}}',
        '/robot1', "section '/robot2/..' does not match the node /robot1/.*; write /..$",
    ),
    ('/**/track*: {ros__parameters: {servo: {lag: 1}}}', '', 'of controller_node, not of tracker'),
    ('/**/servo_*: {ros__parameters: {servo: {lag: 1}}}', '', 'for no node of ours'),
    ('/**/tracker: {ros__parameters: {margn: 1}}', '', 'did you mean tracker_node'),
    ('/camera: {ros__parameters: {fps: 30}}', '', 'for none of'),
    ('/**/controller_node: {servo.lag: 1}', '', 'outside of ros__parameters'),
    ('/**/controller_node: {ros__parameters: 3}', '', 'must be NAME: VALUE'),
    ('max_forward: 1', '', 'outside of ros__parameters'),
    ('- 1\n- 2', '', 'holds no parameters'),
    ('', '', 'holds no parameters'),
    ('a: [1, 2', '', 'is no YAML'),
    ('/**: {ros__parameters: {servo.lag: 2026-13-45}}', '', 'is no YAML'),
    ('/**/controller_node: &a {ros__parameters: {servo.lag: *a}}', '', 'nested without end'),
    (f'/**/tracker_node: {{ros__parameters: {{identity.memory: {10**400}}}}}', '', 'must be in'),
    ('[' * 5000, '', 'nested without end'),
    (f'/**/controller_node: {{ros__parameters: {{max_forward: {10**400}}}}}', '', 'must be in'),
    (
        '/**/controller_node: {ros__parameters: {servo.lag: 1}}\n'
        '/**/controller_node: {ros__parameters: {stamped: true}}', '', 'in lines 1 and 2'
    ),
    (
        '/**: {ros__parameters: {servo.lag: 1,\n servo.lag: 2}}', '',
        "'servo.lag' stands in lines 1 and 2",
    ),
    (
        '/**/controller_node: {ros__parameters: {servo.lag: 1}}\n'
        '/**: {controller_node: {ros__parameters: {servo.lag: 2}}}', '', 'stands twice',
    ),
    ('/**: {ros__parameters: {servo.lag: 010}}', '', '010 in line 1 would be 8; write'),
    ('/**: {ros__parameters: {servo.lag: 0x0A}}', '', '0x0A in line 1 would be 10'),
    ('/**: {ros__parameters: {servo.lag: 1:05}}', '', '1:05 in line 1 would be 65'),
    ('/**: {ros__parameters: {servo.lag: 1_0}}', '', '1_0 in line 1 would be 10'),
    ('/**: {ros__parameters: {servo.lag: "1_0"}}', '', 'must be a float'),
    ('/**: {ros__parameters: {servo.lag: "\u0665"}}', '', 'must be a float'),
    ('/**: &a {ros__parameters: {servo.lag: 1}, again: *a}', '', 'nested without end'),
    ('/**: {ros__parameters: &a {servo.lag: 1, again: *a}}', '', 'nested without end'),
    (BOMB, '', 'nested without end'),
    ('/**: {ros__parameters: {use_sim_time: "yes"}}', '', 'use_sim_time must be a bool'),
    ('/**/controller_node: {ros_parameters: {servo.lag: 1}}', '', 'outside of ros__parameters'),
    ('/**/controller_node: {ros__parameters: {servo.lag: fast}}', '', 'must be a float'),
    ('/**/controller_node: {ros__parameters: {servo.lag: .nan}}', '', r'must be in \[0, 2\]'),
    ('/**/controller_node: {ros__parameters: {servo.lag: 99}}', '', r'must be in \[0, 2\]'),
    ('/**/controller_node: {ros__parameters: {stamped: 1}}', '', 'must be a bool'),
    ('/**: {ros__parameters: {servo: {lag: {}}}}', '', 'servo.lag must be a float, got {}'),
    ('/**/controller_node: {ros__parameters: {servo: {}}}', '', "'servo' is no .*; it is a group"),
    ('/**/tracker_node: {ros__parameters: {identity.memory: 2.5}}', '', 'must be an int'),
    ('/**: {ros__parameters: {servo: {min_distance: 50}}}', '', 'min_distance .50.0. must'),
    (
        '/**: {ros__parameters: {supervisor: {min_altitude: 9, max_altitude: 3}}}', '',
        r'supervisor.max_altitude \(3.0\) must exceed',
    ),
    ('/**: {ros__parameters: {servo.robot: ground}}', '', "'drone' is to be started"),
    ('/**: {ros__parameters: {servo.robot: boat}}', '', "robot is 'boat'"),
    (
        '/**: {ros__parameters: {servo: {lag: 1}, servo.lag: 1}}', '',
        "'servo.lag' stands twice, once below another",
    ),
    ('/**: {ros__parameters: {lagg: 1}}', '', 'did you mean servo.lag?'),
    *[
        (
            f'/**/controller_node: {{ros__parameters: {{servo: {value}}}}}', '',
            "'servo' is no parameter of controller_node; it is a group: .* such as servo.robot$",
        )
        for value in ('1', 'null', '[lag, 1]', 'drone')
    ],
    ('/**: {ros__parameters: {servo: 1}}', '', "'servo' is no parameter of any node; it is a gro"),
    ('/**: {ros__parameters: {adapter: nav2}}', '', 'such as adapter.kind$'),
    ('/**: {ros__parameters: {supervisor: {lag: 1}}}', '', 'did you mean servo.lag?'),
    ('/**: {ros__parameters: {servo: {fence_radius: 1}}}', '', 'mean supervisor.fence_radius?'),
    ('/**: {ros__parameters: {Servo: {Lag: 1}}}', '', 'did you mean servo.lag?'),
    ('/**: {ros__parameters: {kind: nav2}}', '', 'did you mean adapter.kind?'),
    ('/**: {ros__parameters: {supervisor: {fence: "0 0, 1 1"}}}', '', ' supervisor.fence: expec'),
]  # fmt: skip


@pytest.mark.parametrize(('text', 'namespace', 'reason'), REFUSED)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, namespace: str, reason: str
) -> None:
    with pytest.raises(BadConfig, match=reason) as refused:
        resolve('drone', namespace, file(tmp_path, text))
    assert 'mine.yaml' in str(refused.value)
    assert '\n' not in str(refused.value)


@pytest.mark.parametrize(
    'section',
    [
        '/camera: {ros__parameters: {rate: 30, exposure: 4}}',
        '/controller_server: {ros__parameters: {controller_frequency: 20.0}}',
        '/usb_*: {ros__parameters: {width: 640, video_device: /dev/video0}}',
    ],
)
def test_one_file_for_a_whole_robot(tmp_path: Path, section: str) -> None:
    text = f'{section}\n/**/controller_node: {{ros__parameters: {{servo.lag: 0.5}}}}'
    resolved = resolve('drone', '', file(tmp_path, text))
    assert resolved['controller_node']['servo.lag'] == 0.5
    assert resolved['detector_node']['rate'] == 5.0


@pytest.mark.parametrize('name', ['nope.yaml', '.', '/dev/zero'])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match='cannot be read'):
        resolve('drone', '', tmp_path / name)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_bytes(b'\xff\xfe\x00\x01')
    with pytest.raises(BadConfig, match='is no YAML'):
        read_sections(path)


@pytest.mark.parametrize('namespace', ['two words', '/1st', 'a//b', '/a/-b', 'ä'])
def test_a_namespace_ros_would_refuse(namespace: str) -> None:
    with pytest.raises(BadConfig, match='namespace must be'):
        resolve('drone', namespace)


@pytest.mark.parametrize(
    ('default', 'value', 'expected'),
    [
        (1.0, 3, 3.0), (1.0, '1e-1', 0.1), (1.0, True, True), (1.0, 'x', 'x'), (5, 7.0, 7),
        (1.0, '1_0', '1_0'), (1.0, '+.5e1', 5.0), (1.0, '010', '010'), (1.0, '', ''),
        (5, 7.5, 7.5), ('a', 5, 5), (True, 1, 1),
    ],
)  # fmt: skip
def test_only_what_loses_nothing_is_repaired(default: Any, value: Any, expected: Any) -> None:
    repaired = coerced(default, value)
    assert repaired == expected
    assert type(repaired) is type(expected)


@pytest.mark.parametrize(
    ('pattern', 'name', 'matches'),
    [
        ('/**', '/a/b', True), ('/**/b', '/a/b', True), ('/**/b', '/b', True),
        ('/*/b', '/a/b', True), ('/*/b', '/b', False), ('/b', '/a/b', False),
        ('/a/b', '/a/b', True), ('/a/*', '/a/b', True), ('/a/**', '/a/c/b', True),
    ],
)  # fmt: skip
def test_wildcards(pattern: str, name: str, matches: bool) -> None:
    assert Section(pattern, {}).matches(name) is matches


@pytest.mark.parametrize('namespace', ['', '/robot1', 'a/b'])
def test_the_file_that_is_handed_on_says_the_same(tmp_path: Path, namespace: str) -> None:
    given = {'controller_node': {'supervisor.fence': '0 0, 5 0, 5 5', 'use_sim_time': True}}
    resolved = resolve('ground', namespace, None, given)
    path = file(tmp_path, text_of(resolved, namespace))
    again = resolve('ground', namespace, path)
    assert again == resolved
    types = {
        type(v) for v in yaml.safe_load(path.read_text()).popitem()[1]['ros__parameters'].values()
    }
    assert types <= {str, int, float, bool}


def test_every_parameter_of_every_node_is_handed_on() -> None:
    for node, values in resolve('drone').items():
        (kind,) = [kind for kind in NODES if kind.node == node]
        assert set(values) == set(parameters(kind))


NODE_ARGUMENTS = [
    (['-p', 'servo.max_forwrd:=1.0'], 'did you mean servo.max_forward?'),
    (['--params-file', '/nope.yaml'], 'cannot be read'),
    (['--params-file', '/etc/hostname'], 'holds no parameters'),
    (['-r', '__ns:=/a b'], 'ROS cannot start'),
    (['-p', 'x'], 'ROS cannot start'),
    (['-r', '__node:=a b'], 'ROS cannot start'),
    (['-p', 'servo.min_distance:=50'], 'must not exceed servo.follow_distance'),
    (['-p', 'servo.max_forward:=fast'], 'must be a float'),
    (['-p', 'max_forward:=fast'], 'servo.max_forward must be a float'),
    (['-p', 'lag:=0.1', '-p', 'servo.lag:=0.1'], "'lag' is the old name of 'servo.lag': give"),
    (['-p', 'use_sim_time:="true"'], "ROS cannot start: Trying to set parameter 'use_sim_time'"),
    (['-p', 'autostart:=1'], "ROS cannot start: Trying to set parameter 'autostart'"),
]


@pytest.mark.ros
@pytest.mark.parametrize(('arguments', 'reason'), NODE_ARGUMENTS)
def test_a_node_refuses_to_start_in_one_sentence(arguments: list[str], reason: str) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
    command = [sys.executable, '-m', 'follow_anything.ros.nodes.controller', '--ros-args']
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert reason in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.ros
@pytest.mark.parametrize(
    'surroundings',
    [
        {'ROS_STATIC_PEERS': 'no.such.host.invalid'},
        {'ROS_DOMAIN_ID': 'x'},
        {'ROS_LOG_DIR': '/proc/x'},
    ],
)
def test_what_ros_refuses_for_its_surroundings_is_one_sentence(
    surroundings: dict[str, str],
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
    command = [sys.executable, '-m', 'follow_anything.ros.nodes.controller']
    environment = {**os.environ, **surroundings}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 1
    assert 'controller_node: ROS cannot start' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.ros
def test_a_node_refuses_a_section_for_another_namespace(tmp_path: Path) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
    path = file(tmp_path, 'controller_node: {ros__parameters: {fence_radius: 10}}')
    command = [sys.executable, '-m', 'follow_anything.ros.nodes.controller', '--ros-args']
    command += ['--params-file', str(path), '-r', '__ns:=/robot1']
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'write /**/controller_node' in done.stderr


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--robot', 'boat'], 'robot must be one of drone, ground'),
        (['--params-file', '/nope.yaml'], 'cannot be read'),
        (['--namespace', 'a b'], 'namespace must be'),
        (['--image', '/a b'], 'no name of a topic'),
        (['--depth', '1'], 'no name of a topic'),
        (['--discovery-server', 'x'], 'discovery_server: expected HOST:PORT'),
        (['--discovery-server', '10.0.0.1:99999'], 'discovery_server: expected HOST:PORT'),
        (['--simulator', '--scenario', 'nope'], 'scenario must be one of'),
        (['--scenario', 'street'], '--scenario is of the simulator'),
        (['--seed', '0'], '--seed is of the simulator'),
        (['--log-level', 'loud'], 'log_level must be one of debug'),
    ],
)
def test_up_refuses_before_anything_starts(arguments: list[str], reason: str) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
    command = [sys.executable, '-m', 'follow_anything', 'up', *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert reason in ' '.join(done.stderr.split())
    assert 'Traceback' not in done.stderr
    assert 'died' not in done.stderr
