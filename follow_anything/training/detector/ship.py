# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The stage of the export: it writes every shipped file from the checkpoints.

Without photographs (no joint.pt) the trained blocks are those of ImageNet, and the belief is
fitted to drawn scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
import shutil
from typing import Any

from follow_anything.io.labelled_photos import Photo
from follow_anything.models.detection.tiny.click_network import ClickNetwork
from follow_anything.models.detection.tiny.close_up import CLICK_FILE
from follow_anything.models.detection.tiny.detector import (
    GRAPH_FILE,
    TEXT_FILE,
    TinyDetector,
    WHOLE,
)
from follow_anything.models.detection.tiny.image import letterbox
from follow_anything.training.detector import export as write
from follow_anything.training.detector.calibrate import calibration_samples, fit_belief, logistic
from follow_anything.training.detector.heads.joint import Eyes, FrozenTrunk
from follow_anything.training.detector.heads.train import RoiModel, RoiSamplesInMemory
from follow_anything.training.detector.joint_stage import frozen_trunk, WEIGHTS_FILE, words_of
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.photos import Names, photo_names
import numpy as np
import torch

__all__ = ['export', 'export_joint']

RANGES = 48
"""Photographs, and as many drawn scenes, that the ranges of the 8 bits come from."""

SOFTNESS, TEXT_FROM = 3.0, 0.9
"""Fitted to boxes of drawn scenes the belief is too sure of itself: what its logit is divided by,
and where 0.5 lies."""


def _load(module: torch.nn.Module, path: Path) -> None:
    state = torch.load(path, map_location='cpu', weights_only=True)
    module.load_state_dict(state['model'])
    module.eval()


def export(
    out: Path, models: Path, names: list[str], words: np.ndarray, targets: np.ndarray
) -> None:
    """
    Write everything that ships, from boxes.pt, rois.pt, clicks.pt and shards.

    :param out: folder of the training. :param names: the concepts. :param words: (V, 384).
    :param targets: int8 (V, V), see Vocabulary.targets.
    """
    models.mkdir(parents=True, exist_ok=True)
    model, rois = Eyes(torch.from_numpy(words)), RoiModel(torch.from_numpy(words))
    _load(model.boxes, out / 'boxes.pt')
    _load(rois, out / 'rois.pt')
    model.head, model.concepts = rois.head, rois.concepts
    trunk = FrozenTrunk(out / 'shards' / 'backbone.onnx')
    model.top.start_from(trunk.backbone)
    model.eval()
    middles = _drawn_middles(out / 'shards')
    _write_graphs(model, trunk, out / 'shards' / 'backbone.onnx', middles, models)
    _write_clicks(out, models, models)
    data = RoiSamplesInMemory(out / 'shards', 'train')
    seen = np.unique(data.concepts[data.concepts >= 0])
    taught = (targets[seen] == 1).any(0)
    belief = _drawn_belief(model, data, targets, taught)
    tables: dict[str, Any] = write.text_tables(model.concepts, names, targets, taught, belief)
    np.savez_compressed(models / TEXT_FILE, **tables)
    _write_weights(model, models)


def export_joint(
    out: Path,
    library: Library,
    photos: tuple[Sequence[Photo], Sequence[Photo]],
    models: Path,
    folder: Path,
) -> None:
    """
    Write everything that ships, from joint.pt and, where it was trained, clicks.pt.

    :param photos: learnt from, and held back: those the belief is fitted to.
    :param models: what the training began with. :param folder: where everything goes.
    """
    learn, dev = photos
    names = json.loads((out / 'joint_names.json').read_text())
    words, known = words_of(names, out / 'joint_words.npz'), Names(names, [*learn, *dev])
    model = Eyes(torch.from_numpy(words))
    _load(model, out / 'joint.pt')
    trunk = frozen_trunk(models, out)
    # read before they are written over
    taught = _taught(models, library, names, known, [*learn, *dev])
    folder.mkdir(parents=True, exist_ok=True)
    pick = np.random.default_rng(31).choice(len(learn), min(RANGES, len(learn)), replace=False)
    images = [letterbox(learn[k].read()).canvas for k in pick] + _some_drawn(out)
    middles = [trunk.levels(image[None])[2].numpy() for image in images]
    _write_graphs(model, trunk, out / 'trunk.onnx', middles, folder)
    _write_clicks(out, models, folder)
    begin = np.array([1.0, 0.0, 1.0, 0.0], np.float32)
    tables: dict[str, Any] = write.text_tables(
        model.concepts, names, known.targets, taught, begin, out / 'texts'
    )
    np.savez_compressed(folder / TEXT_FILE, **tables)
    labelled: dict[str, set[str]] = {}
    for photo in (*learn, *dev):
        labelled.setdefault(photo.source, set()).update(photo.names)
    tables['calibration'] = fit_belief(
        list(calibration_samples(TinyDetector(folder=folder), dev, labelled))
    )
    print('belief', tables['calibration'])
    np.savez_compressed(folder / TEXT_FILE, **tables)
    _write_weights(model, folder)


