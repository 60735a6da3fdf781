# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From CameraInfo to the camera that took a picture: binning, region of interest, size, lens."""

from __future__ import annotations

from dataclasses import replace
import math
import re

from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.lens import lens_from
from follow_anything.core.types import FloatArray
import numpy as np
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

__all__ = ['camera_from_msg', 'camera_to_msg', 'is_calibrated', 'is_rectified_topic']

RECTIFIED = re.compile(
    r'(?<!not_)(?<!non_)(?<![a-z0-9])'
    r'(rect|rectify|rectified|undist|undistort|undistorted|dewarp|dewarped)(?![a-z0-9])'
)
HUMPS = re.compile(r'(?<=[a-z0-9])(?=[A-Z])')
"""Where a word begins in a name such as imageRect."""

OFF_CENTER = 0.02
"""Least share of the picture between its border and the principal point of a sane calibration."""

SCALED, ALIKE = 0.1, 0.04
"""A principal point further than the first from the middle both ways, by shares that differ by
less than the second, is the middle of a picture of another resolution."""

FOCAL_SHARES = (0.1, 100.0)
"""Focal length over width: from beyond any fisheye to beyond any telephoto lens."""

PIXEL_ASPECT = 2.5
"""Most that fx and fy differ by: pixels are square, or every second row or column is left out."""


MOST_SKEW = 0.02
"""Of K and P, over the focal length: pixels are rectangles."""

MOST_TURN_RAD = 0.35
"""By which R turns a rectified picture; rigs of two cameras need a few degrees."""


def is_rectified_topic(topic: str) -> bool:
    """Tell whether a topic's name says that its pictures are rectified, as image_rect does."""
    return RECTIFIED.search(HUMPS.sub('_', topic).lower()) is not None


def is_calibrated(info: CameraInfo, *, rectified: bool = False) -> bool:
    """
    Tell whether K says anything; drivers of uncalibrated cameras leave it zero or identity.

    :param rectified: P is asked for, which some fill in alone; K stands in for it where P is zero.
    """
    k = np.asarray(info.k, float).reshape(3, 3)
    p = np.asarray(info.p, float).reshape(3, 4)[:, :3]
    matrices = (k, p) if rectified else (k,)
    return any(bool(np.any(m)) and not np.array_equal(m, np.eye(3)) for m in matrices)


def camera_from_msg(
    info: CameraInfo, size: tuple[int, int] | None = None, *, rectified: bool = False
) -> PinholeCamera:
    """
    Return the camera of a picture.

    :param size: (width, height) of the picture, pixels; None: the one that camera_info is for.
    :param rectified: the picture was rectified: P holds, and there is no distortion any more.
    :raises InvalidInput: it is not calibrated, contradicts itself, or is not for such a picture.
    """
    if info.width == 0 or info.height == 0:
        raise InvalidInput(
            f'camera_info: size is {info.width} x {info.height}, expected that of the '
            'calibration. Is the camera calibrated?'
        )
    whole = _rectified(info) if rectified else _raw(info)
    _check_center(whole)
    _check_focal_lengths(whole)
    camera, is_cropped = _cut(whole, info)
    if size is None or size == (camera.width, camera.height):
        return camera
    if is_cropped and size == (info.width, info.height):
        raise InvalidInput(
            f'camera_info: its region of interest is {camera.width} x {camera.height}, but the '
            f'image is whole, {size[0]} x {size[1]}: one of the two is not true'
        )
    if is_cropped and size[0] > camera.width:
        # Binning that did not take place, or a region counted in binned pixels? The two differ.
        raise InvalidInput(
            f'camera_info: its region of interest is {camera.width} x {camera.height} after '
            f'binning, but the image is larger, {size[0]} x {size[1]}: the region is counted in '
            'pixels of the whole sensor, expected an image of that size or a smaller one'
        )
    return _resized(camera, size)


def _check_matrix(name: str, matrix: FloatArray) -> None:
    """Refuse a matrix (3, 3) with something where a camera has nothing: it would not count."""
    focal = max(abs(float(matrix[0, 0])), 1e-9)
    beside = matrix[1, 0], matrix[2, 0], matrix[2, 1]
    # Some drivers leave the last one, which is always 1, at 0.
    is_sane = (
        all(abs(float(value)) < 1e-3 for value in beside)
        and abs(float(matrix[0, 1])) <= MOST_SKEW * focal
    )
    if not is_sane or float(matrix[2, 2]) not in (0.0, 1.0):
        rows = '; '.join(' '.join(f'{value:g}' for value in row) for row in matrix)
        raise InvalidInput(
            f'camera_info: {name} is ({rows}), expected (fx 0 cx; 0 fy cy; 0 0 1): in rows, '
            'without skew. Is the camera calibrated?'
        )


def _check_turn(info: CameraInfo) -> None:
    """Refuse an R that turns a rectified picture away from where the camera looks."""
    turn = np.asarray(info.r, float).reshape(3, 3)
    if not np.any(turn):  # not filled in
        return
    is_rotation = bool(np.allclose(turn @ turn.T, np.eye(3), atol=0.01))
    angle = math.acos(min(1.0, max(-1.0, (float(np.trace(turn)) - 1.0) / 2.0)))
    if not is_rotation or float(np.linalg.det(turn)) < 0.0 or angle > MOST_TURN_RAD:
        what = (
            f'turns it by {math.degrees(angle):.0f} degrees' if is_rotation else 'is no rotation'
        )
        raise InvalidInput(
            f'camera_info: the image is rectified and R {what}; expected a few degrees at most: '
            'turn the image back, and say how the camera is mounted by TF or servo.camera_roll'
        )


