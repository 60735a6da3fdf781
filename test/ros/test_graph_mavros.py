# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What MAVROS's services answer, and what is made of it; over DDS, with a service like its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

from follow_anything.ros.robots import mavros as mavros_client
from follow_anything.ros.robots.mavros import MavrosClient
from graph import Graph
import pytest
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
import std_srvs.srv
from std_srvs.srv import SetBool

pytestmark = pytest.mark.ros


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    """Give a graph whose node spins in a thread; mavros_msgs is not installed everywhere."""
    monkeypatch.setitem(sys.modules, 'mavros_msgs.srv', std_srvs.srv)
    monkeypatch.setattr(mavros_client, 'ANSWER_TIMEOUT_S', 1.0)
    graph = Graph(tmp_path, '/mavros_client')
    yield graph
    graph.close()


def arm(client: MavrosClient, value: bool) -> str:
    return client._call('SetBool', 'arming', 'success', data=value)


def test_answer_and_refusal_are_told_by_one_client(graph: Graph) -> None:
    def serve(request: SetBool.Request, response: SetBool.Response) -> Any:
        response.success = request.data
        return response

    graph.node.create_service(SetBool, 'arming', serve)
    client = MavrosClient(graph.node)
    graph.wait(lambda: arm(client, True) == '', 10.0, 'an answer')
    assert [arm(client, False), arm(client, True)] == ['arming refuses', '']
    assert len(list(graph.node.clients)) == 1


def test_service_that_is_not_there_is_told(graph: Graph) -> None:
    assert arm(MavrosClient(graph.node), True) == 'nobody offers arming'


def test_silence_is_told_and_the_next_answer_is_taken(graph: Graph) -> None:
    never: Future = Future()
    silence = [never]

    async def serve(request: SetBool.Request, response: SetBool.Response) -> Any:
        if silence:
            await silence.pop()
        response.success = True
        return response

    graph.node.create_service(SetBool, 'arming', serve, callback_group=ReentrantCallbackGroup())
    client = MavrosClient(graph.node)
    graph.wait(lambda: arm(client, True) == 'arming does not answer', 10.0, 'silence')
    assert arm(client, True) == ''
