# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every parameter name of before there were groups works in a file, with one notice."""

from __future__ import annotations

import logging
from pathlib import Path
import re
import subprocess
import sys
from typing import Any

from follow_anything.core.config import (
    Config,
    ControllerConfig,
    DetectorConfig,
    NODES,
    notice,
    old_names,
    parameters,
    renamed,
    TrackerConfig,
)
from follow_anything.core.errors import BadConfig
from follow_anything.io.user_parameters import read_sections, resolve
from old_names import another, LISTED
import pytest
import yaml

pytestmark = pytest.mark.core

KINDS = {kind.node: kind for kind in NODES}
BOTH = 'mine.yaml: .* is the old name of .*: give it once'


def file(folder: Path, values: dict[str, Any], section: str = '/**/controller_node') -> Path:
    path = folder / 'mine.yaml'
    path.write_text(yaml.safe_dump({section: {'ros__parameters': values}}), encoding='utf-8')
    return path


def test_all_names_of_the_last_release_are_known() -> None:
    """That release is 0.1.0."""
    assert len(LISTED) == 77
    assert sorted(LISTED) == sorted((k.node, old) for k in NODES for old in old_names(k))
    for node, old in LISTED:
        new = old_names(KINDS[node])[old]
        assert new.partition('.')[2] == ('kind' if old == 'robot_adapter' else old)
        assert old not in parameters(KINDS[node]), 'it has two meanings in this node'


def test_what_is_said_about_a_parameter_has_no_old_name_of_another() -> None:
    for kind in NODES:
        old = {name for name in old_names(kind) if '_' in name}
        for name, declared in parameters(kind).items():
            found = set(re.findall(r'(?<![\w.])[a-z]+_[a-z_]+', declared.metadata['doc'])) & old
            assert not found, f'{name}: {found}'


@pytest.mark.parametrize('section', ['/**/{}', '/**'])
@pytest.mark.parametrize(('node', 'old'), LISTED)
def test_the_old_name_works_in_a_file_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, node: str, old: str, section: str
) -> None:
    new = old_names(KINDS[node])[old]
    value = another(KINDS[node], new)
    robot = value if old == 'robot' else 'drone'
    with caplog.at_level(logging.WARNING):
        resolved = resolve(robot, '', file(tmp_path, {old: value}, section.format(node)))
    assert resolved[node][new] == value
    assert old not in resolved[node]
    (said,) = [r.getMessage() for r in caplog.records if f': {node}: ' in r.getMessage()]
    assert said == (
        f'{tmp_path}/mine.yaml: {node}: {old} is now {new}; old names work for one more release'
    )


def test_new_names_are_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    nested = {'servo': {'lag': 0.1}, 'adapter': {'kind': 'nav2'}, 'supervisor.fence_radius': 9}
    controller = resolve('drone', '', file(tmp_path, nested))['controller_node']
    assert [controller[n] for n in ('servo.lag', 'adapter.kind')] == [0.1, 'nav2']
    assert controller['supervisor.fence_radius'] == 9.0
    assert not caplog.records


def test_the_notice_reaches_who_starts_it(tmp_path: Path) -> None:
    path = file(tmp_path, {'max_forward': 1.0, 'fence_radius': 9.0})
    code = f'import pathlib; from {resolve.__module__} import resolve as r; '
    code += f'r("drone", "", pathlib.Path({str(path)!r}))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    said = 'max_forward is now servo.max_forward, fence_radius is now supervisor.fence_radius'
    assert done.stderr == f'{path}: controller_node: {said}; old names work for one more release\n'


@pytest.mark.parametrize('section', ['/**/{}', '/**'])
@pytest.mark.parametrize(('node', 'old'), LISTED)
def test_both_names_in_one_place_are_refused(
    tmp_path: Path, node: str, old: str, section: str
) -> None:
    kind = KINDS[node]
    new, value = old_names(kind)[old], another(kind, old_names(kind)[old])
    path = file(tmp_path, {old: value, new: value}, section.format(node))
    is_of_another = any(old in parameters(other) for other in NODES)
    if section == '/**' and is_of_another:
        read_sections(path)  # `rate` is that of the others then
    else:
        with pytest.raises(BadConfig, match=BOTH):
            read_sections(path)


def test_a_name_that_another_node_has_is_that_nodes_where_all_are_meant(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    values = {'rate': 12.0, 'servo': {'rate': 40.0}, 'camera_pitch': -0.1}
    resolved = resolve('drone', '', file(tmp_path, values, '/**'))
    assert resolved['controller_node']['servo.rate'] == 40.0
    assert resolved['detector_node']['rate'] == resolved['console_node']['rate'] == 12.0
    assert resolved['tracker_node']['camera_pitch'] == -0.1
    assert resolved['controller_node']['servo.camera_pitch'] == -0.1
    (record,) = caplog.records
    assert 'controller_node: camera_pitch is now servo.camera_pitch;' in record.getMessage()


def test_later_places_win_under_whatever_name(tmp_path: Path) -> None:
    text = '/**: {ros__parameters: {servo.lag: 0.1}}\n'
    text += 'controller_node: {ros__parameters: {lag: 0.2}}'
    path = tmp_path / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    assert resolve('drone', '', path)['controller_node']['servo.lag'] == 0.2
    given = {'controller_node': {'lag': 0.4}}
    assert resolve('drone', '', path, given)['controller_node']['servo.lag'] == 0.4
    given = {'controller_node': {'lag': 0.4, 'servo.lag': 0.5}}
    with pytest.raises(BadConfig, match='give it once'):
        resolve('drone', '', None, given)


@pytest.mark.parametrize('values', [{'lag': 9.0}, {'min_distance': 50.0}, {'fence': '0 0, 1 1'}])
def test_a_wrong_value_is_refused_under_the_old_name(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    with pytest.raises(BadConfig, match=r'mine\.yaml: controller_node: '):
        resolve('drone', '', file(tmp_path, values))


@pytest.mark.parametrize(
    ('kind', 'given', 'found'),
    [
        (ControllerConfig, ['lag', 'stamped', 'servo.rate'], {'lag': 'servo.lag'}),
        (ControllerConfig, ['robot_adapter'], {'robot_adapter': 'adapter.kind'}),
        (ControllerConfig, ['kind', 'servo', 'nothing'], {}),
        (TrackerConfig, ['sentinel_rate'], {'sentinel_rate': 'identity.sentinel_rate'}),
        (DetectorConfig, ['sentinel_rate', 'lag'], {}),
    ],
)
def test_what_is_an_old_name(kind: type[Config], given: list[str], found: dict[str, str]) -> None:
    assert renamed(kind, given) == found
    assert bool(notice(found)) is bool(found)
    assert all(re.search(rf'\b{old} is now {new}\b', notice(found)) for old, new in found.items())
