# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Sequences filmed in the embedded simulator, with its truth, as a dataset of folders.

The camera is flown by the truth, not by a tracker: every tracker sees the same pictures, and a
target that a tracker would lose stays in view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
import math
import multiprocessing
from pathlib import Path

import cv2
from follow_anything.core.config import ControllerConfig, preset, ServoConfig, SimulatorConfig
from follow_anything.core.errors import SourceError
from follow_anything.core.geometry import optical_to_body
from follow_anything.core.types import VelocityCommand
from follow_anything.evaluation.tracking.dataset import VISIBLE_SHARE
from follow_anything.sim.simulator import Simulator
from follow_anything.sim.truth import Truth
import numpy as np

__all__ = ['fly_by_truth', 'record', 'record_clip']

START_SHARE = 0.8
"""A clip begins when so much of the target can be seen."""

PATIENCE_S = 20.0
QUALITY = 95


def fly_by_truth(truth: Truth, config: ServoConfig) -> VelocityCommand:
    """Return a velocity that keeps the true target ahead at the distance of the configuration."""
    forward, left, _ = optical_to_body(truth.position, config.camera_pitch)
    bearing = math.atan2(left, forward)
    error = math.hypot(forward, left) - config.follow_distance
    speed = float(np.clip(1.2 * error, -config.max_backward, config.max_forward))
    turn = float(np.clip(1.5 * bearing, -config.max_yaw_rate, config.max_yaw_rate))
    # driving while the target is far aside would make the camera pass it
    return VelocityCommand(vx=speed * max(0.0, math.cos(bearing)), yaw_rate=turn)


def record_clip(folder: Path, robot: str, scenario: str, seed: int, seconds: float) -> int:
    """
    Film one clip: img/*.jpg, groundtruth.txt, visibility.txt, language.txt.

    :param seconds: simulated, from the first frame in which the target is well in view.
    :returns: frames written.
    :raises SourceError: the target never came into view.
    """
    world = replace(preset(robot, SimulatorConfig), scenario=scenario, seed=seed, depth=False)
    control = preset(robot, ControllerConfig).servo
    (folder / 'img').mkdir(parents=True, exist_ok=True)
    boxes: list[tuple[float, ...]] = []
    shares: list[float] = []
    with Simulator(world) as simulator:
        query = simulator.scenario.query
        while len(boxes) < seconds * world.rate:
            truth = simulator.truth()
            simulator.step(fly_by_truth(truth, control))
            truth = simulator.truth()
            if not boxes and (truth.box is None or truth.visibility < START_SHARE):
                if simulator.time > PATIENCE_S:
                    raise SourceError(f'{scenario} {seed}: the target never came into view')
                continue
            seen = truth.box is not None and truth.visibility >= VISIBLE_SHARE
            boxes.append(truth.box.xywh if seen and truth.box is not None else (math.nan,) * 4)
            shares.append(truth.visibility)
            path = folder / 'img' / f'{len(boxes):05d}.jpg'
            bgr = cv2.cvtColor(simulator.frame().rgb, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    np.savetxt(folder / 'visibility.txt', shares, '%.3f')
    (folder / 'language.txt').write_text(query + '\n', encoding='utf-8')
    (folder / 'attributes.txt').write_text(f'{scenario} {robot}\n', encoding='utf-8')
    # written last: a folder without it is filmed again
    np.savetxt(folder / 'groundtruth.txt', boxes, '%.2f', ',')
    return len(boxes)


def record(
    out: Path,
    robots: Sequence[str],
    scenarios: Sequence[str],
    seeds: Sequence[int],
    seconds: float,
) -> Iterator[Path]:
    """
    Film every combination that is not there yet; yields each folder when it is whole.

    It films in a process of its own: OSMesa and torch's compiler each bring an LLVM, and a process
    that has drawn with the one crashes when it loads the other.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as executor:
        for robot in robots:
            for scenario in scenarios:
                for seed in seeds:
                    folder = out / f'{scenario}-{robot}-{seed}'
                    if not (folder / 'groundtruth.txt').is_file():
                        job = (folder, robot, scenario, seed, seconds)
                        executor.submit(record_clip, *job).result()
                    yield folder
