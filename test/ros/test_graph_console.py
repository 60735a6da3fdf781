# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's page on the real graph: what it orders happens, and STOP above all."""

from __future__ import annotations

from collections.abc import Iterator
import json
import re
import time

import pytest

pytest.importorskip('starlette', reason='the console needs starlette')

from console_client import request, WebPage
import cv2
from follow_anything.ros import qos
from graph import ACT_S, Graph
import numpy as np
from std_msgs.msg import Int32
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

pytestmark = [pytest.mark.ros, pytest.mark.console]


@pytest.fixture(scope='module')
def port(shared_graph: Graph) -> int:
    """Give the port of a console beside the graph."""
    shared_graph.start('console_node', port=0, link_timeout=1.0, rate=30.0)
    text = shared_graph.log('console_node').read_text()
    found = re.search(r'console: http://127\.0\.0\.1:(\d+)/', text)
    assert found, text
    return int(found[1])


@pytest.fixture
def page(graph: Graph, port: int) -> Iterator[WebPage]:
    """Give a page that has the control, while the robot may follow."""
    with WebPage(port) as page:
        # The page of the test before is away: after a second it has the control no more.
        page.send(type='ask')
        graph.wait(lambda: page.report.get('mine'), ACT_S, 'the control')
        graph.wait(lambda: page.report.get('mode'), ACT_S, 'the mode to be known')
        page.order('mode', 'follow')
        graph.wait(lambda: page.report['mode'] == 'follow', ACT_S, 'the mode')
        yield page


def follow(graph: Graph, page: WebPage) -> None:
    """Click on the target on the page, until the robot moves."""
    assert graph.camera is not None
    for _ in range(5):
        x, y = graph.target_in_picture()
        page.order('click', [x / graph.camera.scene.width, y / graph.camera.scene.height])
        try:
            graph.wait(lambda: page.report['state'] == 'TRACKING', 6.0, 'TRACKING on the page')
            break
        except AssertionError:
            continue
    graph.wait_until_moving()


def test_a_click_on_the_page_moves_the_robot(graph: Graph, page: WebPage) -> None:
    follow(graph, page)
    report = graph.wait(lambda: page.report if page.report['range_m'] else None, ACT_S, 'a range')
    assert report['state'] == 'TRACKING'
    assert 0.5 < report['presence'] <= 1.0
    assert report['silent'] == []
    assert graph.wait(lambda: page.report['query'], ACT_S, 'what was understood')
    about, jpeg = graph.wait(
        lambda: next((p for p in page.pictures[::-1] if p[0]['box']), None), ACT_S, 'a box'
    )
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert list(picture.shape[1::-1]) == about['size']
    x, y, width, height = about['box']
    red = picture[
        round((y + height / 2) * picture.shape[0]), round((x + width / 2) * picture.shape[1])
    ]
    assert red.max() > 2 * red.min(), 'the box is on the coloured target of this very picture'
    # The first report after the first picture may still be without it.
    assert graph.wait(lambda: page.report['latency_ms'], ACT_S, 'a latency') < 1000


def test_stop_is_zero_at_once(graph: Graph, page: WebPage, port: int) -> None:
    follow(graph, page)
    begin = time.monotonic()
    assert request(port, 'POST', '/api/stop')[0] == 200
    graph.wait_until_still()
    assert graph.moved_until() - begin < 0.3
    graph.wait(lambda: page.report['mode'] == 'hold', ACT_S, 'the page to know')
    time.sleep(2.0)  # older diagnostics must not come back
    assert page.report['mode'] == 'hold'
    assert graph.moved_until() - begin < 0.3
    page.order('mode', 'follow')
    graph.wait_until_moving()


def test_stop_wins_over_an_order_on_its_way(graph: Graph, page: WebPage) -> None:
    follow(graph, page)
    for delay in (0.0, 0.005, 0.02, 0.05):
        page.order('mode', 'look')
        page.order('mode', 'follow')
        time.sleep(delay)
        page.send(type='stop')
        begin = time.monotonic()
        graph.wait(lambda: page.report['mode'] == 'hold', ACT_S, 'the page to know')
        time.sleep(1.0)
        assert graph.moved_until() - begin < 0.5, f'after {delay} s'
        assert page.report['mode'] == 'hold'


def test_look_turns_and_does_not_drive(graph: Graph, page: WebPage) -> None:
    follow(graph, page)
    page.order('mode', 'look')
    graph.wait(lambda: page.report['mode'] == 'look', ACT_S, 'the mode')
    graph.wait(
        lambda: (
            len(graph.commands) > 20
            and all(twist.linear.x == twist.linear.z == 0.0 for _, twist in graph.commands[-20:])
            and any(twist.angular.z != 0.0 for _, twist in graph.commands[-20:])
        ),
        ACT_S,
        'the robot to turn only',
    )
    assert graph.get('controller_node', 'servo.follow') is False


