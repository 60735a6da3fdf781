# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of what a person looks at: pictures, the operator's page, the ground station."""

from __future__ import annotations

from dataclasses import dataclass
import re

from follow_anything.core.config.base import param
from follow_anything.core.config.sight import PictureConfig
from follow_anything.core.errors import BadConfig

__all__ = ['ConsoleConfig', 'MavlinkCameraConfig', 'VisualizerConfig']

VIDEO_ADDRESS = re.compile(r'(rtsps?://[\x21-\x7e]{1,150}|[1-9][0-9]{0,4})?')
"""Of a video that a ground station opens; MAVLink has 160 bytes for it."""


@dataclass(frozen=True)
class VisualizerConfig(PictureConfig):
    """What would a person like to see? Drawing lives here, never in the hot path."""

    node = 'visualizer_node'

    rate: float = param(20.0, 'Annotated pictures a second at most.', unit='Hz', lo=0.1, hi=120.0)


@dataclass(frozen=True)
class ConsoleConfig(PictureConfig):
    """The operator's page in the browser."""

    node = 'console_node'

    host: str = param(
        '127.0.0.1',
        'Address to serve the page on; any but this machine alone needs the token that the log '
        'shows (docs/console.md).',
        read_only=True,
    )
    port: int = param(8080, 'Port; 0: any that is free.', lo=0, hi=65535, read_only=True)
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
class MavlinkCameraConfig(PictureConfig):
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
