# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""One episode: the simulator and the real pipeline in lock step, no truth in the loop."""

from __future__ import annotations

from dataclasses import replace
import math
import time
import traceback
from typing import Any

import cv2
from follow_anything.core.config import (
    ControllerConfig,
    preset,
    SimulatorConfig,
    TrackerConfig,
    with_values,
)
from follow_anything.core.errors import SourceError
from follow_anything.core.types import Click, Frame, Query, Target, TargetState, VelocityCommand
from follow_anything.core.world.ego import PlanarPose
from follow_anything.evaluation.closed_loop.log import CLICK_VISIBILITY, CommandRow, FollowLog
from follow_anything.evaluation.following.figures import episode_figures, is_failure
from follow_anything.evaluation.following.film import Film
from follow_anything.evaluation.following.rows import FollowRow
from follow_anything.evaluation.following.work import Episode
from follow_anything.models.pipeline import build_pipeline
from follow_anything.sim.simulator import Simulator
from follow_anything.sim.truth import Truth
from follow_anything.sim.vehicle.link import FrameLink
import numpy as np

__all__ = ['EpisodeLoop', 'run_episode', 'try_episode']

PATIENCE_S = 20.0
"""A target that has not come into view by then never does."""


class EpisodeLoop:
    """
    The loop of one episode.

    :param episode: what is run. :param simulator: its world.
    """

    def __init__(self, episode: Episode, simulator: Simulator) -> None:
        self.episode, self._simulator = episode, simulator
        world = simulator.config
        self.control = replace(preset(episode.robot, ControllerConfig).servo, rate=world.rate)
        self.log = FollowLog(world.width, world.height, self.control.follow_distance)
        self.rows: list[FollowRow] = []
        self.touched_at: float | None = None
        self.film = Film(episode.films)
        tracking = TrackerConfig(
            tracker=episode.tracker,
            auto_confirm=episode.ask == 'text',
            # without depth the operator has to tell how tall the target is
            target_height=0.0 if world.depth else simulator.scenario.target_height,
            camera_pitch=simulator.mount.pitch,
        )
        tracking = with_values(tracking, episode.changes())
        self._pipeline = build_pipeline(simulator.camera, tracking=tracking, control=self.control)
        self._link = FrameLink(simulator.scenario.link, episode.seed)
        self._command = VelocityCommand.stop('not asked yet')
        self._target = Target(0.0, TargetState.IDLE)
        self._image_stamp = -math.inf
        self._is_asked = False

    @property
    def target(self) -> Target:
        """The newest target of the pipeline."""
        return self._target

    def forget(self) -> None:
        """Drop what was noted, all but the newest moment: a long run keeps no account of it."""
        del self.rows[:-1], self.log.frames[:-1], self.log.commands[:-1]
        self.log.followed.clear()

    def step(self) -> None:
        """Run one period: step the simulator, take a frame, follow, log."""
        simulator = self._simulator
        simulator.step(self._command)
        taken, truth = simulator.frame(), simulator.truth()
        self._link.send(taken)
        arrived = self._link.receive(simulator.time)
        if arrived is not None and not self._is_asked:
            self._ask(arrived, truth)
        if not self._is_asked:
            return
        self._follow(arrived)
        self._note(taken, truth)

    def _ask(self, frame: Frame, truth: Truth) -> None:
        """Send the query: words, or a click as soon as the target is well visible."""
        if truth.box is None or truth.visibility < CLICK_VISIBILITY:
            if self._simulator.time > PATIENCE_S:
                raise SourceError(f'{self.episode.name}: the target never came into view')
            return
        if self.episode.ask == 'text':
            query = Query(texts=(self._simulator.scenario.query,))
        else:
            query = Query(clicks=(Click(*truth.box.center),))
        self._pipeline.query(query, frame)
        self._is_asked = True

    def _follow(self, arrived: Frame | None) -> None:
        now = self._simulator.time
        if arrived is None:
            self._command = self._pipeline.tick(now)
            return
        pose = self._simulator.odometry.planar
        if self.episode.without == 'motion compensation':
            # a robot that never moves; an estimate that never changed would not be believed
            pose = PlanarPose(pose.stamp, 1e-6 * pose.stamp, 0.0)
        result = self._pipeline.step(arrived, now, pose)
        self._command, self._target = result.command, result.target
        # one that others have overtaken changes nothing, and no command is made of it
        self._image_stamp = max(self._image_stamp, arrived.stamp)

    def _note(self, taken: Frame, truth: Truth) -> None:
        target, stamp = self._target, taken.stamp
        off_true, off_other = self._offsets(target)
        x, _, z = truth.position
        row = FollowRow(
            stamp,
            truth.box,
            truth.visibility,
            math.nan if truth.gone else truth.distance,
            target.state,
            reported=target.box,
            presence=target.presence,
            target_id=target.target_id,
            middle=math.nan if truth.gone else self._middle(truth),
            bearing=-math.atan2(float(x), float(z)),
            gone=truth.gone,
            off_true=off_true,
            off_other=off_other,
        )
        self.rows.append(row)
        self.log.frames.append(row)
        if row.followed is not None:
            self.log.followed[stamp] = row.followed
        self.log.commands.append(CommandRow(stamp, self._command, stamp - self._image_stamp))
        self.film.add(taken.rgb, row)
        touched = any(name.endswith(' moving 0') for name in self._simulator.collided_with)
        if touched and self.touched_at is None:
            self.touched_at = stamp

    def _middle(self, truth: Truth) -> float:
        place = self._simulator.in_world(truth.position)
        eye = self._simulator.in_world(np.zeros(3))
        return float(np.hypot(*(place - eye)[:2]))

    def _offsets(self, target: Target) -> tuple[float | None, float | None]:
        """Return how far the reported place is from the target and from the nearest other."""
        if target.position is None or not math.isfinite(target.range_std):
            return None, None
        reported = self._simulator.in_world(target.position)[:2]
        off = np.hypot(*(self._simulator.places() - reported).T)
        return float(off[0]), float(off[1:].min()) if len(off) > 1 else None


