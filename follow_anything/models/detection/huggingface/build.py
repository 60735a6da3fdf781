# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The detectors of transformers, put together from a folder by name or by path.

    weights = ''                        the folder of the detector's own name
    weights = 'owlv2=owlv2_large'       another folder of the store
    weights = 'owlv2=/models/owlv2'     a folder of your own
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from follow_anything.core.protocols import Detector
from follow_anything.models.weights.folders import folder_for

__all__ = ['CLASSES', 'grounding_dino', 'omdet_turbo', 'owlv2', 'sam3']

_HERE = 'follow_anything.models.detection.huggingface'

CLASSES = {
    'grounding_dino': f'{_HERE}.grounding_dino:GroundingDinoDetector',
    'omdet_turbo': f'{_HERE}.omdet_turbo:OmDetTurboDetector',
    'owlv2': f'{_HERE}.owlv2:Owlv2Detector',
    'sam3': f'{_HERE}.sam3:Sam3Detector',
}


def _build(
    name: str, device: str = 'auto', weights: str = '', half_resolution: bool = True
) -> Detector:
    module, attribute = CLASSES[name].split(':')
    kind: Callable[[Path, str], Detector] = getattr(import_module(module), attribute)
    return kind(folder_for(name, weights), device)


grounding_dino = partial(_build, 'grounding_dino')
omdet_turbo = partial(_build, 'omdet_turbo')
owlv2 = partial(_build, 'owlv2')
sam3 = partial(_build, 'sam3')
