# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions to queries: our own topics, and those of rqt, RViz and Foxglove."""

from __future__ import annotations

from collections.abc import Callable

from follow_anything.core.errors import BadQuery
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import Box, Click, Query
from follow_anything.io.query_store import QueryStore
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode
from follow_anything.ros.transforms import TransformTree
from geometry_msgs.msg import Point, PointStamped
import numpy as np
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import String

__all__ = ['QueryInput', 'query_of_parameter']


def query_of_parameter(text: str) -> Query | None:
    """
    Return the query a parameter or a topic says: in words, or @NAME of a saved one.

    :return: None for an empty text: nothing is asked.
    :raises BadQuery: it cannot be used. :raises SourceError: the saved one is spoilt.
    """
    if not text.strip():
        return None
    if text.startswith('@'):
        return QueryStore().load(text[1:].strip())
    return query_from_text(text)


class QueryInput:
    """
    Subscribes to the queries while the node is active.

    :param on_query: called in the executor's thread with every query that could be read.
    :param camera: returns the calibration, for clicks that are points in space.
    """

    def __init__(
        self,
        node: FollowNode,
        on_query: Callable[[Query], None],
        camera: Callable[[], PinholeCamera | None],
    ) -> None:
        self._on_query, self._camera = on_query, camera
        self._transforms = TransformTree(node)
        image = node.resolve_topic_name('image')
        node.subscribe(PointStamped, 'query/click', self._on_click, qos.QUERY)
        node.subscribe(RegionOfInterest, 'query/box', self._on_box, qos.QUERY)
        node.subscribe(String, 'query/text', self._on_text, qos.QUERY)
        node.subscribe(Image, 'query/image', self._on_image, qos.QUERY)
        # Viewers name their clicks after the picture they show, and it is often the annotated one.
        for shown in (image, f'{image}/compressed', node.resolve_topic_name('debug_image')):
            node.subscribe(PointStamped, f'{shown}/mouse_click', self._on_click, qos.QUERY)
            node.subscribe(Point, f'{shown}_mouse_left', self._on_pixel, qos.QUERY)
        # Relative: of two robots in two namespaces, one click is for one.
        self._in_space = node.resolve_topic_name('clicked_point')
        node.subscribe(PointStamped, 'clicked_point', self._on_point_in_space, qos.QUERY)
        if self._in_space != '/clicked_point':
            node.subscribe(PointStamped, '/clicked_point', self._on_stray_point, qos.QUERY)

    def _on_click(self, message: PointStamped) -> None:
        self._on_pixel(message.point)

    def _on_pixel(self, point: Point) -> None:
        self._on_query(Query(clicks=(Click(point.x, point.y),)))

    def _on_box(self, message: RegionOfInterest) -> None:
        if message.width == 0 or message.height == 0:
            raise BadQuery(f'query/box needs a size, got {message.width} x {message.height} px')
        box = Box.from_xywh(message.x_offset, message.y_offset, message.width, message.height)
        self._on_query(Query(box=box))

    def _on_text(self, message: String) -> None:
        # An empty text is no query: query_from_text() says what is missing.
        self._on_query(query_of_parameter(message.data) or query_from_text(message.data))

    def _on_image(self, message: Image) -> None:
        self._on_query(Query(images=(conversions.rgb_from_msg(message),)))

    def _on_stray_point(self, _: PointStamped) -> None:
        raise BadQuery(
            f'a click on /clicked_point is for no robot in a namespace; publish it on '
            f"{self._in_space} (RViz: the tool's topic)"
        )

    def _on_point_in_space(self, message: PointStamped) -> None:
        """Project RViz's 3D point into the picture: it needs camera_info and TF."""
        camera, frame = self._camera(), self._transforms.camera_frame
        if camera is None or not frame:
            raise BadQuery(
                f'{self._in_space} needs a calibrated camera to become a pixel; see the '
                'diagnostics of this node'
            )
        point = np.array([message.point.x, message.point.y, message.point.z])
        in_camera = self._transforms.transform(point, message.header.frame_id, frame)
        if in_camera[2] <= 0:
            raise BadQuery(f'{self._in_space} {point.round(2).tolist()} lies behind the camera')
        self._on_query(Query(clicks=(Click(*camera.project(in_camera)),)))
