# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""QGroundControl's clicks on the real graph: the target is tracked, and the robot holds."""

from __future__ import annotations

from collections.abc import Iterator
import signal
import time

import pytest

pytest.importorskip('pymavlink', reason='pymavlink is not installed: pip install pymavlink')
pytest.importorskip('imageio_ffmpeg', reason='pip install imageio-ffmpeg')

from follow_anything.ros import qos
from geometry_msgs.msg import PointStamped
from graph import ACT_S, Graph
from ground_station import (
    GroundStation,
    SET_MESSAGE_INTERVAL,
    STOP_TRACKING,
    TRACK_POINT,
    TRACK_RECTANGLE,
    TRACKING_STATUS,
)
from lifecycle_msgs.msg import Transition
import numpy as np
from rtp_receiver import RtpReceiver
from sensor_msgs.msg import RegionOfInterest

pytestmark = [pytest.mark.ros, pytest.mark.camera_component]

NODE = 'mavlink_camera_node'
ACCEPTED, DENIED, FAILED = 0, 2, 4
REQUEST_VIDEO_INFORMATION = 2504
IN_FLIGHT_S = 0.1
STATUS = 'CAMERA_TRACKING_IMAGE_STATUS'


@pytest.fixture(scope='module')
def screen() -> Iterator[RtpReceiver]:
    """Give what shows the video at the ground station."""
    screen = RtpReceiver()
    yield screen
    screen.close()


@pytest.fixture(scope='module')
def station(shared_graph: Graph, screen: RtpReceiver) -> Iterator[GroundStation]:
    """Give a ground station that the camera beside the graph speaks to."""
    with GroundStation() as station:
        endpoint = f'udpout:127.0.0.1:{station.port}'
        shared_graph.start(NODE, endpoint=endpoint, video_to=screen.to)
        station.wait_for('HEARTBEAT', limit_s=ACT_S)
        station.heartbeat()
        yield station
        assert shared_graph.end(NODE, signal.SIGINT) == 0
        shared_graph.enable(True)  # as the tests of other files expect it


def test_the_picture_of_the_camera_is_the_video(
    graph: Graph, station: GroundStation, screen: RtpReceiver
) -> None:
    """And it is announced: the station knows where to look."""
    assert graph.camera is not None
    assert station.ask(REQUEST_VIDEO_INFORMATION, 0) == ACCEPTED
    about = station.wait_for('VIDEO_STREAM_INFORMATION')
    assert about.uri == screen.to.rpartition(':')[2]
    graph.wait(lambda: len(screen.pictures) > 15, ACT_S, 'the video')
    scene = graph.camera.scene
    assert (about.resolution_h, about.resolution_v) == (scene.width, scene.height)
    shown = screen.decoded(scene.width, scene.height)
    sent = [scene.frame(number).rgb.astype(float) for number in range(0, 200, 10)]
    assert min(np.abs(shown[-1] - picture).mean() for picture in sent) < 20.0


def target_share(graph: Graph) -> tuple[float, float, float, float]:
    """Return where the target is in the picture, as QGroundControl counts."""
    assert graph.camera is not None
    scene = graph.camera.scene
    x1, y1, x2, y2 = scene.box(graph.camera.index).clipped(scene.width, scene.height).xyxy
    return x1 / scene.width, y1 / scene.height, x2 / scene.width, y2 / scene.height


def insist(station: GroundStation, command: int, *parameters: float) -> None:
    """
    Order until it is accepted, as a person would.

    A service that the camera has not met yet, or a very slow one, is a refusal: FAILED.
    """
    for _ in range(5):
        if station.ask(command, *parameters) == ACCEPTED:
            return
    raise AssertionError(f'{command} is refused again and again: {station.texts()[-3:]}')


