# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters are refused with a reason, on the live node and at the start."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from graph import Graph
import pytest

pytestmark = pytest.mark.ros

REFUSED = [
    ('controller_node', 'servo.kp_yaw', math.nan, 'nan'),
    ('controller_node', 'servo.kp_yaw', math.inf, 'range'),
    ('controller_node', 'servo.max_forward', -1.0, 'range'),
    ('controller_node', 'servo.stale_after', 5.0, 'range'),
    ('controller_node', 'servo.kp_yaw', 'fast', 'must be a float'),
    ('controller_node', 'servo.robot', 'ground', 'read-only'),
    ('controller_node', 'servo.rate', 50.0, 'read-only'),
    ('tracker_node', 'presence_low', 0.9, 'presence_low (0.9) must not exceed presence_high'),
    ('tracker_node', 'confirm_time', -1.0, 'range'),
    ('tracker_node', 'identity.memory', -3, 'range'),
    ('detector_node', 'min_score', math.nan, 'nan'),
]


@pytest.mark.parametrize(('node', 'name', 'value', 'reason'), REFUSED)
def test_parameter_is_refused_with_a_reason(
    following: Graph, node: str, name: str, value: Any, reason: str
) -> None:
    before = following.get(node, name)
    ((success, given),) = following.set(node, **{name: value})
    assert not success
    assert reason.lower() in given.lower()
    assert name in given or 'type' in given
    assert following.get(node, name) == before
    following.wait_until_moving()


@pytest.mark.field
def test_a_whole_number_is_a_number(following: Graph) -> None:
    assert following.set('controller_node', servo__max_forward=2) == [(True, '')]
    ((accepted, why),) = following.set('controller_node', servo__max_forward=99)
    assert not accepted
    assert 'servo.max_forward must be in [0, 15]' in why
    assert following.set('controller_node', servo__max_forward=3.0) == [(True, '')]
    following.wait_until_moving()


@pytest.mark.field
def test_a_contradiction_is_refused_on_the_live_node(following: Graph) -> None:
    ((accepted, why),) = following.set('controller_node', servo__min_distance=50.0)
    assert not accepted
    assert 'must not exceed servo.follow_distance' in why


def test_parameter_takes_effect_on_the_live_node(following: Graph) -> None:
    assert (
        following.set('controller_node', servo__max_yaw_rate=0.0, servo__max_forward=0.0)
        == [(True, '')] * 2
    )
    count = len(following.commands)
    following.wait(lambda: len(following.commands) > count + 30, 30.0, 'commands')
    newest = [twist for _, twist in following.commands[count + 5 :]]
    assert {twist.angular.z for twist in newest} == {0.0}
    assert max(twist.linear.x for twist in newest) <= 0.0
    assert (
        following.set('controller_node', servo__max_yaw_rate=1.2, servo__max_forward=3.0)
        == [(True, '')] * 2
    )
    following.wait_until_moving()


@pytest.mark.parametrize(
    ('node', 'parameters', 'reason'),
    [
        ('controller_node', {'servo.kp_yaw': '.nan'}, 'kp_yaw'),
        ('controller_node', {'servo.max_forward': -1.0}, 'max_forward'),
        (
            'controller_node',
            {'servo.robot': 'submarine'},
            'servo.robot must be one of drone, ground',
        ),
        ('tracker_node', {'presence_low': 0.9}, 'presence_low'),
        ('tracker_node', {'tracker': 'siamese'}, 'tracker must be one of'),
        ('detector_node', {'detector': 'yolo'}, 'detector must be one of'),
        ('detector_node', {'min_score': '.inf'}, 'min_score'),
    ],
)
def test_node_does_not_start_with_a_wrong_parameter(
    tmp_path: Path, node: str, parameters: dict[str, Any], reason: str
) -> None:
    graph = Graph(tmp_path, '/wrong')
    try:
        process = graph.spawn(node, **parameters)
        assert process.wait(timeout=60.0) != 0
        said = graph.log(node).read_text()
        assert reason in said
        assert 'Traceback' not in said
    finally:
        graph.close()
