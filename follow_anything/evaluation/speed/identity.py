# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Processor time of identity while a target is followed: the judge and the embedder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import statistics
import time
from typing import Any

import cv2
from follow_anything.core.config import preset, SimulatorConfig
from follow_anything.core.identity.judge import Judge
from follow_anything.evaluation.following.episode import EpisodeLoop
from follow_anything.evaluation.following.work import Episode
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from follow_anything.sim.simulator import Simulator

__all__ = ['bench_identity']


class _Timer:
    """Notes the processor time of every call of a method, for as long as it is entered."""

    def __init__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name
        self._method: Callable[..., Any] = getattr(owner, name)
        self.spent: list[float] = []

    def __enter__(self) -> _Timer:
        method, spent = self._method, self.spent

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                spent.append((time.process_time() - began) * 1e3)

        setattr(self._owner, self._name, timed)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self._owner, self._name, self._method)


def bench_identity(scenario: str, robot: str, seed: int, seconds: float) -> dict[str, Any]:
    """
    Follow in the simulator, in lock step, and measure the judge and the embedder's looks.

    :param seconds: simulated, from the click on.
    :return: flat keys, milliseconds of one thread's processor time; shares of one thread in real
        time.
    """
    cv2.setNumThreads(1)
    world = replace(preset(robot, SimulatorConfig), scenario=scenario, seed=seed)
    with (
        Simulator(world) as simulator,
        _Timer(Judge, 'judge') as judge,
        _Timer(InstanceEmbedder, 'survey') as survey,
    ):
        run = EpisodeLoop(Episode(scenario, robot, seed), simulator)
        while not run.rows or run.rows[-1].stamp - run.rows[0].stamp < seconds:
            run.step()
    frames = len(run.rows)
    return {
        'scenario': f'{scenario}, {robot}, seed {seed}',
        'frames': frames,
        'looks': len(judge.spent),
        'judge_ms_a_look': statistics.median(judge.spent),
        'judge_ms_a_look_p90': statistics.quantiles(judge.spent, n=10)[-1],
        'judge_ms_a_frame': sum(judge.spent) / frames,
        'survey_ms_a_look': statistics.median(survey.spent),
        'share_of_a_thread_judge': sum(judge.spent) / 1e3 / seconds,
        'share_of_a_thread_with_surveys': (sum(judge.spent) + sum(survey.spent)) / 1e3 / seconds,
    }
