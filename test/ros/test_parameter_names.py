# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A node takes every parameter name of the last release: at its start, and while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.core.config import (
    Config,
    ControllerConfig,
    old_names,
    parameters,
    TrackerConfig,
    values_of,
)
from follow_anything.core.errors import BadConfig
from follow_anything.io.user_parameters import Section
from follow_anything.ros.node import FollowNode
from follow_anything.ros.startup import begin, check_sections
from old_names import another, LISTED
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from rclpy.exceptions import ParameterNotDeclaredException
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

pytestmark = pytest.mark.ros

APART = ('search_forward', 'search_backward', 'min_altitude')
"""Parameters that exclude others, or bound them."""

Make = Callable[..., FollowNode]


class Controller(FollowNode):
    """Nothing but the parameters."""

    config_type: type[Config] = ControllerConfig


class Tracker(FollowNode):
    """Nothing but the parameters."""

    config_type: type[Config] = TrackerConfig


@pytest.fixture(autouse=True)
def domain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other graphs on this machine have nodes of these names, too."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(10 + os.getpid() % 90))


@pytest.fixture
def make(capfd: pytest.CaptureFixture[str]) -> Iterator[Make]:
    """Give a function that starts a node as its process does."""
    nodes: list[FollowNode] = []

    def start(*arguments: str, kind: type[FollowNode] = Controller) -> FollowNode:
        begun = begin(['node', '--ros-args', *arguments], kind.config_type)
        nodes.append(kind())
        if begun.notice:
            nodes[0].get_logger().warning(begun.notice)
        return nodes[0]

    yield start
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown()


def rules(values: dict[str, Any]) -> list[str]:
    texts = {n: str(v).lower() if isinstance(v, bool) else str(v) for n, v in values.items()}
    return [word for n, text in texts.items() for word in ('-p', f'{n}:={text}')]


def file(folder: Path, text: str) -> tuple[str, str]:
    path = folder / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    return '--params-file', str(path)


def all_old(kind: type[Config]) -> dict[str, Any]:
    names = [old for node, old in LISTED if node == kind.node and old not in APART]
    return {old: another(kind, old_names(kind)[old]) for old in names}


@pytest.mark.parametrize('how', ['-p', 'file'])
@pytest.mark.parametrize('kind', [Controller, Tracker])
def test_every_old_name_at_the_start(
    make: Make, capfd: pytest.CaptureFixture[str], tmp_path: Path, kind: Any, how: str
) -> None:
    values = all_old(kind.config_type)
    lines = [f'    {n}: {v!r}'.replace('True', 'true').replace('False', 'false') for n, v in
             values.items()]  # fmt: skip
    text = '\n'.join([f'/**/{kind.config_type.node}:', '  ros__parameters:', *lines])
    node = make(*(rules(values) if how == '-p' else file(tmp_path, text)), kind=kind)
    new = old_names(kind.config_type)
    assert values_of(node.config) == {
        **values_of(kind.config_type()),
        **{new[old]: value for old, value in values.items()},
    }
    said = [line for line in capfd.readouterr().err.splitlines() if 'is now' in line]
    assert len(said) == 1
    assert all(f'{old} is now {new[old]}' in said[0] for old in values)


@pytest.mark.parametrize('old', APART)
def test_old_names_that_exclude_others(make: Make, old: str) -> None:
    new = old_names(ControllerConfig)[old]
    assert values_of(make('-p', f'{old}:=0.5').config)[new] == 0.5


MINE = '/**/controller_node: {ros__parameters: {%s}}'
ORDERS = [
    (('-p', 'servo.lag:=0.1'), 'lag: 0.2', 0.2),
    (('-p', 'lag:=0.1'), 'servo.lag: 0.2', 0.2),
    (('-p', 'lag:=0.1'), 'servo: {lag: 0.2}', 0.2),
]


@pytest.mark.parametrize(('rule', 'text', 'last'), ORDERS)
@pytest.mark.parametrize('is_last', [True, False])
def test_the_last_place_wins_under_whatever_name(
    make: Make, tmp_path: Path, rule: tuple[str, str], text: str, last: float, is_last: bool
) -> None:
    """Among the patterns of names that ROS has; -p is for /**, and so is the file here."""
    given = file(tmp_path, (MINE % text).replace('/**/controller_node', '/**'))
    node = make(*rule, *given) if is_last else make(*given, *rule)
    assert node.config.servo.lag == (last if is_last else 0.1)


def test_the_users_file_stays_as_it_is(make: Make, tmp_path: Path) -> None:
    text = '# mine\n' + MINE % 'lag: 0.2'
    option, path = file(tmp_path, text)
    assert make(option, path).config.servo.lag == 0.2
    assert Path(path).read_text(encoding='utf-8') == text


def test_rules_for_a_node_and_values_with_colons(make: Make) -> None:
    address = 'udpin:10.0.0.1:14540'
    node = make('-p', 'controller_node:lag:=0.2', '-p', f'address:={address}')
    assert (node.config.servo.lag, node.config.adapter.address) == (0.2, address)


