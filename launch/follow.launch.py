# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Start everything that follows: detector, tracker, controller, visualizer, and a simulator if asked.

    ros2 launch follow_anything follow.launch.py simulator:=embedded
    ros2 launch follow_anything follow.launch.py robot:=ground image:=/camera/color/image_raw
    ros2 launch follow_anything follow.launch.py --show-args
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
import shutil
import sys
import tempfile

from ament_index_python.packages import get_package_prefix, PackageNotFoundError
from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# launch/, config/ and worlds/ lie side by side, in the sources and where they are installed.
SHARE = Path(__file__).parent.parent

# `ros2` may run in another Python than ours does (a virtual environment): the sources will do.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from follow_anything.core.config import NODES  # noqa: E402
from follow_anything.core.errors import FollowAnythingError  # noqa: E402
from follow_anything.io.user_parameters import resolve, text_of  # noqa: E402
from follow_anything.launcher.processes import profile  # noqa: E402

# From base_link to the optical frame of the cameras in worlds/follow.sdf: metres, radians.
GAZEBO_CAMERAS = {
    'drone': {'x': 0.16, 'y': 0.0, 'z': -0.03, 'roll': -1.9208, 'pitch': 0.0, 'yaw': -1.5708},
    'ground': {'x': 0.18, 'y': 0.0, 'z': 0.6, 'roll': -1.5908, 'pitch': 0.0, 'yaw': -1.5708},
}


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; which nodes they mean is decided by start()."""
    return LaunchDescription(
        [
            *shared_memory(),
            DeclareLaunchArgument(
                'robot',
                default_value='drone',
                choices=['drone', 'ground'],
                description='Kind of vehicle: chooses the parameters and the simulated robot.',
            ),
            DeclareLaunchArgument(
                'simulator',
                default_value='none',
                choices=['none', 'embedded', 'gazebo'],
                description='Where the robot is: a real one, our own simulator, or Gazebo.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value='',
                description='Your parameters, on top of config/<robot>.yaml.',
            ),
            DeclareLaunchArgument(
                'image',
                default_value='image',
                description='Topic of the camera; with compressed: true, /compressed is appended.',
            ),
            DeclareLaunchArgument(
                'camera_info',
                default_value='camera_info',
                description='Topic of the calibration of that camera.',
            ),
            DeclareLaunchArgument(
                'depth',
                default_value='depth',
                description='Topic of the depth image that is aligned with the camera.',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description='Namespace of all nodes and of every relative topic.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='auto',
                choices=['auto', 'true', 'false'],
                description='Take the time from /clock; auto: when a simulator is started here.',
            ),
            DeclareLaunchArgument(
                'scenario',
                default_value='',
                description='Scenario of the embedded simulator; empty: as in params_file.',
            ),
            DeclareLaunchArgument(
                'gui',
                default_value='true',
                choices=['true', 'false'],
                description="Open Gazebo's window; false renders without a display.",
            ),
            DeclareLaunchArgument(
                'rviz',
                default_value='false',
                choices=['true', 'false'],
                description='Open RViz with config/follow.rviz.',
            ),
            DeclareLaunchArgument(
                'console',
                default_value='false',
                choices=['true', 'false'],
                description="Serve the operator's page in the browser; docs/console.md.",
            ),
            DeclareLaunchArgument(
                'foxglove',
                default_value='false',
                choices=['true', 'false'],
                description='Start foxglove_bridge; open config/follow.foxglove.json in Foxglove.',
            ),
            DeclareLaunchArgument(
                'device',
                default_value='',
                choices=['', 'auto', 'cpu', 'cuda'],
                description='Where models run; empty: as in params_file.',
            ),
            DeclareLaunchArgument(
                'robot_adapter',
                default_value='',
                choices=['', 'twist', 'mavros', 'mavlink', 'nav2', 'gimbal'],
                description='How the robot is spoken to; empty: as in params_file.',
            ),
            DeclareLaunchArgument(
                'address',
                default_value='',
                description='Of the autopilot (mavlink); empty: as in params_file.',
            ),
            DeclareLaunchArgument(
                'part',
                default_value='all',
                choices=['all', 'robot', 'station'],
                description='What runs on this machine; see docs/two_machines.md.',
            ),
            DeclareLaunchArgument(
                'discovery_server',
                default_value='',
                description='HOST:PORT of a Fast DDS discovery server; empty: multicast.',
            ),
            DeclareLaunchArgument(
                'log_level',
                default_value='info',
                choices=['debug', 'info', 'warn', 'error', 'fatal'],
                description='Least severe messages that are shown.',
            ),
            DeclareLaunchArgument(
                'autostart',
                default_value='true',
                choices=['true', 'false'],
                description='Configure and activate the nodes; false: a life cycle manager does.',
            ),
            OpaqueFunction(function=start),
        ]
    )


def shared_memory() -> list[Action]:
    """Return what lets images of more than 512 KB arrive; an operator's own profile wins."""
    chosen = profile()
    return [] if chosen is None else [SetEnvironmentVariable(*chosen)]


