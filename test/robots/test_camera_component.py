# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The camera component over real UDP: what QGroundControl gets, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import itertools
import math
import random
import time
from typing import Any

import pytest

pytest.importorskip('pymavlink', reason='pymavlink is not installed: pip install pymavlink')

from follow_anything.core.config import MavlinkCameraConfig
from follow_anything.core.errors import BadConfig, InvalidInput, SourceError
from follow_anything.core.types import Box, Click
from follow_anything.launcher.processes import free_port
from follow_anything.robots.mavlink import camera_link
from follow_anything.robots.mavlink import link as mavlink_link
from follow_anything.robots.mavlink.camera import (
    CameraComponent,
    CameraSettings,
    CommandResult,
    TrackingOrder,
)
from follow_anything.robots.mavlink.camera_link import CameraLink
from follow_anything.robots.mavlink.letterbox import Letterbox
from ground_station import (
    CAMERA,
    GroundStation,
    SET_MESSAGE_INTERVAL,
    STOP_TRACKING,
    TRACK_POINT,
    TRACK_RECTANGLE,
    TRACKING_STATUS,
)
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import common
from waiting import wait

pytestmark = [pytest.mark.camera_component, pytest.mark.mavlink]

SIZE = (640, 480)
REQUEST_MESSAGE, REQUEST_CAMERA_INFORMATION = 512, 521
CAMERA_INFORMATION, VIDEO_INFORMATION = 259, 269
POINT_AND_RECTANGLE, HAS_VIDEO = 512 | 1024, 256


class Session:
    """A camera on a link, the station at its other end, and an owner that obeys at once."""

    def __init__(self, station: GroundStation, **settings: Any) -> None:
        self.station = station
        self.orders: list[TrackingOrder] = []
        self.complaints: list[Exception] = []
        self.answers = CommandResult.ACCEPTED, ''
        self.obeys = True
        self.link = CameraLink(
            f'udpout:127.0.0.1:{station.port}',
            CameraSettings(**settings),
            self._take,
            self.complaints.append,
        )
        self.link.open()
        self.link.show(SIZE, None)
        station.wait_for('HEARTBEAT')

    def _take(self, order: TrackingOrder) -> None:
        self.orders.append(order)
        if self.obeys:
            self.link.answer(order.number, *self.answers)


def asked_for(order: TrackingOrder) -> Box | Click | None:
    """Return what a person pointed at; queries themselves have no equals."""
    query = order.query
    return None if query is None else query.box or query.clicks[0]


@pytest.fixture
def station() -> Iterator[GroundStation]:
    with GroundStation() as station:
        yield station


@pytest.fixture
def make(station: GroundStation) -> Iterator[Callable[..., Session]]:
    made: list[Session] = []

    def begin(**settings: Any) -> Session:
        made.append(Session(station, **settings))
        return made[-1]

    yield begin
    for session in made:
        session.link.close()
        assert session.complaints == []


@pytest.fixture(scope='module')
def shared() -> Iterator[Session]:
    with GroundStation() as station:
        session = Session(station)
        yield session
        session.link.close()
        assert session.complaints == []


@pytest.fixture
def session(shared: Session) -> Session:
    """Give the session of all tests, as if it were new."""
    shared.orders.clear()
    shared.answers, shared.obeys = (CommandResult.ACCEPTED, ''), True
    shared.link.show(SIZE, None)
    return shared


# What it is.


def test_it_is_a_camera_of_the_vehicle(session: Session) -> None:
    beat = session.station.messages('HEARTBEAT')[0]
    assert (beat.get_srcSystem(), beat.get_srcComponent()) == CAMERA
    assert (beat.type, beat.autopilot) == (common.MAV_TYPE_CAMERA, common.MAV_AUTOPILOT_INVALID)
    wait(lambda: len(session.station.messages('HEARTBEAT')) >= 2, 'one beat a second', 2.0)