def _write_graphs(
    model: Eyes, trunk: FrozenTrunk, graph: Path, middles: list[np.ndarray], folder: Path
) -> None:
    top = folder / 'top.part'
    write.write_top(model.top, middles, top)
    behind = write.DetectorGraph(trunk.backbone, model.boxes, model.head)
    write.write_graph(graph, top, behind, folder / GRAPH_FILE)
    top.unlink()


def _write_clicks(out: Path, models: Path, folder: Path) -> None:
    path = out / 'clicks.pt'
    if path.exists():
        network = ClickNetwork()
        _load(network, path)
        write.write_click_graph(network, folder / CLICK_FILE)
    elif folder != models:
        shutil.copy(models / CLICK_FILE, folder / CLICK_FILE)


def _drawn_middles(shards: Path) -> list[np.ndarray]:
    """Return features at stride 16 of some scenes, float32 (1, 112, H, W)."""
    maps = np.load(next(iter(sorted(shards.glob('train_????/middle.npy')))), mmap_mode='r')
    return [np.asarray(maps[k], np.float32)[None] for k in range(min(RANGES, len(maps)))]


def _some_drawn(out: Path) -> list[np.ndarray]:
    path = out / 'drawn' / 'images.npy'
    if not path.exists():
        return []
    images = np.load(path, mmap_mode='r')
    return [np.asarray(image) for image in images[:: max(1, len(images) // RANGES)]]


def _taught(
    models: Path, library: Library, names: Sequence[str], known: Names, photos: Sequence[Photo]
) -> np.ndarray:
    """Return which concepts had a picture in any training, bool (V,)."""
    with np.load(models / TEXT_FILE) as saved:
        before = {str(n) for n, yes in zip(saved['names'], saved['taught'], strict=True) if yes}
    shown = {asset.name for asset in library.assets if asset.name}
    rows = [known.number[name] for name in shown | set(photo_names(photos))]
    result = (known.targets[rows] == 1).any(0)
    return np.asarray(result | np.array([name in before for name in names]))


def _drawn_belief(
    model: Eyes,
    rois: RoiSamplesInMemory,
    targets: np.ndarray,
    taught: np.ndarray,
    count: int = 12_000,
) -> np.ndarray:
    """
    Fit the calibration to boxes of drawn scenes.

    Things are asked for by their own name (yes), by the name of something else and with boxes
    that hold nothing (no), half and half.

    :returns: (4,), see TextTables.calibration.
    """
    rng = np.random.default_rng(5)
    named = np.flatnonzero(((rois.concepts >= 0) & (rois.kinds == 0)) | (rois.kinds == 2))
    chosen = rng.choice(named, min(count, len(named)), replace=False)
    related = (targets != 0) | (targets.T != 0)
    with torch.inference_mode():
        text = model.head(rois.batch(chosen))[0]
        logits = model.concepts.logits(text, model.concepts.vectors()).numpy()
    known = np.flatnonzero(taught)
    concepts = rois.concepts[chosen]
    popular = concepts[concepts >= 0]
    inputs, labels = [], []
    for row, concept in enumerate(concepts):
        for truth in (True, False):
            asked = concept if truth else int(rng.choice(popular))
            if asked < 0 or (not truth and concept >= 0 and related[concept, asked]):
                continue
            others = known[~related[asked, known]]
            own = logits[row, asked]
            inputs.append([own, own - logits[row, others].max()])
            labels.append(truth)
    slope, gap, offset = logistic(np.array(inputs), np.array(labels), np.ones(len(labels)))
    usual = WHOLE * np.log(2.0)  # at an objectness of 0.5 it changes nothing
    fitted = [slope / SOFTNESS, gap / SOFTNESS, WHOLE, offset / SOFTNESS - TEXT_FROM + usual]
    return np.array(fitted, np.float32)


def _write_weights(model: Eyes, folder: Path) -> None:
    """Write the trained parts, to go on from."""
    from safetensors.torch import save_file

    parts: dict[str, torch.nn.Module] = {
        'boxes': model.boxes,
        'top': model.top,
        'rois.head': model.head,
        'rois.concepts': model.concepts,
    }
    weights = {f'{n}.{k}': v for n, part in parts.items() for k, v in part.state_dict().items()}
    del weights['rois.concepts.words']
    halves = {
        k: v.half().contiguous() if v.is_floating_point() and v.numel() > 256 else v.contiguous()
        for k, v in weights.items()
    }
    save_file(halves, folder / WEIGHTS_FILE, metadata={'concepts': str(len(model.concepts.own))})
