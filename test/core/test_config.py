# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every parameter of every node keeps to what its own declaration says."""

from __future__ import annotations

from dataclasses import Field, fields
import math
from typing import Any

from follow_anything.core.config import (
    AdapterConfig,
    Config,
    ControllerConfig,
    IdentityConfig,
    NODES,
    parameters,
    preset,
    PRESETS,
    ServoConfig,
    StickConfig,
    SupervisorConfig,
    TrackerConfig,
    values_of,
    with_values,
)
from follow_anything.core.errors import BadConfig
import pytest

pytestmark = pytest.mark.core

GROUPS = (IdentityConfig, ServoConfig, StickConfig, SupervisorConfig, AdapterConfig)
PARAMETERS = [
    (kind, declared)
    for kind in (*NODES, *GROUPS)
    for declared in fields(kind)
    if not isinstance(declared.default, Config)
]
NUMBERS = [(k, d) for k, d in PARAMETERS if type(d.default) in (int, float)]
CHOICES = [(k, d) for k, d in PARAMETERS if d.metadata['choices']]


def name_of(value: Any) -> str:
    return value.name if isinstance(value, Field) else value.__name__


def beyond(declared: Field[Any]) -> list[float]:
    """Return the nearest values on the wrong side of each end of the range."""
    lo, hi = declared.metadata['lo'], declared.metadata['hi']
    if type(declared.default) is int:
        return [lo - 1, hi + 1]
    ends = ((lo, -math.inf), (hi, math.inf))
    return [math.nextafter(end, towards) for end, towards in ends if end is not None]


@pytest.mark.parametrize('kind', NODES)
def test_defaults_are_valid_and_nodes_are_named(kind: type[Config]) -> None:
    kind()
    assert kind.node


def test_node_names_are_unique() -> None:
    assert len({kind.node for kind in NODES}) == len(NODES)


@pytest.mark.parametrize(('kind', 'declared'), PARAMETERS, ids=name_of)
def test_parameter_has_a_sentence(kind: type[Config], declared: Field[Any]) -> None:
    assert declared.metadata['doc'].endswith('.')
    assert len(declared.metadata['doc']) > 10


@pytest.mark.parametrize(('kind', 'declared'), NUMBERS, ids=name_of)
def test_number_has_a_range_with_both_ends_inside(kind: type[Config], declared: Any) -> None:
    lo, hi = declared.metadata['lo'], declared.metadata['hi']
    assert lo is not None
    assert hi is not None
    # Alone at its end: thresholds of a hysteresis, and two distances, depend on each other.
    others = {
        'presence_low': {'presence_high': 1.0},
        'presence_high': {'presence_low': 0.0},
        'follow_distance': {'min_distance': 0.0},
        'min_distance': {'follow_distance': 100.0},
    }
    for end in (lo, hi):
        value = type(declared.default)(end)
        kind(**{**others.get(declared.name, {}), declared.name: value})


@pytest.mark.parametrize(('kind', 'declared'), NUMBERS, ids=name_of)
def test_number_outside_its_range_is_refused(kind: type[Config], declared: Any) -> None:
    for value in beyond(declared):
        with pytest.raises(BadConfig, match=declared.name):
            kind(**{declared.name: value})


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(('kind', 'declared'), NUMBERS, ids=name_of)
def test_number_must_be_finite(kind: type[Config], declared: Any, value: float) -> None:
    with pytest.raises(BadConfig, match=declared.name):
        kind(**{declared.name: value})


@pytest.mark.parametrize(('kind', 'declared'), PARAMETERS, ids=name_of)
def test_wrong_type_is_refused(kind: type[Config], declared: Field[Any]) -> None:
    wrong = {
        bool: [1, 'true', None], int: [1.0, True, '1'], float: ['1', True, None], str: [1, None],
    }[type(declared.default)]  # fmt: skip
    for value in wrong:
        with pytest.raises(BadConfig, match=f'{declared.name} must be'):
            kind(**{declared.name: value})


@pytest.mark.parametrize(('kind', 'declared'), CHOICES, ids=name_of)
def test_choice_is_one_of_a_list(kind: type[Config], declared: Field[Any]) -> None:
    for choice in declared.metadata['choices']:
        kind(**{declared.name: choice})
    with pytest.raises(BadConfig, match=r'must be one of .*; got'):
        kind(**{declared.name: 'something else'})


