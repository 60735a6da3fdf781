# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Camera input of a node: raw or compressed images, their calibration and depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math

from follow_anything.core.errors import BadImage, InvalidInput
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import FloatArray, Frame
from follow_anything.ros import qos
from follow_anything.ros.messages import calibration, conversions, pictures
from follow_anything.ros.node import FollowNode
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

__all__ = ['CameraInput', 'Picture']

NO_IMAGE_S = 2.0

OLD_S = 1.0
"""A picture whose stamp differs by more from the clock has another clock, or a slow way."""

FAR_M = 200.0
"""A depth image whose nearest tenth lies beyond is in other units than metres."""

CHANGES_S, MANY_CHANGES = 5.0, 5
"""A calibration that changes so often is that of two cameras, or of one that is zooming."""

MISFITS = 20
"""Pictures in a row without a depth image of their time, after which that is told."""


@dataclass(frozen=True)
class Picture:
    """A message that has not been decoded yet: decoding belongs to the inference thread."""

    message: Image | CompressedImage
    depth: Image | None
    camera_input: CameraInput

    @property
    def header(self) -> Header:
        """The camera's own header."""
        return self.message.header

    @property
    def stamp(self) -> float:
        """When it was taken, seconds."""
        return conversions.seconds(self.message.header.stamp)

    def decode(self) -> Frame:
        """Return the frame; BadImage when the bytes are not what the header says."""
        message = self.message
        try:
            if isinstance(message, Image):
                rgb = pictures.rgb_from_msg(message)
            else:
                rgb = pictures.rgb_from_compressed(message)
            frame = Frame(self.stamp, rgb, self._depth_like(rgb.shape[:2]))
        except BadImage as error:
            self.camera_input.refused = str(error)
            raise
        self.camera_input.refused = ''
        self.camera_input.size = frame.width, frame.height
        return frame

    def _depth_like(self, shape: tuple[int, ...]) -> FloatArray | None:
        """Return the depth of the picture; without one that fits, the picture goes on alone."""
        problem, depth = '', None
        if self.depth is not None:
            try:
                depth = conversions.depth_from_msg(self.depth)
            except BadImage as error:
                problem = f'no depth: {error}'
        if depth is not None and depth.shape != shape:
            (rows, columns), (height, width) = depth.shape, shape
            problem = (
                f'no depth: its image of {columns} x {rows} is not aligned with the image of '
                f'{width} x {height}; register it to the colour camera, or set use_depth to false'
            )
            depth = None
        if depth is not None and _is_too_far(depth):
            problem = (
                f'no depth: all of its image lies beyond {FAR_M:g} m; expected metres in 32FC1, '
                'millimetres in 16UC1'
            )
            depth = None
        if depth is not None and not _has_values(depth):
            problem = (
                'no depth: no pixel of its image has a value: is the sensor covered, or '
                'everything beyond its reach?'
            )
        if problem or depth is not None:
            self.camera_input.report_depth_problem(problem)
        return depth