def test_rules_for_other_nodes(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    other = ['-p', 'tracker_node:margin:=2.0', '-p', 'tracker_node:camera_pitch:=-0.1']
    node = make(*other, '-p', 'servo.camera_pitch:=-0.2')
    assert node.config.servo.camera_pitch == -0.2
    assert not told(capfd)


@pytest.mark.parametrize(
    ('rule', 'reason'),
    [
        ('controler_node:servo.lag:=0.1', "'controler_node' is no node of ours; did you mean con"),
        ('camera:exposure:=3', 'they are detector_node, '),
    ],
)
def test_rules_for_no_node_are_refused(make: Make, rule: str, reason: str) -> None:
    with pytest.raises(BadConfig, match=reason):
        make('-p', rule)


@pytest.mark.parametrize('kind', [Controller, Tracker])
def test_both_names_at_the_start_are_refused(make: Make, tmp_path: Path, kind: Any) -> None:
    for old, value in all_old(kind.config_type).items():
        new = old_names(kind.config_type)[old]
        with pytest.raises(BadConfig, match=f"'{old}' is the old name of '{new}': give it once"):
            make(*rules({old: value, new: value}), kind=kind)
    with pytest.raises(BadConfig, match=r"mine.yaml: 'lag' is the old name"):
        make(*file(tmp_path, MINE % 'lag: 0.2, servo.lag: 0.2'), kind=kind)


def test_a_node_that_is_made_without_our_start_takes_them_too(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for arguments, lag in (['lag:=0.2'], 0.2), (['servo.lag:=0.1'], 0.1):
        rclpy.init(args=['node', '--ros-args', '-p', *arguments])
        node = Controller()
        assert node.config.servo.lag == lag
        node.destroy_node()
        rclpy.shutdown()
        assert ('lag is now servo.lag' in capfd.readouterr().err) is (lag == 0.2)
    rclpy.init(args=['node', '--ros-args', '-p', 'servo.lag:=0.1', '-p', 'lag:=0.1'])
    with pytest.raises(BadConfig, match='give it once'):
        Controller()
    rclpy.shutdown()


@pytest.mark.parametrize('section', ['/robot2/**', '/robot2/*', '/robot2/controller_node'])
def test_sections_of_another_namespace_are_refused(section: str) -> None:
    base = section.removeprefix('/robot2')
    with pytest.raises(BadConfig, match='does not match /controller_node; write /') as refused:
        check_sections([Section(section, {'servo.lag': 0.1})], '/controller_node')
    wanted = {'/**': '/**', '/*': '/**/*'}.get(base, f'/**{base}')
    assert str(refused.value).endswith(f'write {wanted}')
    assert not check_sections([Section(section, {'servo.lag': 0.1})], '/robot2/controller_node')
    mine = Section(f'/robot1{base}', {'servo.lag': 0.2})
    said = check_sections([Section(section, {'servo.lag': 0.1}), mine], '/robot1/controller_node')
    assert said == f"the section '{section}' is for another robot: not taken"
    everybodys = Section('/**', {'servo.lag': 0.2})
    with pytest.raises(BadConfig, match='does not match /robot1/controller_node'):
        check_sections([Section(section, {}), everybodys], '/robot1/controller_node')


class Client:
    """Calls the parameter services of a node, over DDS."""

    def __init__(self, node: FollowNode) -> None:
        self._server = node
        self._node = rclpy.create_node('client', use_global_arguments=False)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._executor.add_node(self._node)

    def __call__(self, kind: Any, name: str, **request: Any) -> Any:
        client = self._node.create_client(kind, f'{self._server.get_name()}/{name}')
        assert client.wait_for_service(timeout_sec=20.0)
        future = client.call_async(kind.Request(**request))
        self._executor.spin_until_future_complete(future, timeout_sec=20.0)
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()


@pytest.fixture(params=[Controller, Tracker])
def running(make: Make, request: pytest.FixtureRequest) -> Iterator[tuple[FollowNode, Client]]:
    """Give a node and its services."""
    node = make(kind=request.param)
    client = Client(node)
    yield node, client
    client.close()


def told(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capfd.readouterr().err.splitlines() if 'is now' in line]


def test_every_old_name_over_the_services(
    running: tuple[FollowNode, Client], capfd: pytest.CaptureFixture[str]
) -> None:
    node, call = running
    kind = node.config_type
    new = old_names(kind)
    old = [name for owner, name in LISTED if owner == kind.node]
    now = [new[name] for name in old]
    for service, request in (
        (GetParameters, 'get_parameters'),
        (DescribeParameters, 'describe_parameters'),
        (GetParameterTypes, 'get_parameter_types'),
    ):
        assert call(service, request, names=old) == call(service, request, names=now)
        assert call(service, request, names=old) != service.Response()
    said = told(capfd)
    assert len(said) == len(old), 'once for each'
    assert all(any(f' {o} is now {new[o]};' in line for line in said) for o in old)
    listed = call(ListParameters, 'list_parameters').result.names
    assert set(parameters(kind)) <= set(listed)
    assert not set(old) & set(listed) - set(parameters(kind))


@pytest.mark.parametrize('atomically', [False, True])
def test_every_old_name_can_be_set(running: tuple[FollowNode, Client], atomically: bool) -> None:
    node, call = running
    kind = node.config_type
    for old in (name for owner, name in LISTED if owner == kind.node):
        new, declared = old_names(kind)[old], parameters(kind)[old_names(kind)[old]]
        value = another(kind, new)
        wanted = [Parameter(old, value=value).to_parameter_msg()]
        if atomically:
            answer = call(SetParametersAtomically, 'set_parameters_atomically', parameters=wanted)
            result = answer.result
        else:
            (result,) = call(SetParameters, 'set_parameters', parameters=wanted).results
        assert result.successful is not declared.metadata['read_only'], result.reason
        if declared.metadata['read_only']:
            assert 'read-only' in result.reason
            continue
        assert result.reason == f'{old} is now {new}; old names work for one more release'
        assert values_of(node.config)[new] == node.get_parameter(new).value == value
        node.set_parameters([Parameter(new, value=declared.default)])


def test_what_cannot_be_is_refused_under_the_old_name(make: Make) -> None:
    node = make()
    before = node.config
    for change in ({'lag': 99.0}, {'min_distance': 50.0}, {'fence': '0 0, 1 1'}, {'nothing': 1.0}):
        given = [Parameter(name, value=value) for name, value in change.items()]
        try:
            result = node.set_parameters_atomically(given)
        except ParameterNotDeclaredException:
            assert 'nothing' in change
            continue
        assert not result.successful
        assert result.reason
        assert 'is now' not in result.reason
    assert node.config is before


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('servo', 3.0, "'servo' is no parameter of controller_node; it is a group: "),
        ('servo.laag', 3.0, 'did you mean servo.lag?'),
        ('supervisor.lag', 3.0, 'did you mean servo.lag?'),
        ('identity.margin', 3.0, 'is a parameter of tracker_node, not of controller_node'),
        ('', 3.0, "'' is no parameter of controller_node"),
        ('servo.follow', 1, 'servo.follow must be a bool, got 1'),
        ('follow', 1, 'servo.follow must be a bool, got 1'),
        ('supervisor.fence', 3, 'supervisor.fence must be a str, got 3'),
        ('servo.robot', 'ground', 'servo.robot is read-only: give it when the node is started'),
    ],
)
@pytest.mark.parametrize('atomically', [False, True])
def test_refusals_over_the_services_say_what_to_do(
    make: Make, name: str, value: Any, reason: str, atomically: bool
) -> None:
    node = make()
    call = Client(node)
    before, given = node.config, [Parameter(name, value=value).to_parameter_msg()]
    if atomically:
        answer = call(SetParametersAtomically, 'set_parameters_atomically', parameters=given)
        result = answer.result
    else:
        (result,) = call(SetParameters, 'set_parameters', parameters=given).results
    assert not result.successful
    assert reason in result.reason
    assert node.config is before
    assert not node.has_parameter('')
    call.close()


