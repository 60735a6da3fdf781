# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The configuration of every node, one dataclass each, from which everything else is generated.

A field below is the only place where a default, a unit, a range and a sentence live. ROS
parameter descriptors, config/*.yaml and docs/parameters.md are generated from it
(`python -m follow_anything params --write`), and a test fails when they drift.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
import math
import re
from typing import Any, ClassVar, TypeVar

from follow_anything.core.errors import BadConfig
from follow_anything.core.fence import parse_corners

__all__ = [
    'NODES',
    'PRESETS',
    'Config',
    'ConsoleConfig',
    'ControllerConfig',
    'DetectorConfig',
    'IdentityConfig',
    'MavlinkCameraConfig',
    'RobotConfig',
    'ServoConfig',
    'SimulatorConfig',
    'SupervisorConfig',
    'TrackerConfig',
    'VisualizerConfig',
    'param',
    'preset',
]

VIDEO_ADDRESS = re.compile(r'(rtsps?://[\x21-\x7e]{1,150}|[1-9][0-9]{0,4})?')
"""Of a video that a ground station opens; MAVLink has 160 bytes for it."""


def param(
    default: Any,
    doc: str,
    *,
    unit: str = '',
    lo: float | None = None,
    hi: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
) -> Any:
    """
    Return a dataclass field that carries all there is to say about a parameter.

    :param lo: smallest value allowed. :param hi: largest value allowed.
    :param choices: the texts allowed, for a text.
    :param read_only: can only be set at start; all others can be changed on the live node.
    """
    about = {'doc': doc, 'unit': unit, 'lo': lo, 'hi': hi}
    return field(default=default, metadata={**about, 'choices': choices, 'read_only': read_only})


@dataclass(frozen=True)
class Config:
    """
    Base of the configurations: checks every field against its own declaration.

    :raises BadConfig: a value has the wrong type, is not finite or is outside its range.
    """

    node: ClassVar[str] = ''

    def __post_init__(self) -> None:
        for declared in fields(self):
            self._check(declared.name, getattr(self, declared.name), declared)

    @staticmethod
    def _check(name: str, value: Any, declared: Any) -> None:
        about, wanted = declared.metadata, type(declared.default)
        is_whole_number = wanted is float and type(value) is int
        if type(value) is not wanted and not is_whole_number:
            raise BadConfig(f'{name} must be a {wanted.__name__}, got {value!r}')
        if about['choices'] and value not in about['choices']:
            raise BadConfig(f'{name} must be one of {", ".join(about["choices"])}; got {value!r}')
        if wanted in (int, float):
            lo = -math.inf if about['lo'] is None else about['lo']
            hi = math.inf if about['hi'] is None else about['hi']
            if not (_is_finite(value) and lo <= value <= hi):
                unit = f' {about["unit"]}' if about['unit'] else ''
                raise BadConfig(f'{name} must be in [{lo:g}, {hi:g}]{unit}, got {value}')


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


@dataclass(frozen=True)
class DetectorConfig(Config):
    """Where is the thing that was asked for? Slow and global: runs while there is no target."""

    node = 'detector_node'

    detector: str = param(
        'tiny',
        'Detector to use: `python -m follow_anything models list` shows them; auto: the best that '
        'is here for the device.',
        read_only=True,
    )
    device: str = param(
        'auto', 'Where models run.', choices=('auto', 'cpu', 'cuda'), read_only=True
    )
    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )
    weights: str = param(
        '',
        "Weights instead of the detector's own, such as sam=mobile_sam clip=/file.pt@ViT-B-16.",
        read_only=True,
    )
    half_resolution: bool = param(
        True, 'Let SAM see 512 px instead of 1024: four times faster.', read_only=True
    )
    query: str = param(
        '', 'What to look for, in words (docs/detection.md), or @NAME of a saved query.'
    )
    search_near: bool = param(
        False, 'Look around the last place first, while the target is hidden.'
    )
    masks: bool = param(False, 'Publish the masks of the candidates on detections/masks.')
    min_score: float = param(
        0.6, 'Candidates with a lower score are not reported.', lo=0.0, hi=1.0
    )
    rate: float = param(
        5.0, 'How often the scene is searched at most.', unit='Hz', lo=0.1, hi=60.0
    )
    sentinel_rate: float = param(
        1.0,
        'How often, at most, it is searched while the target is tracked; 0: not at all.',
        unit='Hz',
        lo=0.0,
        hi=60.0,
    )
    camera_matrix: str = param(
        'auto',
        'Matrix of camera_info for the image: K (with the distortion) as the sensor took it, P '
        "when it is rectified; auto: P when the topic's name says rect.",
        choices=('auto', 'K', 'P'),
        read_only=True,
    )
    horizontal_fov: float = param(
        0.0,
        'Horizontal field of view of a camera that nobody calibrated; 0: then the robot holds.',
        unit='rad',
        lo=0.0,
        hi=3.0,
        read_only=True,
    )


@dataclass(frozen=True)
class IdentityConfig(Config):
    """Is it still the same one? Weights of the judge (docs/identity.md); log-odds are natural."""

    embedder: str = param(
        'instance',
        'What describes the appearance: the tiny detector, colours in bands, or DINOv2 or CLIP, '
        'which need torch and weights.',
        choices=('instance', 'bands', 'dinov2', 'clip'),
        read_only=True,
    )
    embedder_weights: str = param(
        '',
        "DINOv2's or CLIP's weights instead of the usual ones, such as dino=dinov2_vit_b.",
        read_only=True,
    )
    sentinel_rate: float = param(
        5.0,
        'How often the whole picture is compared while the target is tracked; 0: only in doubt.',
        unit='Hz',
        lo=0.0,
        hi=60.0,
    )
    doubt_rate: float = param(
        20.0, 'How often, at most, while the target is in doubt.', unit='Hz', lo=0.1, hi=60.0
    )
    memory: int = param(
        12, 'Views of the target that stay (anchors); the first one for ever.', lo=1, hi=256
    )
    adaptive_memory: int = param(
        24, 'Newest sure views of the target beside the anchors.', lo=0, hi=256
    )
    negative_memory: int = param(64, 'Views of other things that are remembered.', lo=0, hi=512)
    likeness_even: float = param(
        0.62, 'Likeness at which target and something else are even.', lo=0.0, hi=1.0
    )
    likeness_slope: float = param(20.0, 'Log-odds for a likeness of 1.', lo=0.0, hi=200.0)
    motion_weight: float = param(
        0.5, 'Log-odds for a squared Mahalanobis distance of 1.', lo=0.0, hi=5.0
    )
    words_weight: float = param(
        0.5, "What the query's words count, once it is followed.", lo=0.0, hi=10.0
    )
    continuity: float = param(
        2.5, 'Log-odds of the box that the tracker has held without a jump.', lo=0.0, hi=10.0
    )
    tracker_first: float = param(
        0.5,
        "A box of the same thing replaces the tracker's when it is better by these log-odds.",
        lo=0.0,
        hi=20.0,
    )
    margin: float = param(
        1.0,
        'The best must beat the next one by these log-odds, or it is ambiguous.',
        lo=0.0,
        hi=20.0,
    )
    doubt_margin: float = param(
        3.5,
        'Where a distractor may be the one that is seen: log-odds by which it must rather be the '
        'target.',
        lo=0.0,
        hi=20.0,
    )
    evidence_time: float = param(
        0.25, 'Time over which evidence is averaged.', unit='s', lo=0.01, hi=10.0
    )
    exclusion: bool = param(True, 'Who was seen beside the target is never the target.')
    learn_from: float = param(0.8, 'Probability from which a view is learnt.', lo=0.5, hi=1.0)
    learn_margin: float = param(4.0, 'Margin from which a view is learnt.', lo=0.0, hi=20.0)
    learn_presence: float = param(
        0.9, "The tracker's presence from which a view is learnt.", lo=0.0, hi=1.0
    )
    shown_probability: float = param(
        0.02, 'Candidates less likely than this are not shown to the operator.', lo=0.0, hi=1.0
    )


@dataclass(frozen=True)
class TrackerConfig(IdentityConfig):
    """Where is it now? Runs on every frame, owns the target's life and its appearance memory."""

    node = 'tracker_node'

    tracker: str = param(
        'tiny',
        'Tracker to use: `python -m follow_anything models list` shows them.',
        read_only=True,
    )
    device: str = param(
        'auto', 'Where models run.', choices=('auto', 'cpu', 'cuda'), read_only=True
    )
    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )
    use_depth: bool = param(
        True, 'Take the range from the depth image when one arrives.', read_only=True
    )
    auto_confirm: bool = param(
        False,
        'Follow what a text or an image query found without asking. '
        'A click or a box is its own confirmation.',
    )
    confirm_time: float = param(
        0.2,
        'The target must be seen for so long before the robot may move.',
        unit='s',
        lo=0.0,
        hi=10.0,
    )
    presence_low: float = param(
        0.5, 'Probability of the target below which it counts as hidden.', lo=0.0, hi=1.0
    )
    presence_high: float = param(
        0.7, 'Probability above which it counts as visible again.', lo=0.0, hi=1.0
    )
    reconfirm_after: float = param(
        10.0,
        'A target that was lost for longer is followed again only when the operator confirms it; '
        '0: never ask.',
        unit='s',
        lo=0.0,
        hi=3600.0,
    )
    camera_pitch: float = param(
        -0.35, 'How far the camera looks up, against base_link.', unit='rad', lo=-1.6, hi=1.6
    )
    occlusion_timeout: float = param(
        3.0,
        'A target hidden for longer is lost, and searched everywhere.',
        unit='s',
        lo=0.1,
        hi=60.0,
    )
    ambiguity_margin: float = param(
        0.1,
        'The best candidate must beat the next one by this score, or the robot holds or asks.',
        lo=0.0,
        hi=1.0,
    )
    history: float = param(
        1.0,
        'Frames kept to start on the very frame a detector saw; a slower one raises it.',
        unit='s',
        lo=0.0,
        hi=30.0,
    )
    target_height: float = param(
        0.0,
        'Height of the target, for its range without a depth image; 0: as the query tells, '
        'else unknown: turn only.',
        unit='m',
        lo=0.0,
        hi=50.0,
    )

    segmenter: str = param(
        'grabcut',
        'What outlines the target for track/mask: colours alone, or SAM.',
        choices=('grabcut', 'sam'),
        read_only=True,
    )
    segmenter_weights: str = param(
        '', "SAM's weights instead of the usual ones, such as sam=mobile_sam.", read_only=True
    )
    mask_every: int = param(
        0,
        'Frames from one mask to the next; 0: only when ~/mask asks.',
        lo=0,
        hi=10000,
    )
    camera_matrix: str = param(
        'auto',
        'Matrix of camera_info for the image: K (with the distortion) as the sensor took it, P '
        "when it is rectified; auto: P when the topic's name says rect.",
        choices=('auto', 'K', 'P'),
        read_only=True,
    )
    horizontal_fov: float = param(
        0.0,
        'Horizontal field of view of a camera that nobody calibrated; 0: then the robot holds.',
        unit='rad',
        lo=0.0,
        hi=3.0,
        read_only=True,
    )

    def __post_init__(self) -> None:
        """Check the fields, and that the two presence thresholds make a hysteresis."""
        super().__post_init__()
        if self.presence_low > self.presence_high:
            raise BadConfig(
                f'presence_low ({self.presence_low}) must not exceed '
                f'presence_high ({self.presence_high})'
            )


@dataclass(frozen=True)
class ServoConfig(Config):
    """The visual servo: gains, limits, dead bands."""

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
        'Go this fast to where it was last seen, up to min_distance, blindly: only with something '
        'behind it that avoids obstacles; 0: stand still.',
        unit='m/s',
        lo=0.0,
        hi=2.0,
    )
    search_time: float = param(
        8.0, 'Search for so long at most, in whatever way.', unit='s', lo=0.0, hi=60.0
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
                f'min_distance ({self.min_distance}) must not exceed follow_distance '
                f'({self.follow_distance}): the robot would never drive forward'
            )
        if self.search_forward > 0.0 and self.search_backward > 0.0:
            raise BadConfig(
                f'search_forward ({self.search_forward}) and search_backward '
                f'({self.search_backward}) exclude each other: set one of them to 0'
            )


@dataclass(frozen=True)
class SupervisorConfig(ServoConfig):
    """
    What the supervisor between servo and robot allows; 0 and '' mean: not watched.

    The caps on speed and the least distance to the target are the servo's own, checked again.
    """

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
        parse_corners(self.fence)
        if 0.0 < self.max_altitude <= self.min_altitude:
            raise BadConfig(
                f'max_altitude ({self.max_altitude}) must exceed min_altitude '
                f'({self.min_altitude}), or be 0 for no limit'
            )


@dataclass(frozen=True)
class RobotConfig(SupervisorConfig):
    """Where the commands go, and how that robot is spoken to."""

    robot_adapter: str = param(
        'twist',
        'How the robot is spoken to; see docs/robots.md.',
        choices=('twist', 'mavros', 'mavlink', 'nav2', 'gimbal'),
        read_only=True,
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
        'What the vehicle does after loss_timeout, in a flight mode of its own (mavlink).',
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
class ControllerConfig(RobotConfig):
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
    heartbeat_timeout: float = param(
        0.25, 'A node silent for longer counts as dead.', unit='s', lo=0.05, hi=0.3
    )
    camera_mount: str = param(
        'auto',
        'How the camera sits: by camera_roll, camera_pitch and camera_yaw, or by TF from '
        "base_frame to the picture's frame; auto: by /tf_static where it knows both.",
        choices=('auto', 'parameters', 'tf'),
        read_only=True,
    )


@dataclass(frozen=True)
class VisualizerConfig(Config):
    """What would a person like to see? Drawing lives here, never in the hot path."""

    node = 'visualizer_node'

    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )
    rate: float = param(20.0, 'Annotated pictures a second at most.', unit='Hz', lo=0.1, hi=120.0)


@dataclass(frozen=True)
class ConsoleConfig(Config):
    """The operator's page in the browser."""

    node = 'console_node'

    host: str = param(
        '127.0.0.1',
        'Address to serve the page on; any but this machine alone needs the token that the log '
        'shows (docs/console.md).',
        read_only=True,
    )
    port: int = param(8080, 'Port; 0: any that is free.', lo=0, hi=65535, read_only=True)
    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )
    rate: float = param(15.0, 'Pictures a second at most.', unit='Hz', lo=0.5, hi=60.0)
    width: int = param(
        960, 'A wider picture is made smaller for the page.', unit='px', lo=64, hi=4096
    )
    quality: int = param(75, 'Of the JPEGs.', lo=10, hi=100)
    link: str = param(
        'hold',
        "When the operator's page goes away: hold (zero velocity until an operator lets the robot "
        'move again), or continue.',
        choices=('hold', 'continue'),
    )
    link_timeout: float = param(
        2.0, "The operator's page is gone when it is silent for longer.", unit='s', lo=0.5, hi=60.0
    )


@dataclass(frozen=True)
class MavlinkCameraConfig(Config):
    """The camera component for QGroundControl and other ground stations: click to track."""

    node = 'mavlink_camera_node'

    endpoint: str = param(
        'udpout:127.0.0.1:14550',
        'The ground station or the MAVLink router: udpout:HOST:PORT, udpin:HOST:PORT or '
        'serial:DEVICE:BAUD.',
        read_only=True,
    )
    system: int = param(
        1, "System id of the vehicle, which is the camera's too.", lo=1, hi=254, read_only=True
    )
    component: int = param(
        100, 'Component id of the camera (MAV_COMP_ID_CAMERA).', lo=100, hi=105, read_only=True
    )
    station: int = param(
        255,
        'System id of the ground station that may choose targets; 0: any.',
        lo=0,
        hi=255,
        read_only=True,
    )
    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )
    video: str = param(
        '',
        'Video that the ground station is told of: rtsp://HOST:PORT/PATH, or the UDP port of RTP; '
        'it is H.264, and something else sends it. With video_to it is that one.',
        read_only=True,
    )
    video_to: str = param(
        '',
        'HOST:PORT that gets the pictures as H.264 over RTP, such as 192.168.1.5:5600; needs '
        'imageio-ffmpeg; empty: no video is sent.',
        read_only=True,
    )
    video_rate: float = param(
        15.0,
        'Pictures a second of that video, at most.',
        unit='Hz',
        lo=1.0,
        hi=60.0,
        read_only=True,
    )
    video_bitrate: int = param(
        1500, 'Of that video.', unit='kbit/s', lo=50, hi=50_000, read_only=True
    )
    video_aspect: float = param(
        0.0,
        'Width by height of that video, when the picture lies in its middle with margins; 0: the '
        'video is the picture.',
        lo=0.0,
        hi=10.0,
        read_only=True,
    )
    status_rate: float = param(
        5.0,
        'CAMERA_TRACKING_IMAGE_STATUS a second, for a station that asks for the default.',
        unit='Hz',
        lo=0.1,
        hi=30.0,
        read_only=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not VIDEO_ADDRESS.fullmatch(self.video):
            raise BadConfig(
                'video must be rtsp://HOST:PORT/PATH of up to 159 characters, or a UDP port; '
                f'got {self.video!r}'
            )
        if self.video_to and self.video:
            raise BadConfig(
                'video is announced by itself where video_to sends one: leave video empty; '
                f'got {self.video!r}'
            )


@dataclass(frozen=True)
class SimulatorConfig(Config):
    """The embedded simulator: world, vehicle, camera."""

    node = 'sim_node'

    robot: str = param('drone', 'Kind of vehicle.', choices=('drone', 'ground'), read_only=True)
    scenario: str = param('street', 'Name of the scenario.', read_only=True)
    seed: int = param(0, 'Seed of everything random.', lo=0, hi=2**31 - 1, read_only=True)
    width: int = param(640, 'Width of the image.', unit='px', lo=16, hi=4096, read_only=True)
    height: int = param(480, 'Height of the image.', unit='px', lo=16, hi=4096, read_only=True)
    rate: float = param(20.0, 'Images a second.', unit='Hz', lo=1.0, hi=120.0, read_only=True)
    horizontal_fov: float = param(
        1.22, 'Horizontal field of view.', unit='rad', lo=0.2, hi=2.6, read_only=True
    )
    depth: bool = param(True, 'Render and publish a depth image too.', read_only=True)
    gusts: float = param(
        0.3,
        'Standard deviation of the wind on the drone.',
        unit='m/s',
        lo=0.0,
        hi=5.0,
        read_only=True,
    )
    command_timeout: float = param(
        0.5,
        'The vehicle brakes when no command came for so long.',
        unit='s',
        lo=0.05,
        hi=5.0,
        read_only=True,
    )
    speed: float = param(
        1.0, 'Simulated seconds per second; 0: as fast as possible.', lo=0.0, hi=100.0
    )
    assets: str = param(
        'auto',
        'Objects of the world: meshes where they are installed, or our own primitives.',
        choices=('auto', 'furniture', 'primitives'),
        read_only=True,
    )


NODES: tuple[type[Config], ...] = (
    DetectorConfig,
    TrackerConfig,
    ControllerConfig,
    VisualizerConfig,
    ConsoleConfig,
    MavlinkCameraConfig,
    SimulatorConfig,
)
"""Every node's configuration, in the order of the flow."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    'drone': {},
    'ground': {
        'controller_node': {
            'robot': 'ground',
            'camera_pitch': -0.02,
            'follow_distance': 3.0,
            'min_distance': 1.2,
            'max_forward': 1.8,
            'max_backward': 0.6,
            'max_acceleration': 1.5,
            'max_jerk': 10.0,
        },
        'tracker_node': {'camera_pitch': -0.02},
        'sim_node': {'robot': 'ground'},
    },
}
"""What differs from the defaults, per robot; config/<robot>.yaml is generated from it."""


AnyConfig = TypeVar('AnyConfig', bound=Config)


def preset(robot: str, kind: type[AnyConfig]) -> AnyConfig:
    """
    Return a node's configuration for a robot.

    :raises BadConfig: there is no such robot.
    """
    if robot not in PRESETS:
        raise BadConfig(f'robot must be one of {", ".join(PRESETS)}; got {robot!r}')
    return kind(**PRESETS[robot].get(kind.node, {}))
