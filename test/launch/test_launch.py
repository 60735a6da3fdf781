# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
launch/follow.launch.py and what it hands out: nodes, arguments, remappings, files, RViz.

Where `launch` is not installed (it is not on PyPI) the file is read, not run: that finds a node, a
topic or an argument that does not exist. Only the test that needs `launch` shows that it starts.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
import importlib.util
import itertools
from pathlib import Path
from types import ModuleType
from typing import Any

from follow_anything.core import config
from follow_anything.core.config import ControllerConfig, NODES, PRESETS, TrackerConfig
from follow_anything.launcher.nodes import (
    CONSOLE,
    MAVLINK_CAMERA,
    MODULES,
    PARTS,
    remappings,
    SIMULATOR,
)
import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LAUNCH_FILE = ROOT / 'launch' / 'follow.launch.py'
OF_ROS = {'rviz2', 'ros_gz_bridge', 'tf2_ros', 'foxglove_bridge'}

LIGHT = ('launcher.nodes', 'launcher.processes', 'io.user_parameters')

DECIDING = ('robot', 'simulator', 'part', 'robot_adapter', 'rviz', 'use_sim_time')

pytestmark = pytest.mark.skipif(
    not (ROOT / 'setup.py').is_file(), reason='the sources are not here, only an installation'
)


@pytest.fixture(scope='module')
def tree() -> ast.Module:
    return ast.parse(LAUNCH_FILE.read_text(encoding='utf-8'))


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in found if ast.unparse(call.func) == name]


def keyword(call: ast.Call, name: str) -> Any:
    """Return a keyword argument that is written out; None where it is not there."""
    values = [ast.literal_eval(k.value) for k in call.keywords if k.arg == name]
    return values[0] if values else None


@dataclass(frozen=True)
class Argument:
    """A row of the launch file's table of arguments."""

    name: str
    default: str
    choices: list[str]
    description: str


def declared(tree: ast.Module) -> dict[str, Argument]:
    tables = [n for n in tree.body if isinstance(n, ast.AnnAssign)]
    (table,) = [n for n in tables if ast.unparse(n.target) == 'ARGUMENTS']
    assert table.value is not None
    return {row[0]: Argument(*row) for row in ast.literal_eval(table.value)}


def entry_points() -> dict[str, str]:
    setup = ast.parse((ROOT / 'setup.py').read_text(encoding='utf-8'))
    (call,) = calls(setup, 'setup')
    scripts = keyword(call, 'entry_points')['console_scripts']
    return dict(script.replace(' ', '').split('=') for script in scripts)


# What reading it tells.


def test_every_node_is_an_executable_of_the_package():
    assert {kind.node for kind in NODES} == set(MODULES)
    assert MODULES.items() <= {n: m.partition(':')[0] for n, m in entry_points().items()}.items()
    assert {SIMULATOR, CONSOLE, MAVLINK_CAMERA, *PARTS['all'].nodes} == set(MODULES)


def test_other_nodes_come_from_known_packages(tree):
    others = {keyword(call, 'package') for call in calls(tree, 'Node')} - {None}
    assert others == OF_ROS | {'follow_anything'}


def test_every_argument_is_described_and_used(tree):
    arguments = declared(tree)
    for name, argument in arguments.items():
        assert argument.description.endswith('.'), name
        assert not argument.choices or argument.default in argument.choices, name
    used = {
        ast.literal_eval(call.args[0])
        for name in ('value', 'LaunchConfiguration')
        for call in calls(tree, name)
        if isinstance(call.args[0], ast.Constant)
    }
    assert used == set(arguments)


def test_choices_are_those_of_the_parameters(tree):
    arguments = declared(tree)
    assert arguments['robot'].choices == list(PRESETS)
    assert arguments['part'].choices == list(PARTS)
    device = config.parameters(TrackerConfig)['device']
    assert arguments['device'].choices == ['', *device.metadata['choices']]
    adapter = config.parameters(ControllerConfig)['adapter.kind']
    assert arguments['robot_adapter'].choices == ['', *adapter.metadata['choices']]


def test_parameters_exist(tree):
    known = {name for kind in NODES for name in config.parameters(kind)}
    known |= {'use_sim_time', 'autostart', 'config_file'}
    start = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == 'start']
    topics = {'namespace', 'output', 'ros_arguments', 'remappings', 'package'}  # Node's own
    for literal in (node for node in ast.walk(start[0]) if isinstance(node, ast.Dict)):
        names = {ast.literal_eval(key) for key in literal.keys if key is not None}
        assert names <= known | topics, ast.unparse(literal)


