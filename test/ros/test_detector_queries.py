# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Several queries at once: the newest counts, on a picture of its time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.core.errors import BadQuery
from follow_anything.ros.nodes.detector import DetectorNode

pytestmark = [pytest.mark.ros, pytest.mark.field]


def taken(asked: list[str], refused: set[str] = frozenset()) -> tuple[list[str], Any]:  # type: ignore[assignment]
    """Return which queries are taken from one picture, and the node afterwards."""
    found: list[str] = []

    def take(query: str, _: object) -> None:
        node._asked.append('came meanwhile')
        if query in refused:
            raise BadQuery(query)
        found.append(query)

    node = SimpleNamespace(_asked=list(asked), _take=take, told=[])
    node.complain = node.told.append
    DetectorNode._take_newest(node, None)  # type: ignore[arg-type]
    return found, node


@pytest.mark.parametrize(
    ('asked', 'refused', 'expected'),
    [
        ([], set(), []),
        (['one'], set(), ['one']),
        (['one', 'two', 'three'], set(), ['three']),
        (['one', 'two', 'bad'], {'bad'}, ['two']),
        (['bad'], {'bad'}, []),
    ],
)
def test_the_newest_query_that_can_be_used_is_taken(
    asked: list[str], refused: set[str], expected: list[str]
) -> None:
    found, node = taken(asked, refused)
    assert found == expected
    assert [str(error) for error in node.told] == sorted(refused & set(asked))


def test_a_query_that_comes_meanwhile_waits_for_another_picture() -> None:
    """On a busy machine a picture was four minutes old when the last click on it was taken."""
    found, node = taken(['one'])
    assert found == ['one']
    assert node._asked == ['came meanwhile']
