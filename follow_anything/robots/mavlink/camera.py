# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A MAVLink camera that tracks: what a ground station may ask it, and what it answers.

This is the protocol alone, without a link, a thread or ROS: messages go in by `handle`, orders
come out, and what is to be sent is written by pymavlink's MAVLink object. An order moves nothing;
the owner holds the robot before it lets the tracker have the new target.

Whoever asks is answered what the camera is; only the ground station has a say in what it tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Any

from follow_anything.core.types import Box, Click, Query
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.robots.mavlink.letterbox import Letterbox

__all__ = [
    'CameraComponent',
    'CameraSettings',
    'TrackingOrder',
]

HEARTBEAT_S = 1.0
SHORTEST_INTERVAL_S = 0.02
STATION_SILENT_S = 3.5
TEXT_LENGTH = 50
"""Of a STATUSTEXT, bytes."""

LARGEST_SIDE = 0xFFFF
"""Pixels that a message has room for."""

# Numbers of the MAVLink common message set.
SET_MESSAGE_INTERVAL, REQUEST_MESSAGE = 511, 512
REQUEST_CAMERA_INFORMATION, REQUEST_CAMERA_SETTINGS = 521, 522
TRACK_POINT, TRACK_RECTANGLE, STOP_TRACKING = 2004, 2005, 2010
REQUEST_VIDEO_INFORMATION, REQUEST_VIDEO_STATUS = 2504, 2505
CAMERA_INFORMATION, CAMERA_SETTINGS = 259, 260
VIDEO_INFORMATION, VIDEO_STATUS, TRACKING_STATUS = 269, 270, 275
CAMERA_TYPE, NO_AUTOPILOT, ACTIVE_STATE = 30, 8, 4
HAS_VIDEO, HAS_POINT, HAS_RECTANGLE = 256, 512, 1024
VIDEO_MODE = 1
IDLE, ACTIVE = 0, 1
NO_MODE, RECTANGLE_MODE, NO_DATA, DATA_IN_STATUS = 0, 2, 0, 4
RTSP, RTP, RUNNING, H264 = 0, 1, 1, 1
NOTICE, WARNING = 5, 4
NAN = math.nan

ASKS_FOR = {
    REQUEST_CAMERA_INFORMATION: CAMERA_INFORMATION,
    REQUEST_CAMERA_SETTINGS: CAMERA_SETTINGS,
    REQUEST_VIDEO_INFORMATION: VIDEO_INFORMATION,
    REQUEST_VIDEO_STATUS: VIDEO_STATUS,
}
"""The commands of before REQUEST_MESSAGE, which ground stations still fall back to."""


@dataclass(frozen=True)
class CameraSettings:
    """
    Identity and video of the MAVLink camera.

    :param system: its system id, that of the vehicle. :param component: its component id.
    :param station: system id of the ground station that may choose targets; 0: any.
    :param video: rtsp://..., or the UDP port of RTP; '': no video is announced.
    :param video_rate: its pictures a second. :param video_bitrate: kbit/s; both 0: not known.
    :param video_aspect: see Letterbox. :param status_rate: where the station asks for none, Hz.
    """

    system: int = 1
    component: int = 100
    station: int = 255
    video: str = ''
    video_aspect: float = 0.0
    status_rate: float = 5.0
    video_rate: float = 0.0
    video_bitrate: int = 0


@dataclass(frozen=True)
class TrackingOrder:
    """
    A request of the ground station to track something, or to stop.

    :param query: the new target, in pixels of the picture; None: stop tracking.
    :param number: to answer it by.
    """

    number: int
    query: Query | None


@dataclass(frozen=True)
class _PendingCommand:
    """A command that has no final answer yet."""

    order: TrackingOrder
    command: int
    parameters: tuple[float, ...]
    sender: tuple[int, int]


class Refused(Exception):
    """A command is refused."""

    def __init__(self, result: CommandResult, why: str = '') -> None:
        super().__init__(why)
        self.result = result