@pytest.mark.parametrize(
    'command', [(REQUEST_MESSAGE, CAMERA_INFORMATION), (REQUEST_CAMERA_INFORMATION, 1)]
)
def test_it_says_that_it_tracks(session: Session, command: tuple[int, int]) -> None:
    assert session.station.ask(*command) == CommandResult.ACCEPTED
    info = session.station.wait_for('CAMERA_INFORMATION')
    assert info.flags == POINT_AND_RECTANGLE
    assert (info.resolution_h, info.resolution_v) == SIZE
    assert bytes(info.vendor_name).rstrip(b'\0') == b'follow_anything'
    assert info.cam_definition_uri == ''


def test_video_is_announced_where_there_is_one(make: Callable[..., Session]) -> None:
    session = make(video='rtsp://10.0.0.2:8554/follow', video_aspect=16 / 9)
    assert session.station.ask(REQUEST_MESSAGE, CAMERA_INFORMATION) == CommandResult.ACCEPTED
    info = session.station.wait_for('CAMERA_INFORMATION')
    assert info.flags == POINT_AND_RECTANGLE | HAS_VIDEO
    assert session.station.ask(2504, 0) == CommandResult.ACCEPTED
    video = session.station.wait_for('VIDEO_STREAM_INFORMATION')
    assert (video.uri, video.type, video.encoding) == ('rtsp://10.0.0.2:8554/follow', 0, 1)
    assert (video.resolution_h, video.resolution_v) == (853, 480)


def test_a_video_of_our_own_is_announced_with_rate_and_bit_rate(
    make: Callable[..., Session],
) -> None:
    session = make(video='5600', video_rate=15.0, video_bitrate=1500)
    for asked, name in ((2504, 'VIDEO_STREAM_INFORMATION'), (2505, 'VIDEO_STREAM_STATUS')):
        assert session.station.ask(asked, 0) == CommandResult.ACCEPTED
        about = session.station.wait_for(name)
        assert (about.stream_id, about.framerate, about.bitrate) == (1, 15.0, 1_500_000)
        assert (about.flags & 1, about.resolution_h, about.resolution_v) == (1, 640, 480)
        if name.endswith('INFORMATION'):
            assert (about.uri, about.type, about.encoding) == ('5600', 1, 1)


def test_without_a_video_none_is_announced(session: Session) -> None:
    assert session.station.ask(REQUEST_MESSAGE, VIDEO_INFORMATION) == CommandResult.DENIED


# Tracking.


def test_a_rectangle_a_click_and_a_stop_become_orders(session: Session) -> None:
    ask = session.station.ask
    assert ask(TRACK_RECTANGLE, 0.25, 0.5, 0.5, 0.75) == CommandResult.ACCEPTED
    assert ask(TRACK_POINT, 0.5, 0.25, 0.02) == CommandResult.ACCEPTED
    assert (
        ask(TRACK_POINT, 1.0, 1.0, 0.0) == CommandResult.ACCEPTED
    )  # QGroundControl clamps margins so
    assert ask(STOP_TRACKING) == CommandResult.ACCEPTED
    assert [asked_for(order) for order in session.orders] == [
        Box(160, 240, 320, 360),
        Click(320, 120),
        Click(639, 479),
        None,
    ]


