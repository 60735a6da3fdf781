# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""MAVLink numbers: results of commands, and the flight modes of PX4 and ArduPilot we need."""

from __future__ import annotations

from dataclasses import dataclass
import enum

__all__ = ['ARDUPILOT', 'PX4', 'CommandResult', 'Flavour', 'flavour_of']


class CommandResult(enum.IntEnum):
    """MAV_RESULT: the answer to a command."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5
    COMMAND_LONG_ONLY = 7


@dataclass(frozen=True)
class Flavour:
    """
    The flight modes of one autopilot, as MAVLink numbers.

    :param number: MAV_AUTOPILOT. :param modes: custom_mode to name, for people.
    :param follow: the mode that takes velocities. :param actions: what to do on loss: its mode.
    :param warm_up: seconds of set-points it wants to see before that mode.
    :param packed: custom_mode is main << 16 | sub << 24, and set by its two halves.
    """

    name: str
    number: int
    modes: dict[int, str]
    follow: int
    actions: dict[str, int]
    warm_up: float
    packed: bool

    def mode_name(self, custom_mode: int) -> str:
        """Return the name of a mode."""
        return self.modes.get(custom_mode, f'mode {custom_mode}')

    def mode_parameters(self, custom_mode: int) -> tuple[float, float]:
        """Return parameters 2 and 3 of MAV_CMD_DO_SET_MODE."""
        if self.packed:
            return float(custom_mode >> 16 & 0xFF), float(custom_mode >> 24 & 0xFF)
        return float(custom_mode), 0.0


def _px4(main: int, sub: int = 0) -> int:
    return main << 16 | sub << 24


# Numbers: px4_custom_mode.h of PX4-Autopilot.
PX4 = Flavour(
    name='PX4',
    number=12,
    modes={
        _px4(1): 'MANUAL', _px4(2): 'ALTITUDE', _px4(3): 'POSITION', _px4(4, 2): 'TAKEOFF',
        _px4(4, 3): 'HOLD', _px4(4, 4): 'MISSION', _px4(4, 5): 'RETURN', _px4(4, 6): 'LAND',
        _px4(5): 'ACRO', _px4(6): 'OFFBOARD', _px4(7): 'STABILIZED',
    },
    follow=_px4(6),
    actions={'hold': _px4(4, 3), 'land': _px4(4, 6), 'return': _px4(4, 5)},
    warm_up=1.2,
    packed=True,
)  # fmt: skip

# Numbers: enum COPTER_MODE of ardupilotmega.xml.
ARDUPILOT = Flavour(
    name='ArduPilot',
    number=3,
    modes={
        0: 'STABILIZE', 2: 'ALT_HOLD', 3: 'AUTO', 4: 'GUIDED', 5: 'LOITER', 6: 'RTL', 9: 'LAND',
        16: 'POSHOLD', 17: 'BRAKE',
    },
    follow=4,
    actions={'hold': 5, 'land': 9, 'return': 6},
    warm_up=0.2,
    packed=False,
)  # fmt: skip


def flavour_of(number: int) -> Flavour | None:
    """Return the flight modes of a MAV_AUTOPILOT; None when it is not supported."""
    return {flavour.number: flavour for flavour in (PX4, ARDUPILOT)}.get(number)
