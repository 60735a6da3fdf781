# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Names of detectors and trackers, and how to build them; imported when asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from follow_anything.core.config import DetectorConfig, IdentityConfig
from follow_anything.core.errors import BadConfig, BadWeights, MissingDependency
from follow_anything.core.protocols import Detector, Embedder, Segmenter, Surveyor, Tracker
from follow_anything.models.runtime.device import check_device

__all__ = [
    'DETECTORS',
    'EMBEDDERS',
    'SEGMENTERS',
    'TRACKERS',
    'WITH_WEIGHTS',
    'build_detector',
    'build_embedder',
    'build_segmenter',
    'build_surveyor',
    'build_tracker',
]

DETECTORS = {
    'classical': 'follow_anything.models.detection.classical.detector:ClassicalDetector',
    'dino_coarse': 'follow_anything.models.detection.foundation.build:dino_coarse',
    'grounding_dino': 'follow_anything.models.detection.huggingface.build:grounding_dino',
    'omdet_turbo': 'follow_anything.models.detection.huggingface.build:omdet_turbo',
    'owlv2': 'follow_anything.models.detection.huggingface.build:owlv2',
    'sam3': 'follow_anything.models.detection.huggingface.build:sam3',
    'sam_clip': 'follow_anything.models.detection.foundation.build:sam_clip',
    'sam_dino': 'follow_anything.models.detection.foundation.build:sam_dino',
    'sam_prompt': 'follow_anything.models.detection.foundation.build:sam_prompt',
    'tiny': 'follow_anything.models.detection.tiny.detector:TinyDetector',
}

EMBEDDERS = {
    'bands': 'follow_anything.models.appearance:ColorBands',
    'clip': 'follow_anything.models.detection.foundation.build:clip_embedder',
    'dinov2': 'follow_anything.models.detection.foundation.build:dinov2_embedder',
    'instance': 'follow_anything.models.detection.tiny.embedder:InstanceEmbedder',
}

SURVEYORS = {'tiny': 'follow_anything.models.detection.tiny.surveyed:surveyed'}

WITH_WEIGHTS = (
    'dino_coarse', 'grounding_dino', 'omdet_turbo', 'owlv2', 'sam3', 'sam_clip', 'sam_dino',
    'sam_prompt',
)  # fmt: skip
"""Detectors whose weights can be chosen; the others bring their own, or need none."""

TRACKERS = {
    'csrt': 'follow_anything.models.tracking.peers.csrt:CsrtTracker',
    'tiny': 'follow_anything.models.tracking.tiny.tracker:TinyTracker',
    'tiny-torch': 'follow_anything.models.tracking.tiny.eager:TinyTorchTracker',
    'nanotrack': 'follow_anything.models.tracking.peers.onnx:NanoTracker',
    'vittrack': 'follow_anything.models.tracking.peers.onnx:VitTracker',
    'lorat-b224': 'follow_anything.models.tracking.lorat.tracker:b224',
    'lorat-b378': 'follow_anything.models.tracking.lorat.tracker:b378',
    'lorat-l224': 'follow_anything.models.tracking.lorat.tracker:l224',
    'lorat-l378': 'follow_anything.models.tracking.lorat.tracker:l378',
    'lorat-g224': 'follow_anything.models.tracking.lorat.tracker:g224',
    'lorat-g378': 'follow_anything.models.tracking.lorat.tracker:g378',
    'edgetam': 'follow_anything.models.tracking.huggingface.build:edgetam',
    'sam2': 'follow_anything.models.tracking.huggingface.build:sam2',
    'sam2-large': 'follow_anything.models.tracking.huggingface.build:sam2_large',
}

SEGMENTERS = {
    'grabcut': 'follow_anything.models.detection.classical.grabcut:GrabCutSegmenter',
    'sam': 'follow_anything.models.detection.foundation.build:sam_segmenter',
}


def build_detector(
    name: str = DetectorConfig.detector,
    device: str = 'auto',
    weights: str = '',
    *,
    half_resolution: bool = True,
) -> Detector:
    """
    Build a detector by name.

    :param name: of DETECTORS, or 'auto' for the best that can be built here; `chosen_because`
        of what is returned then says why, and why a better one was passed over.
    :param device: 'auto', 'cpu' or 'cuda'.
    :param weights: instead of the defaults, see models/detection/foundation/build.py; '': those.
    :param half_resolution: let SAM see 512 px instead of 1024.
    :raises BadConfig: no detector has this name, or it does not take weights; no such device.
    :raises BadWeights: weights are missing, cut or changed; says what to do.
    :raises MissingDependency: it needs a package that is not installed.
    """
    check_device(device)
    if name == 'auto':
        if weights:
            raise BadConfig(f'weights go with a detector by name, not with auto; got {weights!r}')
        return _build_best(device, half_resolution)
    builder = _load(name, DETECTORS, 'detector')
    if name in WITH_WEIGHTS:
        built = builder(device=device, weights=weights, half_resolution=half_resolution)
        return built  # type: ignore[no-any-return]
    if weights:
        raise BadConfig(
            f'weights cannot be chosen for {name}, only for {", ".join(WITH_WEIGHTS)}; '
            f'got {weights!r}'
        )
    return builder(device=device)  # type: ignore[no-any-return]


