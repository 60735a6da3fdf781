# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Scenes out of the embedded simulator: people who walk and turn, cars, dogs, what hides them.

The camera is flown by the truth, on seeds of its own, which no evaluation takes. A sprite can only
be warped; here a target shows its other side, is covered bit by bit and gets smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

from follow_anything.core.config import ControllerConfig, preset, SimulatorConfig
from follow_anything.core.types import VelocityCommand
from follow_anything.evaluation.tracking.simulator_clips import fly_by_truth
from follow_anything.models.tracking.online import crop_square
from follow_anything.sim.scenarios import SCENARIOS
from follow_anything.sim.simulator import Simulator
from follow_anything.training.tracker.pictures.augment import degrade
from follow_anything.training.tracker.pictures.backgrounds import FRAMES, OBJECTS
from follow_anything.training.tracker.pictures.scenes import (
    coarse,
    Scene,
    SEARCH_FACTOR,
    SEARCH_PX,
    TEMPLATE_FACTOR,
    TEMPLATE_PX,
)
import numpy as np

__all__ = ['FilmedEpisode', 'film', 'scene_of']

FIRST_SEED = 700_000
"""Seeds of the worlds begin here: no evaluation takes one of them."""

SECONDS = 30.0
EVERY = 4
"""Of so many pictures one is kept."""

LARGEST = 0.5
"""Side of a target that still has surroundings, as a share of the picture's height."""

WHOLE = 0.85
LEAST_SIDE_PX = 10.0
TARGET_PX = TEMPLATE_PX / TEMPLATE_FACTOR


@dataclass(frozen=True)
class FilmedEpisode:
    """
    One episode with its truth.

    :param pictures: uint8 (H, W, 3) RGB each. :param boxes: (N, 4) x1 y1 x2 y2, around the whole
        target, clipped to the picture. :param visible: (N,) share of it that can be seen.
    """

    pictures: list[np.ndarray]
    boxes: np.ndarray
    visible: np.ndarray


def film(seed: int, seconds: float = SECONDS) -> FilmedEpisode:
    """Film one episode: scenario and robot are drawn from the seed."""
    rng = np.random.default_rng(seed)
    robot = str(rng.choice(['drone', 'ground']))
    scenario = str(rng.choice(sorted(SCENARIOS)))
    world = replace(
        preset(robot, SimulatorConfig), scenario=scenario, seed=FIRST_SEED + seed, depth=False
    )
    servo = preset(robot, ControllerConfig).servo
    servo = replace(servo, follow_distance=servo.follow_distance * rng.uniform(0.6, 1.8))
    pictures, boxes, visible, number = [], [], [], 0
    swing, pace = rng.uniform(0.0, 0.5), rng.uniform(0.3, 1.5)
    with Simulator(world) as simulator:
        while simulator.time < seconds:
            truth = simulator.truth()
            command = fly_by_truth(truth, servo)
            sway = swing * float(np.sin(pace * simulator.time))
            simulator.step(VelocityCommand(vx=command.vx, yaw_rate=command.yaw_rate + sway))
            number += 1
            if number % EVERY:
                continue
            truth = simulator.truth()
            box = truth.box
            if box is None or min(box.width, box.height) < LEAST_SIDE_PX:
                continue
            if math.sqrt(box.area) > LARGEST * world.height:
                continue
            pictures.append(simulator.frame().rgb)
            boxes.append([box.x1, box.y1, box.x2, box.y2])
            visible.append(truth.visibility)
    return FilmedEpisode(pictures, np.array(boxes, np.float32).reshape(-1, 4), np.array(visible))


def _crop(
    picture: np.ndarray, box: np.ndarray, at: np.ndarray, side: float, size_px: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a square; returns it and the box as shares of it."""
    return crop_square(picture, at, side, size_px), (box - np.tile(at - side / 2, 2)) / side


def scene_of(rng: np.random.Generator, made: FilmedEpisode, searches: int = 3) -> Scene | None:
    """
    Draw one scene; its three objects are views of the one target from three other moments.

    :returns: None where the target is never well in view.
    """
    whole = np.flatnonzero(made.visible >= WHOLE)
    if len(whole) < 2 * OBJECTS:
        return None
    look, flip = degrade(rng, FRAMES), rng.random() < 0.5
    middle = (made.boxes[:, :2] + made.boxes[:, 2:]) / 2
    size = np.sqrt((made.boxes[:, 2:] - made.boxes[:, :2]).prod(1))
    templates = np.zeros((OBJECTS, 2, TEMPLATE_PX, TEMPLATE_PX, 3), np.uint8)
    template_boxes = np.zeros((OBJECTS, 2, 4), np.float32)
    for k in range(OBJECTS):
        for t in range(2):
            n = rng.choice(whole)
            slack = 0.06 * t
            at = middle[n] + rng.normal(0, slack, 2) * size[n]
            side = TEMPLATE_FACTOR * size[n] * np.exp(rng.normal(0, slack))
            crop, box = _crop(made.pictures[n], made.boxes[n], at, side, TEMPLATE_PX)
            templates[k, t], template_boxes[k, t] = look(crop, t, TARGET_PX), box
    regions = np.zeros((searches, SEARCH_PX, SEARCH_PX, 3), np.uint8)
    found = np.zeros((searches, OBJECTS, 4), np.float32)
    visible = np.zeros((searches, OBJECTS), np.float32)
    hidden = np.flatnonzero(made.visible < WHOLE)
    for s in range(searches):
        from_hidden = len(hidden) > 0 and rng.random() < 0.4
        n = rng.choice(hidden if from_hidden else whole)
        side = SEARCH_FACTOR * size[n] * np.exp(rng.normal(0, 0.2))
        spread = rng.choice([0.15, 0.5, 1.0], p=[0.45, 0.35, 0.2])
        at = middle[n] + rng.normal(0, spread, 2).clip(-1.5, 1.5) * size[n]
        crop, box = _crop(made.pictures[n], made.boxes[n], at, side, SEARCH_PX)
        regions[s] = look(coarse(rng, crop, TARGET_PX), 2 + s % 2, TARGET_PX)
        inside = (box[2:].clip(0, 1) - box[:2].clip(0, 1)).prod()
        found[s] = box
        visible[s] = made.visible[n] * inside / max(float((box[2:] - box[:2]).prod()), 1e-6)
    if flip:
        for pictures in (templates, regions):
            pictures[:] = pictures[..., ::-1, :].copy()
        for boxes in (template_boxes, found):
            boxes[..., [0, 2]] = 1.0 - boxes[..., [2, 0]]
    return Scene(templates, template_boxes, regions, found, visible)