@pytest.mark.ros
def test_remapped_topics_are_heard_by_the_nodes():
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    import node_topics

    heard = {e.topic for e in node_topics.endpoints(*node_topics.FOLLOWERS) if not e.publishes}
    # 'compressed' is a parameter: by default the raw topic is subscribed to.
    ours = set(remappings('', '', '')) - {'image/compressed'}
    assert {f'/{topic.lstrip("/")}' for topic in ours} <= heard


def test_files_it_hands_out_are_there():
    names = ['config/fastdds.xml', 'config/follow.rviz', 'worlds/follow.sdf']
    names += [f'config/{robot}.yaml' for robot in PRESETS]
    names += [f'config/gz_bridge_{robot}.yaml' for robot in PRESETS]
    assert [name for name in names if not (ROOT / name).is_file()] == []


def test_it_neither_evaluates_nor_installs(tree):
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {
        '__future__',
        'collections.abc',
        'difflib',
        'pathlib',
        'typing',
        'shutil',
        'sys',
        'tempfile',
    }
    allowed |= {'ament_index_python.packages', 'launch', 'launch.action', 'launch.actions'}
    allowed |= {f'follow_anything.{name}' for name in LIGHT}
    allowed |= {'follow_anything.core.config', 'follow_anything.core.errors'}
    allowed |= {'follow_anything.sim.scenarios'}
    allowed |= {'launch.event_handlers', 'launch.substitutions', 'launch_ros.actions'}
    assert imported <= allowed
    names = {ast.unparse(c.func) for c in ast.walk(tree) if isinstance(c, ast.Call)}
    assert not names & {'eval', 'exec', 'os.system', 'PythonExpression', 'Command'}


# What running it tells, where launch is installed.


@pytest.fixture
def launch_file(monkeypatch, tmp_path) -> ModuleType:
    """Give the launch file where everything it may look for is installed."""
    # Not 'launch': from the root of the sources that would be our own folder of that name.
    pytest.importorskip('launch.actions', reason='launch is not installed: it needs a ROS 2')
    pytest.importorskip('launch_ros.actions', reason='launch_ros is not installed')
    for name in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location('follow_launch', LAUNCH_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / 'lib' / 'follow_anything').mkdir(parents=True)
    monkeypatch.setattr(module, 'get_package_prefix', lambda _: str(tmp_path))
    monkeypatch.setattr(module.shutil, 'which', lambda name: f'/usr/bin/{name}')
    return module


def build(module: ModuleType, **arguments: str) -> list[Any]:
    """Return the actions for a choice of arguments, after the real launch has visited them."""
    import launch

    context = launch.LaunchContext()
    context.launch_configurations.update(arguments)
    visited = [entity.visit(context) for entity in module.generate_launch_description().entities]
    actions = [action for group in visited if group for action in group]
    for action in actions:
        if hasattr(action, '_perform_substitutions'):
            action._perform_substitutions(context)
    return actions


@pytest.mark.slow
def test_it_builds_for_every_combination_of_arguments(launch_file, tree):
    from launch_ros.actions import Node

    parts = {name: set(part.nodes) for name, part in PARTS.items()}
    simulators = {
        'none': set(),
        'embedded': {'sim_node'},
        'gazebo': {'parameter_bridge', 'static_transform_publisher'},
    }
    choices = {a.name: a.choices for a in declared(tree).values() if a.choices}
    choices |= {'namespace': ['', 'robot1'], 'scenario': ['', 'street'], 'log_level': ['debug']}
    # All combinations of what decides what is started; what is only handed on takes turns.
    handed_on = [name for name in choices if name not in DECIDING]
    others = itertools.cycle(itertools.product(*(choices[name] for name in handed_on)))
    for values in itertools.product(*(choices[name] for name in DECIDING)):
        arguments = dict(zip(DECIDING, values, strict=True))
        arguments |= dict(zip(handed_on, next(others), strict=True))
        nodes = [a for a in build(launch_file, **arguments) if isinstance(a, Node)]
        expected = parts[arguments['part']] | simulators[arguments['simulator']]
        expected |= {'rviz2'} if arguments['rviz'] == 'true' else set()
        expected |= {'foxglove_bridge'} if arguments['foxglove'] == 'true' else set()
        expected |= {CONSOLE} if arguments['console'] == 'true' else set()
        expected |= {MAVLINK_CAMERA} if arguments['mavlink_camera'] == 'true' else set()
        assert {node.node_executable for node in nodes} == expected, arguments
        prefix = '/robot1/' if arguments['namespace'] else '/'
        ours = [node for node in nodes if node.node_executable != 'foxglove_bridge']
        assert all(node.node_name.startswith(prefix) for node in ours), arguments


