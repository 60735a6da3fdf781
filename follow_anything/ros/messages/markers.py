# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Markers for RViz and Foxglove: the target, what else is known of, the way it took, the fence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import math

from follow_anything.core.fence import Fence
from follow_anything.core.types import Box, FloatArray, Rated
from follow_anything.core.world.chart import Ellipse, LOOK_ALIKE, OTHER, SIGMAS, TARGET, Thing
from geometry_msgs.msg import Point, Pose
import numpy as np
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import ImageMarker, Marker

__all__ = [
    'boxes_marker',
    'fence_markers',
    'notice_marker',
    'target_marker',
    'thing_markers',
    'trail_marker',
]

Color = tuple[int, int, int]
"""RGB, 0 to 255."""

KINDS: dict[str, Color] = {LOOK_ALIKE: (200, 100, 255), OTHER: (150, 150, 150)}
UNKNOWN_COLOR: Color = (80, 170, 255)
FENCE_COLOR: Color = (255, 80, 60)

TARGET_M, THING_M, TRAIL_M, LINE_M, TEXT_M = 0.5, 0.3, 0.1, 0.06, 0.3
LEAST_M = 0.05
"""Diameters, width of a line, height of letters; nothing is drawn thinner than the last."""

LIFE_S, TRAIL_S = 1, 30
CORNERS = 48
"""Of a circle."""

ROUND_PX = 24
"""Corners of an ellipse in a picture."""


def target_marker(header: Header, pose: Pose, color: Color) -> Marker:
    """Return the target where it is seen."""
    marker = _marker(header, 'target', 0, Marker.SPHERE, color, 0.8, LIFE_S)
    marker.pose = pose
    marker.scale.x = marker.scale.y = marker.scale.z = TARGET_M
    return marker


def thing_markers(things: Sequence[Thing], header: Header, color: Color) -> list[Marker]:
    """
    Return everything that is known of: the target's ellipsoid of doubt, others with their ids.

    :param color: of the target's state.
    """
    markers = []
    for thing in things:
        if thing.kind == TARGET:
            markers.append(_doubt(thing, header, color))
            continue
        shade = KINDS.get(thing.kind, UNKNOWN_COLOR)
        name = 'look-alikes' if thing.kind == LOOK_ALIKE else 'others'
        dot = _marker(header, name, thing.number, Marker.SPHERE, shade, 0.7, LIFE_S)
        dot.scale.x = dot.scale.y = dot.scale.z = THING_M
        label = _marker(header, f'{name} ids', thing.number, Marker.TEXT_VIEW_FACING, shade, 1, 1)
        label.scale.z = TEXT_M
        is_twin = thing.kind == LOOK_ALIKE
        label.text = f'{thing.number} {LOOK_ALIKE}' if is_twin else str(thing.number)
        _put(dot, thing.position)
        _put(label, thing.position - np.array([0.0, 2 * THING_M, 0.0]))
        markers += [dot, label]
    return markers


def _doubt(thing: Thing, header: Header, color: Color) -> Marker:
    """Return where the target is expected: an ellipsoid of SIGMAS standard deviations."""
    marker = _marker(header, 'prediction', 0, Marker.SPHERE, color, 0.25, LIFE_S)
    _put(marker, thing.position)
    values, vectors = np.linalg.eigh(thing.covariance)
    if np.linalg.det(vectors) < 0:
        vectors[:, 0] *= -1.0  # a rotation, not a mirror
    size = [max(LEAST_M, 2 * SIGMAS * math.sqrt(max(0.0, float(value)))) for value in values]
    marker.scale.x, marker.scale.y, marker.scale.z = size
    turn = marker.pose.orientation
    turn.x, turn.y, turn.z, turn.w = _quaternion(vectors)
    return marker


def _quaternion(matrix: FloatArray) -> tuple[float, float, float, float]:
    """Return (x, y, z, w) of a rotation (3, 3): the eigenvector that goes with 1 (Bar-Itzhack)."""
    m = matrix
    gram = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], np.trace(m)],
        ]
    )
    x, y, z, w = (float(value) for value in np.linalg.eigh(gram)[1][:, -1])
    return x, y, z, w


