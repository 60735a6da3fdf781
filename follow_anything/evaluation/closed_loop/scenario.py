# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The closed loop in one process, in lock step: the same seed gives the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, ExitStack
from dataclasses import replace
from pathlib import Path
import time
from typing import TYPE_CHECKING

from follow_anything.core.config import (
    ControllerConfig,
    preset,
    SimulatorConfig,
    TrackerConfig,
    with_values,
)
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.types import Click, Frame, Query, VelocityCommand
from follow_anything.evaluation.closed_loop.decisions import Decisions
from follow_anything.evaluation.closed_loop.log import (
    CLICK_VISIBILITY,
    CommandRow,
    FollowLog,
    FrameRow,
)
from follow_anything.io.movie import Movie
from follow_anything.io.overlay import annotate
from follow_anything.models.pipeline import build_pipeline
from follow_anything.sim.simulator import Simulator

if TYPE_CHECKING:
    from follow_anything.ros.bags.session import SessionWriter

__all__ = ['run_scenario']


def run_scenario(
    robot: str,
    scenario: str,
    seed: int,
    seconds: float,
    tracker: str,
    save: Path | None = None,
    record: Path | None = None,
    plot: Path | None = None,
) -> dict[str, object]:
    """
    Follow the target of a scenario, clicked on once as soon as it is in view.

    :param seconds: simulated, from the click on. :param save: MP4 to write.
    :param record: bag to write the session to; needs the ROS messages.
    :param plot: picture (PNG, WebP, SVG) to write of what the judge decided.
    :return: the figures of FollowLog.summary() and the real-time factor.
    """
    world = replace(preset(robot, SimulatorConfig), scenario=scenario, seed=seed)
    control = with_values(preset(robot, ControllerConfig), {'servo.rate': world.rate})
    tracking = replace(preset(robot, TrackerConfig), tracker=tracker)
    log = FollowLog(world.width, world.height, control.servo.follow_distance)
    decisions = None if plot is None else Decisions(plot, tracking.identity.margin)
    began = time.perf_counter()
    with ExitStack() as opened:
        simulator = opened.enter_context(Simulator(world))
        movie = None if save is None else opened.enter_context(closing(Movie(save, world.rate)))
        session = None
        if record is not None:
            from follow_anything.ros.bags.session import SessionWriter

            writer = SessionWriter(record, simulator.camera, control, tracking, tracker)
            session = opened.enter_context(closing(writer))
        pipeline = build_pipeline(simulator.camera, tracking=tracking, control=control.servo)
        for frame, click, result in _follow(simulator, pipeline, log, seconds, session):
            if session is not None:
                session.write(frame, click, result)
            if movie is not None:
                target = result.target
                picture = annotate(
                    frame.rgb, target.state, target.box, target.presence, result.command
                )
                movie.add(picture)
            if decisions is not None:
                decisions.add(frame.rgb, result.target, log.frames[-1])
        log.collisions = simulator.collisions
    spent = time.perf_counter() - began
    if decisions is not None:
        decisions.save(f'{robot}, {scenario}, seed {seed}')
    return {
        'robot': robot,
        'scenario': scenario,
        'seed': seed,
        'tracker': tracker,
        'real_time_factor': seconds / spent,
        **log.summary(),
    }


def _follow(
    simulator: Simulator,
    pipeline: FollowPipeline,
    log: FollowLog,
    seconds: float,
    session: SessionWriter | None,
) -> Iterator[tuple[Frame, Click | None, StepResult]]:
    """Run simulator and pipeline in lock step; yield every frame from the click on."""
    command = VelocityCommand.stop('not asked yet')
    has_clicked = False
    while not log.frames or log.frames[-1].stamp - log.frames[0].stamp < seconds:
        simulator.step(command)
        frame, truth, click = simulator.frame(), simulator.truth(), None
        if session is not None:
            frame = session.stamped(frame)
        if not has_clicked and truth.box is not None and truth.visibility >= CLICK_VISIBILITY:
            click, has_clicked = Click(*truth.box.center), True
            pipeline.query(Query(clicks=(click,)), frame)
        if not has_clicked:
            continue
        result = pipeline.step(frame, frame.stamp, simulator.odometry.planar)
        command, target = result.command, result.target
        log.frames.append(
            FrameRow(frame.stamp, truth.box, truth.visibility, truth.distance, target.state)
        )
        if target.state.may_move and target.box is not None:
            log.followed[frame.stamp] = target.box
        log.commands.append(CommandRow(frame.stamp, command, 0.0))
        yield frame, click, result
