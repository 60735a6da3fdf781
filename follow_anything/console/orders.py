# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a page, parsed and checked: nothing else reaches the robot."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
import re
from typing import Any

from follow_anything.console.limits import MAX_MESSAGE_BYTES, MAX_TEXT
from follow_anything.console.link import Mode, Order
from follow_anything.core.errors import InvalidInput

__all__ = ['parse', 'value_of']

MOST_ASIDE_M = 20.0
"""What the parameter side_offset takes."""

NAME = re.compile(r'[a-z0-9_]{1,40}')

LEAST_SIDE = 0.004
"""Of a box, as a share of the picture: below it a hand trembled, and nothing was drawn."""


def parse(text: str) -> dict[str, Any]:
    """
    Return a message of a page: an object with a text `type`.

    :raises InvalidInput: it is too long, no JSON, or something else.
    """
    if len(text) > MAX_MESSAGE_BYTES:
        raise InvalidInput(f'a message may have {MAX_MESSAGE_BYTES} bytes, got {len(text)}')
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput('expected a message in JSON') from error
    if not isinstance(message, dict) or not isinstance(message.get('type'), str):
        raise InvalidInput("expected a JSON object with a text 'type'")
    return message


def value_of(order: Order, value: Any) -> Any:
    """
    Return the value of an order as the link takes it.

    :raises InvalidInput: with what was expected, and what came.
    """
    return CHECKS[order](value)


def _click(value: Any) -> tuple[float, ...]:
    x, y = _numbers('click', value, 2)
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise InvalidInput(f'click: expected a point inside the picture, got ({x:g}, {y:g})')
    return x, y


def _box(value: Any) -> tuple[float, ...]:
    x, y, width, height = _numbers('box', value, 4)
    left, top, right, bottom = max(0.0, x), max(0.0, y), min(1.0, x + width), min(1.0, y + height)
    if min(width, height, right - left, bottom - top) < LEAST_SIDE:
        raise InvalidInput('box: it is too small, or lies outside the picture; drag a larger one')
    return left, top, right - left, bottom - top


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput('text: expected some words, such as: the red car')
    if len(value) > MAX_TEXT:
        raise InvalidInput(f'text: expected {MAX_TEXT} characters at most, got {len(value)}')
    words = value.strip()
    if words.startswith('@') or not words.isprintable():
        raise InvalidInput('text: expected words, such as: the red car')
    return words


def _pick(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise InvalidInput('pick: expected the number of a candidate')
    return value


def _mode(value: Any) -> Mode:
    names = [mode.value for mode in Mode]
    if value not in names:
        raise InvalidInput(f'mode: expected one of {", ".join(names)}')
    return Mode(value)


def _distance(value: Any) -> float:
    (distance,) = _numbers('distance', [value], 1)
    if not 0.0 < distance <= 1000.0:
        raise InvalidInput(f'distance: expected metres above 0, got {distance:g}')
    return distance


def _side(value: Any) -> float:
    (side,) = _numbers('side', [value], 1)
    if abs(side) > MOST_ASIDE_M:
        raise InvalidInput(f'side: expected metres up to {MOST_ASIDE_M:g}, got {side:g}')
    return side


def _world(value: Any) -> tuple[str, str]:
    is_pair = isinstance(value, list) and len(value) == 2
    if not is_pair or not all(isinstance(name, str) and NAME.fullmatch(name) for name in value):
        raise InvalidInput('world: expected the names of a scenario and a robot')
    return value[0], value[1]


def _nothing(value: Any) -> None:
    if value is not None:
        raise InvalidInput('expected no value')


def _no_picture(_: Any) -> None:
    raise InvalidInput('a picture comes by POST /api/image')


def _numbers(name: str, value: Any, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise InvalidInput(f'{name}: expected {count} number(s)')
    for number in value:
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
        if not is_number or abs(number) > 1e6 or not math.isfinite(number):
            raise InvalidInput(f'{name}: expected {count} finite number(s)')
    return [float(number) for number in value]


CHECKS: dict[Order, Callable[[Any], Any]] = {
    Order.CLICK: _click,
    Order.BOX: _box,
    Order.TEXT: _text,
    Order.IMAGE: _no_picture,
    Order.PICK: _pick,
    Order.CONFIRM: _nothing,
    Order.REJECT: _nothing,
    Order.FORGET: _nothing,
    Order.MODE: _mode,
    Order.DISTANCE: _distance,
    Order.SIDE: _side,
    Order.WORLD: _world,
}
