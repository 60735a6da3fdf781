# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Start everything that follows: detector, tracker, controller, visualizer, and a simulator if asked.

    ros2 launch follow_anything follow.launch.py simulator:=embedded
    ros2 launch follow_anything follow.launch.py robot:=ground image:=/camera/color/image_raw
    ros2 launch follow_anything follow.launch.py --show-args
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import difflib
from pathlib import Path
import shutil
import sys
import tempfile
from typing import TypeVar

from ament_index_python.packages import get_package_prefix, PackageNotFoundError
from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

T = TypeVar('T')

# launch/, config/ and worlds/ lie side by side, in the sources and where they are installed.
SHARE = Path(__file__).parent.parent

# `ros2` may run in another Python than ours does (a virtual environment): the sources will do.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from follow_anything.core.errors import FollowAnythingError  # noqa: E402
from follow_anything.io.user_parameters import resolve, text_of  # noqa: E402
from follow_anything.launcher.nodes import (  # noqa: E402
    check_address,
    check_topics,
    CONSOLE,
    known_parameters,
    MAVLINK_CAMERA,
    PARTS,
    remappings,
    SIMULATOR,
)
from follow_anything.launcher.processes import check_server, profile  # noqa: E402

# From base_link to the optical frame of the cameras in worlds/follow.sdf: metres, radians.
GAZEBO_CAMERAS = {
    'drone': {'x': 0.16, 'y': 0.0, 'z': -0.03, 'roll': -1.9208, 'pitch': 0.0, 'yaw': -1.5708},
    'ground': {'x': 0.18, 'y': 0.0, 'z': 0.6, 'roll': -1.5908, 'pitch': 0.0, 'yaw': -1.5708},
}


ARGUMENTS: tuple[tuple[str, str, list[str], str], ...] = (
    (
        'robot',
        'drone',
        ['drone', 'ground'],
        'Kind of vehicle: chooses the parameters and the simulated robot.',
    ),
    (
        'simulator',
        'none',
        ['none', 'embedded', 'gazebo'],
        'Where the robot is: a real one, our own simulator, or Gazebo.',
    ),
    ('params_file', '', [], 'Your parameters, on top of config/<robot>.yaml.'),
    ('image', 'image', [], 'Topic of the camera; with compressed: true, /compressed is appended.'),
    ('camera_info', 'camera_info', [], 'Topic of the calibration of that camera.'),
    ('depth', 'depth', [], 'Topic of the depth image that is aligned with the camera.'),
    ('namespace', '', [], 'Namespace of all nodes and of every relative topic.'),
    ('tf', '/tf', [], 'Topic of the transforms; tf: the one in the namespace, as with Nav2.'),
    (
        'use_sim_time',
        'auto',
        ['auto', 'true', 'false'],
        'Take the time from /clock; auto: when a simulator is started here, else as in '
        'params_file.',
    ),
    ('scenario', '', [], 'Scenario of the embedded simulator; empty: as in params_file.'),
    ('gui', 'true', ['true', 'false'], "Open Gazebo's window; false renders without a display."),
    ('rviz', 'false', ['true', 'false'], 'Open RViz with config/follow.rviz.'),
    (
        'console',
        'false',
        ['true', 'false'],
        "Serve the operator's page in the browser; docs/console.md.",
    ),
    (
        'mavlink_camera',
        'false',
        ['true', 'false'],
        'Be a camera that QGroundControl can click on; docs/robots.md.',
    ),
    (
        'foxglove',
        'false',
        ['true', 'false'],
        'Start foxglove_bridge; open config/follow.foxglove.json in Foxglove.',
    ),
    ('device', '', ['', 'auto', 'cpu', 'cuda'], 'Where models run; empty: as in params_file.'),
    (
        'robot_adapter',
        '',
        ['', 'twist', 'mavros', 'mavlink', 'nav2', 'gimbal'],
        'How the robot is spoken to; empty: as in params_file.',
    ),
    ('address', '', [], 'Of the autopilot (mavlink); empty: as in params_file.'),
    (
        'part',
        'all',
        ['all', 'robot', 'station'],
        'What runs on this machine; see docs/two_machines.md.',
    ),
    (
        'dry_run',
        '',
        ['', 'true', 'false'],
        'Everything but motion, until ~/enable; empty: as in params_file.',
    ),
    ('discovery_server', '', [], 'HOST:PORT of a Fast DDS discovery server; empty: multicast.'),
    (
        'log_level',
        'info',
        ['debug', 'info', 'warn', 'error', 'fatal'],
        'Least severe messages that are shown.',
    ),
    (
        'autostart',
        'true',
        ['true', 'false'],
        'Configure and activate the nodes, but for those with autostart: false in params_file; '
        'false: a life cycle manager does.',
    ),
)
"""Name, default, choices (none: whatever is written) and sentence of every argument."""


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; which nodes they mean is decided by start()."""
    declared = [
        DeclareLaunchArgument(
            name, default_value=default, choices=choices or None, description=sentence
        )
        for name, default, choices, sentence in ARGUMENTS
    ]
    return LaunchDescription([*shared_memory(), *declared, OpaqueFunction(function=start)])


def shared_memory() -> list[Action]:
    """Return what lets images of more than 512 KB arrive; an operator's own profile wins."""
    chosen = profile()
    return [] if chosen is None else [SetEnvironmentVariable(*chosen)]