def _build_best(device: str, half_resolution: bool) -> Detector:
    """Build the best detector that can be built here; tiny's own errors are not caught."""
    from follow_anything.models.weights.automatic import choose_detector

    failed: dict[str, str] = {}
    while True:  # ends: each failure leaves one less, and the last of them is tiny
        choice = choose_detector(device, failed=failed)
        try:
            found = build_detector(choice.name, device, half_resolution=half_resolution)
        except (BadWeights, MissingDependency) as error:
            if choice.name not in WITH_WEIGHTS:
                raise
            failed[choice.name] = f'cannot be built ({error})'
        else:
            found.chosen_because = f'auto is {choice.name}: {choice.reason}'  # type: ignore[attr-defined]
            return found


def build_tracker(name: str, device: str = 'auto') -> Tracker:
    """
    Build a tracker by name.

    :raises BadConfig: no tracker has this name; there is no such device.
    :raises MissingDependency: it needs a package that is not installed.
    """
    check_device(device)
    return _load(name, TRACKERS, 'tracker')(device=device)  # type: ignore[no-any-return]


def build_segmenter(name: str, device: str = 'auto', weights: str = '') -> Segmenter:
    """
    Build a segmenter by name: grabcut needs nothing, sam its weights.

    :raises BadConfig: no segmenter has this name.
    :raises BadWeights: weights are missing, cut or changed; says what to do.
    :raises MissingDependency: it needs a package that is not installed.
    """
    builder = _load(name, SEGMENTERS, 'segmenter')
    built = builder(device=device, weights=weights) if name == 'sam' else builder()
    return built  # type: ignore[no-any-return]


def build_embedder(
    name: str = IdentityConfig.embedder,
    detector: Detector | None = None,
    device: str = 'auto',
    weights: str = '',
) -> Embedder:
    """
    Build the embedder that guards the target's identity.

    :param name: of EMBEDDERS.
    :param detector: shares its network with 'instance', where it is the tiny one; it then runs
        where that detector does.
    :param device: 'auto', 'cpu' or 'cuda'; 'bands' has no network, and is always on the CPU.
    :param weights: of 'clip' and 'dinov2', instead of the defaults, as for build_detector().
    :raises BadConfig: no embedder has this name, or it does not take weights; no such device.
    :raises BadWeights: weights are missing, cut or changed; says what to do.
    :raises MissingDependency: it needs a package that is not installed.
    """
    check_device(device)
    builder = _load(name, EMBEDDERS, 'embedder')
    if name in ('clip', 'dinov2'):
        return builder(device=device, weights=weights)  # type: ignore[no-any-return]
    if weights:
        raise BadConfig(
            f'embedder weights cannot be chosen for {name}, only for clip, dinov2; got {weights!r}'
        )
    if name != 'instance':
        return builder()  # type: ignore[no-any-return]
    tiny = _load('tiny', DETECTORS, 'detector')
    shared = detector if isinstance(detector, tiny) else None  # type: ignore[arg-type]
    return builder(shared, device)  # type: ignore[no-any-return]


def build_surveyor(
    name: str = IdentityConfig.embedder,
    detector: Detector | None = None,
    device: str = 'auto',
    weights: str = '',
) -> Surveyor:
    """
    Build an embedder that sees everybody: one that does not by itself gets the tiny detector.

    Parameters and errors are those of build_embedder().
    """
    embedder = build_embedder(name, detector, device, weights)
    return _load('tiny', SURVEYORS, 'surveyor')(embedder, detector, device)  # type: ignore[no-any-return]


def _load(name: str, known: dict[str, str], kind: str) -> Callable[..., Any]:
    if name not in known:
        also = ' or auto' if kind == 'detector' else ''
        raise BadConfig(f'{kind} must be one of {", ".join(sorted(known))}{also}; got {name!r}')
    module, attribute = known[name].split(':')
    try:
        builder: Callable[..., Any] = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith('follow_anything'):
            raise
        raise MissingDependency(
            f'{kind} {name!r} needs the package {error.name}, which is not installed; '
            'requirements/heavy.txt lists it with its version'
        ) from error
    return builder