@pytest.mark.parametrize('rate', [5.0, 20.0])
def test_status_comes_at_the_rate_asked_for_and_says_where(session: Session, rate: float) -> None:
    station = session.station
    count = len(station.messages('CAMERA_TRACKING_IMAGE_STATUS'))
    time.sleep(0.1)
    assert len(station.messages('CAMERA_TRACKING_IMAGE_STATUS')) == count, 'nobody asked for it'
    session.link.show(SIZE, Box(64, 48, 320, 240))
    before = len(station.heard)
    assert station.ask(SET_MESSAGE_INTERVAL, TRACKING_STATUS, 1e6 / rate) == CommandResult.ACCEPTED

    def times() -> list[float]:
        since = station.heard[before:]
        return [t for t, m in since if m.get_type() == 'CAMERA_TRACKING_IMAGE_STATUS']

    wait(lambda: len(times()) > 6, 'seven of them')
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(times()))
    assert gaps[len(gaps) // 2] == pytest.approx(1.0 / rate, rel=0.3)
    status = station.wait_for('CAMERA_TRACKING_IMAGE_STATUS')
    assert (status.tracking_status, status.tracking_mode, status.target_data) == (1, 2, 4)
    corners = status.rec_top_x, status.rec_top_y, status.rec_bottom_x, status.rec_bottom_y
    assert corners == pytest.approx((0.1, 0.1, 0.5, 0.5))
    assert all(math.isnan(v) for v in (status.point_x, status.point_y, status.radius))
    session.link.show(SIZE, None)
    wait(lambda: station.messages('CAMERA_TRACKING_IMAGE_STATUS')[-1].tracking_status == 0, 'idle')
    assert math.isnan(station.messages('CAMERA_TRACKING_IMAGE_STATUS')[-1].rec_top_x)
    assert station.ask(SET_MESSAGE_INTERVAL, TRACKING_STATUS, -1) == CommandResult.ACCEPTED
    count = len(station.messages('CAMERA_TRACKING_IMAGE_STATUS'))
    time.sleep(2.5 / rate)
    assert len(station.messages('CAMERA_TRACKING_IMAGE_STATUS')) == count


def test_an_owner_that_fails_is_a_failed_command_with_its_reason(session: Session) -> None:
    session.answers = CommandResult.FAILED, 'controller_node does not answer'
    assert session.station.ask(TRACK_POINT, 0.5, 0.5, 0.0) == CommandResult.FAILED
    reason = 'camera: controller_node does not answer'
    wait(lambda: session.station.texts()[-1:] == [reason], 'the reason')


def test_a_stop_overtakes_a_target_that_waits_and_nothing_else_does(session: Session) -> None:
    station, session.obeys = session.station, False
    before = len(station.heard)
    station.send(TRACK_POINT, 0.5, 0.5, 0.0)
    wait(lambda: session.orders, 'the order')
    station.send(TRACK_POINT, 0.5, 0.5, 0.0)  # the same again: the acknowledgement was lost
    wait(lambda: station.messages('COMMAND_ACK', before), 'an answer')
    assert station.messages('COMMAND_ACK', before)[-1].result == CommandResult.IN_PROGRESS
    assert station.ask(TRACK_RECTANGLE, 0.1, 0.1, 0.5, 0.5) == CommandResult.TEMPORARILY_REJECTED
    station.send(STOP_TRACKING)
    assert station.result(TRACK_POINT, before) == CommandResult.FAILED
    wait(lambda: len(session.orders) == 2, 'the stop')
    taken, stop = session.orders
    assert not session.link.is_wanted(taken.number)
    session.link.answer(
        taken.number, CommandResult.ACCEPTED
    )  # too late: it means nothing any more
    assert session.link.is_wanted(stop.number)
    session.link.answer(stop.number, CommandResult.ACCEPTED)
    assert station.result(STOP_TRACKING, before) == CommandResult.ACCEPTED
    assert [m.result for m in station.messages('COMMAND_ACK', before) if m.command == 2004] == [
        CommandResult.IN_PROGRESS,
        CommandResult.FAILED,
    ]


# Refusals.

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ('command', 'expected'),
    [
        ((TRACK_POINT, NAN, 0.5, 0.0), CommandResult.DENIED),
        ((TRACK_POINT, 0.5, -0.01, 0.0), CommandResult.DENIED),
        ((TRACK_POINT, 1.01, 0.5, 0.0), CommandResult.DENIED),
        ((TRACK_POINT, 0.5, 0.5, NAN), CommandResult.DENIED),
        ((TRACK_POINT, 320.0, 240.0, 20.0), CommandResult.DENIED),
        ((TRACK_POINT, INF, 0.5, 0.0), CommandResult.DENIED),
        ((TRACK_POINT, 0.5, 0.5, 0.0, 3.0), CommandResult.DENIED),
        ((TRACK_RECTANGLE, 0.1, 0.1, NAN, 0.5), CommandResult.DENIED),
        ((TRACK_RECTANGLE, 0.5, 0.1, 0.1, 0.5), CommandResult.DENIED),
        ((TRACK_RECTANGLE, 0.5, 0.5, 0.5, 0.5), CommandResult.DENIED),
        ((TRACK_RECTANGLE, -0.1, 0.1, 0.5, 0.5), CommandResult.DENIED),
        ((STOP_TRACKING, 101.0), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, TRACKING_STATUS, NAN), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, TRACKING_STATUS, 1.0), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, TRACKING_STATUS, -2.0), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, TRACKING_STATUS, INF), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, NAN, 1e6), CommandResult.DENIED),
        ((SET_MESSAGE_INTERVAL, 30.0, 1e6), CommandResult.DENIED),
        ((REQUEST_MESSAGE, NAN), CommandResult.DENIED),
        ((REQUEST_MESSAGE, INF), CommandResult.DENIED),
        ((REQUEST_MESSAGE, 30.0), CommandResult.DENIED),
        ((400, 1.0), CommandResult.UNSUPPORTED),  # arming
        ((2000, 0.0), CommandResult.UNSUPPORTED),  # a photograph
    ],
)
def test_what_cannot_be_meant_is_refused(
    session: Session, command: tuple[Any, ...], expected: CommandResult
) -> None:
    before = session.link.report()['refusals']
    assert session.station.ask(*command) == expected
    assert session.orders == []
    assert session.link.report()['refusals'] == before + 1  # type: ignore[operator]


