# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The stage of the joint training: it gathers the inputs and runs train_joint."""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path

from follow_anything.core.errors import BadConfig
from follow_anything.io.labelled_photos import Photo, read_photos
from follow_anything.models.detection.tiny.detector import GRAPH_FILE, TEXT_FILE
from follow_anything.training.detector.heads.features import draw_scenes, MOST_OBJECTS
from follow_anything.training.detector.heads.joint import (
    cut_trunk,
    FrozenTrunk,
    start_weights,
    train_joint,
)
from follow_anything.training.detector.language.encoder import SentenceEncoder
from follow_anything.training.detector.language.words import Vocabulary
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.photos import held_back, Names
from follow_anything.training.detector.pictures.supply import Drawn, Supply, write_drawn
import numpy as np

__all__ = ['WEIGHTS_FILE', 'all_names', 'frozen_trunk', 'run_joint', 'shipped_names']

WEIGHTS_FILE = 'detector_tiny.safetensors'
DRAWN = 6000
"""Drawn scenes beside the photographs."""


def shipped_names(models: Path) -> list[str]:
    """Return the concepts of the weights that ship, in their order."""
    with np.load(models / TEXT_FILE) as saved:
        return [str(name) for name in saved['names']]


def all_names(models: Path, library: Library) -> list[str]:
    """Return every concept: of the tree, of the weights that ship, and of what is drawn."""
    vocabulary = Vocabulary()
    for name in (*shipped_names(models), *library.vocabulary.names):
        vocabulary.add(name)
    return vocabulary.names


def frozen_trunk(models: Path, out: Path) -> FrozenTrunk:
    """Return the trunk of the weights that ship, cut out once."""
    path = out / 'trunk.onnx'
    if not path.exists():
        cut_trunk(models / GRAPH_FILE, path)
    return FrozenTrunk(path)


def words_of(names: Sequence[str], cached: Path) -> np.ndarray:
    """Return sentence embeddings (V, 384) of the concepts; they are kept."""
    if cached.exists():
        with np.load(cached) as saved:
            if list(saved['names']) == list(names):
                return np.asarray(saved['words'])
    words: np.ndarray = SentenceEncoder().encode(list(names))
    np.savez(cached, names=np.array(names), words=words)
    return words


def learnt_and_held_back(folder: Path | None) -> tuple[list[Photo], list[Photo]]:
    """
    Read the photographs of the split `train`, and divide them.

    :raises BadConfig: no folder is given.
    """
    if folder is None:
        raise BadConfig('the stage joint learns from photographs: say where, with --photos')
    return held_back(read_photos(folder, 'train'))


def run_joint(
    out: Path,
    assets: Path,
    held_out: set[str],
    photos: Path | None,
    models: Path,
    minutes: float,
) -> None:
    """Train boxes and names together, going on from the weights in `models`."""
    learn, dev = learnt_and_held_back(photos)
    library = Library(assets, held_out)
    names = all_names(models, library)
    out.mkdir(parents=True, exist_ok=True)
    (out / 'joint_names.json').write_text(json.dumps(names))
    streets = out / 'streets'
    drawn = out / 'drawn'
    rng = np.random.default_rng([23, 3])
    write_drawn(draw_scenes(rng, library, streets, DRAWN), drawn, DRAWN, MOST_OBJECTS)
    place = {name: k for k, name in enumerate(names)}
    numbers = np.array([place[name] for name in library.vocabulary.names])
    known = Names(names, [*learn, *dev])
    supply = Supply(learn, known, Drawn(drawn, numbers))
    start = start_weights(models / WEIGHTS_FILE, names, shipped_names(models))
    words = words_of(names, out / 'joint_words.npz')
    train_joint(frozen_trunk(models, out), supply, dev, known, words, start, out, minutes)
