# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which processes `up` starts."""

from __future__ import annotations

from collections.abc import Mapping

from follow_anything.launcher import up
from follow_anything.launcher.nodes import PARTS, remappings, SIMULATOR
import pytest

pytest.importorskip('rclpy')
pytestmark = [pytest.mark.ros]


class Started:
    """Stands for the processes: keeps their names, and one of them is dead at once."""

    names: list[str]
    remapped: Mapping[str, str]
    simulated_time: bool
    namespace: str

    def __init__(self, *, simulated_time: bool, namespace: str, **_: object) -> None:
        type(self).names, type(self).simulated_time = [], simulated_time
        type(self).namespace = namespace

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(
        self, node: str, _: Mapping[str, object], remapped: Mapping[str, str] | None = None
    ) -> None:
        self.names.append(node)
        type(self).remapped = remapped or {}

    def dead(self) -> dict[str, int]:
        return {'somebody': 1}


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, 'Graph', Started)
    monkeypatch.setattr(up, 'use_shared_memory', lambda: None)


@pytest.mark.parametrize('part', PARTS)
@pytest.mark.parametrize('dry_run', [False, True])
def test_robot_with_a_camera_of_its_own_gets_no_simulator(part: str, dry_run: bool) -> None:
    """Its pictures, its clock and its /tf would be those of another world."""
    assert up.run('ground', {}, part=part, dry_run=dry_run) == 1
    assert set(Started.names) == set(PARTS[part].nodes)
    assert not Started.simulated_time


def test_simulator_runs_where_it_is_asked_for() -> None:
    assert up.run('ground', {}, simulator={'scenario': 'dog'}) == 1
    assert SIMULATOR in Started.names
    assert Started.simulated_time


@pytest.mark.parametrize('level', ['WARN', 'controller_node:=debug'])
def test_what_ros_takes_is_taken(level: str) -> None:
    assert up.run('ground', {}, '/robot1/', log_level=level) == 1
    assert set(Started.names) == set(PARTS['all'].nodes)
    assert Started.namespace == '/robot1'


def test_the_transforms_can_stay_in_the_namespace() -> None:
    assert up.run('ground', remappings('image', 'camera_info', 'depth'), '/robot1') == 1
    assert Started.remapped == {}
    assert up.run('ground', remappings('image', 'camera_info', 'depth', 'tf'), '/robot1') == 1
    assert Started.remapped == {'/tf': 'tf', '/tf_static': 'tf_static'}
