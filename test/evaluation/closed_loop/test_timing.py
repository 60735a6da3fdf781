# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The age of the picture behind a command, from what the senders' clocks say."""

from __future__ import annotations

from follow_anything.core.types import Box, TargetState, VelocityCommand
from follow_anything.evaluation.closed_loop.log import FollowLog, FrameRow
from follow_anything.evaluation.closed_loop.timing import CommandTiming
import pytest

pytestmark = pytest.mark.core

GO = VelocityCommand(vx=1.0)


def camera(timing: CommandTiming, seconds: float, real_time_factor: float = 1.0) -> None:
    """Send a picture every 50 ms of a world that began at 7.0, wall time 1000."""
    for index in range(round(seconds / 0.05) + 1):
        timing.picture(7.0 + index * 0.05, 1000.0 + index * 0.05 / real_time_factor)


def ages(timing: CommandTiming) -> list[float]:
    return [row.image_age for row in timing.rows()]


def test_age_is_exact_in_real_time() -> None:
    timing = CommandTiming()
    camera(timing, 1.0)
    timing.source(7.5, 1000.56)
    for sent in (1000.57, 1000.61, 1000.88):
        timing.command(GO, sent)
    assert ages(timing) == pytest.approx([0.07, 0.11, 0.38])


def test_the_order_of_arrival_does_not_matter() -> None:
    timing = CommandTiming()
    timing.command(GO, 1000.57)
    timing.source(7.55, 1000.61)
    timing.source(7.5, 1000.56)
    camera(timing, 1.0)
    assert ages(timing) == pytest.approx([0.07])


def test_a_camera_that_stops_makes_commands_stale() -> None:
    timing = CommandTiming()
    camera(timing, 0.5)
    timing.source(7.5, 1000.55)
    for sent in (1000.6, 1000.79, 1000.81, 1002.0):
        timing.command(GO, sent)
    timing.command(VelocityCommand.stop('stale'), 1002.1)
    log = FollowLog(640, 480, 4.0, commands=timing.rows())
    assert log.summary()['commands_while_stale'] == 2


def test_following_somebody_else_is_counted() -> None:
    here, there = Box(0, 0, 10, 10), Box(50, 0, 60, 10)
    log = FollowLog(640, 480, 4.0)
    for stamp, truth, followed in (
        (0.0, here, here),
        (0.1, here, there),  # somebody else
        (0.2, None, there),  # the target is not even in view
        (0.3, here, None),  # holding: nothing is followed
    ):
        log.frames.append(FrameRow(stamp, truth, 1.0, 4.0, TargetState.TRACKING))
        if followed is not None:
            log.followed[stamp] = followed
    assert log.summary()['wrong_target_fraction'] == pytest.approx(0.5)


def test_a_slow_world_ages_slowly() -> None:
    """At a tenth of real time, half a second on the wall is 50 ms for the robot."""
    timing = CommandTiming()
    camera(timing, 1.0, real_time_factor=0.1)
    timing.source(7.5, 1005.1)
    timing.command(GO, 1005.501)
    assert ages(timing) == pytest.approx([0.051])


def test_a_command_of_no_known_picture_is_stale_and_one_before_all_pictures_is_left_out() -> None:
    timing = CommandTiming()
    camera(timing, 0.5)
    timing.command(GO, 999.0)
    timing.command(GO, 1000.2)
    assert ages(timing) == [float('inf')]


def test_latency_is_to_the_first_command_of_a_picture() -> None:
    timing = CommandTiming()
    camera(timing, 0.5)
    for stamp, sent in ((7.1, 1000.16), (7.1, 1000.19), (7.2, 1000.25), (3.0, 1000.3)):
        timing.source(stamp, sent)
    assert [latency for _, latency in timing.latencies()] == pytest.approx([0.06, 0.05])
    assert [sent for sent, _ in timing.latencies()] == pytest.approx([1000.1, 1000.2])
