# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Queries and orders at once: the newest counts, and what is forgotten stays so."""

from __future__ import annotations

from collections.abc import Callable
import threading
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import Box, Detections, Query, TargetState
from follow_anything.models.runtime.stopwatch import Stopwatch
from follow_anything.ros.messages import conversions
from follow_anything.ros.nodes.detector import DetectorNode
from follow_anything.ros.nodes.tracker import TrackerNode
from std_msgs.msg import Empty, Header

pytestmark = [pytest.mark.ros, pytest.mark.field]


def taken(asked: list[str], refused: set[str] = frozenset()) -> tuple[list[str], Any]:  # type: ignore[assignment]
    """Return which queries are taken from one picture, and the node afterwards."""
    found: list[str] = []

    def take(query: str, *_: object) -> None:
        node._asked.append('came meanwhile')
        if query in refused:
            raise BadQuery(query)
        found.append(query)

    node = SimpleNamespace(
        _asked=list(asked), _take=take, _order=threading.Lock(), _query_number=0, told=[]
    )
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


class Node(DetectorNode):
    """A detector node without its participant: what it publishes is kept."""

    def __init__(self, happens: Callable[[Node], None]) -> None:
        self._searcher: Any = Searcher(lambda: happens(self))
        self._order, self._guard = threading.Lock(), threading.Lock()
        self._query_number = 0
        self._asked = [Query(texts=('the red car',))]
        self._state, self._stopwatch = TargetState.SEARCHING, Stopwatch()
        self.config: Any = SimpleNamespace(masks=False, query='the red car')
        self.accepted: list[conversions.Accepted] = []
        self.numbers: list[int | None] = []
        self._accepted: Any = SimpleNamespace(
            publish=lambda m: self.accepted.append(conversions.accepted_from_msg(m))
        )
        self._detections: Any = SimpleNamespace(
            publish=lambda m: self.numbers.append(conversions.query_number_of(m))
        )

    def now(self) -> float:
        return 0.0

    steady_now = now

    def get_logger(self) -> Any:
        return SimpleNamespace(info=str)

    def work(self) -> None:
        self._work(SimpleNamespace(decode=lambda: None, header=Header()))  # type: ignore[arg-type]


class Searcher:
    """A searcher to which something happens while it reads, or while it looks."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self.happens = happens
        self.query: Query | None = None

    def take(self, query: Query, *_: object) -> str:
        self.happens()
        self.query = query
        return 'understood'

    def look(self, *_: object) -> Detections:
        self.happens()
        return Detections.single(0.0, Box(0, 0, 9, 9))

    def adopt(self, *_: object) -> None:
        return None

    def forget(self) -> None:
        self.query = None


def test_what_is_forgotten_while_it_is_read_stays_forgotten() -> None:
    """A click 20 ms before *forget* was accepted after it, and the robot drove off again."""
    node = Node(lambda node: node._on_forget(Empty()))
    node._take_newest(None)  # type: ignore[arg-type]
    assert [accepted.forgotten for accepted in node.accepted] == [True]
    assert node._searcher.query is None

    node._searcher.happens = bool
    node._asked.append(Query(texts=('the red car',)))
    node.work()
    last = node.accepted[-1]
    assert (last.number, last.forgotten, last.understood) == (2, False, 'understood')
    assert node.numbers == [2]


def test_a_look_that_forgetting_overtakes_keeps_its_old_number() -> None:
    """The number of the order to forget belongs to no candidates."""
    node = Node(lambda node: node._searcher.query and node._on_forget(Empty()))
    node.work()
    assert [accepted.number for accepted in node.accepted] == [1, 2]
    assert node.numbers == [1]


def test_a_parameters_query_that_was_forgotten_stays_forgotten_over_activation() -> None:
    node = Node(lambda node: None)
    assert [query.texts for query in node._asked_at_start()] == [('the red car',)]
    node._on_forget(Empty())
    assert node._asked_at_start() == []
    node.config.query = 'a blue van'
    assert [query.texts for query in node._asked_at_start()] == [('a blue van',)]


@pytest.mark.parametrize('named', [('query',), ('rate',)])
def test_a_forgotten_query_that_is_set_again_is_a_new_order(named: tuple[str, ...]) -> None:
    """It was answered with "successful", and nothing was looked for."""
    node = Node(lambda node: None)
    node._asked_by_parameter, node._newest = 'the red car', None
    node.just_set = ('query',)
    node.on_config()
    assert node._searcher.query is None  # in force already
    node._on_forget(Empty())
    node.just_set = named
    node.on_config()
    assert (node._searcher.query is not None) is (named == ('query',))


class Told(TrackerNode):
    """A tracker node without its participant, whose embedder keeps what it is told to read."""

    def __init__(self) -> None:
        self._guard, self._query_number, self.read = threading.Lock(), 0, []
        reader: Any = SimpleNamespace(
            read=lambda *words: self.read.append(words), embed=None, survey=None, unrelated=0.0
        )
        self._follower: Any = SimpleNamespace(embedder=reader, query=lambda **_: None)
        self._input: Any = SimpleNamespace(is_older_than_us=lambda *_: False)
        self._started_at = 0.0

    def get_logger(self) -> Any:
        return SimpleNamespace(info=str)


def test_the_tracker_reads_the_words_that_the_detector_has_accepted() -> None:
    """It is another process, with an embedder of its own: words were worth nothing there."""
    detector, tracker = Node(lambda node: None), Told()
    detector._asked = [Query(texts=('the red car',), negatives=('a bus',))]
    detector._take_newest(None)  # type: ignore[arg-type]
    (accepted,) = detector.accepted
    tracker._on_accepted(conversions.accepted_to_msg(accepted))
    pointed = conversions.Accepted(2, True, 'a click')
    tracker._on_accepted(conversions.accepted_to_msg(pointed))
    assert tracker.read == [(('the red car',), ('a bus',)), ((), ())]
