# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the embedded simulator's street, with the boxes of everything on it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from follow_anything.core.geometry import PinholeCamera
from follow_anything.sim.actors.movers import Pose
from follow_anything.sim.assets import open_library
from follow_anything.sim.renderer import Renderer
from follow_anything.sim.scenarios import EVERYDAY, make_scenario
from follow_anything.sim.world import World
import numpy as np

__all__ = ['NAMES', 'TEST_SEED', 'render_streets', 'street_name']

WIDTH_PX, HEIGHT_PX = 512, 384
TEST_SEED = 5000
"""Scenario seeds from here on belong to the evaluation; training uses lower ones."""

NAMES = {
    'lamp': 'street lamp',
    'cypress': 'conifer',
    'wheelie_bin': 'bin',
    'hydrant': 'fire hydrant',
    'sports_car': 'sports car',
    'city_car': 'city car',
    'family_car': 'family car',
}
"""The simulator's objects whose name is not what people say; the first word is for others."""


def street_name(model: str) -> str:
    """Return what people call an object of the simulator."""
    return NAMES.get(model, model.split('_')[0])


def _axes(eye: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the optical axes (columns x right, y down, z forward) of a level camera."""
    forward = goal - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward], 1)


def render_streets(out: Path, scenarios: int, shots: int, first_seed: int = 0) -> int:
    """
    Photograph the street from robots' heights: drone (2 to 7 m) and ground robot (0.5 to 1.5 m).

    :param scenarios: how many worlds to build; `shots` pictures of each.
    :param first_seed: of the scenarios.
    :returns: how many pictures are in the folder now. Worlds already done are kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    camera = PinholeCamera.from_horizontal_fov(WIDTH_PX, HEIGHT_PX, 1.22)
    library = open_library('auto')
    for number in range(scenarios):
        seed = first_seed + number
        done = out / f'{seed:05d}.json'
        if done.exists():
            continue
        rng = np.random.default_rng([seed, 77])
        name = EVERYDAY[number % len(EVERYDAY)]
        robot = 'drone' if rng.random() < 0.6 else 'ground'
        scenario = make_scenario(name, robot, seed)
        world = World(scenario, library, camera)
        renderer = Renderer(world.model, WIDTH_PX, HEIGHT_PX)
        owners = [f'thing{i}' for i in range(len(scenario.things))]
        models = [thing.model for thing in scenario.things]
        owners += [f'mover{i}' for i in range(len(scenario.movers))]
        models += [mover.model for mover in scenario.movers]
        body_of = {world.model.body(o).id: k for k, o in enumerate(owners)}
        table = np.array([*(body_of.get(int(b), -1) for b in world.model.geom_bodyid), -1])
        records = []
        for shot in range(shots):
            poses = [Pose(mover.start) for mover in scenario.movers]
            for mover, pose in zip(scenario.movers, poses, strict=True):
                pose.s = float(rng.uniform(0, mover.path.length))
                pose.speed = mover.speed if rng.random() < 0.7 else 0.0
                pose.place(mover)
            world.update(poses)
            near = poses[rng.integers(len(poses))]
            goal = np.array((near.x, near.y, rng.uniform(0.3, 1.2)))
            goal += rng.normal(0, 0.5, 3)
            goal[2] = max(goal[2], 0.2)
            bearing, distance = rng.uniform(0, 2 * np.pi), rng.uniform(2.5, 14.0)
            height = rng.uniform(0.5, 1.5) if rng.random() < 0.35 else rng.uniform(1.6, 7.0)
            eye = np.array((goal[0], goal[1], height))
            eye[:2] += distance * np.array((np.cos(bearing), np.sin(bearing)))
            world.look(eye, _axes(eye, goal))
            rgb, _ = renderer.render(world.data, sky=world.sees_sky)
            seen = table[renderer.geom_ids(world.data)]
            things = []
            for k in np.unique(seen[seen >= 0]):
                ys, xs = np.nonzero(seen == k)
                box = [int(v) for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)]
                # a sliver of something hidden has no name that anybody could tell
                if len(xs) > 150 and len(xs) > 0.2 * (box[2] - box[0]) * (box[3] - box[1]):
                    things.append({'model': models[k], 'box': box, 'number': int(k)})
            stem = f'{seed:05d}_{shot:02d}'
            cv2.imwrite(str(out / f'{stem}.jpg'), rgb[..., ::-1])
            cv2.imwrite(str(out / f'{stem}.png'), (seen + 1).clip(0, 254).astype(np.uint8))
            records.append({'stem': stem, 'things': things})
        renderer.close()
        done.write_text(json.dumps(records), encoding='utf-8')
    return len(list(out.glob('*.jpg')))