def test_distance_and_side_are_parameters_and_a_refusal_has_its_reason(
    graph: Graph, page: WebPage
) -> None:
    page.order('distance', 3.5)
    graph.wait(lambda: page.report['distance_m'] == 3.5, ACT_S, 'the distance')
    assert graph.get('controller_node', 'servo.follow_distance') == 3.5
    page.order('distance', 0.2)
    graph.wait(page.has_heard('follow_distance'), ACT_S, 'the reason')
    assert page.report['distance_m'] == 3.5
    page.order('side', 0.5)
    graph.wait(lambda: page.report['side_m'] == 0.5, ACT_S, 'the side')
    assert graph.get('controller_node', 'servo.side_offset') == 0.5
    page.order('side', 0.0)
    graph.set('controller_node', servo__follow_distance=2.0)
    graph.wait(lambda: page.report['distance_m'] == 2.0, ACT_S, 'what others set')


def test_words_that_cannot_be_read_are_answered(graph: Graph, page: WebPage) -> None:
    page.order('text', 'a person')  # the plainest detector does not read
    graph.wait(page.has_heard('classical'), ACT_S, 'the reason')


def test_forget_and_not_this_one(graph: Graph, page: WebPage) -> None:
    follow(graph, page)
    page.order('reject')
    graph.wait(lambda: page.report['state'] != 'TRACKING', ACT_S, 'not this one')
    page.order('forget')
    graph.wait(lambda: page.report['state'] == 'IDLE', ACT_S, 'IDLE')
    graph.wait(page.has_heard('the target is forgotten'), ACT_S, 'the answer')


@pytest.mark.parametrize('how', ['closed', 'hangs'])
def test_the_robot_holds_when_the_operator_goes_away(
    graph: Graph, page: WebPage, port: int, how: str
) -> None:
    follow(graph, page)
    begin = time.monotonic()
    page.acknowledge = False
    if how == 'closed':
        page.close()
    graph.wait_until_still()
    assert graph.moved_until() - begin < 1.0 + 1.0  # link_timeout, and what a busy machine needs
    with WebPage(port) as other:
        graph.wait(lambda: other.report.get('mode') == 'hold', ACT_S, 'the mode')
        graph.wait(lambda: not other.report['is_away'], ACT_S, 'the control to be free')
        other.send(type='ask')
        graph.wait(lambda: other.report['mine'], ACT_S, 'the control')
        other.order('mode', 'follow')
        graph.wait_until_moving()


def test_candidates_are_shown_and_picked(graph: Graph, page: WebPage) -> None:
    """Whoever publishes them: the page shows ids, boxes and probabilities, and sends one back."""
    picked: list[int] = []
    graph.subscribe(
        Int32, 'candidates/pick', lambda message: picked.append(message.data), qos.COMMAND
    )
    candidates = graph.publisher(Detection2DArray, 'candidates', qos.COMMAND)
    assert graph.camera is not None

    def publish() -> None:
        message = Detection2DArray()
        message.header.stamp = graph.camera.stamp()
        for number, x, score in ((12, 60.0, 0.51), (34, 200.0, 0.46)):
            row = Detection2D(id=str(number))
            row.bbox.center.position.x, row.bbox.center.position.y = x, 100.0
            row.bbox.size_x, row.bbox.size_y = 32.0, 60.0
            result = ObjectHypothesisWithPose()
            result.hypothesis.score = score
            row.results.append(result)
            message.detections.append(row)
        candidates.publish(message)

    def shown() -> list[dict[str, float]]:
        return page.pictures[-1][0]['candidates'] if page.pictures else []

    graph.repeat(publish, lambda: len(shown()) == 2, 'the candidates on the page')
    first, second = shown()
    assert (first['number'], second['number']) == (12, 34)
    assert first['box'] == pytest.approx([44 / 320, 70 / 240, 32 / 320, 60 / 240])
    assert second['probability'] == pytest.approx(0.46)
    graph.repeat(lambda: page.order('pick', 34), lambda: picked, 'the pick')
    assert set(picked) == {34}
    graph.wait(lambda: not shown(), ACT_S, 'candidates that are old to go')


def test_status_and_frame_for_curl(graph: Graph, port: int) -> None:
    status, head, body = request(port, 'GET', '/frame.jpg')
    assert (status, head['content-type']) == (200, 'image/jpeg')
    assert body.startswith(b'\xff\xd8')
    report = json.loads(request(port, 'GET', '/api/status')[2])
    assert report['mode'] in ('hold', 'look', 'follow')
    assert not re.search(r'/(root|home|work|tmp)/', json.dumps(report))


def test_a_dead_tracker_is_said(graph: Graph, page: WebPage) -> None:
    graph.kill('tracker_node')
    graph.wait(lambda: 'tracker_node' in page.report['silent'], ACT_S, 'the page to know')
    assert page.report['state'] == ''