def discovery(server: str) -> list[Action]:
    """Return what makes the nodes ask a discovery server who else is there."""
    if not server:
        return []
    refuse(check_server, server)
    return [
        SetEnvironmentVariable('ROS_DISCOVERY_SERVER', server),
        SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET'),
    ]


def start(context: LaunchContext) -> list[Action]:
    """Return what is started for the arguments given."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    check_names(context.launch_configurations)
    robot, simulator, part = value('robot'), value('simulator'), value('part')
    check_installed(simulator, rviz=value('rviz') == 'true', foxglove=value('foxglove') == 'true')
    own_time = clock(value('use_sim_time'), simulator)
    time = {'use_sim_time': False, **own_time}
    topics = remappings(value('image'), value('camera_info'), value('depth'), value('tf'))
    refuse(check_topics, topics)
    everywhere = {
        'namespace': value('namespace').rstrip('/'),  # with one at the end ROS refuses it
        'output': 'screen',
        'ros_arguments': ['--log-level', value('log_level')],
        'remappings': list(topics.items()),
    }
    arguments = {
        'device': value('device'),
        'adapter.kind': value('robot_adapter'),
        'adapter.address': value('address'),
        'scenario': value('scenario'),
    }
    chosen: dict[str, object] = {name: given for name, given in arguments.items() if given}
    if value('dry_run'):
        chosen['dry_run'] = value('dry_run') == 'true'
    chosen |= PARTS[part].parameters
    file = written(robot, value('namespace'), value('params_file'), chosen, simulator)
    waits = {'autostart': False} if value('autostart') == 'false' else {}
    parameters = [file, *(some for some in (own_time, waits) if some)]
    names = list(PARTS[part].nodes)
    names += [CONSOLE] if value('console') == 'true' else []
    names += [MAVLINK_CAMERA] if value('mavlink_camera') == 'true' else []
    actions = discovery(value('discovery_server'))
    actions += [own_node(name, parameters=parameters, **everywhere) for name in names]
    if simulator == 'embedded':
        # The simulator keeps the time; it cannot wait for its own clock.
        parameters = [*parameters, {'use_sim_time': False}]
        actions.append(own_node(SIMULATOR, parameters=parameters, **everywhere))
    if simulator == 'gazebo':
        actions += gazebo(robot, value('gui') == 'true', time, everywhere)
    if value('rviz') == 'true':
        actions.append(rviz(time, everywhere))
    if value('foxglove') == 'true':
        actions.append(foxglove(time))
    return actions


def clock(use_sim_time: str, simulator: str) -> dict[str, bool]:
    """Return which clock was chosen here; empty: as in params_file."""
    if use_sim_time == 'auto':
        return {} if simulator == 'none' else {'use_sim_time': True}
    return {'use_sim_time': use_sim_time == 'true'}


def own_node(name: str, **keywords: object) -> Node:
    """Return a node of this package; the executable has its name."""
    return Node(package='follow_anything', executable=name, name=name, **keywords)


def rviz(time: dict[str, bool], everywhere: dict[str, object]) -> Node:
    """Return RViz with the displays of this package."""
    return Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        arguments=['-d', str(SHARE / 'config' / 'follow.rviz')],
        parameters=[time],
        **everywhere,
    )


def foxglove(time: dict[str, bool]) -> Node:
    """Return the bridge that Foxglove connects to."""
    return Node(
        package='foxglove_bridge',
        executable='foxglove_bridge',
        name='foxglove_bridge',
        parameters=[time],
        output='screen',
    )


def refuse(check: Callable[[T], None], given: T) -> None:
    """Check an argument; launch shows a RuntimeError as one sentence."""
    try:
        check(given)
    except FollowAnythingError as error:
        raise RuntimeError(str(error)) from error


def check_names(given: Iterable[str]) -> None:
    """Refuse a misspelt argument, of which launch takes no notice; others may have theirs."""
    known = [name for name, *_ in ARGUMENTS]
    for name in given:
        similar = difflib.get_close_matches(name, known, 1, cutoff=0.85)
        # A lower cutoff would take camera_info_url for one; changed letters are always a slip.
        similar += [ours for ours in known if sorted(ours) == sorted(name)]
        if similar and name not in known:
            raise RuntimeError(f'there is no argument {name}; did you mean {similar[0]}?')


def check_installed(simulator: str, *, rviz: bool, foxglove: bool) -> None:
    """
    Look for everything that is to be started, before anything is.

    A launch that fails half-way leaves the first nodes running: a controller without its launch.
    """
    needed = {'follow_anything': 'colcon build, or make setup'}
    if rviz:
        needed['rviz2'] = 'sudo apt install ros-$ROS_DISTRO-rviz2'
    if foxglove:
        needed['foxglove_bridge'] = 'sudo apt install ros-$ROS_DISTRO-foxglove-bridge'
    if simulator == 'gazebo':
        needed['tf2_ros'] = 'sudo apt install ros-$ROS_DISTRO-tf2-ros'
        needed['ros_gz_bridge'] = 'docs/gazebo.md'
        if shutil.which('gz') is None:
            raise RuntimeError('Gazebo is not here: there is no `gz`; docs/gazebo.md')
    for package, remedy in needed.items():
        try:
            prefix = Path(get_package_prefix(package))
        except PackageNotFoundError as error:
            raise RuntimeError(f'package {package} is not installed: {remedy}') from error
        if package == 'follow_anything' and not (prefix / 'lib' / package).is_dir():
            raise RuntimeError(f'{prefix}/lib/{package} is not there: {remedy}')


def written(
    robot: str, namespace: str, params_file: str, chosen: dict[str, object], simulator: str
) -> str:
    """Return a file of every node's parameters: the robot's, the user's on top, the arguments."""
    try:
        path = Path(params_file).expanduser() if params_file else None
        resolved = resolve(robot, namespace, path, known_parameters(chosen))
        if simulator == 'embedded':
            from follow_anything.sim.scenarios import make_scenario

            make_scenario(str(resolved[SIMULATOR]['scenario']), robot, 0)
        check_address(chosen, resolved['controller_node'])
    except FollowAnythingError as error:
        raise RuntimeError(str(error)) from error
    with tempfile.NamedTemporaryFile(
        'w', prefix='follow_anything_', suffix='.yaml', delete=False
    ) as file:
        file.write(text_of(resolved, namespace))
    return file.name


def gazebo(
    robot: str, gui: bool, time: dict[str, bool], everywhere: dict[str, object]
) -> list[Action]:
    """Return Gazebo, the bridge to the robot asked for, and where its camera sits."""
    display = [] if gui else ['-s', '--headless-rendering']
    camera = GAZEBO_CAMERAS[robot]
    mount = [text for axis, number in camera.items() for text in (f'--{axis}', str(number))]
    frames = ['--frame-id', 'base_link', '--child-frame-id', 'camera_optical_frame']
    return [
        ExecuteProcess(
            cmd=['gz', 'sim', '-r', *display, str(SHARE / 'worlds' / 'follow.sdf')],
            output='screen',
            on_exit=[Shutdown(reason='Gazebo has ended')],
        ),
        Node(
            package='ros_gz_bridge',
            executable='parameter_bridge',
            name='gz_bridge',
            parameters=[{'config_file': str(SHARE / 'config' / f'gz_bridge_{robot}.yaml')}],
            **everywhere,
        ),
        Node(
            package='tf2_ros',
            executable='static_transform_publisher',
            name='camera_mount',
            arguments=[*mount, *frames],
            parameters=[time],
            **everywhere,
        ),
    ]
