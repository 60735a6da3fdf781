# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The trackers of transformers, put together from the folder of their name."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from follow_anything.models.tracking.huggingface.memory_tracker import MemoryTracker
from follow_anything.models.weights.folders import folder_for

__all__ = ['CLASSES', 'build', 'edgetam', 'sam2', 'sam2_large']

CLASSES = {
    'edgetam': ('edgetam', 'EdgeTamVideoModel'),
    'sam2': ('sam2', 'Sam2VideoModel'),
    'sam2-large': ('sam2', 'Sam2VideoModel'),
}
"""Name of the tracker: who reads its weights, and the class."""


def build(name: str, device: str = 'auto', folder: Path | None = None) -> MemoryTracker:
    """
    Return a tracker.

    :param name: of CLASSES. :param folder: of the weights; None for the one that was fetched.
    :raises BadWeights: the folder is missing, or not what it should be.
    """
    reader, class_name = CLASSES[name]
    where = folder_for(reader, f'{reader}={name.replace("-", "_")}') if folder is None else folder
    return MemoryTracker(name, class_name, where, device)


edgetam, sam2, sam2_large = (partial(build, name) for name in CLASSES)
