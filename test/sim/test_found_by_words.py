# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Words alone find the target of a scenario: what `make demo QUERY=...` does, in one process."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.config import (
    ControllerConfig,
    preset,
    SimulatorConfig,
    TrackerConfig,
)
from follow_anything.core.geometry import iou
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import TargetState, VelocityCommand
from follow_anything.evaluation.closed_loop.log import CLICK_VISIBILITY
from follow_anything.models.pipeline import build_pipeline
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')
pytest.importorskip('onnxruntime')

from follow_anything.sim.simulator import Simulator

pytestmark = [pytest.mark.sim, pytest.mark.detection]

THE_ONE = 0.3
"""Overlap (IoU) of what is proposed with the target from which the demo's operator says yes."""

PATIENCE_S = 2.0
"""The target is in full view at the start: it is found at once or not by these words."""

TEXTS = (
    ('the red car', 'cars'),
    ('a red hatchback', 'cars'),
    ('the dog', 'dog'),
    ('the woman in the orange top', 'street'),
    ('the person in orange', 'street'),
    ('', 'turns_round'),  # as the scenario says it: another person for each seed
)
WORLDS = (('drone', 11), ('ground', 12))
NOT_FOUND = {('street', 'ground'): 'her top is brick red: tiny does not call it orange here'}
"""Known failures; a detector that finds her makes the test fail until its line is gone."""


def _rows() -> list[object]:
    rows: list[object] = []
    for text, scenario in TEXTS:
        for robot, seed in WORLDS:
            reason = NOT_FOUND.get((scenario, robot))
            marks = [] if reason is None else [pytest.mark.xfail(strict=True, reason=reason)]
            rows.append(pytest.param(text, scenario, robot, seed, marks=marks))
    return rows


@pytest.mark.parametrize(('text', 'scenario', 'robot', 'seed'), _rows())
def test_words_alone_find_the_target(text: str, scenario: str, robot: str, seed: int) -> None:
    """The first that is proposed is the target; confirmed, it is followed."""
    world = replace(preset(robot, SimulatorConfig), scenario=scenario, seed=seed)
    control = replace(preset(robot, ControllerConfig).servo, rate=world.rate)
    with Simulator(world) as simulator:
        if simulator.assets != 'furniture':
            pytest.skip('the objects of Sweet Home 3D are not here: make setup')
        pipeline = build_pipeline(
            simulator.camera, tracking=preset(robot, TrackerConfig), control=control
        )
        command, asked_at = VelocityCommand.stop('not asked yet'), None
        state = TargetState.IDLE
        while state is not TargetState.TRACKING:
            simulator.step(command)
            frame, truth = simulator.frame(), simulator.truth()
            if asked_at is None:
                assert simulator.time < 20.0, 'the target never came into view'
                if truth.box is None or truth.visibility < CLICK_VISIBILITY:
                    continue
                asked_at = simulator.time
                pipeline.query(query_from_text(text or simulator.scenario.query), frame)
            assert simulator.time < asked_at + PATIENCE_S, f'still {state.value}'
            result = pipeline.step(frame, frame.stamp, simulator.odometry.planar)
            command, state = result.command, result.target.state
            if state in (TargetState.CONFIRMING, TargetState.TRACKING):
                assert result.target.box is not None
                assert truth.box is not None
                assert iou(result.target.box, truth.box) >= THE_ONE, 'something else is proposed'
                pipeline.confirm()
