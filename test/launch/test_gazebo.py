# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The Gazebo world and its bridge, checked as far as that goes without Gazebo.

The parser of SDF itself, every element name against the format's own description, every parameter
of a plugin against its documentation, and every bridged topic, type and direction against the
world on the one side and our running nodes on the other. Nothing here simulates: docs/gazebo.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
import functools
import math
from pathlib import Path
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

from follow_anything.core.config import ControllerConfig, preset, PRESETS, SimulatorConfig
import numpy as np
import pytest
import yaml

pytestmark = pytest.mark.gazebo

ROOT = Path(__file__).resolve().parents[2]
WORLD = ROOT / 'worlds' / 'follow.sdf'
DESCRIPTIONS = Path('/usr/share/sdformat12/1.9')
SDF_TOOL = shutil.which('ign') or shutil.which('gz')
ROBOTS = tuple(PRESETS)

NOT_IN_THE_FORMAT = {('sensor', 'gz_frame_id')}
"""Read by gz-sensors but not described by SDF 1.9: the frame in the headers of the images."""

PLUGINS = {
    'gz::sim::systems::Physics': ('gz-sim-physics-system', set()),
    'gz::sim::systems::UserCommands': ('gz-sim-user-commands-system', set()),
    'gz::sim::systems::SceneBroadcaster': ('gz-sim-scene-broadcaster-system', set()),
    'gz::sim::systems::Sensors': ('gz-sim-sensors-system', {'render_engine'}),
    'gz::sim::systems::VelocityControl': (
        'gz-sim-velocity-control-system',
        {'topic', 'initial_linear', 'initial_angular', 'link_name'},
    ),
    'gz::sim::systems::OdometryPublisher': (
        'gz-sim-odometry-publisher-system',
        {'odom_frame', 'robot_base_frame', 'odom_publish_frequency', 'odom_topic', 'tf_topic'}
        | {'odom_covariance_topic', 'dimensions', 'xyz_offset', 'rpy_offset', 'gaussian_noise'},
    ),
    'gz::sim::systems::DiffDrive': (
        'gz-sim-diff-drive-system',
        {'left_joint', 'right_joint', 'wheel_separation', 'wheel_radius', 'topic', 'frame_id'}
        | {'odom_topic', 'tf_topic', 'odom_publish_frequency', 'child_frame_id'}
        | {
            f'{end}_{axis}{what}'
            for end in ('min', 'max')
            for axis in ('', 'linear_', 'angular_')
            for what in ('velocity', 'acceleration', 'jerk')
        },
    ),
}
"""System, its library and its parameters, from the documentation of gz-sim 8 (Harmonic)."""

BRIDGED_TYPES = {
    'geometry_msgs/msg/Twist': 'gz.msgs.Twist',
    'nav_msgs/msg/Odometry': 'gz.msgs.Odometry',
    'rosgraph_msgs/msg/Clock': 'gz.msgs.Clock',
    'sensor_msgs/msg/CameraInfo': 'gz.msgs.CameraInfo',
    'sensor_msgs/msg/Image': 'gz.msgs.Image',
    'tf2_msgs/msg/TFMessage': 'gz.msgs.Pose_V',
}
"""The pairs we use, from the table in the documentation of ros_gz_bridge."""

needs_tool = pytest.mark.skipif(
    SDF_TOOL is None,
    reason='no `ign sdf` here: apt install ignition-tools libsdformat-dev sdformat-sdf',
)
needs_descriptions = pytest.mark.skipif(
    not DESCRIPTIONS.is_dir(), reason=f'no {DESCRIPTIONS} here: apt install sdformat-sdf'
)


@pytest.fixture(scope='module')
def world() -> ElementTree.Element:
    found = ElementTree.parse(WORLD).getroot().find('world')
    assert found is not None
    return found


@pytest.fixture(scope='module')
def our_endpoints():
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    import node_topics

    return node_topics.endpoints(*node_topics.FOLLOWERS)


def named(parent: ElementTree.Element, path: str, name: str) -> ElementTree.Element:
    found = parent.find(f"{path}[@name='{name}']")
    assert found is not None, f'{path} {name} is missing'
    return found


