# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Write the evaluation scenes as pictures with labels, made of held-out objects.

`test.json` lists the scenes of each kind:

    held_out  seven meshes that training never saw, their names known or not
    trained   seven meshes of training, in new scenes
    colors    three names, each in two colours
    street    the simulator's street, seeds that training never used
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from follow_anything.training.detector.language.words import COLORS
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.scene import bare_ground, Scene
from follow_anything.training.detector.pictures.scenes import make_scene, OBJECTS, street_scene
import numpy as np

__all__ = ['TEST_SEED', 'write_test']

TEST_SEED = 2000
"""Another one than that of the scenes (999) on which everything was chosen."""


def _record(
    rng: np.random.Generator,
    scene: Scene,
    library: Library,
    taught: set[str],
    path: Path,
    known: set[int],
) -> dict[str, Any]:
    cv2.imwrite(str(path), scene.image[..., ::-1])
    vocabulary = library.vocabulary
    objects = []
    for k, box in enumerate(scene.boxes):
        concept = int(scene.concepts[k])
        name = vocabulary.names[concept] if concept >= 0 else ''
        labelled = np.flatnonzero(scene.colors[k] == 1)
        depth = cv2.distanceTransform((scene.owner == k + 1).astype(np.uint8), cv2.DIST_L2, 3)
        ys, xs = np.nonzero(depth >= 0.4 * depth.max())
        pixel = int(rng.integers(len(xs)))
        objects.append(
            {
                'box': [round(float(v), 1) for v in box],
                'click': [int(xs[pixel]), int(ys[pixel])],
                'name': name,
                'fits': sorted(vocabulary.above(name)) if name else [],
                'taught': name in taught,
                'instance': int(scene.instances[k]),
                'color': COLORS[labelled[0]] if len(labelled) == 1 else '',
                'trained_mesh': int(scene.instances[k]) // 16 in known,
            }
        )
    # drawn last: what was drawn before stays what it was
    bare = np.argwhere(bare_ground(scene))
    nothing = bare[rng.integers(len(bare))][::-1].tolist() if len(bare) else None
    return {'image': path.name, 'objects': objects, 'nothing': nothing}


def _pairs(rng: np.random.Generator, places: list[int]) -> list[tuple[int, int]]:
    """Draw three things, each in two colours that differ."""
    chosen = rng.choice(places, 3, replace=False)
    return [
        (int(place), int(color))
        for place in chosen
        for color in rng.choice(len(COLORS), 2, replace=False)
    ]


def write_test(
    assets: Path,
    held_out: set[str],
    streets: Path,
    out: Path,
    scenes: int,
    seed: int = TEST_SEED,
) -> None:
    """
    Draw the scenes; nothing is done when the folder is complete.

    :param streets: pictures of streets that training never saw.
    :param seed: of everything random.
    """
    done = out / 'test.json'
    if done.exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    train, test = Library(assets, held_out), Library(assets, held_out, test=True)
    vocabulary = train.vocabulary
    taught: set[str] = set()
    for asset in train.assets:
        taught |= vocabulary.above(asset.name) if asset.name else set()
    known = set(train.numbers)
    kinds: dict[str, list[dict[str, Any]]] = {k: [] for k in ('held_out', 'trained', 'colors')}
    for kind, library in (('held_out', test), ('trained', train), ('colors', test)):
        meshes = [k for k, asset in enumerate(library.assets) if asset.kind == 'mesh']
        paintable = [
            k for k in meshes if _is_paintable(library.assets[k].views) and library.assets[k].name
        ]
        for number in range(scenes):
            rng = np.random.default_rng([number, len(kind), seed])
            if kind == 'colors':
                things = _pairs(rng, paintable)
            else:
                things = [(int(k), -1) for k in rng.choice(meshes, OBJECTS, replace=False)]
            scene = make_scene(rng, library, things)
            path = out / f'{kind}_{number:04d}.png'
            kinds[kind].append(_record(rng, scene, library, taught, path, known))
    kinds['street'] = []
    records = [r for p in sorted(streets.glob('*.json')) for r in json.loads(p.read_text())]
    for number, record in enumerate(records):
        rng = np.random.default_rng([number, seed])
        scene = street_scene(rng, streets, record, train)
        path = out / f'street_{number:04d}.png'
        kinds['street'].append(_record(rng, scene, train, taught, path, known))
    done.write_text(json.dumps({'taught': sorted(taught), 'scenes': kinds}), encoding='utf-8')


def _is_paintable(views: np.ndarray) -> bool:
    """Return whether enough of an object can be recoloured."""
    solid = views[0, ..., 3] > 128
    return bool(solid.any() and views[0, ..., 5][solid].mean() > 0.3 * 255)
