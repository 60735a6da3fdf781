# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The loop of one episode: what a command is made of."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from follow_anything.core.types import Frame, Target, TargetState, VelocityCommand
from follow_anything.core.world.ego import Ego, PlanarPose
from follow_anything.evaluation.following.episode import EpisodeLoop
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


class Loop(EpisodeLoop):
    """A loop without a world, whose pipeline does nothing."""

    def __init__(self, without: str = '') -> None:
        odometry = SimpleNamespace(planar=PlanarPose(0.0, 0.0, 0.0))
        self.told: list[PlanarPose] = []
        self.rows: Any = []
        self.episode: Any = SimpleNamespace(without=without)
        self._simulator: Any = SimpleNamespace(time=1.3, odometry=odometry)
        self._pipeline: Any = SimpleNamespace(
            step=self._step, tick=lambda _: VelocityCommand.stop('no picture')
        )
        self._image_stamp = -math.inf

    def _step(self, frame: Frame, now: float, pose: PlanarPose) -> Any:
        self.told.append(pose)
        return SimpleNamespace(
            command=VelocityCommand.stop('test'), target=Target(0.0, TargetState.IDLE)
        )

    def drive(self, seconds: float) -> list[PlanarPose]:
        """Drive a bend, with a picture every 50 ms; return where the robot was."""
        way = []
        for k in range(1 + round(seconds / 0.05)):
            stamp = 0.05 * k
            way.append(PlanarPose(stamp, stamp, 0.5 * stamp, 0.1 * stamp, yaw=0.4 * stamp))
            self._simulator.odometry.planar = way[-1]
            self._follow(Frame(stamp, np.zeros((4, 4, 3), np.uint8)))
            self.rows.append(None)
        return way


def test_command_is_of_the_newest_picture_whatever_arrives_after_it() -> None:
    """A picture that others have overtaken counted as the command's: it seemed to be too old."""
    loop, rgb = Loop(), np.zeros((4, 4, 3), np.uint8)
    for stamp, newest in ((1.0, 1.0), (0.9, 1.0), (1.1, 1.1)):
        loop._follow(Frame(stamp, rgb))
        assert loop._image_stamp == newest
    loop._follow(None)
    assert loop._image_stamp == 1.1


def moved(told: list[PlanarPose]) -> float:
    """Return how far a follower that was told these poses takes itself to have gone, metres."""
    ego = Ego()
    for pose in told:
        ego.odometry(pose)
        ego.command(VelocityCommand(vx=1.0, yaw_rate=0.4))  # what the pipeline tells it, too
        here = ego.pose_at(pose.stamp)
    return math.dist(here.position, np.zeros(3))


@pytest.mark.parametrize('without', ['', 'sentinel'])
def test_the_follower_is_told_where_the_robot_is(without: str) -> None:
    loop = Loop(without)
    way = loop.drive(1.0)
    assert loop.told == way
    assert moved(loop.told) > 1.0


def test_without_motion_compensation_the_robot_never_moves() -> None:
    loop = Loop('motion compensation')
    way = loop.drive(1.0)
    assert [pose.stamp for pose in loop.told] == [pose.stamp for pose in way]
    for pose in loop.told:
        assert (pose.x, pose.y, pose.z, pose.yaw) == pytest.approx((0.0, 0.0, 0.0, 0.0), abs=1e-3)
    assert moved(loop.told) < 1e-3