class CameraInput:
    """
    Subscribes to the camera while the node is active.

    :param on_picture: called in the executor's thread with every new picture; keep it short.

    `refused` and `size` are of the newest picture that was decoded, in whatever thread.
    """

    def __init__(
        self,
        node: FollowNode,
        on_picture: Callable[[Picture], None],
        *,
        compressed: bool,
        use_depth: bool = False,
    ) -> None:
        self._node, self._on_picture = node, on_picture
        self.received = 0
        self.first_stamp: float | None = None
        self.refused = ''
        self.size: tuple[int, int] | None = None
        self._arrived = node.steady_now()
        self._unreadable = self._late = self._no_depth = ''
        self._depth: Image | None = None
        self._misfits = 0
        self._changes: list[float] = []
        self._info: CameraInfo | None = None
        self._made: tuple[object, PinholeCamera | None, str] = (None, None, '')
        self._compressed = compressed
        self._topic = node.resolve_topic_name('image/compressed' if compressed else 'image')
        self._is_rectified = self._asks_for_p()
        kind, topic = (CompressedImage, 'image/compressed') if compressed else (Image, 'image')
        node.subscribe(kind, topic, self._on_image, qos.IMAGE)
        node.subscribe(CameraInfo, 'camera_info', self._on_info, qos.IMAGE)
        self._use_depth = use_depth
        if use_depth:
            node.subscribe(Image, 'depth', self._on_depth, qos.IMAGE)

    def _asks_for_p(self) -> bool:
        matrix = getattr(self._node.config, 'camera_matrix', 'auto')
        topic = self._topic.removesuffix('/compressed')
        return matrix == 'P' or (matrix == 'auto' and calibration.is_rectified_topic(topic))

    def _is_calibrated(self, info: CameraInfo) -> bool:
        return calibration.is_calibrated(info, rectified=self._is_rectified)

    @property
    def silence(self) -> float:
        """Seconds since the last picture arrived."""
        return self._node.steady_now() - self._arrived

    def is_older_than_us(self, moment: float, started_at: float) -> bool:
        """
        Return whether something happened before the node started, or before its first picture.

        :param moment: seconds of the ROS clock. :param started_at: likewise; 0 in a simulation
            whose clock has not been received yet, for which there is the first picture.
        """
        return self.first_stamp is None or moment < max(started_at, self.first_stamp)

    @property
    def camera(self) -> PinholeCamera | None:
        """The camera of the newest picture; None while that is not known."""
        info, size = self._info, self.size
        key = info, size
        if self._made[0] != key:
            self._made = key, *self._make(info, size)
            if self._made[2]:
                self._node.complain(InvalidInput(self._made[2]))
        return self._made[1]

    def _make(
        self, info: CameraInfo | None, size: tuple[int, int] | None
    ) -> tuple[PinholeCamera | None, str]:
        field = getattr(self._node.config, 'horizontal_fov', 0.0)
        if info is None or not self._is_calibrated(info):
            if not field or size is None:
                return None, ''
            return PinholeCamera.from_horizontal_fov(*size, field), ''
        try:
            return calibration.camera_from_msg(info, size, rectified=self._is_rectified), ''
        except InvalidInput as error:
            return None, str(error)

    def complaint(self) -> str:
        """Return what is wrong with the camera; empty when all is well."""
        said = self.picture_complaint() or ('' if self.camera is not None else self._no_camera())
        return said or self._crowd() or self._unsteady() or self._no_depth or self._other_depth()

    def picture_complaint(self) -> str:
        """Return what is wrong with the pictures, whether the camera is calibrated or not."""
        if self.silence > NO_IMAGE_S:
            return f'no image on {self._topic} for {self.silence:.0f} s: {self._who_publishes()}'
        return self._unreadable or self.refused or self._late

    def _crowd(self) -> str:
        """Return which topic of the camera has two publishers; '' when none has."""
        for topic in (self._topic, self._node.resolve_topic_name('camera_info')):
            count = len(self._kinds(topic))
            if count > 1:
                return f'{count} publishers of {topic}: two cameras? Give each its own name'
        return ''

    def _other_depth(self) -> str:
        """Return what is published as depth and cannot be heard; '' where there is no such."""
        if not self._use_depth or self._depth is not None:
            return ''
        topic = self._node.resolve_topic_name('depth')
        kinds = self._kinds(topic)
        if not kinds or 'Image' in kinds:
            return ''
        return (
            f'no depth: {topic} is published as {kinds[0]}, expected sensor_msgs/msg/Image: let '
            'image_transport republish it as raw'
        )

    def _no_camera(self) -> str:
        topic = self._node.resolve_topic_name('camera_info')
        if self._made[2]:
            return f'{self._made[2]} ({topic})'
        if self._info is None:
            publishers = self._node.count_publishers(topic)
            return f'no camera_info on {topic} yet: {publishers} publisher(s)'
        return _uncalibrated(topic)

    def _who_publishes(self) -> str:
        """Return who publishes the picture, and what is confused where no message arrives."""
        wanted = 'CompressedImage' if self._compressed else 'Image'
        kinds = self._kinds(self._topic)
        if wanted in kinds:
            return f'{kinds.count(wanted)} publisher(s), and nothing arrives'
        if 'CompressedImage' in kinds:
            return (
                'it is published as sensor_msgs/msg/CompressedImage: set compressed to true and '
                'give the name without /compressed'
            )
        if kinds:
            return f'it is published as {kinds[0]}, expected sensor_msgs/msg/{wanted}'
        if not self._compressed:
            if 'CompressedImage' in self._kinds(f'{self._topic}/compressed'):
                return f'only {self._topic}/compressed is published: set compressed to true'
            return 'nobody publishes it'
        raw = self._topic.removesuffix('/compressed')
        beside = self._kinds(raw)
        if 'CompressedImage' in beside:
            return f'{raw} is the compressed one: give the name without /compressed'
        if 'Image' in beside:
            return f'only {raw} is published, raw: set compressed to false'
        return 'nobody publishes it'

    def _kinds(self, topic: str) -> list[str]:
        infos = self._node.get_publishers_info_by_topic(topic)
        return [info.topic_type.rpartition('/')[2] for info in infos]

    def report_depth_problem(self, problem: str, *, repeat: bool = True) -> None:
        """Set the reason why there is no depth, and log a new one; empty: there is depth."""
        if problem and problem != self._no_depth and repeat:
            self._node.complain(BadImage(problem))
        self._no_depth = problem

    def _on_image(self, message: Image | CompressedImage) -> None:
        self.received += 1
        self._arrived = self._node.steady_now()
        self._unreadable = ''
        stamp = conversions.seconds(message.header.stamp)
        self._check_stamp(stamp)
        self.first_stamp = stamp if self.first_stamp is None else self.first_stamp
        if isinstance(message, Image):
            try:
                pictures.check(message)
            except BadImage as error:
                self._unreadable = str(error)
                raise
        self._on_picture(Picture(message, self._depth_beside(message.header), self))

    def _depth_beside(self, header: Header) -> Image | None:
        """Return the depth image of a picture; one whose stamp never fits is reported."""
        depth = self._depth
        if depth is None or pictures.is_depth_of(depth.header, header):
            self._misfits = 0
            return depth
        self._misfits += 1
        if self._misfits >= MISFITS:
            gap = conversions.seconds(header.stamp) - conversions.seconds(depth.header.stamp)
            self.report_depth_problem(
                f'no depth: the newest was taken {abs(gap):.2f} s '
                f'{"before" if gap > 0 else "after"} the picture, expected '
                f'{pictures.DEPTH_TOLERANCE_S} s at most; publish them together',
                repeat=self._misfits == MISFITS,
            )
        return None

    def _check_stamp(self, stamp: float) -> None:
        age, before = self._node.now() - stamp, self._late
        if math.isclose(stamp, 0.0):
            self._late = 'the stamps of the images are 0: the driver must fill in header.stamp'
        elif abs(age) > OLD_S:
            side = 'behind' if age > 0 else 'ahead of'
            self._late = (
                f'the stamps of the images are {abs(age):.1f} s {side} the clock: another clock '
                '(use_sim_time? chrony?), a replay, or a slow link'
            )
        else:
            self._late = ''
        if self._late and not before:
            self._node.get_logger().warning(self._late)

    def _on_info(self, message: CameraInfo) -> None:
        before = self._info
        if before is not None and _is_same(before, message):
            return
        self._info = message
        if before is not None:
            self._note_change()
        if self._is_calibrated(message):
            # Whether it fits the picture is asked later; that it is one can be said at once.
            calibration.camera_from_msg(message, rectified=self._is_rectified)
        elif not getattr(self._node.config, 'horizontal_fov', 0.0):
            raise InvalidInput(_uncalibrated(self._node.resolve_topic_name('camera_info')))

    def _note_change(self) -> None:
        """Count how often the calibration has changed of late: a zoom lens may, others do not."""
        now = self._node.steady_now()
        self._changes = [at for at in self._changes if now - at < CHANGES_S] + [now]
        if len(self._changes) == 1:
            self._node.get_logger().warning('camera_info has changed: another lens, or mode?')

    def _unsteady(self) -> str:
        now = self._node.steady_now()
        count = sum(now - at < CHANGES_S for at in self._changes)
        if count < MANY_CHANGES:
            return ''
        topic = self._node.resolve_topic_name('camera_info')
        return (
            f'{topic} has changed {count} times in {CHANGES_S:g} s: two cameras? Give each its '
            'own name'
        )

    def _on_depth(self, message: Image) -> None:
        self._depth = message


def _uncalibrated(topic: str) -> str:
    return (
        f'the camera is not calibrated: K of {topic} is all zero, or identity; calibrate it, or '
        'set horizontal_fov to its field of view'
    )


def _is_too_far(depth: FloatArray) -> bool:
    sample = depth[::8, ::8]
    known = sample[np.isfinite(sample) & (sample > 0.0)]
    return known.size > 0 and bool(np.percentile(known, 10.0) > FAR_M)


def _has_values(depth: FloatArray) -> bool:
    some, all_of_it = depth[::8, ::8], depth  # nearly always some are enough
    return any(bool(np.any(np.isfinite(part) & (part > 0.0))) for part in (some, all_of_it))


def _is_same(one: CameraInfo, other: CameraInfo) -> bool:
    """Compare all but the headers: a calibration comes with every picture and seldom changes."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ('k', 'd', 'r', 'p')
    ) and all(
        getattr(one, name) == getattr(other, name)
        for name in ('width', 'height', 'distortion_model', 'binning_x', 'binning_y', 'roi')
    )
