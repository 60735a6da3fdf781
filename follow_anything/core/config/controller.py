# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the controller node: servo, supervisor, robot adapter."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import Config, param
from follow_anything.core.errors import BadConfig
from follow_anything.core.fence import parse_corners

__all__ = ['AdapterConfig', 'ControllerConfig', 'ServoConfig', 'StickConfig', 'SupervisorConfig']


@dataclass(frozen=True)
class ServoConfig(Config):
    """The visual servo: gains, limits, dead bands."""

    group = 'servo'

    robot: str = param('drone', 'Kind of vehicle.', choices=('drone', 'ground'), read_only=True)
    camera_pitch: float = param(
        -0.35, 'How far the camera looks up, against base_link.', unit='rad', lo=-1.6, hi=1.6
    )
    follow_distance: float = param(
        6.0, 'Horizontal distance to keep from the target.', unit='m', lo=0.3, hi=100.0
    )
    side_offset: float = param(
        0.0,
        'Keep the target so far to the left of straight ahead, within what the camera sees: the '
        'robot goes beside its path; negative: to the right.',
        unit='m',
        lo=-20.0,
        hi=20.0,
    )
    min_distance: float = param(
        2.0, 'Never drive forward when the target is nearer.', unit='m', lo=0.0, hi=100.0
    )
    stale_after: float = param(
        0.25, 'A target older than this commands zero.', unit='s', lo=0.02, hi=0.3
    )
    follow: bool = param(
        True, 'Drive and climb after the target; false: only look at it, by turning on the spot.'
    )
    kp_yaw: float = param(1.6, 'Turning rate per radian of bearing.', unit='1/s', lo=0.0, hi=20.0)
    kd_yaw: float = param(0.1, 'Damping of the bearing rate.', lo=0.0, hi=5.0)
    kp_range: float = param(0.7, 'Speed per metre of range error.', unit='1/s', lo=0.0, hi=20.0)
    kd_range: float = param(0.1, 'Damping of the range rate.', lo=0.0, hi=5.0)
    kp_height: float = param(
        0.6, 'Climb rate per metre of height error (drone).', unit='1/s', lo=0.0, hi=20.0
    )
    feed_forward: float = param(
        0.8, "Share of the target's own motion that is added to the command.", lo=0.0, hi=1.0
    )
    lag: float = param(
        0.3, 'Time the vehicle takes to reach a commanded velocity.', unit='s', lo=0.0, hi=2.0
    )
    bearing_dead_band: float = param(
        0.02, 'Smaller bearings turn nothing.', unit='rad', lo=0.0, hi=0.5
    )
    range_dead_band: float = param(
        0.15, 'Smaller range errors move nothing.', unit='m', lo=0.0, hi=5.0
    )
    max_forward: float = param(3.0, 'Cap on forward speed.', unit='m/s', lo=0.0, hi=15.0)
    max_backward: float = param(1.5, 'Cap on backward speed.', unit='m/s', lo=0.0, hi=15.0)
    max_vertical: float = param(0.8, 'Cap on climb and sink rate.', unit='m/s', lo=0.0, hi=5.0)
    max_yaw_rate: float = param(1.2, 'Cap on turning rate.', unit='rad/s', lo=0.0, hi=6.0)
    max_acceleration: float = param(
        2.5, 'Cap on the change of a speed.', unit='m/s^2', lo=0.01, hi=20.0
    )
    max_jerk: float = param(
        15.0, 'Cap on the change of an acceleration.', unit='m/s^3', lo=0.01, hi=200.0
    )
    max_yaw_acceleration: float = param(
        4.0, 'Cap on the change of the turning rate.', unit='rad/s^2', lo=0.01, hi=40.0
    )
    max_yaw_jerk: float = param(
        40.0, 'Cap on the change of the turning acceleration.', unit='rad/s^3', lo=0.01, hi=400.0
    )
    search_yaw_rate: float = param(
        0.0,
        'Turn this fast towards where the target left, while it is lost; 0: stand still.',
        unit='rad/s',
        lo=0.0,
        hi=2.0,
    )
    search_climb: float = param(
        0.0,
        'Climb this fast while it is lost (drone); 0: keep the height.',
        unit='m/s',
        lo=0.0,
        hi=2.0,
    )
    search_backward: float = param(
        0.0,
        'Back off this fast while it is lost, blindly; 0: stand still.',
        unit='m/s',
        lo=0.0,
        hi=2.0,
    )
    search_forward: float = param(
        0.0,
        'Go this fast to where it was last seen, up to servo.min_distance, blindly: only with '
        'something behind it that avoids obstacles; 0: stand still.',
        unit='m/s',
        lo=0.0,
        hi=2.0,
    )
    search_after: float = param(
        1.0,
        'Stand for so long before a search begins: who is hidden often comes out again.',
        unit='s',
        lo=0.0,
        hi=60.0,
        was=None,
    )
    search_time: float = param(
        8.0,
        'A search, in whatever way, ends so long after the target was last seen.',
        unit='s',
        lo=0.0,
        hi=60.0,
    )
    rate: float = param(30.0, 'Commands per second.', unit='Hz', lo=10.0, hi=200.0, read_only=True)
    camera_roll: float = param(
        0.0,
        'How far the camera is turned clockwise about its view; 3.1416: it hangs upside down.',
        unit='rad',
        lo=-3.2,
        hi=3.2,
    )
    camera_yaw: float = param(
        0.0,
        'How far the camera looks to the left, against base_link.',
        unit='rad',
        lo=-3.2,
        hi=3.2,
    )

    def __post_init__(self) -> None:
        """Check the fields, and that the robot may come as near as it should."""
        super().__post_init__()
        if self.min_distance > self.follow_distance:
            raise BadConfig(
                f'servo.min_distance ({self.min_distance}) must not exceed servo.follow_distance '
                f'({self.follow_distance}): the robot would never drive forward'
            )
        if self.search_forward > 0.0 and self.search_backward > 0.0:
            raise BadConfig(
                f'servo.search_forward ({self.search_forward}) and servo.search_backward '
                f'({self.search_backward}) exclude each other: set one of them to 0'
            )


