# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How far away is the box: from depth, else from its size, else only its direction."""

from __future__ import annotations

import math

from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Box, FloatArray, Frame
import numpy as np

__all__ = ['is_before', 'locate']

MIN_DEPTH_SHARE = 0.2
"""Share of the box's core that a surface must fill before its depth is believed."""

SURFACE, SAME_SURFACE = 0.25, 0.08
"""Relative depth within which pixels are one surface: a person, not the wall behind; and that
within which they are the surface that was seen there a moment ago, not somebody before it."""

DEPTH_ERROR = 0.02
SIZE_ERROR = 0.15
"""Relative standard deviations of a range from depth and from box size."""

PIXELS = 400
"""Pixels of a box's core that are looked at, about."""

NEARER_M, NEARER_SHARE, NEARER_M_S = 0.25, 0.05, 2.0
"""How much nearer a target comes at most: at once, metres and share of the depth; a second."""

MIN_RANGE_M, MAX_RANGE_M = 0.1, 200.0

MIN_AHEAD = 0.1
"""Least share of a direction along the optical axis (84 degrees) for which a depth is one."""


def locate(
    frame: Frame, box: Box, camera: PinholeCamera, height_m: float, near_m: float | None = None
) -> tuple[FloatArray, float]:
    """
    Return the position of the box's centre, and how sure its range is.

    :param height_m: true height of the target for a frame without depth; 0 when unknown.
    :param near_m: depth the target was last seen at: of the surfaces in the box, that one is it.
    :return: (3,) metres in the optical frame, and the standard deviation of the range, metres;
        without a range the direction at 1 m, and inf.
    :raises InvalidInput: the camera's lens model says nothing about this place.
    """
    ray = camera.ray(*box.center)
    if ray[2] < MIN_AHEAD:  # a fisheye sees so far aside that depth means nothing there
        return ray, math.inf
    depth = None if frame.depth is None else _depth_of(frame.depth, box, near_m)
    if depth is not None:
        return ray * (depth / ray[2]), DEPTH_ERROR * depth
    # A box cut by the upper or lower border says nothing about the target's height.
    is_whole = box.y1 > 1 and box.y2 < frame.height - 1
    if height_m > 0 and is_whole:
        spread = _spread(camera, box)
        if spread <= 0.0:
            return ray, math.inf
        depth = float(np.clip(height_m / spread, MIN_RANGE_M, MAX_RANGE_M))
        return ray * (depth / ray[2]), SIZE_ERROR * depth
    return ray, math.inf


def _spread(camera: PinholeCamera, box: Box) -> float:
    """Return the height of a box on a plane at 1 m, metres; 0 when its ends are not on it."""
    if camera.lens is None:
        return box.height / camera.fy
    middle = box.center[0]
    ends = camera.ray(middle, box.y1), camera.ray(middle, box.y2)
    if min(float(end[2]) for end in ends) < MIN_AHEAD:
        return 0.0
    top, bottom = (float(end[1] / end[2]) for end in ends)
    return bottom - top


def _depth_of(depth: FloatArray, box: Box, near_m: float | None) -> float | None:
    """
    Return the depth of the target in the box's core, metres; None when too little is known.

    The core of a good box still holds background: beside a person in profile, between legs. So
    it is the surface near the expected depth that counts, without one the front surface, and
    where there is no surface what is in the middle.
    """
    rows, columns = depth.shape
    core = box.scaled(0.5)
    # Not below 0: a negative end would count from the other side of the image.
    x1, x2 = max(0, int(core.x1)), max(0, min(columns, math.ceil(core.x2)))
    y1, y2 = max(0, int(core.y1)), max(0, min(rows, math.ceil(core.y2)))
    # a few hundred pixels tell the depth of a surface as well as all of them
    step = max(1, int(math.sqrt(max(0, (x2 - x1) * (y2 - y1)) / PIXELS)))
    patch = depth[y1:y2:step, x1:x2:step]
    known = np.sort(patch[(patch > MIN_RANGE_M) & (patch < MAX_RANGE_M)])  # not what is not finite
    enough = MIN_DEPTH_SHARE * patch.size
    if patch.size == 0 or known.size < enough:
        return None
    front = float(known[min(int(enough), known.size - 1)])
    surfaces = [(front, SURFACE)]
    if near_m is not None:
        surfaces = [(near_m, SAME_SURFACE), (near_m, SURFACE), *surfaces]
    for expected, width in surfaces:
        low, high = np.searchsorted(known, [(1 - width) * expected, (1 + width) * expected])
        if high - low >= enough:
            return float(known[(low + high) // 2])
    return float(known[known.size // 2])


def is_before(depth: float, expected: float, elapsed: float) -> bool:
    """
    Tell whether a depth is that of something before the target: nearer than it can have come.

    :param depth: metres. :param expected: the target's depth so many seconds ago, metres.
    """
    nearer = NEARER_M + NEARER_SHARE * expected + NEARER_M_S * max(0.0, elapsed)
    return depth < expected - nearer