def test_command_int_is_told_to_come_as_command_long(session: Session) -> None:
    before = len(session.station.heard)
    session.station.send_int(TRACK_POINT, 0.5, 0.5, 0.0)
    assert session.station.result(TRACK_POINT, before) == CommandResult.COMMAND_LONG_ONLY
    assert session.orders == []


def test_without_a_picture_nothing_is_taken(session: Session) -> None:
    session.link.show(None, None)
    assert session.station.ask(TRACK_POINT, 0.5, 0.5, 0.0) == CommandResult.TEMPORARILY_REJECTED
    assert session.station.ask(STOP_TRACKING) == CommandResult.ACCEPTED


def test_another_ground_station_may_look_and_not_choose() -> None:
    with GroundStation(system=42) as stranger:
        session = Session(stranger)
        for command in (
            (TRACK_POINT, 0.5, 0.5, 0.0),
            (TRACK_RECTANGLE, 0.1, 0.1, 0.5, 0.5),
            (STOP_TRACKING,),
            (SET_MESSAGE_INTERVAL, TRACKING_STATUS, 1e5),
        ):
            assert stranger.ask(*command) == CommandResult.DENIED
        assert stranger.ask(REQUEST_MESSAGE, CAMERA_INFORMATION) == CommandResult.ACCEPTED
        assert session.orders == []
        assert stranger.messages('CAMERA_TRACKING_IMAGE_STATUS') == []
        session.link.close()


@pytest.mark.parametrize('to', [(2, 100), (1, 1), (1, 101), (1, 0), (0, 0), (0, 100)])
def test_what_is_for_others_is_neither_obeyed_nor_answered(
    session: Session, to: tuple[int, int]
) -> None:
    before = len(session.station.heard)
    session.station.send(TRACK_POINT, 0.5, 0.5, 0.0, to=to)
    session.station.send(STOP_TRACKING, to=to)
    assert session.station.ask(REQUEST_MESSAGE, CAMERA_INFORMATION) == CommandResult.ACCEPTED
    acknowledged = {m.command for m in session.station.messages('COMMAND_ACK', before)}
    assert acknowledged == {REQUEST_MESSAGE}
    assert session.orders == []