@dataclass(frozen=True)
class StickConfig(Config):
    """A gamepad (`joy`) that edits where the robot keeps, beside and behind the target."""

    group = 'stick'

    button: int = param(
        -1,
        'Button that has to be held for the sticks to edit servo.side_offset and '
        'servo.follow_distance; -1: they edit nothing.',
        lo=-1,
        hi=63,
        read_only=True,
        was=None,
    )
    side_axis: int = param(
        0,
        'Axis that moves the robot to the left of where it keeps, or to the right.',
        lo=0,
        hi=63,
        was=None,
    )
    distance_axis: int = param(
        1, 'Axis that moves it nearer to the target, or away.', lo=0, hi=63, was=None
    )
    speed: float = param(1.0, 'Edit at full deflection.', unit='m/s', lo=0.0, hi=5.0, was=None)


@dataclass(frozen=True)
class SupervisorConfig(Config):
    """
    What the supervisor between servo and robot allows; 0 and '' mean: not watched.

    The caps on speed and the least distance to the target are the servo's own, checked again.
    """

    group = 'supervisor'

    fence: str = param(
        '',
        "Corners of the area to stay in, 'x y, x y, x y', metres, in odom's frame; '': none.",
    )
    fence_radius: float = param(
        0.0, 'Farthest from home, horizontally; 0: no limit.', unit='m', lo=0.0, hi=10000.0
    )
    fence_margin: float = param(1.0, 'Distance kept from the fence.', unit='m', lo=0.0, hi=100.0)
    min_altitude: float = param(
        0.0, 'Lowest height above home (drone); 0: no limit.', unit='m', lo=0.0, hi=1000.0
    )
    max_altitude: float = param(
        0.0, 'Greatest height above home (drone); 0: no limit.', unit='m', lo=0.0, hi=1000.0
    )
    home_x: float = param(0.0, 'Home, in the frame of odom.', unit='m', lo=-100000.0, hi=100000.0)
    home_y: float = param(0.0, 'Home, in the frame of odom.', unit='m', lo=-100000.0, hi=100000.0)
    home_z: float = param(0.0, 'Home, in the frame of odom.', unit='m', lo=-100000.0, hi=100000.0)
    braking: float = param(
        1.5, 'Deceleration the vehicle manages for certain.', unit='m/s^2', lo=0.05, hi=20.0
    )
    pose_timeout: float = param(
        0.5, 'A pose older than this is unknown.', unit='s', lo=0.02, hi=5.0
    )
    min_battery: float = param(
        0.0, 'Hold below this charge, of 1; 0: not watched.', lo=0.0, hi=1.0
    )
    link: str = param(
        '',
        "Hold unless the heartbeat of this node arrives, such as 'console_node'; '': none.",
    )
    link_timeout: float = param(
        1.0, 'The link is lost when it is silent for longer.', unit='s', lo=0.05, hi=60.0
    )
    confirm_motion: bool = param(
        False,
        'Wait for ~/confirm before the first motion towards every target, pointed at or not. '
        "Without it the tracker's word counts, which waits for the operator where nobody pointed.",
    )

    def __post_init__(self) -> None:
        """Check the fields, that the fence is one, and that the band of altitudes is not empty."""
        super().__post_init__()
        try:
            parse_corners(self.fence)
        except BadConfig as error:
            raise BadConfig(f'supervisor.{error}') from error
        if 0.0 < self.max_altitude <= self.min_altitude:
            raise BadConfig(
                f'supervisor.max_altitude ({self.max_altitude}) must exceed '
                f'supervisor.min_altitude ({self.min_altitude}), or be 0 for no limit'
            )


