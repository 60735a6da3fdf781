# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the detector node."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import param
from follow_anything.core.config.sight import SightConfig

__all__ = ['DetectorConfig']


@dataclass(frozen=True)
class DetectorConfig(SightConfig):
    """Where is the thing that was asked for? Slow and global: runs while there is no target."""

    node = 'detector_node'

    detector: str = param(
        'tiny',
        'Detector to use: `python -m follow_anything models list` shows them; auto: the best that '
        'is here for the device.',
        read_only=True,
    )
    weights: str = param(
        '',
        "Weights instead of the detector's own, such as sam=mobile_sam clip=/file.pt@ViT-B-16.",
        read_only=True,
    )
    half_resolution: bool = param(
        True, 'Let SAM see 512 px instead of 1024: four times faster.', read_only=True
    )
    query: str = param(
        '', "What to look for, in words (docs/detection.md), or '@NAME', quoted, of a saved query."
    )
    search_near: bool = param(
        False, 'Look around the last place first, while the target is hidden.'
    )
    masks: bool = param(False, 'Publish the masks of the candidates on detections/masks.')
    min_score: float = param(
        0.6, 'Candidates with a lower score are not reported.', lo=0.0, hi=1.0
    )
    rate: float = param(
        5.0, 'How often the scene is searched at most.', unit='Hz', lo=0.1, hi=60.0
    )
    sentinel_rate: float = param(
        1.0,
        'How often, at most, it is searched while the target is tracked; 0: not at all.',
        unit='Hz',
        lo=0.0,
        hi=60.0,
    )