def test_an_unknown_choice_is_refused(launch_file):
    with pytest.raises(RuntimeError, match='boat'):
        build(launch_file, robot='boat')


def test_the_profile_of_an_operator_wins(launch_file, monkeypatch):
    from launch.actions import SetEnvironmentVariable

    def variables() -> list[str]:
        entities = launch_file.generate_launch_description().entities
        return [
            ''.join(part.text for part in entity.name)
            for entity in entities
            if isinstance(entity, SetEnvironmentVariable)
        ]

    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    assert variables() == ['FASTDDS_DEFAULT_PROFILES_FILE']
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    assert variables() == ['FASTRTPS_DEFAULT_PROFILES_FILE']
    monkeypatch.setenv('FASTDDS_DEFAULT_PROFILES_FILE', '/somebody/else.xml')
    assert variables() == []


# RViz.

DISPLAYED = {
    'rviz_default_plugins/Image': 'sensor_msgs/msg/Image',
    'rviz_default_plugins/MarkerArray': 'visualization_msgs/msg/MarkerArray',
    'rviz_default_plugins/Pose': 'geometry_msgs/msg/PoseStamped',
}


@pytest.fixture(scope='module')
def rviz() -> dict[str, Any]:
    return yaml.safe_load((ROOT / 'config/follow.rviz').read_text(encoding='utf-8'))


@pytest.mark.ros
def test_rviz_shows_what_the_nodes_publish_and_clicks_where_they_listen(rviz):
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    import node_topics

    ours = node_topics.endpoints(*node_topics.FOLLOWERS)
    published = {(e.topic, e.kind): e.reliable for e in ours if e.publishes}
    shown = [d for d in rviz['Visualization Manager']['Displays'] if d['Class'] in DISPLAYED]
    assert {display['Class'] for display in shown} == set(DISPLAYED)
    assert {'markers', 'controller_node/fence'} <= {d['Topic']['Value'] for d in shown}
    for display in shown:
        topic = display['Topic']
        if topic['Durability Policy'] == 'Transient Local':  # or who comes late sees nothing
            assert topic['Value'] == 'controller_node/fence'
        reliable = published[f'/{topic["Value"]}', DISPLAYED[display['Class']]]
        # Who asks for more reliability than is offered gets nothing at all.
        assert reliable or topic['Reliability Policy'] == 'Best Effort', display['Name']
    (tool,) = [t for t in rviz['Visualization Manager']['Tools'] if 'PublishPoint' in t['Class']]
    heard = {(e.topic, e.kind) for e in ours if not e.publishes}
    assert (f'/{tool["Topic"]["Value"]}', 'geometry_msgs/msg/PointStamped') in heard


@pytest.mark.ros
def test_rviz_knows_every_namespace_that_is_drawn(rviz):
    """A namespace that is missing in the file is shown; one that nobody draws promises it."""
    pytest.importorskip('visualization_msgs.msg', reason='ROS 2 is not installed')
    from follow_anything.core.world.chart import Thing
    from follow_anything.ros.messages import markers
    from geometry_msgs.msg import Pose
    from std_msgs.msg import Header

    header, color, here, spread = Header(), (1, 2, 3), np.zeros(3), np.eye(3)
    things = [Thing(n, kind, here, spread) for n, kind in enumerate(('target', 'look-alike', ''))]
    drawn = [
        markers.target_marker(header, Pose(), color),
        *markers.thing_markers(things, header, color),
        markers.trail_marker(header, here, 0, color),
        markers.notice_marker(header, 'why', color),
    ]
    displays = rviz['Visualization Manager']['Displays']
    (display,) = [d for d in displays if d.get('Topic', {}).get('Value') == 'markers']
    assert set(display['Namespaces']) == {marker.ns for marker in drawn}
    assert set(display['Namespaces'].values()) == {True}


def test_rviz_has_the_form_of_rviz_2(rviz):
    manager = rviz['Visualization Manager']
    assert {'Displays', 'Tools', 'Views', 'Global Options'} <= set(manager)
    entries = [*rviz['Panels'], *manager['Displays'], *manager['Tools']]
    prefixes = {entry['Class'].split('/')[0] for entry in entries}
    assert prefixes == {'rviz_common', 'rviz_default_plugins'}
    assert any(display['Class'].endswith('/TF') for display in manager['Displays'])