def numbers(element: ElementTree.Element, path: str) -> list[float]:
    return [float(text) for text in (element.findtext(path) or '').split()]


def bridge(robot: str) -> list[dict[str, str]]:
    return yaml.safe_load((ROOT / f'config/gz_bridge_{robot}.yaml').read_text(encoding='utf-8'))


# The file itself.


def check(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SDF_TOOL), 'sdf', '-k', str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@needs_tool
def test_the_parser_of_sdf_accepts_the_world():
    result = check(WORLD)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert 'Valid' in result.stdout


@needs_tool
@pytest.mark.parametrize(
    ('right', 'wrong'),
    [
        ('<model name="bus">', '<model name="hedge">'),
        ('<mass>1.5</mass>', '<mass>heavy</mass>'),
        ('<parent>base_link</parent>', '<parent>base</parent>'),
    ],
)
def test_the_parser_refuses_a_broken_world(tmp_path, right, wrong):
    text = WORLD.read_text(encoding='utf-8')
    assert right in text
    broken = tmp_path / 'broken.sdf'
    broken.write_text(text.replace(right, wrong, 1), encoding='utf-8')
    assert check(broken).returncode != 0


@functools.cache
def description(filename: str) -> ElementTree.Element:
    return ElementTree.parse(DESCRIPTIONS / filename).getroot()


