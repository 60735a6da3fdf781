# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Run the click network on close-ups of one point at several scales, in one batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.models.detection.tiny.image import CloseUp
from follow_anything.models.runtime.onnx_session import open_session
import numpy as np

__all__ = ['CLICK_FILE', 'CLICK_OUTPUTS', 'SPREAD', 'USUAL', 'CloseUpOutput', 'CloseUpSession']

CLICK_FILE = 'detector_tiny_click.onnx'
CLICK_OUTPUTS = ('boxes', 'quality', 'masks')
"""Of the network that are used here; see ClickOutput in click_network.py."""

USUAL, SPREAD = 2.8, 0.6
"""Side of a close-up in longer sides of what is in it, as it was taught: median, and spread of
the logarithm."""


@dataclass(frozen=True)
class CloseUpOutput:
    """
    Output for the object at a point, from close-ups at D scales.

    :param views: D close-ups. :param boxes: (D, 4), pixels, within the picture.
    :param quality: (D,), the IoU expected of them. :param masks: (D, M, M), shares in [0, 1] of
        the cells of the close-ups.
    """

    views: tuple[CloseUp, ...]
    boxes: FloatArray
    quality: FloatArray
    masks: FloatArray


class CloseUpSession:
    """
    The click network in onnxruntime.

    :param path: of its graph. :param threads: of onnxruntime. :param device: as everywhere.
    :raises SourceError: the graph is not there. :raises MissingDependency: no onnxruntime.
    """

    def __init__(self, path: Path, threads: int = 1, device: str = 'auto') -> None:
        self._network = open_session(path, threads, device)

    def look(
        self, rgb: UInt8Array, point: tuple[float, float], sides: FloatArray
    ) -> CloseUpOutput:
        """
        Segment the object at a point, from close-ups at D scales.

        :param rgb: uint8 (H, W, 3). :param point: pixels.
        :param sides: (D,), of the close-ups, pixels.
        """
        views = tuple(CloseUp(*point, float(side)) for side in sides)
        images = np.stack([view.cut(rgb) for view in views])
        boxes, quality, masks = self._network.run(CLICK_OUTPUTS, {'images': images})
        there = [view.to_picture(box[None]) for view, box in zip(views, boxes, strict=True)]
        limit = np.array([*rgb.shape[1::-1]] * 2, np.float64)
        return CloseUpOutput(views, np.concatenate(there).clip(0.0, limit), quality, masks)
