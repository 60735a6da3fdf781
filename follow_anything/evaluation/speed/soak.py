# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A long time of following: does memory stay flat, and does the judge stay as strict?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
from follow_anything.core.config import preset, SimulatorConfig
from follow_anything.core.geometry import iou
from follow_anything.evaluation.following.episode import EpisodeLoop
from follow_anything.evaluation.following.work import Episode
from follow_anything.evaluation.speed.memory import resident_mb
from follow_anything.sim.simulator import Simulator

__all__ = ['soak']

ELSEWHERE = 0.1
"""Overlap (IoU) with the target below which a candidate is somebody else."""


def soak(
    scenario: str, robot: str, seed: int, minutes: float, parts: int = 10
) -> Iterator[dict[str, float]]:
    """
    Follow one target in the simulator, in lock step, for a long time.

    :param minutes: simulated. :param parts: that it is divided into.
    :return: of each part: minutes since the begin, memory_mb of this process at its end, and the
        shares of its time: visible_fraction, tracking_fraction, wrong_target_fraction, and
        somebody_else_fraction, in which somebody else was among those who may be the target.
    """
    cv2.setNumThreads(1)
    world = replace(preset(robot, SimulatorConfig), scenario=scenario, seed=seed)
    with Simulator(world) as simulator:
        run = EpisodeLoop(Episode(scenario, robot, seed), simulator)
        while not run.rows:
            run.step()
        begin = run.rows[0].stamp
        for part in range(1, parts + 1):
            others = steps = 0
            while run.rows[-1].stamp - begin < 60.0 * minutes * part / parts:
                run.step()
                others += _shows_others(run)
                steps += 1
            basic = run.log.summary()
            yield {
                'minutes': minutes * part / parts,
                'memory_mb': resident_mb(),
                'visible_fraction': float(basic['visible_fraction'] or 0.0),
                'tracking_fraction': float(basic['tracking_fraction'] or 0.0),
                'wrong_target_fraction': float(basic['wrong_target_fraction'] or 0.0),
                'somebody_else_fraction': others / max(1, steps),
            }
            # what is kept of the time is not what is measured
            run.forget()


def _shows_others(run: EpisodeLoop) -> bool:
    """Tell whether somebody else is among the candidates of the newest moment."""
    truth = run.rows[-1].box
    return any(truth is None or iou(c.box, truth) < ELSEWHERE for c in run.target.candidates)