def trail_marker(header: Header, position: FloatArray, number: int, color: Color) -> Marker:
    """
    Return one point of the way the target took.

    It is placed by the transform of its own stamp and stays there, so that no odometry is needed
    here; `number` goes round, so that old points are replaced.
    """
    marker = _marker(header, 'way', number, Marker.SPHERE, color, 0.9, TRAIL_S)
    _put(marker, position)
    marker.scale.x = marker.scale.y = marker.scale.z = TRAIL_M
    return marker


def notice_marker(header: Header, text: str, color: Color) -> Marker:
    """Return why the robot holds, above the robot; without a text it goes away."""
    marker = _marker(header, 'why it holds', 0, Marker.TEXT_VIEW_FACING, color, 1.0, 3)
    marker.action = Marker.ADD if text else Marker.DELETE
    marker.pose.position.z = 1.0
    marker.scale.z = TEXT_M
    marker.text = text
    return marker


def fence_markers(fence: Fence, header: Header) -> list[Marker]:
    """Return the sides of a fence, on the ground; without a fence, what removes it."""
    everything = _marker(header, '', 0, Marker.SPHERE, FENCE_COLOR, 1.0, 0)
    everything.action = Marker.DELETEALL
    return [everything, *_sides(fence, header)]


def _sides(fence: Fence, header: Header) -> Iterator[Marker]:
    shapes = {} if fence.corners is None else {'fence': np.asarray(fence.corners)}
    if math.isfinite(fence.radius):
        turns = np.linspace(0.0, 2 * math.pi, CORNERS, endpoint=False)
        circle = np.column_stack([np.cos(turns), np.sin(turns)])
        shapes['fence circle'] = fence.radius * circle + np.array(fence.center)
    for name, corners in shapes.items():
        marker = _marker(header, name, 0, Marker.LINE_STRIP, FENCE_COLOR, 1.0, 0)
        marker.scale.x = LINE_M
        closed = [*corners, corners[0]]
        marker.points = [Point(x=float(x), y=float(y)) for x, y in closed]
        yield marker


def boxes_marker(
    header: Header,
    target: Box | None,
    color: Color,
    candidates: Sequence[Rated] = (),
    expected: Ellipse | None = None,
) -> ImageMarker:
    """
    Return lines on the camera's own picture: the target, the candidates, where it is expected.

    One message a picture: a viewer replaces all lines by those of the next one.
    """
    marker = ImageMarker(header=header, ns='boxes', type=ImageMarker.LINE_LIST, scale=2.0)
    marker.lifetime.sec = LIFE_S
    shapes = [(_corners(c.box), KINDS[LOOK_ALIKE]) for c in candidates]
    if target is not None:
        shapes.append((_corners(target), color))
    if expected is not None:
        shapes.append((_round(expected), color))
    for corners, shade in shapes:
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            marker.points += [Point(x=float(x), y=float(y)) for x, y in (start, end)]
            marker.outline_colors += [_color(shade, 1.0)] * 2
    return marker


def _corners(box: Box) -> FloatArray:
    x1, y1, x2, y2 = box.xyxy
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def _round(ellipse: Ellipse) -> FloatArray:
    turns = np.linspace(0.0, 2 * math.pi, ROUND_PX, endpoint=False)
    along, across = (ellipse.axes[0] * np.cos(turns), ellipse.axes[1] * np.sin(turns))
    cos, sin = math.cos(ellipse.angle), math.sin(ellipse.angle)
    x, y = ellipse.center
    return np.column_stack([x + along * cos - across * sin, y + along * sin + across * cos])


def _marker(
    header: Header, name: str, number: int, kind: int, color: Color, alpha: float, life_s: int
) -> Marker:
    """Return a marker; life_s: 0 is for ever."""
    marker = Marker(header=header, ns=name, id=number % 2**31, type=kind)
    marker.color = _color(color, alpha)
    marker.pose.orientation.w = 1.0
    marker.lifetime.sec = life_s
    return marker


def _color(color: Color, alpha: float) -> ColorRGBA:
    red, green, blue = (channel / 255 for channel in color)
    return ColorRGBA(r=red, g=green, b=blue, a=float(alpha))


def _put(marker: Marker, position: FloatArray) -> None:
    place = marker.pose.position
    place.x, place.y, place.z = (float(value) for value in position)
