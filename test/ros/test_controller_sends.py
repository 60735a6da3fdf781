# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The last word of the controller: what has become too old is not sent, or is taken back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.core.types import VelocityCommand
from follow_anything.ros.nodes.controller import ControllerNode

pytestmark = [pytest.mark.ros, pytest.mark.field]

FORWARD = VelocityCommand(vx=0.5)


class Node(ControllerNode):
    """A controller without its participant, and the answers to why it must stand still."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.sent: list[VelocityCommand] = []
        self.rests = 0
        self._enabled = True
        self._servo: Any = SimpleNamespace(rest=self._rest)
        self._robot: Any = SimpleNamespace(send=lambda command, enabled: self.sent.append(command))

    def _rest(self) -> None:
        self.rests += 1

    def _publish(self, command: VelocityCommand) -> None:
        self._last = command

    def _why_not(self) -> str:
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ('answers', 'speeds', 'reasons'),
    [
        (('', ''), [0.5], ['']),
        (('late',), [0.0], ['late']),
        (('', 'late', 'late'), [0.5, 0.0], ['', 'late']),  # it stood between check and command
    ],
)
def test_a_command_that_has_become_too_old_does_not_stay_in_force(
    answers: tuple[str, ...], speeds: list[float], reasons: list[str]
) -> None:
    node = Node(*answers)
    node._send(FORWARD)
    assert [command.vx for command in node.sent] == speeds
    assert [command.reason for command in node.sent] == reasons
    assert node._last is node.sent[-1]
    assert node.rests == reasons.count('late')
    assert node.answers == []


def test_zero_is_sent_without_a_question() -> None:
    node = Node()
    node._send(VelocityCommand.stop('lost'))
    assert [command.reason for command in node.sent] == ['lost']