class CameraComponent:
    """
    One camera on one link. Calls are for one thread at a time.

    :param mavlink: a pymavlink MAVLink whose messages carry our system and component.
    :param now: seconds on a clock that never jumps; the same for `handle` and `tick`.

    `picture` is the size of the newest picture, pixels, and None while there is none to click
    on. `tracked` is the box of the target in it, pixels, and None while it is not seen.
    """

    def __init__(self, mavlink: Any, settings: CameraSettings, now: float) -> None:
        self._mavlink, self._settings = mavlink, settings
        self.picture: tuple[int, int] | None = None
        self.tracked: Box | None = None
        self.refusals = 0
        self.last_refusal = ''
        self._began = self._beat_due = now
        self._interval: float | None = None
        self._status_due = math.inf
        self._station_at = -math.inf
        self._count = 0
        self._pending: _PendingCommand | None = None

    def handle(self, message: Any, now: float) -> TrackingOrder | None:
        """Take one message that pymavlink has decoded; return an order that `answer` ends."""
        kind, sender = message.get_type(), (message.get_srcSystem(), message.get_srcComponent())
        if kind == 'HEARTBEAT' and self._is_station(sender):
            self._station_at = now
        if kind not in ('COMMAND_LONG', 'COMMAND_INT'):
            return None
        ours = self._settings.system, self._settings.component
        is_for_us = (message.target_system, message.target_component) == ours
        is_for_all = message.target_system in (0, ours[0]) and message.target_component == 0
        if not is_for_us and not (is_for_all and self._asked_for(message) is not None):
            return None  # what is not for us alone is answered only where we have something to say
        try:
            if kind == 'COMMAND_INT':
                raise Refused(CommandResult.COMMAND_LONG_ONLY)
            return self._obey(message, sender, now)
        except Refused as refusal:
            self._refuse(message.command, refusal, sender)
            return None

    def answer(self, number: int, result: CommandResult, why: str = '') -> None:
        """End an order; one that was given up meanwhile has been answered."""
        asked = self._pending
        if asked is None or asked.order.number != number:
            return
        self._pending = None
        if result is CommandResult.ACCEPTED:
            self._acknowledge(asked.command, result, asked.sender)
        else:
            self._refuse(asked.command, Refused(result, why), asked.sender)

    def is_wanted(self, number: int) -> bool:
        """Tell whether an order still waits for its answer; a STOP overtakes what waits."""
        return self._pending is not None and self._pending.order.number == number

    def say(self, text: str, *, warns: bool = False) -> None:
        """Send a STATUSTEXT to the operator."""
        cut = text.encode('utf-8')[:TEXT_LENGTH]
        self._mavlink.statustext_send(WARNING if warns else NOTICE, cut)

    def has_station(self, now: float) -> bool:
        """Return whether the ground station is connected."""
        return now - self._station_at <= STATION_SILENT_S

    @property
    def status_rate(self) -> float:
        """How often the status is sent, Hz; 0: nobody asked for it."""
        return 0.0 if self._interval is None else 1.0 / self._interval

    def tick(self, now: float) -> float:
        """
        Send the messages that are due; return when the next one is, on the same clock.

        A heartbeat that could not be sent stays due.
        """
        if now >= self._beat_due:
            self._mavlink.heartbeat_send(CAMERA_TYPE, NO_AUTOPILOT, 0, 0, ACTIVE_STATE)
            self._beat_due = max(self._beat_due + HEARTBEAT_S, now)
        if self._interval is not None and now >= self._status_due:
            late = self._status_due + self._interval < now
            self._status_due = now + self._interval if late else self._status_due + self._interval
            self._send_tracking_status(now)
        return min(self._beat_due, self._status_due)

    # Commands.

    def _is_station(self, sender: tuple[int, int]) -> bool:
        return self._settings.station in (0, sender[0])

    def _asked_for(self, message: Any) -> int | None:
        """Return the id of the message that a command asks for; None: it asks for none of ours."""
        if message.get_type() != 'COMMAND_LONG':
            return None
        wanted = ASKS_FOR.get(message.command)
        if message.command == REQUEST_MESSAGE and math.isfinite(message.param1):
            wanted = int(message.param1)
        return wanted if wanted in self._messages() else None

    def _messages(self) -> dict[int, Callable[[float], None]]:
        """Return the messages that may be requested, by id."""
        messages: dict[int, Callable[[float], None]] = {
            CAMERA_INFORMATION: self._send_information,
            CAMERA_SETTINGS: self._send_settings,
            TRACKING_STATUS: self._send_tracking_status,
        }
        if self._settings.video:
            messages |= {
                VIDEO_INFORMATION: self._send_video_information,
                VIDEO_STATUS: self._send_video_status,
            }
        return messages

    def _obey(self, message: Any, sender: tuple[int, int], now: float) -> TrackingOrder | None:
        command = message.command
        if command in (REQUEST_MESSAGE, *ASKS_FOR):
            wanted = self._asked_for(message)
            if wanted is None:
                raise Refused(CommandResult.DENIED)
            self._acknowledge(command, CommandResult.ACCEPTED, sender)
            self._messages()[wanted](now)
            return None
        if command not in (SET_MESSAGE_INTERVAL, TRACK_POINT, TRACK_RECTANGLE, STOP_TRACKING):
            raise Refused(CommandResult.UNSUPPORTED)
        if not self._is_station(sender):
            raise Refused(CommandResult.DENIED, f'system {sender[0]} is not the ground station')
        if command == SET_MESSAGE_INTERVAL:
            self._set_interval(message.param1, message.param2, now)
            self._acknowledge(command, CommandResult.ACCEPTED, sender)
            return None
        return self._track(message, sender)

    def _set_interval(self, which: float, interval_us: float, now: float) -> None:
        if which != TRACKING_STATUS:
            raise Refused(CommandResult.DENIED)
        if interval_us == -1.0:
            self._interval, self._status_due = None, math.inf
            return
        wanted = 1.0 / self._settings.status_rate if interval_us == 0.0 else interval_us * 1e-6
        if not SHORTEST_INTERVAL_S <= wanted < math.inf:  # false for NaN too
            raise Refused(CommandResult.DENIED, f'status: every {wanted:g} s cannot be')
        self._interval, self._status_due = wanted, now

    def _track(self, message: Any, sender: tuple[int, int]) -> TrackingOrder | None:
        command = message.command
        parameters = tuple(getattr(message, f'param{n}') for n in range(1, 8))
        waiting = self._pending
        if waiting is not None:
            if (waiting.command, waiting.sender) == (command, sender) and _same(
                waiting.parameters, parameters
            ):
                self._acknowledge(
                    command, CommandResult.IN_PROGRESS, sender
                )  # it is asked once more
                return None
            if command != STOP_TRACKING:
                raise Refused(
                    CommandResult.TEMPORARILY_REJECTED, 'the target before is being taken'
                )
        query = self._query(command, parameters)
        if waiting is not None:
            self.answer(waiting.order.number, CommandResult.FAILED, 'overtaken by a stop')
        self._count += 1
        order = TrackingOrder(self._count, query)
        self._pending = _PendingCommand(order, command, parameters, sender)
        return order

    def _query(self, command: int, parameters: tuple[float, ...]) -> Query | None:
        """Return what is to be tracked; None: nothing any more."""
        used = {TRACK_POINT: 3, TRACK_RECTANGLE: 4, STOP_TRACKING: 0}[command]
        camera = parameters[used]
        if not (math.isnan(camera) or camera in (0.0, self._settings.component)):  # NaN: not said
            raise Refused(CommandResult.DENIED, f'there is no camera {camera:g} here')
        if command == STOP_TRACKING:
            return None
        if not all(0.0 <= value <= 1.0 for value in parameters[:used]):  # false for NaN too
            raise Refused(CommandResult.DENIED, 'expected coordinates from 0 to 1')
        if self.picture is None:
            raise Refused(CommandResult.TEMPORARILY_REJECTED, 'no picture from the camera')
        shown = Letterbox(self.picture, self._settings.video_aspect)
        if command == TRACK_POINT:
            point = shown.point(*parameters[:2])
            if point is None:
                raise Refused(CommandResult.DENIED, 'the click is outside the picture')
            return Query(clicks=(Click(*point),))
        box = shown.box((parameters[0], parameters[1], parameters[2], parameters[3]))
        if box is None:
            raise Refused(CommandResult.DENIED, 'the rectangle is empty or outside')
        return Query(box=box)

    def _acknowledge(self, command: int, result: CommandResult, sender: tuple[int, int]) -> None:
        self._mavlink.command_ack_send(command, result, 255, 0, *sender)

    def _refuse(self, command: int, refusal: Refused, sender: tuple[int, int]) -> None:
        self.refusals += 1
        self.last_refusal = f'command {command}: {refusal.result.name} {refusal}'.rstrip()
        self._acknowledge(command, refusal.result, sender)
        if str(refusal) and self._is_station(sender):
            self.say(f'camera: {refusal}', warns=True)

    # Messages.

    def _boot_ms(self, now: float) -> int:
        return int((now - self._began) * 1e3) & 0xFFFFFFFF

    def _size(self) -> tuple[int, int]:
        width, height = self.picture or (0, 0)  # 0: not known
        return min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)

    def _send_information(self, now: float) -> None:
        name, model = b'follow_anything', b'tracker'
        flags = HAS_POINT | HAS_RECTANGLE | (HAS_VIDEO if self._settings.video else 0)
        self._mavlink.camera_information_send(
            self._boot_ms(now), list(name.ljust(32, b'\0')), list(model.ljust(32, b'\0')),
            0, NAN, NAN, NAN, *self._size(), 0, flags, 0, b'',
        )  # fmt: skip

    def _send_settings(self, now: float) -> None:
        self._mavlink.camera_settings_send(self._boot_ms(now), VIDEO_MODE, NAN, NAN)

    def _send_video_information(self, now: float) -> None:
        video = self._settings.video
        kind = RTSP if video.startswith('rtsp') else RTP
        self._mavlink.video_stream_information_send(
            1, 1, kind, RUNNING, *self._video_figures(), 0, 0,
            b'follow_anything', video.encode(), H264,
        )  # fmt: skip

    def _send_video_status(self, now: float) -> None:
        self._mavlink.video_stream_status_send(1, RUNNING, *self._video_figures(), 0, 0)

    def _video_figures(self) -> tuple[float, int, int, int]:
        """Return pictures a second, width, height and bit/s."""
        width, height = self._size()
        aspect = self._settings.video_aspect
        width = min(round(height * aspect), LARGEST_SIDE) if aspect else width
        return self._settings.video_rate, width, height, 1000 * self._settings.video_bitrate

    def _send_tracking_status(self, now: float) -> None:
        """
        Send CAMERA_TRACKING_IMAGE_STATUS.

        Not seen is IDLE, whatever the reason: for any other status QGroundControl's sources draw
        a rectangle, even of NaN. The reason is told as a text.
        """
        share = None
        if self.tracked is not None and self.picture is not None:
            share = Letterbox(self.picture, self._settings.video_aspect).share(self.tracked)
        if share is None:
            about = (IDLE, NO_MODE, NO_DATA)
            share = NAN, NAN, NAN, NAN
        else:
            about = (ACTIVE, RECTANGLE_MODE, DATA_IN_STATUS)
        self._mavlink.camera_tracking_image_status_send(*about, NAN, NAN, NAN, *share)


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Compare parameters; those that nobody set are NaN."""
    return all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))
