# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The loop of one episode: what a command is made of."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from follow_anything.core.types import Frame, Target, TargetState, VelocityCommand
from follow_anything.core.world.ego import PlanarPose
from follow_anything.evaluation.following.episode import EpisodeLoop
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


class Loop(EpisodeLoop):
    """A loop without a world, whose pipeline does nothing."""

    def __init__(self) -> None:
        done = SimpleNamespace(
            command=VelocityCommand.stop('test'), target=Target(0.0, TargetState.IDLE)
        )
        odometry = SimpleNamespace(planar=PlanarPose(0.0, 0.0, 0.0))
        self.episode: Any = SimpleNamespace(without='')
        self._simulator: Any = SimpleNamespace(time=1.3, odometry=odometry)
        self._pipeline: Any = SimpleNamespace(
            step=lambda *_: done, tick=lambda _: VelocityCommand.stop('no picture')
        )
        self._image_stamp = -math.inf


def test_command_is_of_the_newest_picture_whatever_arrives_after_it() -> None:
    """A picture that others have overtaken counted as the command's: it seemed to be too old."""
    loop, rgb = Loop(), np.zeros((4, 4, 3), np.uint8)
    for stamp, newest in ((1.0, 1.0), (0.9, 1.0), (1.1, 1.1)):
        loop._follow(Frame(stamp, rgb))
        assert loop._image_stamp == newest
    loop._follow(None)
    assert loop._image_stamp == 1.1