def test_both_names_at_once_are_refused_on_the_running_node(make: Make) -> None:
    node = make()
    both = [Parameter('servo.lag', value=0.1), Parameter('lag', value=0.2)]
    for result in (node.set_parameters_atomically(both), *node.set_parameters(both)):
        assert not result.successful
        assert result.reason == "'lag' is the old name of 'servo.lag': give it once"
    assert node.config.servo.lag == node.get_parameter('lag').value == 0.3


def test_several_are_set_together_or_not_at_all(make: Make) -> None:
    node = make()
    far = [Parameter('min_distance', value=9.0), Parameter('servo.follow_distance', value=12.0)]
    assert node.set_parameters_atomically(far).successful
    assert (node.config.servo.min_distance, node.config.servo.follow_distance) == (9.0, 12.0)
    near = [Parameter('follow_distance', value=8.0), Parameter('max_forward', value=1.0)]
    assert not node.set_parameters_atomically(near).successful
    assert node.config.servo.max_forward == 3.0


def test_groups_that_a_change_does_not_touch_stay_the_same_objects(make: Make) -> None:
    node = make()
    before = node.config
    assert node.set_parameters([Parameter('fence_radius', value=9.0)])[0].successful
    assert node.config.servo is before.servo
    assert node.config.supervisor.fence_radius == 9.0
    assert node.just_set == {'supervisor.fence_radius': 9.0}


def test_old_names_in_the_same_process(make: Make) -> None:
    node = make()
    assert node.has_parameter('lag')
    assert not node.has_parameter('nothing')
    assert [p.name for p in node.get_parameters(['lag', 'fence'])] == [
        'servo.lag',
        'supervisor.fence',
    ]
    assert node.get_parameter_or('lag').value == 0.3
    assert node.get_parameter_type('lag') == Parameter.Type.DOUBLE.value
    assert node.describe_parameter('lag') == node.describe_parameter('servo.lag')
    plain = ParameterDescriptor(description='plain', dynamic_typing=True)
    node.set_descriptor('lag', plain)
    assert node.describe_parameter('servo.lag').description == 'plain'
    node.undeclare_parameter('lag')
    assert not node.has_parameter('servo.lag')
