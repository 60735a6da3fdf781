# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The camera as the nodes hear it: raw or compressed pictures, calibration, depth beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from follow_anything.core.errors import BadImage
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import FloatArray, Frame
from follow_anything.ros import conversions, qos
from follow_anything.ros.node import FollowNode
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

__all__ = ['CameraInput', 'Picture']

DEPTH_TOLERANCE_S = 0.05
"""A depth image belongs to the picture when their stamps differ by less."""

NO_IMAGE_S = 2.0


@dataclass(frozen=True)
class Picture:
    """A message that has not been decoded yet: decoding belongs to the inference thread."""

    message: Image | CompressedImage
    depth: Image | None

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
        if isinstance(message, Image):
            rgb = conversions.rgb_from_msg(message)
        else:
            rgb = conversions.rgb_from_compressed(message)
        return Frame(self.stamp, rgb, self._depth_like(rgb.shape[:2]))

    def _depth_like(self, shape: tuple[int, ...]) -> FloatArray | None:
        if self.depth is None:
            return None
        depth = conversions.depth_from_msg(self.depth)
        if depth.shape != shape:
            raise BadImage(
                f'the depth image {depth.shape} is not aligned with the image {shape}; '
                'register it to the colour camera, or set use_depth to false'
            )
        return depth


class CameraInput:
    """
    Subscribes to the camera while the node is active.

    :param on_picture: called in the executor's thread with every new picture; keep it short.
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
        self.camera: PinholeCamera | None = None
        self.received = 0
        self._arrived = node.steady_now()
        self._depth: Image | None = None
        kind, topic = (CompressedImage, 'image/compressed') if compressed else (Image, 'image')
        node.hear(kind, topic, self._on_image, qos.IMAGE)
        node.hear(CameraInfo, 'camera_info', self._on_info, qos.IMAGE)
        if use_depth:
            node.hear(Image, 'depth', self._on_depth, qos.IMAGE)

    @property
    def silence(self) -> float:
        """Seconds since the last picture arrived."""
        return self._node.steady_now() - self._arrived

    def complaint(self) -> str:
        """Return what an operator should know about the camera; empty when all is well."""
        if self.silence > NO_IMAGE_S:
            topic = self._node.resolve_topic_name('image')
            publishers = self._node.count_publishers(topic)
            why = f'{publishers} publisher(s)' if publishers else 'nobody publishes it'
            return f'no image on {topic} for {self.silence:.0f} s: {why}'
        if self.camera is None:
            return f'no camera_info on {self._node.resolve_topic_name("camera_info")} yet'
        return ''

    def _on_image(self, message: Image | CompressedImage) -> None:
        self.received += 1
        self._arrived = self._node.steady_now()
        depth = self._depth
        if depth is not None:
            gap = conversions.seconds(depth.header.stamp) - conversions.seconds(
                message.header.stamp
            )
            depth = depth if abs(gap) < DEPTH_TOLERANCE_S else None
        self._on_picture(Picture(message, depth))

    def _on_info(self, message: CameraInfo) -> None:
        self.camera = conversions.camera_from_msg(message)

    def _on_depth(self, message: Image) -> None:
        self._depth = message
