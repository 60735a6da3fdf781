# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of a service that answers, refuses, comes late, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.ros.services.service import Service

pytestmark = pytest.mark.ros


class Future:
    """An answer on its way."""

    def __init__(self) -> None:
        self.response: Any = None

    def done(self) -> bool:
        return self.response is not None

    def result(self) -> Any:
        return self.response


class Client:
    """A client, and a node that makes it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, Future]] = []
        self.forgotten: list[Future] = []

    def create_client(self, kind: Any, name: str) -> Client:
        assert (kind, name) == ('kind', 'controller_node/stop')
        return self

    def call_async(self, request: Any) -> Future:
        self.sent.append((request, Future()))
        return self.sent[-1][1]

    def remove_pending_request(self, future: Future) -> None:
        self.forgotten.append(future)

    def service_is_ready(self) -> bool:
        return True


class Caller:
    """Keeps what it was told."""

    def __init__(self, **times: float) -> None:
        self.client = Client()
        node: Any = self.client
        self.service = Service(node, 'kind', 'controller_node/stop', **times)
        self.said: list[str] = []

    def ask(self, now: float, request: str = 'request') -> None:
        self.service.ask(
            now, request, self.said.append, lambda why: self.said.append(f'no: {why}')
        )


def test_an_answer_is_told_once() -> None:
    caller = Caller(within_s=1.0)
    caller.ask(0.0)
    caller.service.tick(0.1)
    assert caller.said == []
    assert caller.service.is_waiting
    caller.client.sent[0][1].response = 'yes'
    caller.service.tick(5.0)
    caller.service.tick(5.1)
    assert caller.said == ['yes'], 'it has come, however late one looks'
    assert not caller.service.is_waiting


def test_no_answer_fails_in_time() -> None:
    caller = Caller(within_s=1.0)
    caller.ask(0.0)
    caller.service.tick(0.9)
    assert caller.said == []
    caller.service.tick(1.1)
    assert caller.said == ['no: controller_node does not answer']
    assert caller.client.forgotten == [caller.client.sent[0][1]]
    caller.client.sent[0][1].response = 'yes'
    caller.service.tick(1.2)
    assert len(caller.said) == 1, 'what comes after that is not told'


def test_what_may_be_asked_twice_is_asked_again() -> None:
    caller = Caller(within_s=1.0, again_s=0.3)
    caller.ask(0.0)
    for tenth in range(1, 9):
        caller.service.tick(tenth / 10)
    assert [request for request, _ in caller.client.sent] == ['request'] * 3
    assert len(caller.client.forgotten) == 2
    caller.client.sent[-1][1].response = 'yes'
    caller.service.tick(0.9)
    assert caller.said == ['yes']


def test_several_calls_have_their_own_answers() -> None:
    caller = Caller(within_s=1.0)
    caller.ask(0.0, 'one')
    caller.ask(0.5, 'two')
    caller.client.sent[1][1].response = 'second'
    caller.service.tick(0.6)
    caller.service.tick(1.1)
    assert caller.said == ['second', 'no: controller_node does not answer']


def test_an_answer_may_give_up_or_ask_again() -> None:
    caller = Caller(within_s=1.0)
    caller.service.ask(0.0, 'one', lambda _: caller.service.give_up(), caller.said.append)
    caller.ask(0.0, 'two')
    for _, future in caller.client.sent:
        future.response = 'yes'
    caller.service.tick(0.1)
    assert caller.said == []
    caller.service.ask(1.0, 'three', lambda _: caller.ask(1.1, 'four'), caller.said.append)
    caller.client.sent[-1][1].response = 'yes'
    caller.service.tick(1.1)
    assert caller.client.sent[-1][0] == 'four'
    assert caller.service.is_waiting
