# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the launch file starts, and that it starts nothing when something is missing or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import importlib.util
from pathlib import Path
import shutil
import sys
from types import ModuleType
from typing import Any

import fake_launch
from follow_anything.launcher.nodes import PARTS
import pytest
import yaml

pytest.importorskip('ament_index_python', reason='ROS 2 is not installed: run `make setup`')

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.field,
    pytest.mark.ros,
    pytest.mark.skipif(not (ROOT / 'setup.py').is_file(), reason='the sources are not here'),
]

Start = Callable[..., list[Any]]


@pytest.fixture
def prefixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Give packages that are installed; one that is taken out is not."""
    known = {
        name: tmp_path / name for name in ('follow_anything', 'rviz2', 'tf2_ros', 'ros_gz_bridge')
    }
    (tmp_path / 'follow_anything' / 'lib' / 'follow_anything').mkdir(parents=True)
    monkeypatch.setattr(shutil, 'which', lambda name: f'/usr/bin/{name}')
    return known


@pytest.fixture
def module(prefixes: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with fake_launch.installed():
        path = ROOT / 'launch' / 'follow.launch.py'
        spec = importlib.util.spec_from_file_location('follow_launch_fake', path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        before = list(sys.path)
        spec.loader.exec_module(module)

        def find(name: str) -> str:
            if name not in prefixes:
                raise module.PackageNotFoundError(name)
            return str(prefixes[name])

        monkeypatch.setattr(module, 'get_package_prefix', find)
        yield module
        sys.path[:] = before


@pytest.fixture
def start(module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    monkeypatch.setattr(module.tempfile, 'tempdir', str(tmp_path))

    def start(**arguments: str) -> list[Any]:
        return fake_launch.visited(module.generate_launch_description, **arguments)

    return start


def parameters(actions: list[Any], node: str, namespace: str = '') -> dict[str, Any]:
    """Return what a node is given, in the order in which ROS takes it."""
    (action,) = [a for a in actions if a.keywords.get('executable') == node]
    merged: dict[str, Any] = {}
    for some in action.keywords['parameters']:
        if isinstance(some, str):
            whole = yaml.safe_load(Path(some).read_text(encoding='utf-8'))
            some = whole[f'{namespace}/{node}']['ros__parameters']
        merged |= some
    return merged


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    return str(path)


def test_a_file_of_one_line_keeps_the_ground_robot_a_ground_robot(
    start: Start, tmp_path: Path
) -> None:
    """The case of the field: it had a drone's speeds and a drone's camera."""
    mine = write(tmp_path, '/**/controller_node: {ros__parameters: {stamped: true}}')
    given = parameters(start(robot='ground', params_file=mine), 'controller_node')
    assert given['stamped'] is True
    assert (given['servo.robot'], given['servo.camera_pitch']) == ('ground', -0.02)
    assert (given['servo.max_forward'], given['servo.follow_distance']) == (1.8, 3.0)


def test_whole_numbers_are_numbers(start: Start, tmp_path: Path) -> None:
    mine = write(tmp_path, '/**/controller_node: {ros__parameters: {servo: {max_forward: 1}}}')
    given = parameters(start(params_file=mine), 'controller_node')
    assert given['servo.max_forward'] == 1.0
    assert isinstance(given['servo.max_forward'], float)


def test_arguments_win_over_the_file_and_reach_only_whom_they_concern(
    start: Start, tmp_path: Path
) -> None:
    mine = write(tmp_path, '/**: {ros__parameters: {device: cpu, compressed: true}}')
    actions = start(params_file=mine, device='cuda', part='robot', namespace='r1')
    tracker = parameters(actions, 'tracker_node', '/r1')
    assert (tracker['device'], tracker['compressed']) == ('cuda', True)
    assert parameters(actions, 'controller_node', '/r1')['require_detector'] is False
    assert {a.keywords['executable'] for a in actions} == set(PARTS['robot'].nodes)


def test_the_transforms_can_stay_in_the_namespace(start: Start) -> None:
    """Of two robots whose frames have the same names each hears its own, as with Nav2."""
    given: dict[str, str]
    for given, wanted in ({}, '/tf'), ({'tf': 'tf'}, 'tf'):
        actions = start(namespace='robot1', simulator='embedded', **given)
        assert len(actions) == len(PARTS['all'].nodes) + 1
        for action in actions:
            rules = dict(action.keywords['remappings'])
            assert (rules['/tf'], rules['/tf_static']) == (wanted, f'{wanted}_static')


def test_an_autopilot_has_its_address(start: Start) -> None:
    given = {'address': 'udpin:0.0.0.0:14540', 'robot_adapter': 'mavlink'}
    assert (
        parameters(start(**given), 'controller_node')['adapter.address'] == 'udpin:0.0.0.0:14540'
    )


@pytest.mark.parametrize('namespace', ['robot1/', '/robot1/'])
def test_a_slash_behind_a_namespace_does_no_harm(start: Start, namespace: str) -> None:
    for action in start(namespace=namespace):
        assert action.keywords['namespace'] == namespace.rstrip('/')
        assert parameters([action], action.keywords['executable'], '/robot1')


REFUSED = [
    ({'params_file': '/nope.yaml'}, 'cannot be read'),
    ({'simulator': 'embedded', 'scenario': 'nope'}, 'scenario must be one of street'),
    ({'namespace': 'two words'}, 'namespace must be'),
    ({'robot_adapter': 'carrier pigeon'}, 'adapter.kind must be one of'),
    ({'image': '/a b'}, 'no name of a topic'),
    ({'camera_info': ''}, 'no name of a topic'),
    ({'image': '/cam-1/image'}, 'no name of a topic'),
    ({'discovery_server': 'x'}, 'expected HOST:PORT'),
    ({'address': 'udpin:0.0.0.0:14540'}, 'robot_adapter is twist, which has none'),
    ({'address': '10.0.0.2', 'robot_adapter': 'mavlink'}, 'address: expected udpin:HOST:PORT'),
    ({'param_file': '/mine.yaml'}, 'no argument param_file; did you mean params_file'),
    ({'namspace': 'robot1'}, 'did you mean namespace'),
    ({'robto': 'ground'}, 'did you mean robot'),
    ({'imgae': '/camera/image_raw'}, 'did you mean image'),
]


@pytest.mark.parametrize(('arguments', 'reason'), REFUSED)
def test_nothing_is_started_for_an_argument_that_is_wrong(
    start: Start, arguments: dict[str, str], reason: str
) -> None:
    with pytest.raises(RuntimeError, match=reason):
        start(**arguments)


MISSING = [
    ('rviz2', {'rviz': 'true'}, 'package rviz2 is not installed: sudo apt'),
    ('foxglove_bridge', {'foxglove': 'true'}, 'package foxglove_bridge is not installed'),
    ('ros_gz_bridge', {'simulator': 'gazebo'}, 'package ros_gz_bridge is not installed'),
    ('tf2_ros', {'simulator': 'gazebo'}, 'package tf2_ros is not installed'),
]


@pytest.mark.parametrize(('package', 'arguments', 'reason'), MISSING)
def test_nothing_is_started_when_a_package_is_missing(
    start: Start, prefixes: dict[str, Path], package: str, arguments: dict[str, str], reason: str
) -> None:
    prefixes.pop(package, None)
    with pytest.raises(RuntimeError, match=reason):
        start(**arguments)


def test_nothing_is_started_without_gazebo(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    with pytest.raises(RuntimeError, match='Gazebo is not here'):
        start(simulator='gazebo')


def test_nothing_is_started_without_our_executables(
    start: Start, prefixes: dict[str, Path]
) -> None:
    shutil.rmtree(prefixes['follow_anything'])
    with pytest.raises(RuntimeError, match='lib/follow_anything is not there'):
        start()


@pytest.mark.parametrize('simulator', ['none', 'embedded', 'gazebo'])
def test_everything_is_started_when_all_is_there(start: Start, simulator: str) -> None:
    actions = start(simulator=simulator, rviz='true')
    nodes = {a.keywords['executable'] for a in actions if 'executable' in a.keywords}
    assert {'detector_node', 'tracker_node', 'controller_node', 'rviz2'} <= nodes
    assert ('sim_node' in nodes) == (simulator == 'embedded')
    simulated = simulator != 'none'
    assert parameters(actions, 'controller_node').get('use_sim_time', False) is simulated


def test_the_clock_and_the_start_of_the_file_count(start: Start, tmp_path: Path) -> None:
    """A bag or a simulator of one's own; a life cycle manager."""
    mine = write(tmp_path, '/**: {ros__parameters: {use_sim_time: true, autostart: false}}')
    given = parameters(start(params_file=mine), 'controller_node')
    assert (given['use_sim_time'], given['autostart']) == (True, False)
    given = parameters(start(params_file=mine, use_sim_time='false'), 'controller_node')
    assert given['use_sim_time'] is False
    given = parameters(start(autostart='false', use_sim_time='true'), 'controller_node')
    assert (given['use_sim_time'], given['autostart']) == (True, False)


@pytest.mark.parametrize(
    ('free', 'profile'), [(64 << 20, 'fastdds_small.xml'), (1 << 30, 'fastdds.xml')]
)
def test_the_profile_fits_the_shared_memory(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, free: int, profile: str
) -> None:
    from follow_anything.launcher import processes

    room = type('Room', (), {'f_bavail': free // 4096, 'f_frsize': 4096})()
    monkeypatch.setattr(processes.os, 'statvfs', lambda _: room)
    for name in processes.PROFILE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    ((action),) = module.shared_memory()
    assert Path(action.values[1]).name == profile
    monkeypatch.setenv(processes.PROFILE_VARIABLES[1], '/mine.xml')
    assert module.shared_memory() == []
