# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The MAVLink camera node: QGroundControl selects targets by a click in its video.

Subscribes to image, track and state. Publishes stop, query/click and query/box; calls
controller_node/stop and tracker_node/stop. A click never moves a robot: the controller has to
say that it holds before the tracker hears of the new target, and it holds until an operator
calls controller_node/enable. Docs: docs/robots.md.
"""

from __future__ import annotations

from collections import deque

from follow_anything.core.config import ControllerConfig, MavlinkCameraConfig, TrackerConfig
from follow_anything.core.types import Box, Query, TargetState
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.robots.mavlink.camera import CameraSettings, TrackingOrder
from follow_anything.robots.mavlink.camera_link import CameraLink
from follow_anything.robots.mavlink.video import parse_receiver, RtpVideo
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.messages import targets
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.services.service import Service
from follow_anything.ros.worker import NewestOnly
from geometry_msgs.msg import PointStamped
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Empty, Header, String
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D

__all__ = ['MavlinkCameraNode', 'main']

TICK_S = 0.02
FRESH_S = 1.0
"""An older picture is not clicked on, an older track is not shown."""

DECODE_S = 1.0
"""How often the size of compressed pictures is looked up."""

AGAIN_S, WITHIN_S = 0.3, 1.2
"""A ground station gives up after about a second and a half (MAVSDK) or three (QGroundControl)."""

ALARMING = (TargetState.AMBIGUOUS.value, TargetState.LOST.value)


class MavlinkCameraNode(FollowNode):
    """ROS wiring of robots.mavlink.camera."""

    config_type = MavlinkCameraConfig
    config: MavlinkCameraConfig

    def build(self) -> None:
        """Make publishers and clients."""
        self._stop = self.advertise(Empty, 'stop', qos.QUERY)
        self._click = self.advertise(PointStamped, 'query/click', qos.QUERY)
        self._box = self.advertise(RegionOfInterest, 'query/box', qos.QUERY)
        self._controller, self._tracker = (
            Service(self, Trigger, f'{node}/stop', WITHIN_S, AGAIN_S)
            for node in (ControllerConfig.node, TrackerConfig.node)
        )

    def start(self) -> None:
        """Open the link and listen."""
        config = self.config
        self._orders: deque[TrackingOrder] = deque(maxlen=16)
        self._taken = 0
        self._size: tuple[int, int] | None = None
        self._looked_at = self._tracked_at = float('-inf')
        self._target: Box | None = None
        self._state = ''
        self._video, announced = self._open_video()
        settings = CameraSettings(
            config.system,
            config.component,
            config.station,
            announced,
            config.video_aspect,
            config.status_rate,
            config.video_rate if config.video_to else 0.0,
            config.video_bitrate if config.video_to else 0,
        )
        self._link = CameraLink(config.endpoint, settings, self._orders.append, self.complain)
        self._link.open()
        self.until_deactivated(self._link.close)
        self.until_deactivated(self._controller.give_up)
        self.until_deactivated(self._tracker.give_up)
        self._input = CameraInput(self, self._on_picture, compressed=config.compressed)
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.subscribe(String, 'state', self._on_state, qos.LATCHED)
        self.every(TICK_S, self._tick)

    def _open_video(self) -> tuple[NewestOnly[Picture] | None, str]:
        """Return the thread that sends the video, if there is one, and what is announced."""
        config = self.config
        self._filmed_at = float('-inf')
        if not config.video_to:
            return None, config.video
        video = RtpVideo(config.video_to, config.video_rate, config.video_bitrate)
        # Its own thread, which passes over what comes while the encoder is busy.
        worker = NewestOnly[Picture](
            lambda picture: video.send(picture.decode().rgb), self.complain
        )
        self.until_deactivated(video.close)
        self.until_deactivated(worker.close)
        return worker, str(parse_receiver(config.video_to)[1])

    # What the graph says.

    def _on_picture(self, picture: Picture) -> None:
        now = self.steady_now()
        if self._video is not None and now - self._filmed_at >= 0.9 / self.config.video_rate:
            self._filmed_at = now
            self._video.offer(picture)
        message = picture.message
        if isinstance(message, Image):
            self._size = message.width, message.height
        elif self.steady_now() - self._looked_at > DECODE_S:
            self._looked_at = self.steady_now()
            picture.decode()
            self._size = self._input.size

    def _on_track(self, message: Detection2D) -> None:
        target = targets.target_from_msg(message)
        is_one = target.state.is_visible and self._state != TargetState.AMBIGUOUS
        self._target = target.box if is_one else None
        self._tracked_at = self.steady_now()

    def _on_state(self, message: String) -> None:
        if message.data not in TargetState.__members__ or message.data == self._state:
            return
        is_first, self._state = not self._state, message.data
        if not is_first:
            self._link.say(f'target: {self._state}', warns=self._state in ALARMING)

    # What the station wants.

    def _tick(self) -> None:
        """Carry out orders, and show what is tracked."""
        now = self.steady_now()
        while self._orders:
            self._begin(self._orders.popleft(), now)
        self._controller.tick(now)
        self._tracker.tick(now)
        size = self._size if self._input.silence <= FRESH_S else None
        self._link.show(size, self._target if now - self._tracked_at <= FRESH_S else None)

    def _begin(self, order: TrackingOrder, now: float) -> None:
        """Stop the robot first; the rest of the order waits until the controller has answered."""
        self._stop.publish(Empty())
        self._controller.give_up()  # an order that this one has overtaken
        self._tracker.give_up()
        query = order.query

        def failed(why: str) -> None:
            self._link.answer(order.number, CommandResult.FAILED, why)

        def answered(response: Trigger.Response) -> None:
            if not response.success:
                failed(response.message)
            elif query is None:
                self._link.answer(order.number, CommandResult.ACCEPTED)
            else:
                self._take(order.number, query)

        service = self._tracker if query is None else self._controller
        service.ask(now, Trigger.Request(), answered, failed)

    def _take(self, number: int, query: Query) -> None:
        """Publish the query: the robot is known to hold."""
        if not self._link.is_wanted(number):
            return  # a stop has overtaken it
        if query.box is not None:
            self._box.publish(_region(query.box))
        else:
            click = PointStamped(header=Header(stamp=self.get_clock().now().to_msg()))
            click.point.x, click.point.y = query.clicks[0].x, query.clicks[0].y
            self._click.publish(click)
        self._taken += 1
        self._link.answer(number, CommandResult.ACCEPTED)
        self._link.say('target taken; the robot holds until enabled')

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return how link and camera are, and what was asked."""
        values = {**self._link.report(), 'targets_taken': self._taken}
        if self._video is not None:
            values |= {'video_sent': self._video.done, 'video_left_out': self._video.dropped}
        complaint = self._link.broken or self._input.picture_complaint()
        return (WARN if complaint else OK), complaint or 'on the link', values


def _region(box: Box) -> RegionOfInterest:
    x, y = int(box.x1), int(box.y1)
    width, height = max(1, round(box.x2) - x), max(1, round(box.y2) - y)
    return RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(MavlinkCameraNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