def test_whole_number_will_do_for_a_real_one() -> None:
    assert ServoConfig(kp_yaw=2).kp_yaw == 2


def test_thresholds_make_a_hysteresis() -> None:
    TrackerConfig(presence_low=0.5, presence_high=0.5)
    with pytest.raises(BadConfig, match='presence_low'):
        TrackerConfig(presence_low=0.6, presence_high=0.5)


def test_refusal_names_range_unit_and_value() -> None:
    with pytest.raises(BadConfig, match=r'max_forward must be in \[0, 15\] m/s, got 99'):
        ServoConfig(max_forward=99.0)


@pytest.mark.parametrize('robot', PRESETS)
@pytest.mark.parametrize('kind', NODES)
def test_presets_are_valid(robot: str, kind: type[Config]) -> None:
    config = preset(robot, kind)
    for part in (config, getattr(config, 'servo', None)):
        assert getattr(part, 'robot', robot) == robot


@pytest.mark.parametrize('robot', PRESETS)
def test_presets_name_nodes_and_parameters_that_exist(robot: str) -> None:
    known = {kind.node: parameters(kind).keys() for kind in NODES}
    for node, values in PRESETS[robot].items():
        assert set(values) <= known[node]


def test_unknown_robot_is_refused() -> None:
    with pytest.raises(BadConfig, match='drone, ground'):
        preset('submarine', ControllerConfig)


def test_no_setting_lets_a_stale_target_move_a_robot_for_longer_than_promised() -> None:
    declared = parameters(ControllerConfig)
    assert declared['servo.stale_after'].metadata['hi'] <= 0.3
    assert declared['heartbeat_timeout'].metadata['hi'] <= 0.3


# Groups.


@pytest.mark.parametrize('kind', NODES)
def test_a_group_knows_the_field_that_it_is_in(kind: type[Config]) -> None:
    for declared in fields(kind):
        if isinstance(declared.default, Config):
            assert type(declared.default).group == declared.name
            assert type(declared.default) in GROUPS
    assert kind.group == ''


def test_values_by_name_are_all_there_is() -> None:
    for kind in NODES:
        values = values_of(kind())
        assert list(values) == list(parameters(kind))
        assert with_values(kind(), values) == kind()
    assert values_of(ControllerConfig(servo=ServoConfig(lag=0.125)))['servo.lag'] == 0.125


def test_a_value_deep_inside_is_changed_and_nothing_else() -> None:
    before = ControllerConfig(stamped=True)
    after = with_values(before, {'servo.lag': 0.125, 'adapter.kind': 'nav2', 'dry_run': True})
    changed = {n for n, v in values_of(after).items() if v != values_of(before)[n]}
    assert changed == {'servo.lag', 'adapter.kind', 'dry_run'}
    assert after.supervisor is before.supervisor
    assert (before.servo.lag, before.adapter.kind) == (0.3, 'twist')


@pytest.mark.parametrize(
    ('values', 'why'),
    [
        ({'servo.lagg': 1.0}, "'servo.lagg' is no parameter of ControllerConfig"),
        ({'lag': 1.0}, "'lag' is no parameter of ControllerConfig"),
        ({'servo': 1.0}, "'servo' is no parameter of ControllerConfig"),
        ({'servo.lag': 9.0}, r'servo\.lag must be in \[0, 2\] s, got 9'),
        ({'adapter.kind': 'x'}, r'adapter\.kind must be one of twist'),
        (
            {'servo.min_distance': 7.0},
            r'servo\.min_distance \(7.0\) must not exceed servo\.follow',
        ),
    ],
)
def test_values_that_cannot_be_are_refused(values: dict[str, Any], why: str) -> None:
    with pytest.raises(BadConfig, match=why):
        with_values(ControllerConfig(), values)


def test_two_values_that_only_go_together_are_taken_together() -> None:
    far = {'servo.min_distance': 7.0, 'servo.follow_distance': 9.0}
    assert with_values(ControllerConfig(), far).servo.follow_distance == 9.0


def test_a_group_is_no_other_group() -> None:
    with pytest.raises(BadConfig, match='servo must be a ServoConfig'):
        ControllerConfig(servo=SupervisorConfig())  # type: ignore[arg-type]
