# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of a robot for the controller, whatever its protocol."""

from __future__ import annotations

import enum

from follow_anything.core.control.supervisor import VehiclePose
from follow_anything.core.types import Target, VelocityCommand

__all__ = ['Request', 'RobotAdapter']


class Request(str, enum.Enum):
    """Actions that only an operator may ask for; no adapter does any of them by itself."""

    ARM = 'arm'
    DISARM = 'disarm'
    ENGAGE = 'engage'
    RELEASE = 'release'


class RobotAdapter:
    """
    Takes commands to one robot. The defaults: a robot without arming, and without state.

    Calls come from one thread. An adapter with threads of its own must keep the robot still
    by itself when no command comes any more.
    """

    def open(self) -> None:
        """Connect; SourceError when the address cannot be used."""

    def close(self) -> None:
        """Stop the robot and disconnect; may be called more than once."""

    def observe(self, target: Target) -> Target:
        """
        Take the newest target, in the camera's optical frame.

        :return: the target as a camera fixed to the vehicle would see it, for the servo.
        """
        return target

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        """
        Take the newest command, in base_link axes.

        :param enabled: False while the operator holds the robot; the command is zero then.
        """
        raise NotImplementedError

    def why_not(self) -> str:
        """Return why the robot would not move now, for people to read; '' when it would."""
        return ''

    def pose(self, now: float) -> VehiclePose | None:
        """Return the pose that the robot reports, with its age at `now`; None without one."""
        return None

    def battery(self) -> float | None:
        """Return the charge, [0, 1]; None when the robot does not say."""
        return None

    def ask(self, request: Request) -> str:
        """Do what the operator asks for; return '' when it is done, else why not."""
        if request is Request.RELEASE:
            return ''
        return f'this robot needs no {request.value}'
