# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which processes `up` starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from follow_anything.core.errors import InvalidInput
from follow_anything.launcher import up
from follow_anything.launcher.nodes import PARTS, remappings, SIMULATOR
import pytest
import yaml

pytest.importorskip('rclpy')
pytestmark = [pytest.mark.ros]


class Started:
    """Stands for the processes: keeps their names, and one of them is dead at once."""

    names: list[str]
    remapped: Mapping[str, str]
    simulated_time: bool
    namespace: str
    parameters: dict[str, Any]

    def __init__(
        self, *, simulated_time: bool, namespace: str, params_file: Path, **_: object
    ) -> None:
        type(self).parameters = yaml.safe_load(params_file.read_text(encoding='utf-8'))
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
    assert up.run('ground', {}, part=part, chosen={'dry_run': dry_run}) == 1
    assert set(Started.names) == set(PARTS[part].nodes)
    assert not Started.simulated_time


def test_what_is_chosen_wins_over_the_file(tmp_path: Path) -> None:
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**: {ros__parameters: {device: cpu, adapter.kind: nav2}}', encoding='utf-8')
    given = {'adapter.kind': 'mavlink', 'adapter.address': 'udpin:0.0.0.0:14540', 'device': 'auto'}
    assert up.run('drone', {}, params_file=mine, chosen=given) == 1
    controller = Started.parameters['/controller_node']['ros__parameters']
    assert controller['adapter.kind'] == 'mavlink'
    assert controller['adapter.address'] == 'udpin:0.0.0.0:14540'
    assert Started.parameters['/detector_node']['ros__parameters']['device'] == 'auto'


def test_what_the_part_overrules_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Copies of config/<robot>.yaml have every parameter: the part's come first, said aloud."""
    mine = tmp_path / 'mine.yaml'
    mine.write_text(
        '/**: {ros__parameters: {require_detector: true, require_watchdog: true}}',
        encoding='utf-8',
    )
    assert up.run('ground', {}, part='robot', params_file=mine) == 1
    assert [record.getMessage().partition(': ')[2] for record in caplog.records] == [
        'controller_node: require_detector is False, by the command that starts it; the file says '
        'True'
    ]


def test_an_address_needs_an_autopilot() -> None:
    with pytest.raises(InvalidInput, match='robot_adapter is twist, which has none'):
        up.run('drone', {}, chosen={'adapter.address': 'udpin:0.0.0.0:14540'})


@pytest.mark.parametrize('address', ['10.0.0.2', 'udpin:0.0.0.0:99999', 'serial:/dev/tty:0'])
def test_what_is_no_address_starts_nothing(tmp_path: Path, address: str) -> None:
    Started.names = []
    mine = tmp_path / 'mine.yaml'
    mine.write_text(
        f'/**: {{ros__parameters: {{adapter: {{kind: mavlink, address: "{address}"}}}}}}',
        encoding='utf-8',
    )
    with pytest.raises(InvalidInput, match='address: '):
        up.run('drone', {}, params_file=mine)
    assert Started.names == []


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
