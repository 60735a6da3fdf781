# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The interface of a robot for the console: pictures, a report, and orders.

    browser ◀─WebSocket─▶ server ◀─Link─▶ ROS graph, or a script in a test
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
import enum
from typing import Any, Protocol

__all__ = [
    'Answer',
    'Mode',
    'Order',
    'Report',
    'RobotLink',
    'Shown',
    'ShownCandidate',
    'WorldInfo',
]


class Mode(enum.Enum):
    """What the robot may do; the page shows it as the two switches *look* and *follow*."""

    HOLD = 'hold'
    LOOK = 'look'
    FOLLOW = 'follow'


@dataclass(frozen=True)
class ShownCandidate:
    """
    An object that may be the target.

    :param number: to be handed back with a pick. :param box: x, y, width, height, each a share
        of the picture, [0, 1]. :param probability: [0, 1].
    """

    number: int
    box: tuple[float, float, float, float]
    probability: float


@dataclass(frozen=True)
class Shown:
    """
    A picture as it goes to the page, with the boxes found in it.

    :param number: counts the pictures. :param jpeg: the picture. :param size: (width, height)
        of the camera's picture, pixels. :param taken: stamp of the camera, seconds.
    :param arrived: when the picture reached this process, seconds of time.monotonic().
    :param box: of the target, shares of the picture; None when it is not seen.
    """

    number: int
    jpeg: bytes
    size: tuple[int, int]
    taken: float
    arrived: float
    box: tuple[float, float, float, float] | None = None
    candidates: tuple[ShownCandidate, ...] = ()


@dataclass(frozen=True)
class WorldInfo:
    """
    What a simulator shows, and what it could show instead.

    :param number: counts the worlds that have been begun. :param scenarios: those that can be
        chosen. :param robots: likewise.
    """

    number: int
    scenario: str
    robot: str
    scenarios: tuple[str, ...]
    robots: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """
    State of robot and target. Unknown values are None, and the page shows a dash.

    :param state: of the target, a name of TargetState; '' before its first message.
    :param reason: of the state. :param presence: probability that the target is seen, [0, 1].
    :param margin: of the judge between the best candidate and the next, log-odds.
    :param range_m: distance of the target. :param distance_m: the one to keep.
    :param distance_limits: least and greatest distance that can be asked for, metres.
    :param side_m: how far to the left of straight ahead the target is kept.
    :param speed: commanded (forward m/s, yaw rad/s). :param holding: why the robot has to
        stand still; '' while it moves. :param limits: why the command is reduced.
    :param battery: charge, [0, 1]. :param mode: what the robot may do.
    :param query: what was understood of the last query. :param silent: the nodes that are not
        heard; the page says so. :param world: of the simulator; None: nothing can be chosen.
    """

    state: str = ''
    reason: str = ''
    presence: float | None = None
    margin: float | None = None
    range_m: float | None = None
    distance_m: float | None = None
    distance_limits: tuple[float, float] = (0.3, 100.0)
    side_m: float | None = None
    speed: tuple[float, float] | None = None
    holding: str = ''
    limits: str = ''
    battery: float | None = None
    mode: Mode | None = None
    query: str = ''
    silent: tuple[str, ...] = ()
    world: WorldInfo | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the page reads it."""
        return {**asdict(self), 'mode': self.mode.value if self.mode else None}


class Order(enum.Enum):
    """What an operator can ask for, and the type of its value."""

    CLICK = 'click'
    BOX = 'box'
    TEXT = 'text'
    IMAGE = 'image'
    PICK = 'pick'
    CONFIRM = 'confirm'
    REJECT = 'reject'
    FORGET = 'forget'
    MODE = 'mode'
    DISTANCE = 'distance'
    SIDE = 'side'
    WORLD = 'world'


@dataclass(frozen=True)
class Answer:
    """The outcome of an order, as a sentence for people."""

    done: bool
    text: str


class RobotLink(Protocol):
    """
    The robot, as the console sees it. All methods return at once and may be called in any thread.

    `changed` is set by the server; the link calls it, in any thread, when there is a new picture
    or report.
    """

    changed: Callable[[], None]

    def report(self) -> Report:
        """Return state of robot and target."""

    def shown(self) -> Shown | None:
        """Return the newest picture; None before the first."""

    def watched(self, viewers: int) -> None:
        """Take the number of viewers: without any, no picture needs to be encoded."""

    def order(self, what: Order, value: Any, answer: Callable[[Answer], None]) -> None:
        """
        Carry out an order, and call `answer` once, now or later, in any thread.

        :param value: CLICK: (x, y), BOX: (x, y, width, height), shares of the picture; TEXT: str;
            IMAGE: uint8 (H, W, 3), RGB; PICK: number of a candidate; MODE: Mode; DISTANCE,
            SIDE: m; WORLD: (scenario, robot).
        """

    def stop(self, why: str) -> None:
        """Command zero velocity, until a mode is ordered again. Never fails, never waits."""