def run_episode(episode: Episode) -> dict[str, Any]:
    """
    Run one episode, in whatever process this is, on one thread.

    :return: its row: the episode's fields, its key, and the figures of figures.MEANING.
    :raises SourceError: the target never came into view.
    """
    cv2.setNumThreads(1)
    world = replace(
        preset(episode.robot, SimulatorConfig),
        scenario=episode.scenario,
        seed=episode.seed,
        width=episode.width,
        height=episode.height,
        depth=episode.depth,
        assets=episode.assets,
    )
    began = time.perf_counter()
    with Simulator(world) as simulator:
        run = EpisodeLoop(episode, simulator)
        seconds = episode.seconds or simulator.scenario.seconds
        while not run.rows or run.rows[-1].stamp - run.rows[0].stamp < seconds:
            run.step()
        run.log.collisions = simulator.collisions
        figures = episode_figures(run.rows, run.log, episode.robot, run.touched_at)
        figures['collided_with'] = list(simulator.collided_with)
    spent = time.perf_counter() - began
    row = _identity(episode) | figures | {'real_time_factor': seconds / spent}
    row['film'] = run.film.save(episode.name) if is_failure(row) else ''
    return row


def try_episode(episode: Episode) -> dict[str, Any]:
    """Run an episode; an error becomes a row with its reason, so that the others go on."""
    try:
        return run_episode(episode)
    except Exception as error:  # reported in the row, and counted in the total
        return _identity(episode) | {
            'error': f'{type(error).__name__}: {error}',
            'traceback': traceback.format_exc(),
        }


def _identity(episode: Episode) -> dict[str, Any]:
    return {
        'scenario': episode.scenario,
        'robot': episode.robot,
        'seed': episode.seed,
        'without': episode.without,
        'ask': episode.ask,
        'key': episode.key,
    }