@dataclass(frozen=True)
class AdapterConfig(Config):
    """Where the commands go, and how that robot is spoken to."""

    group = 'adapter'

    kind: str = param(
        'twist',
        'How the robot is spoken to; see docs/robots.md.',
        choices=('twist', 'mavros', 'mavlink', 'nav2', 'gimbal'),
        read_only=True,
        was='robot_adapter',
    )
    output_rate: float = param(
        200.0,
        'Velocities published a second at most; a stop always goes at once.',
        unit='Hz',
        lo=1.0,
        hi=200.0,
        read_only=True,
    )
    silent_when_stopped: bool = param(
        False,
        'Fall silent half a second after a stop, so that twist_mux lets somebody else drive.',
        read_only=True,
    )
    address: str = param(
        'udpin:127.0.0.1:14540',
        'Of the autopilot (mavlink): udpin:HOST:PORT, udpout:HOST:PORT or serial:DEVICE:BAUD, '
        'or the same as MAVSDK or MAVROS write it.',
        read_only=True,
    )
    set_point_rate: float = param(
        30.0, 'Set-points a second (mavlink).', unit='Hz', lo=5.0, hi=100.0, read_only=True
    )
    loss_action: str = param(
        'hold',
        'What the vehicle does after adapter.loss_timeout, in a flight mode of its own (mavlink).',
        choices=('hold', 'land', 'return'),
        read_only=True,
    )
    loss_timeout: float = param(
        30.0,
        'Give the vehicle back when nothing was followed for so long (mavlink); 0: never.',
        unit='s',
        lo=0.0,
        hi=3600.0,
        read_only=True,
    )
    follow_mode: str = param(
        'OFFBOARD',
        'Flight mode that takes velocities (mavros): OFFBOARD for PX4, GUIDED for ArduPilot.',
        choices=('OFFBOARD', 'GUIDED'),
        read_only=True,
    )
    gimbal_gain: float = param(
        3.0,
        'Pan and tilt rate per radian of error (gimbal).',
        unit='1/s',
        lo=0.0,
        hi=20.0,
        read_only=True,
    )
    max_gimbal_rate: float = param(
        1.0, 'Cap on pan and tilt rate (gimbal).', unit='rad/s', lo=0.0, hi=10.0, read_only=True
    )


@dataclass(frozen=True)
class ControllerConfig(Config):
    """What should the robot do? Servo and supervisor, and how their output is published."""

    node = 'controller_node'

    stamped: bool = param(
        False, 'Publish TwistStamped instead of Twist on cmd_vel.', read_only=True
    )
    base_frame: str = param('base_link', 'Frame of the command.', read_only=True)
    dry_run: bool = param(
        False,
        'Begin with everything but motion: held, with nothing on cmd_vel, until ~/enable.',
        read_only=True,
    )
    require_detector: bool = param(
        True, 'Stop when the detector dies, even while the tracker still holds the target.'
    )
    require_watchdog: bool = param(
        False,
        'Stand still after the start until the watchdog hears this node; the launch file and `up` '
        'set it.',
    )
    heartbeat_timeout: float = param(
        0.25, 'A node silent for longer counts as dead.', unit='s', lo=0.05, hi=0.3
    )
    camera_mount: str = param(
        'auto',
        'How the camera sits: by servo.camera_roll, servo.camera_pitch and servo.camera_yaw, or '
        "by TF from base_frame to the picture's frame; auto: by /tf_static where it knows both.",
        choices=('auto', 'parameters', 'tf'),
        read_only=True,
    )

    servo: ServoConfig = ServoConfig()
    stick: StickConfig = StickConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
    adapter: AdapterConfig = AdapterConfig()