def discovery(server: str) -> list[Action]:
    """Return what makes the nodes ask a discovery server who else is there."""
    if not server:
        return []
    return [
        SetEnvironmentVariable('ROS_DISCOVERY_SERVER', server),
        SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET'),
    ]


def start(context: LaunchContext) -> list[Action]:
    """Return what is started for the arguments given."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    robot, simulator, part = value('robot'), value('simulator'), value('part')
    check_installed(simulator, rviz=value('rviz') == 'true', foxglove=value('foxglove') == 'true')
    auto_sim_time = value('use_sim_time') == 'auto' and simulator != 'none'
    time = {'use_sim_time': auto_sim_time or value('use_sim_time') == 'true'}
    everywhere = {
        'namespace': value('namespace'),
        'output': 'screen',
        'ros_arguments': ['--log-level', value('log_level')],
        'remappings': [
            ('image', value('image')),
            ('image/compressed', value('image') + '/compressed'),
            ('camera_info', value('camera_info')),
            ('depth', value('depth')),
        ],
    }
    ours = {'package': 'follow_anything', **everywhere}
    arguments = {
        'device': value('device'),
        'robot_adapter': value('robot_adapter'),
        'address': value('address'),
        'scenario': value('scenario'),
    }
    chosen: dict[str, object] = {name: given for name, given in arguments.items() if given}
    # Between two machines, the robot does not depend on the other, and pictures travel small.
    chosen |= {'require_detector': False} if part == 'robot' else {}
    chosen |= {'compressed': True} if part == 'station' else {}
    file = written(robot, value('namespace'), value('params_file'), chosen, simulator)
    parameters = [file, time, {'autostart': value('autostart') == 'true'}]

    controller = Node(
        executable='controller_node',
        name='controller_node',
        parameters=parameters,
        **ours,
    )
    actions = discovery(value('discovery_server'))
    if part != 'robot':
        actions += [
            Node(
                executable='detector_node',
                name='detector_node',
                parameters=parameters,
                **ours,
            ),
            Node(
                executable='visualizer_node',
                name='visualizer_node',
                parameters=parameters,
                **ours,
            ),
        ]
    if part != 'station':
        actions += [
            Node(
                executable='tracker_node',
                name='tracker_node',
                parameters=parameters,
                **ours,
            ),
            controller,
        ]
    if simulator == 'embedded':
        actions.append(
            Node(
                executable='sim_node',
                name='sim_node',
                # The simulator keeps the time; it cannot wait for its own clock.
                parameters=[*parameters, {'use_sim_time': False}],
                **ours,
            )
        )
    if simulator == 'gazebo':
        actions += gazebo(robot, value('gui') == 'true', controller, time, everywhere)
    if value('console') == 'true':
        actions.append(
            Node(
                executable='console_node',
                name='console_node',
                parameters=parameters,
                **ours,
            )
        )
    if value('rviz') == 'true':
        actions.append(
            Node(
                package='rviz2',
                executable='rviz2',
                name='rviz2',
                arguments=['-d', str(SHARE / 'config' / 'follow.rviz')],
                parameters=[time],
                **everywhere,
            )
        )
    if value('foxglove') == 'true':
        actions.append(
            Node(
                package='foxglove_bridge',
                executable='foxglove_bridge',
                name='foxglove_bridge',
                parameters=[time],
                output='screen',
            )
        )
    return actions


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
    known = {kind.node: {field.name for field in fields(kind)} for kind in NODES}
    given = {
        node: {name: value for name, value in chosen.items() if name in names}
        for node, names in known.items()
    }
    try:
        path = Path(params_file).expanduser() if params_file else None
        resolved = resolve(robot, namespace, path, given)
        if simulator == 'embedded':
            from follow_anything.sim.scenarios import make_scenario

            make_scenario(str(resolved['sim_node']['scenario']), robot, 0)
    except FollowAnythingError as error:
        raise RuntimeError(str(error)) from error
    with tempfile.NamedTemporaryFile(
        'w', prefix='follow_anything_', suffix='.yaml', delete=False
    ) as file:
        file.write(text_of(resolved, namespace))
    return file.name


def gazebo(
    robot: str, gui: bool, controller: Node, time: dict[str, bool], everywhere: dict[str, object]
) -> list[Action]:
    """Return Gazebo, the bridge to the robot asked for, and where its camera sits."""
    display = [] if gui else ['-s', '--headless-rendering']
    camera = GAZEBO_CAMERAS[robot]
    mount = [text for axis, number in camera.items() for text in (f'--{axis}', str(number))]
    standstill = ['-m', 'gz.msgs.Twist', '-p', 'linear: {x: 0}']
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
        # Gazebo's robots keep their last velocity for ever: a controller that crashes must not
        # leave one in force.
        RegisterEventHandler(
            OnProcessExit(
                target_action=controller,
                on_exit=[
                    ExecuteProcess(
                        cmd=['gz', 'topic', '-t', f'/{robot}/cmd_vel', *standstill],
                        output='screen',
                    )
                ],
            )
        ),
    ]