@pytest.mark.parametrize('to', [(1, 0), (0, 0)])
def test_who_asks_everybody_is_told_what_it_is(session: Session, to: tuple[int, int]) -> None:
    before = len(session.station.heard)
    session.station.send(REQUEST_MESSAGE, CAMERA_INFORMATION, to=to)
    session.station.wait_for('CAMERA_INFORMATION', before)


def test_rubbish_changes_nothing(session: Session) -> None:
    """Noise, damaged and broken messages; then a click, sent again as ground stations do."""
    chance, station = random.Random(1), session.station
    good = common.MAVLink(None, srcSystem=255, srcComponent=190)
    click = good.command_long_encode(*CAMERA, TRACK_POINT, 0, 0.5, 0.5, 0, 0, 0, 0, 0).pack(good)
    for _ in range(300):
        station.write(chance.randbytes(chance.randrange(1, 300)))
        damaged = bytearray(click)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        station.write(bytes(damaged))
        station.write(click[: chance.randrange(len(click))])
        station.write(b'\xfd' + chance.randbytes(chance.randrange(1, 40)))
    station.write(b'')
    time.sleep(0.3)
    assert session.orders == []
    for _ in range(20):  # what was cut off swallows what comes next
        station.send(TRACK_POINT, 0.25, 0.5, 0.0)
        time.sleep(0.02)
    wait(lambda: session.orders, 'an order')
    assert {asked_for(order) for order in session.orders} == {Click(160, 240)}


class Sink:
    """Where a MAVLink object writes to when nobody listens."""

    def write(self, data: bytes) -> None:
        self.newest = data


@given(
    st.integers(0, 65535) | st.sampled_from([511, 512, 521, 522, 2004, 2005, 2010, 2504, 2505]),
    st.lists(st.floats(width=32) | st.floats(-0.25, 1.25, width=32), min_size=7, max_size=7),
    st.booleans(),
)
def test_any_command_is_an_order_in_the_picture_or_refused(
    command: int, parameters: list[float], wide: bool
) -> None:
    mavlink = common.MAVLink(Sink(), srcSystem=1, srcComponent=100)
    settings = CameraSettings(video='5600', video_aspect=16 / 9 if wide else 0.0)
    camera = CameraComponent(mavlink, settings, 0.0)
    camera.picture = SIZE
    packer = common.MAVLink(None, srcSystem=255, srcComponent=190)
    packed = packer.command_long_encode(*CAMERA, command, 0, *parameters).pack(packer)
    (message,) = mavlink.parse_buffer(packed)
    order = camera.handle(message, 1.0)
    camera.tick(1.0)
    if order is None or order.query is None:
        return
    for click in order.query.clicks:
        assert 0 <= click.x < SIZE[0]
        assert 0 <= click.y < SIZE[1]
    if order.query.box is not None:
        assert order.query.box.clipped(*SIZE) == order.query.box


# Margins.


@pytest.mark.parametrize(
    ('aspect', 'point', 'pixel'),
    [
        (0.0, (0.5, 0.5), (320, 240)),
        (16 / 9, (0.5, 0.5), (320, 240)),
        (16 / 9, (0.125, 0.0), (0, 0)),
        (16 / 9, (0.125 + 0.75 / 4, 0.25), (160, 120)),
        (16 / 9, (0.1, 0.5), None),
        (16 / 9, (0.9, 0.5), None),
        (1.0, (0.0, 0.125), (0, 0)),
        (1.0, (0.5, 0.1), None),
        (4 / 3, (0.0, 1.0), (0, 479)),
    ],
)
def test_margins_of_the_video_are_no_part_of_the_picture(
    aspect: float, point: tuple[float, float], pixel: tuple[float, float] | None
) -> None:
    found = Letterbox(SIZE, aspect).point(*point)
    assert found == (pixel if pixel is None else pytest.approx(pixel, abs=1e-6))


