# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Overlap of an exported tracker on the synthetic scene, beside the shipped one."""

from __future__ import annotations

from pathlib import Path

from follow_anything.core.geometry import iou
from follow_anything.models.tracking.online import OnlineTracker
from follow_anything.models.tracking.tiny.tracker import FILES, find_weights, OnnxNetwork
from follow_anything.testing import SyntheticScene
import numpy as np

__all__ = ['mean_overlap']

SEEDS, FRAMES = (11, 12, 13), 40


def mean_overlap(folder: Path | None = None) -> list[float]:
    """
    Follow the target of the synthetic scene; return the mean overlap with the truth, by seed.

    :param folder: of the tracker's graphs; None: those that ship.
    """
    graphs = (find_weights(file) if folder is None else folder / file for file in FILES)
    network = OnnxNetwork(*graphs)
    return [_follow(OnlineTracker(network), SyntheticScene(seed=seed)) for seed in SEEDS]


def _follow(tracker: OnlineTracker, scene: SyntheticScene) -> float:
    tracker.initialize(scene.frame(0), scene.box(0))
    overlaps = []
    for index in range(1, FRAMES):
        box = tracker.track(scene.frame(index)).box
        if scene.is_visible(index):
            overlaps.append(iou(box, scene.box(index)) if box is not None else 0.0)
    return float(np.mean(overlaps))