def described_children(element: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """Return the descriptions of the elements that may lie below a described one."""
    names = [child.get('filename', '') for child in element.findall('include')]
    # Debian's package lacks navsat.sdf; what it would describe counts as unknown.
    included = [description(name) for name in names if (DESCRIPTIONS / name).is_file()]
    return {child.get('name', ''): child for child in [*element.findall('element'), *included]}


def unknown_elements(
    element: ElementTree.Element, described: ElementTree.Element
) -> Iterator[tuple[str, str]]:
    """Yield (parent, name) of every element and @attribute the format does not describe."""
    attributes = {child.get('name') for child in described.findall('attribute')}
    yield from ((element.tag, f'@{name}') for name in element.attrib if name not in attributes)
    if element.tag == 'plugin':
        return  # its content is the plugin's own, see PLUGINS
    children = described_children(described)
    for child in element:
        if child.tag in children:
            yield from unknown_elements(child, children[child.tag])
        else:
            yield element.tag, child.tag


@needs_descriptions
def test_the_format_describes_every_element():
    root = ElementTree.parse(WORLD).getroot()
    assert set(unknown_elements(root, description('root.sdf'))) == NOT_IN_THE_FORMAT


@needs_descriptions
def test_a_misspelt_element_is_found():
    text = WORLD.read_text(encoding='utf-8').replace('<update_rate>', '<update_rte>', 1)
    root = ElementTree.fromstring(text.replace('</update_rate>', '</update_rte>', 1))
    found = set(unknown_elements(root, description('root.sdf')))
    assert found - NOT_IN_THE_FORMAT == {('sensor', 'update_rte')}


def test_plugins_are_spelt_as_documented(world):
    plugins = list(world.iter('plugin'))
    assert {plugin.get('name') for plugin in plugins} == set(PLUGINS)
    for plugin in plugins:
        library, parameters = PLUGINS[str(plugin.get('name'))]
        assert plugin.get('filename') == library
        assert {child.tag for child in plugin} <= parameters


def test_it_loads_without_a_network(world):
    assert not [e.tag for e in world.iter() if e.tag in ('uri', 'mesh', 'include', 'skin')]


# What happens in it.


def test_the_two_red_cars_are_identical(world):
    def looks(path: str, name: str) -> list[str]:
        visuals = named(world, path, name).findall('link/visual')
        return [ElementTree.tostring(visual, encoding='unicode') for visual in visuals]

    assert looks('model', 'car_parked') == looks('actor', 'car_driving')


def test_actors_walk_evenly_and_close_their_round(world):
    """The spline between waypoints is only even for even times; a loop that jumps is no walk."""
    actors = world.findall('actor')
    assert len([a for a in actors if str(a.get('name')).startswith('person_')]) >= 4
    for actor in actors:
        points = actor.findall('script/trajectory/waypoint')
        times = np.array([float(point.findtext('time') or 'nan') for point in points])
        poses = np.array([numbers(point, 'pose') for point in points])
        assert np.allclose(np.diff(times), 2.0), actor.get('name')
        assert np.allclose(poses[0, :3], poses[-1, :3], atol=0.01), actor.get('name')
        speeds = np.linalg.norm(np.diff(poses[:, :2], axis=0), axis=1) / np.diff(times)
        fastest = 1.6 if str(actor.get('name')).startswith('person_') else 3.0
        assert 0.7 < speeds.max() <= fastest, actor.get('name')


@pytest.mark.parametrize('robot', ROBOTS)
def test_the_camera_is_that_of_the_embedded_simulator(world, robot):
    camera = named(named(world, 'model', robot), 'link', 'base_link').find('sensor')
    assert camera is not None
    assert camera.get('type') == 'rgbd_camera'
    expected = preset(robot, SimulatorConfig)
    assert isinstance(expected, SimulatorConfig)
    assert numbers(camera, 'camera/image/width') == [expected.width]
    assert numbers(camera, 'camera/image/height') == [expected.height]
    assert numbers(camera, 'camera/horizontal_fov') == [expected.horizontal_fov]
    assert numbers(camera, 'update_rate') == [expected.rate]
    assert camera.findtext('gz_frame_id') == 'camera_optical_frame'


def rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Return the matrix (3, 3) of fixed-axis angles, as SDF and tf2 both mean them."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def mounts() -> dict[str, dict[str, float]]:
    """Read GAZEBO_CAMERAS from the launch file, without launch."""
    tree = ast.parse((ROOT / 'launch/follow.launch.py').read_text(encoding='utf-8'))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == (
            'GAZEBO_CAMERAS'
        ):
            return ast.literal_eval(statement.value)
    raise AssertionError('GAZEBO_CAMERAS is not in launch/follow.launch.py')


@pytest.mark.parametrize('robot', ROBOTS)
def test_tf_and_servo_know_where_the_camera_looks(world, robot):
    pose = numbers(named(named(world, 'model', robot), 'link', 'base_link'), 'sensor/pose')
    mount = mounts()[robot]
    assert [mount['x'], mount['y'], mount['z']] == pose[:3]
    # A camera in SDF looks along x, an optical frame along z with x to the right.
    camera_to_optical = rotation(-math.pi / 2, 0.0, -math.pi / 2)
    published = rotation(mount['roll'], mount['pitch'], mount['yaw'])
    assert np.allclose(published, rotation(*pose[3:]) @ camera_to_optical, atol=1e-3)
    assert pose[4] == -preset(robot, ControllerConfig).servo.camera_pitch


def test_the_drone_hangs_in_the_air_and_cannot_be_tipped(world):
    link = named(named(world, 'model', 'drone'), 'link', 'base_link')
    assert link.findtext('gravity') == 'false'
    assert [c.find('geometry/sphere') is not None for c in link.findall('collision')] == [True]
    assert numbers(link, 'collision/surface/friction/ode/mu') == [0.0]


def test_the_wheels_are_where_diff_drive_thinks(world):
    model = named(world, 'model', 'ground')
    plugin = named(model, 'plugin', 'gz::sim::systems::DiffDrive')
    left, right = (numbers(named(model, 'link', f'wheel_{s}'), 'pose') for s in ('left', 'right'))
    assert numbers(plugin, 'wheel_separation') == [left[1] - right[1]]
    assert numbers(plugin, 'wheel_radius') == [left[2]] == [right[2]]
    for side in ('left', 'right'):
        joint = named(model, 'joint', str(plugin.findtext(f'{side}_joint')))
        assert joint.findtext('child') == f'wheel_{side}'
        turned = rotation(*left[3:]) @ numbers(joint, 'axis/xyz')
        assert np.allclose(turned, [0, 1, 0], atol=1e-4), 'a positive turn must roll forward'


# The bridge.


def gazebo_topics(world: ElementTree.Element, robot: str) -> dict[str, tuple[str, str]]:
    """Return topic -> (type, direction) of everything a robot of the world offers."""
    topics = {f'/world/{world.get("name")}/clock': ('gz.msgs.Clock', 'GZ_TO_ROS')}
    model = named(world, 'model', robot)
    for sensor in model.iter('sensor'):
        base = sensor.findtext('topic')
        topics[f'{base}/image'] = ('gz.msgs.Image', 'GZ_TO_ROS')
        topics[f'{base}/depth_image'] = ('gz.msgs.Image', 'GZ_TO_ROS')
        topics[f'{base}/camera_info'] = ('gz.msgs.CameraInfo', 'GZ_TO_ROS')
    for plugin in model.findall('plugin'):
        for element, meaning in {
            'topic': ('gz.msgs.Twist', 'ROS_TO_GZ'),
            'odom_topic': ('gz.msgs.Odometry', 'GZ_TO_ROS'),
            'tf_topic': ('gz.msgs.Pose_V', 'GZ_TO_ROS'),
        }.items():
            if (topic := plugin.findtext(element)) is not None:
                topics[topic] = meaning
    return topics


@pytest.mark.parametrize('robot', ROBOTS)
def test_the_bridge_carries_what_the_world_offers(world, robot):
    carried = {b['gz_topic_name']: (b['gz_type_name'], b['direction']) for b in bridge(robot)}
    assert carried == gazebo_topics(world, robot)


@pytest.mark.parametrize('robot', ROBOTS)
def test_the_bridge_converts_only_what_it_can(robot):
    keys = {'ros_topic_name', 'gz_topic_name', 'ros_type_name', 'gz_type_name', 'direction'}
    for entry in bridge(robot):
        assert BRIDGED_TYPES[entry['ros_type_name']] == entry['gz_type_name']
        assert keys <= set(entry) <= keys | {'publisher_queue', 'subscriber_queue', 'lazy'}


@pytest.mark.parametrize('robot', ROBOTS)
def test_the_bridge_meets_our_nodes(robot, our_endpoints):
    """Every bridged topic but the clock and odometry is one of ours, with its type and end."""
    entries = {b['ros_topic_name']: b for b in bridge(robot)}
    assert set(entries) - {'/clock', 'odom'} == {'image', 'camera_info', 'depth', 'cmd_vel', '/tf'}
    for name in set(entries) - {'/clock', 'odom'}:
        we_publish = entries[name]['direction'] == 'ROS_TO_GZ'
        topic = '/' + name.lstrip('/')
        ours = {e for e in our_endpoints if e.topic == topic and e.publishes == we_publish}
        assert {e.kind for e in ours} == {entries[name]['ros_type_name']}, name
        # The bridge subscribes reliably: a best-effort publisher would not reach it.
        assert not we_publish or all(e.reliable for e in ours), name


@pytest.mark.parametrize('robot', ROBOTS)
def test_the_bridge_is_the_embedded_simulator_to_our_nodes(robot):
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    pytest.importorskip('mujoco', reason='mujoco is not installed')
    import node_topics

    simulator = node_topics.endpoints(node_topics.SIMULATOR)
    published = {e.topic: e.kind for e in simulator if e.publishes}
    from_gazebo = {
        '/' + b['ros_topic_name'].lstrip('/'): b['ros_type_name']
        for b in bridge(robot)
        if b['direction'] == 'GZ_TO_ROS'
    }
    assert from_gazebo.items() <= published.items()


@pytest.mark.parametrize('robot', ROBOTS)
def test_odometry_and_tf_name_the_frames_of_the_embedded_simulator(world, robot):
    model = named(world, 'model', robot)
    names = {
        plugin.findtext(element)
        for plugin in model.findall('plugin')
        for element in ('odom_frame', 'robot_base_frame', 'frame_id', 'child_frame_id')
    }
    assert names - {None} == {'odom', 'base_link'}
