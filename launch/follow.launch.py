# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Start everything that follows: detector, tracker, controller, visualizer, and a simulator if asked.

    ros2 launch follow_anything follow.launch.py simulator:=embedded
    ros2 launch follow_anything follow.launch.py robot:=ground image:=/camera/color/image_raw
    ros2 launch follow_anything follow.launch.py --show-args
"""

from __future__ import annotations

import os
from pathlib import Path

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

# Fast DDS 2 knows the variable by the one name, Fast DDS 3 (Kilted and newer) by the other.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')

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
                default_value=[f'{SHARE}/config/', LaunchConfiguration('robot'), '.yaml'],
                description='Parameters of all nodes.',
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
    if any(name in os.environ for name in PROFILE_VARIABLES):
        return []
    older, newer = PROFILE_VARIABLES
    name = older if os.environ.get('ROS_DISTRO') in ('humble', 'jazzy') else newer
    return [SetEnvironmentVariable(name, str(SHARE / 'config' / 'fastdds.xml'))]


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

    robot, simulator = value('robot'), value('simulator')
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
    parameters = [value('params_file'), time, {'autostart': value('autostart') == 'true'}]
    device = [{'device': value('device')}] if value('device') else []

    adapter = [{'robot_adapter': value('robot_adapter')}] if value('robot_adapter') else []
    address = [{'address': value('address')}] if value('address') else []

    # Between two machines, the robot does not depend on the other, and pictures travel small.
    part = value('part')
    alone = [{'require_detector': False}] if part == 'robot' else []
    far = [{'compressed': True}] if part == 'station' else []

    controller = Node(
        executable='controller_node',
        name='controller_node',
        parameters=[*parameters, *adapter, *address, *alone],
        **ours,
    )
    actions = discovery(value('discovery_server'))
    if part != 'robot':
        actions += [
            Node(
                executable='detector_node',
                name='detector_node',
                parameters=[*parameters, *device, *far],
                **ours,
            ),
            Node(
                executable='visualizer_node',
                name='visualizer_node',
                parameters=[*parameters, *far],
                **ours,
            ),
        ]
    if part != 'station':
        actions += [
            Node(
                executable='tracker_node',
                name='tracker_node',
                parameters=[*parameters, *device],
                **ours,
            ),
            controller,
        ]
    if simulator == 'embedded':
        scenario = [{'scenario': value('scenario')}] if value('scenario') else []
        actions.append(
            Node(
                executable='sim_node',
                name='sim_node',
                # The simulator keeps the time; it cannot wait for its own clock.
                parameters=[*parameters, {'use_sim_time': False}, *scenario],
                **ours,
            )
        )
    if simulator == 'gazebo':
        actions += gazebo(robot, value('gui') == 'true', controller, time, everywhere)
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
    return actions


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