@given(
    st.floats(0.3, 4.0),
    st.tuples(st.floats(0, 600), st.floats(0, 440), st.floats(2, 40), st.floats(2, 40)),
)
def test_there_and_back_through_the_margins(
    aspect: float, xywh: tuple[float, float, float, float]
) -> None:
    shown, box = Letterbox(SIZE, aspect), Box.from_xywh(*xywh)
    share = shown.share(box)
    assert share is not None
    back = shown.box(share)
    assert back is not None
    assert back.xyxy == pytest.approx(box.xyxy, abs=1e-6)


def test_a_rectangle_that_reaches_into_the_margin_is_cut(make: Callable[..., Session]) -> None:
    session = make(video_aspect=16 / 9)
    assert session.station.ask(TRACK_RECTANGLE, 0.0, 0.0, 0.5, 1.0) == CommandResult.ACCEPTED
    box = session.orders[0].query.box  # type: ignore[union-attr]
    assert box is not None
    assert box.xyxy == pytest.approx((0, 0, 320, 480), abs=1e-3)
    assert session.station.ask(TRACK_RECTANGLE, 0.0, 0.0, 0.1, 1.0) == CommandResult.DENIED
    assert session.station.ask(TRACK_POINT, 0.05, 0.5, 0.0) == CommandResult.DENIED


# Set-up.


@pytest.mark.parametrize('video', ['', '5600', 'rtsp://10.0.0.2:8554/cam', 'rtsps://h/p'])
def test_addresses_of_videos(video: str) -> None:
    assert MavlinkCameraConfig(video=video).video == video


@pytest.mark.parametrize(
    'video', ['0', '123456', 'http://x', 'rtsp://', 'rtsp://a b', f'rtsp://{"x" * 160}', 'ä']
)
def test_what_is_no_address_of_a_video(video: str) -> None:
    with pytest.raises(BadConfig, match='video must be'):
        MavlinkCameraConfig(video=video)


@pytest.mark.parametrize(
    ('endpoint', 'kind'),
    [('tcp:10.0.0.1:5760', InvalidInput), ('udpin:203.0.113.9:14550', SourceError)],
)
def test_an_endpoint_that_cannot_be_opened_says_so(endpoint: str, kind: type[Exception]) -> None:
    link = CameraLink(endpoint, CameraSettings(), lambda order: None, lambda error: None)
    with pytest.raises(kind):
        link.open()
    link.close()


class Flaky:
    """A link whose network is away for a while."""

    def __init__(self) -> None:
        self.is_up, self.sent = False, 0

    def receive(self, timeout_s: float) -> bytes:
        time.sleep(max(0.0, min(timeout_s, 0.02)))
        return b''

    def write(self, data: bytes) -> None:
        if not self.is_up:
            raise OSError(101, 'Network is unreachable')
        self.sent += 1

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_network_that_is_away_is_told_once_and_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, complaints = Flaky(), list[Exception]()
    monkeypatch.setattr(camera_link, 'AGAIN_S', 0.02)
    monkeypatch.setattr(mavlink_link, 'open_link', lambda address: network)
    link = CameraLink('', CameraSettings(), lambda order: None, complaints.append)
    link.open()
    try:
        wait(lambda: 'Network is unreachable' in link.broken, 'the loss to be known')
        time.sleep(0.2)
        assert 'Network is unreachable' in link.broken
        link.say('whatever is said meanwhile is lost')
        assert len(complaints) == 1
        network.is_up = True
        wait(lambda: network.sent and not link.broken, 'the network to be back')
    finally:
        link.close()


def test_a_station_that_comes_late_finds_it() -> None:
    """To a port where nobody listens yet: no error, and it is there when somebody does."""
    port = free_port(udp=True)
    complaints: list[Exception] = []
    link = CameraLink(
        f'udpout:127.0.0.1:{port}', CameraSettings(), lambda order: None, complaints.append
    )
    link.open()
    time.sleep(0.2)
    with GroundStation(port=port) as station:
        station.wait_for('HEARTBEAT')
        assert station.ask(REQUEST_MESSAGE, CAMERA_INFORMATION) == CommandResult.ACCEPTED
    assert link.broken == ''
    assert complaints == []
    link.close()
