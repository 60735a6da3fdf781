# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Camera motion by sparse optical flow, where there is no odometry."""

from __future__ import annotations

import cv2
from follow_anything.core.types import FloatArray, Frame, UInt8Array
import numpy as np

__all__ = ['SparseFlow']

WIDTH_PX = 240
"""The picture is shrunk to this width: camera motion is coarse."""

CORNERS, QUALITY, APART_PX = 120, 0.01, 8
FEWEST = 12
"""Matches below which nothing is known of the camera."""

REPROJECTION_PX = 2.0


class SparseFlow:
    """
    Estimates the similarity (turn, zoom, shift) from each frame to the next.

    Corners are followed by Lucas-Kanade; RANSAC leaves out what moves by itself, as long as the
    background holds most of them (as camera-motion compensation in BoT-SORT, 2206.14651).
    """

    def __init__(self) -> None:
        self._before: UInt8Array | None = None

    def motion(self, frame: Frame) -> FloatArray | None:
        """Return the map (2, 3) from the last frame's pixels to this one's; None where unknown."""
        scale = WIDTH_PX / frame.width
        size = WIDTH_PX, max(8, round(frame.height * scale))
        gray = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY)
        gray = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
        before, self._before = self._before, gray
        if before is None or before.shape != gray.shape:
            return None
        corners = cv2.goodFeaturesToTrack(before, CORNERS, QUALITY, APART_PX)
        if corners is None or len(corners) < FEWEST:
            return None
        moved, ok, _ = cv2.calcOpticalFlowPyrLK(before, gray, corners, None)
        found = ok.ravel() == 1
        if found.sum() < FEWEST:
            return None
        matrix, inside = cv2.estimateAffinePartial2D(
            corners[found], moved[found], ransacReprojThreshold=REPROJECTION_PX
        )
        if matrix is None or int(inside.sum()) < FEWEST or not np.isfinite(matrix).all():
            return None
        matrix = np.asarray(matrix, float)
        matrix[:, 2] /= scale
        return matrix