def _raw(info: CameraInfo) -> PinholeCamera:
    k = info.k
    _check_matrix('K', np.asarray(k, float).reshape(3, 3))
    lens = lens_from(info.distortion_model, info.d)
    return PinholeCamera(
        int(info.width), int(info.height), float(k[0]), float(k[4]), float(k[2]), float(k[5]), lens
    )


def _rectified(info: CameraInfo) -> PinholeCamera:
    p = info.p
    if not np.any(np.asarray(p, float)):
        raw = _raw(info)
        if raw.lens is not None:
            raise InvalidInput(
                'camera_info: P is all zero, and the image is rectified: calibrate anew, or set '
                'camera_matrix to K when the image is as the sensor took it'
            )
        return raw
    _check_matrix('P', np.asarray(p, float).reshape(3, 4)[:, :3])
    _check_turn(info)
    return PinholeCamera(
        int(info.width), int(info.height), float(p[0]), float(p[5]), float(p[2]), float(p[6])
    )


def _check_center(camera: PinholeCamera) -> None:
    """Refuse a matrix that belongs to another resolution than the size beside it."""
    shares = camera.cx / camera.width, camera.cy / camera.height
    if not all(OFF_CENTER <= share <= 1.0 - OFF_CENTER for share in shares):
        raise InvalidInput(
            f'camera_info: the principal point ({camera.cx:.1f}, {camera.cy:.1f}) does not lie '
            f'inside {camera.width} x {camera.height}: was it calibrated in another resolution?'
        )
    across, down = (share - 0.5 for share in shares)
    if min(abs(across), abs(down)) > SCALED and abs(across - down) < ALIKE:
        raise InvalidInput(
            f'camera_info: the principal point ({camera.cx:.1f}, {camera.cy:.1f}) is the middle '
            f'of a picture of {2 * camera.cx:.0f} x {2 * camera.cy:.0f}, the size says '
            f'{camera.width} x {camera.height}: was it calibrated in another resolution?'
        )


def _check_focal_lengths(camera: PinholeCamera) -> None:
    """Refuse focal lengths in other units than pixels, or of no lens there is."""
    low, high = FOCAL_SHARES
    if not low <= camera.fx / camera.width <= high:
        raise InvalidInput(
            f'camera_info: a focal length of {camera.fx:g} for {camera.width} pixels is that of '
            'no lens; expected pixels, about once the width'
        )
    if not 1.0 / PIXEL_ASPECT <= camera.fx / camera.fy <= PIXEL_ASPECT:
        raise InvalidInput(
            f'camera_info: focal lengths {camera.fx:g} and {camera.fy:g} do not belong together'
        )


def _cut(whole: PinholeCamera, info: CameraInfo) -> tuple[PinholeCamera, bool]:
    """Return the camera after region of interest and binning, and whether the former cuts."""
    roi = info.roi
    x, y, width, height = (int(v) for v in (roi.x_offset, roi.y_offset, roi.width, roi.height))
    if width == 0 and height == 0 and (x, y) == (0, 0):
        width, height = whole.width, whole.height
    # 0 by 0 with an offset, or a region beyond the sensor: nobody knows what is meant.
    if width == 0 or height == 0 or x + width > whole.width or y + height > whole.height:
        raise InvalidInput(
            f'camera_info: region of interest {width} x {height} at ({x}, {y}) does not lie in '
            f'{whole.width} x {whole.height}'
        )
    across, down = max(1, int(info.binning_x)), max(1, int(info.binning_y))
    if across > width or down > height:
        raise InvalidInput(f'camera_info: binning {across} x {down} leaves nothing of the image')
    camera = replace(
        whole,
        width=width // across,
        height=height // down,
        fx=whole.fx / across,
        fy=whole.fy / down,
        cx=(whole.cx - x) / across,
        cy=(whole.cy - y) / down,
    )
    return camera, (width, height) != (whole.width, whole.height)


def _resized(camera: PinholeCamera, size: tuple[int, int]) -> PinholeCamera:
    """Return the camera of the same picture in another size; not of a cut or turned one."""
    width, height = size
    across, down = width / camera.width, height / camera.height
    # Whole pixels: one of the two sides may be rounded.
    bent = min(abs(across * camera.height - height), abs(down * camera.width - width))
    if bent > 1.0:
        raise InvalidInput(
            f'camera_info is for {camera.width} x {camera.height}, the image is '
            f'{width} x {height}: give the camera_info of this image, or an image of that shape'
        )
    return replace(
        camera,
        width=width,
        height=height,
        fx=camera.fx * across,
        fy=camera.fy * down,
        cx=camera.cx * across,
        cy=camera.cy * down,
    )


def camera_to_msg(camera: PinholeCamera, header: Header) -> CameraInfo:
    """Return the camera as a message."""
    info = CameraInfo(header=header, width=camera.width, height=camera.height)
    info.distortion_model, info.d = 'plumb_bob', [0.0] * 5
    if camera.lens is not None:
        info.distortion_model = 'equidistant' if camera.lens.fisheye else 'rational_polynomial'
        info.d = list(camera.lens.d)
    info.k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.p = [camera.fx, 0.0, camera.cx, 0.0, 0.0, camera.fy, camera.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info