def track(graph: Graph, station: GroundStation) -> float:
    """
    Drag a rectangle round the target until it is tracked; it moves while one drags.

    :return: when the first of them was accepted, on the monotonic clock.
    """
    before, accepted_at = len(graph.states), float('inf')
    for _ in range(5):
        insist(station, TRACK_RECTANGLE, *target_share(graph))
        accepted_at = min(accepted_at, time.monotonic())
        try:
            graph.wait(lambda: 'CONFIRMING' in graph.states[before:], 6.0, 'a candidate')
            break
        except AssertionError:
            continue
    graph.wait_for_state('TRACKING')
    return accepted_at


def test_a_rectangle_is_tracked_and_moves_nothing_until_it_is_enabled(
    graph: Graph, station: GroundStation
) -> None:
    graph.enable(True)  # as it is after the start: what holds the robot now is the click
    accepted_at = track(graph, station)
    time.sleep(1.0)
    assert graph.state == 'TRACKING'
    # What was on its way when the controller answered may still arrive.
    assert graph.moved_until() < accepted_at + IN_FLIGHT_S, 'a click alone moves nothing'
    graph.wait(
        lambda: 'stopped by' in graph.diagnostics('controller_node')['message'], ACT_S, 'the hold'
    )
    assert station.ask(SET_MESSAGE_INTERVAL, TRACKING_STATUS, 1e5) == ACCEPTED
    since = len(station.heard)
    graph.wait(lambda: len(station.messages(STATUS, since)) >= 5, ACT_S, 'the status')
    status = station.messages(STATUS, since)[-1]
    assert status.tracking_status == 1
    assert graph.camera is not None
    # Of one of the newest pictures: which one, a busy machine decides.
    centers = [track.bbox.center.position.x / graph.camera.scene.width for track in graph.tracks]
    said = (status.rec_top_x + status.rec_bottom_x) / 2
    assert min(abs(said - center) for center in centers[-30:]) < 0.01
    graph.enable(True)
    graph.wait_until_moving()


def test_a_stop_forgets_the_target_and_holds_the_robot(
    graph: Graph, station: GroundStation
) -> None:
    graph.enable(True)
    if graph.state != 'TRACKING':
        track(graph, station)
    insist(station, STOP_TRACKING)
    graph.wait_for_state('IDLE')
    graph.wait_until_still()
    graph.wait(
        lambda: 'stopped by' in graph.diagnostics('controller_node')['message'], ACT_S, 'the hold'
    )
    assert station.ask(SET_MESSAGE_INTERVAL, TRACKING_STATUS, 1e5) == ACCEPTED
    since = len(station.heard)
    graph.wait(lambda: station.messages(STATUS, since), ACT_S, 'the status')
    assert station.messages(STATUS, since)[-1].tracking_status == 0
    graph.wait(lambda: 'target: IDLE' in station.texts(), ACT_S, 'the text')


def test_a_refused_click_reaches_nobody(graph: Graph, station: GroundStation) -> None:
    clicks: list[PointStamped] = []
    boxes: list[RegionOfInterest] = []
    graph.subscribe(PointStamped, 'query/click', clicks.append, qos.QUERY)
    graph.subscribe(RegionOfInterest, 'query/box', boxes.append, qos.QUERY)
    assert station.ask(TRACK_POINT, float('nan'), 0.5, 0.0) == DENIED
    assert station.ask(TRACK_RECTANGLE, 0.5, 0.5, 7.0, 0.6) == DENIED
    # Without a controller that says that it holds, nobody knows what a new target would do.
    assert graph.transition('controller_node', Transition.TRANSITION_DEACTIVATE)
    try:
        assert station.ask(TRACK_RECTANGLE, *target_share(graph)) == FAILED
        reason = 'camera: controller_node does not answer'
        graph.wait(lambda: reason in station.texts(), ACT_S, 'the reason')
        assert (clicks, boxes) == ([], [])
    finally:
        assert graph.transition('controller_node', Transition.TRANSITION_ACTIVATE)
    insist(station, TRACK_POINT, 0.5, 0.5, 0.0)
    graph.wait(lambda: clicks, ACT_S, 'the click')
    assert graph.camera is not None
    scene = graph.camera.scene
    assert (clicks[-1].point.x, clicks[-1].point.y) == (scene.width / 2, scene.height / 2)
    insist(station, STOP_TRACKING)
