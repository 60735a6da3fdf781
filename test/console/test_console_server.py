# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The console's server over real sockets: what works, and what bad input does not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import json
import resource
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from console_client import request, WebPage
from console_fake import FakeLink
import cv2
from follow_anything.console.limits import MAX_STREAMS, MAX_VIEWERS
from follow_anything.console.link import Mode, Order
from follow_anything.console.serve import ConsoleServer
from follow_anything.core.errors import InvalidInput
import numpy as np
import pytest
from test_console_rules import huge_png, picture
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.console

Wait = Callable[..., Any]
Serve = Callable[..., ConsoleServer]


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str], link: FakeLink) -> Iterator[None]:
    """Let a test fail that leaves a traceback in the log: whatever comes is refused or served."""
    yield
    assert link.is_broken or 'Traceback' not in capfd.readouterr().err


# What works.


def test_pictures_come_with_what_is_in_them(server: ConsoleServer, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: len(page.pictures) > 5, 'pictures')
        about, jpeg = page.pictures[-1]
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert decoded.shape[:2] == (about['size'][1], about['size'][0]) == (480, 640)
        assert about['box'] is None
        stamps = [one['taken'] for one, _ in page.pictures]
        assert stamps == sorted(set(stamps)), 'never an old one, never one twice'
        latency = wait(lambda: page.report.get('latency_ms'), 'a latency')
        assert 0 < latency < 1000
        assert page.hello['name'] == 'computer 1'
        assert page.hello['history'][0][1] == 'IDLE'


def test_a_click_is_followed(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        page.order('click', list(link.target()))
        wait(lambda: page.report.get('state') == 'TRACKING', 'TRACKING')
        wait(lambda: page.pictures and page.pictures[-1][0]['box'], 'a box')
        assert page.report['presence'] == 0.97
        assert page.report['speed'][0] > 0
        page.order('distance', 2.5)
        wait(lambda: page.report['distance_m'] == 2.5, 'the distance')
        page.order('side', -0.75)
        wait(lambda: page.report['side_m'] == -0.75, 'the side')
        page.order('distance', 0.5)
        wait(page.has_heard('min_distance (1.2) must not exceed'), 'the reason of a refusal')


def test_candidates_are_picked_by_their_number(
    server: ConsoleServer, link: FakeLink, wait: Wait
) -> None:
    link.become('AMBIGUOUS', 'two candidates')
    with WebPage(server.port) as page:
        found = wait(lambda: page.pictures and page.pictures[-1][0]['candidates'], 'candidates')
        assert [one['number'] for one in found] == [3, 7]
        assert page.report['state'] == 'AMBIGUOUS'
        page.order('pick', 3)
        page.order('reject')
        page.order('confirm')
        wait(lambda: len(link.orders) == 3, 'the orders')
        assert link.orders[0] == (Order.PICK, 3)


def test_a_picture_is_a_query(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        path = f'/api/image?key={page.key}'
        assert request(server.port, 'POST', path, picture('.png'))[0] == 200
        wait(lambda: link.orders, 'the order')
    ((order, rgb),) = link.orders
    assert order is Order.IMAGE
    assert rgb.shape == (30, 40, 3)


def test_stop_is_for_everybody(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as first, WebPage(server.port, kind='phone') as second:
        wait(lambda: second.report.get('holder') == 'computer 1', 'the reports')
        second.order('click', [0.5, 0.5])
        wait(second.has_heard('computer 1 has the control'), 'a refusal')
        assert link.orders == []
        begin = time.monotonic()
        second.send(type='stop')
        wait(lambda: link.stops, 'the stop', 1.0)
        assert link.stops[0][0] - begin < 0.1
        assert link.stops[0][1] == 'STOP from phone 2'
        wait(first.has_heard('STOP from phone 2'), 'everybody to know')
        link.mode = Mode.FOLLOW
        assert request(server.port, 'POST', '/api/stop')[0] == 200
        assert link.mode is Mode.HOLD
        second.order('mode', 'hold')
        wait(lambda: len(link.stops) == 3, 'holding is for everybody, too')
        second.order('mode', 'follow')
        wait(lambda: len(second.notices) > 2, 'a refusal')
        assert link.mode is Mode.HOLD


def test_the_control_is_handed_over(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as first, WebPage(server.port) as second:
        wait(lambda: second.report.get('mine') is False, 'a report')
        second.send(type='ask')
        wait(lambda: first.report.get('asker') == 'computer 2', 'the question')
        first.send(type='answer', yes=False)
        wait(second.has_heard('computer 1 keeps the control'), 'the answer')
        second.send(type='ask')
        wait(lambda: first.report.get('asker') == 'computer 2', 'the question')
        first.send(type='answer', yes=True)
        wait(lambda: second.report['mine'], 'the control')
        second.order('mode', 'look')
        wait(lambda: link.mode is Mode.LOOK, 'the order')
        first.order('mode', 'follow')
        wait(first.has_heard('computer 2 has the control'), 'a refusal')
        assert link.mode is Mode.LOOK


def test_mjpeg_status_and_a_single_frame(server: ConsoleServer, link: FakeLink) -> None:
    status, head, body = request(server.port, 'GET', '/frame.jpg')
    assert (status, head['content-type']) == (200, 'image/jpeg')
    assert body.startswith(b'\xff\xd8')
    report = json.loads(request(server.port, 'GET', '/api/status')[2])
    assert (report['state'], report['mode'], report['battery']) == ('IDLE', 'follow', 0.82)
    with stream(server.port) as raw:
        data = b''
        while data.count(b'Content-Type: image/jpeg') < 3:
            data += raw.recv(1 << 16)
        assert b'multipart/x-mixed-replace' in data
        assert link.viewers == 1


def stream(port: int) -> socket.socket:
    raw = socket.create_connection(('127.0.0.1', port), timeout=10)
    raw.sendall(b'GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return raw


def test_for_nobody_nothing_is_encoded(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port):
        wait(lambda: link.viewers == 1, 'a viewer')
    wait(lambda: link.viewers == 0, 'nobody')
    raw = stream(server.port)
    wait(lambda: link.viewers == 1, 'a viewer')
    raw.close()
    wait(lambda: link.viewers == 0, 'nobody')


# When the operator's page goes away.


@pytest.mark.parametrize('how', ['closed', 'dropped', 'hangs'])
def test_the_robot_holds_when_the_operator_goes_away(
    server: ConsoleServer, link: FakeLink, wait: Wait, how: str
) -> None:
    with WebPage(server.port) as page, WebPage(server.port) as other:
        page.order('click', list(link.target()))
        wait(lambda: page.report.get('state') == 'TRACKING', 'TRACKING')
        assert link.mode is Mode.FOLLOW
        begin = time.monotonic()
        page.acknowledge = False
        if how == 'closed':
            page.close()
        elif how == 'dropped':
            page.drop()
        wait(lambda: link.stops, 'the stop')
        assert 0.3 < link.stops[0][0] - begin < 1.5  # link_timeout is 0.5 s
        assert link.mode is Mode.HOLD
        wait(other.has_heard('is gone: the robot holds'), 'the others to know')
        other.send(type='ask')
        wait(lambda: other.report['mine'], 'the control')


def test_a_reload_is_not_going_away(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
    with WebPage(server.port, key=page.key) as again:
        wait(lambda: again.report.get('mine'), 'the control')
        time.sleep(1.0)
        assert again.report['mine']
        assert again.hello['name'] == 'computer 1'
    assert not link.stops or link.stops[0][0] > again.reports[-1]['heard']


def test_it_may_go_on_alone(serve: Serve, link: FakeLink, wait: Wait) -> None:
    server = serve(link='continue')
    with WebPage(server.port) as page, WebPage(server.port) as other:
        wait(lambda: page.report.get('mine') and other.reports, 'the control')
        page.drop()
        wait(other.has_heard('is gone'), 'the others to know')
        assert link.stops == []
        assert link.mode is Mode.FOLLOW


def test_a_viewer_who_goes_stops_nothing(
    server: ConsoleServer, link: FakeLink, wait: Wait
) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        with WebPage(server.port) as viewer:
            wait(lambda: viewer.reports, 'a report')
        time.sleep(1.0)
        assert link.stops == []


def test_a_connection_dropped_in_mid_drag_leaves_nothing_behind(
    server: ConsoleServer, link: FakeLink, wait: Wait
) -> None:
    """A box is one message, at the end of the drag; half of one is none."""
    page = WebPage(server.port)
    wait(lambda: page.report.get('mine'), 'the control')
    whole = json.dumps({'type': 'order', 'order': 'box', 'value': [0.1, 0.1, 0.5, 0.5]}).encode()
    head = bytes([0x81, 0x80 | len(whole)]) + bytes(4)  # a frame, masked with zeros
    page.socket.socket.sendall(head + whole[:20])
    page.drop()
    wait(lambda: link.stops, 'the stop')
    assert link.orders == []
    with WebPage(server.port) as other:
        wait(lambda: other.report.get('mine'), 'the control')


def test_the_same_page_twice_is_the_newer_one(server: ConsoleServer, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        with WebPage(server.port, key=page.key) as again:
            wait(lambda: page.code == 4001, 'the older one to get the code')
            wait(lambda: again.report.get('mine'), 'the control')


# Who may in.


def test_a_foreign_origin_is_refused(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    evil = 'http://evil.example'
    assert request(server.port, 'POST', '/api/stop', origin=evil)[0] == 403
    assert request(server.port, 'GET', '/', host='evil.example')[0] == 403
    with WebPage(server.port, origin=evil) as page:
        wait(lambda: page.code == 4003, 'the refusal')
        assert page.reports == []
    assert link.stops == []
    own = f'http://127.0.0.1:{server.port}'
    with WebPage(server.port, origin=own) as page:
        wait(lambda: page.reports, 'a report')


@pytest.mark.parametrize('origin', ['http://[::1', 'null', '', '://', 'http://127.0.0.1:1'])
def test_an_origin_that_is_none_is_refused(
    server: ConsoleServer, link: FakeLink, wait: Wait, origin: str
) -> None:
    assert request(server.port, 'POST', '/api/stop', origin=origin)[0] == 403
    with WebPage(server.port, origin=origin) as page:
        wait(lambda: page.code == 4003, 'the refusal')
    assert link.stops == []


def test_elsewhere_a_token_is_needed(serve: Serve, link: FakeLink, wait: Wait) -> None:
    server = serve(host='0.0.0.0')
    token = urlsplit(server.address).query.removeprefix('token=')
    assert len(token) > 16
    for path in ('/', '/page/style.css', '/api/status', '/frame.jpg', '/stream.mjpg'):
        assert request(server.port, 'GET', path)[0] == 401, path
        assert request(server.port, 'GET', f'{path}?token=wrong')[0] == 401, path
    assert request(server.port, 'POST', '/api/stop')[0] == 401
    with WebPage(server.port) as page:
        wait(lambda: page.code == 4003, 'the refusal')
    assert link.stops == []
    status, head, _ = request(server.port, 'GET', f'/?token={token}')
    assert (status, head['location']) == (303, '/')
    assert 'HttpOnly' in head['set-cookie']
    assert 'samesite=strict' in head['set-cookie'].lower()
    cookie = head['set-cookie'].split(';')[0]
    assert request(server.port, 'GET', '/', cookie=cookie)[0] == 200
    bearer = f'Bearer {token}'
    assert request(server.port, 'POST', '/api/stop', authorization=bearer)[0] == 200
    with WebPage(server.port, cookie=cookie) as page:
        wait(lambda: page.reports, 'a report')


def test_this_machine_alone_needs_none(server: ConsoleServer) -> None:
    assert server.address == f'http://127.0.0.1:{server.port}/'
    status, head, body = request(server.port, 'GET', '/')
    assert status == 200
    assert b'follow_anything' in body
    assert "default-src 'none'" in head['content-security-policy']
    assert "frame-ancestors 'none'" in head['content-security-policy']
    assert 'server' not in head


def test_a_port_that_is_taken_is_one_sentence(server: ConsoleServer, serve: Serve) -> None:
    with pytest.raises(InvalidInput, match='somebody else has it'):
        serve(port=server.port)
    with pytest.raises(InvalidInput, match='cannot be served on no such host'):
        serve(host='no such host')


@pytest.mark.parametrize(
    'path',
    [
        '/page/../server.py', '/page/..%2fserver.py', '/page/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
        '/page//etc/passwd', '/page/..%5cserver.py', '/../../etc/passwd', '/page/index.html%00',
        '/page/', '/page/__init__.py', '/server.py',
    ],
)  # fmt: skip
def test_no_path_leads_out(server: ConsoleServer, path: str) -> None:
    status, _, body = request(server.port, 'GET', path)
    assert status == 404
    assert len(body) < 200


# Too much, too fast, too slow.


def survives(server: ConsoleServer, wait: Wait) -> None:
    """Check that a new page is served as ever."""
    with WebPage(server.port) as page:
        wait(lambda: page.reports and page.pictures, 'a report and a picture')


def test_ten_megabytes_of_text(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        with contextlib.suppress(ConnectionClosed, OSError):  # hung up on before it was all sent
            page.order('text', 'x' * 10_000_000)
        wait(lambda: page.code in (1006, 1009), 'the end')
    assert link.orders == []
    survives(server, wait)


def test_a_longer_text_than_a_query(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        page.order('text', 'x' * 9000)
        wait(page.has_heard('500 characters at most'), 'the refusal')
        page.order('text', 'the red car')
        wait(lambda: link.orders == [(Order.TEXT, 'the red car')], 'the order')


@pytest.mark.parametrize(
    ('body', 'status', 'why'),
    [
        (huge_png(10_000, 10_000), 400, 'megapixels'),
        (picture('.png', 900_000, 8), 400, '200 times'),
        (bytes(20 << 20), 413, '8 MB'),
        (b'hello', 400, 'PNG or JPEG'),
        (b'', 400, 'PNG or JPEG'),
        (picture('.jpg')[:100], 400, 'c'),
    ],
    ids=['100 megapixels', 'a line', '20 MB', 'text', 'nothing', 'cut'],
)
def test_pictures_that_are_none(
    server: ConsoleServer, link: FakeLink, wait: Wait, body: bytes, status: int, why: str
) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        path = f'/api/image?key={page.key}'
        try:
            answer = request(server.port, 'POST', path, body)
            assert answer[0] == status
            assert why in json.loads(answer[2])['error']
        except (BrokenPipeError, ConnectionResetError):
            assert len(body) > 8 << 20, 'hung up on before it was all sent'
        assert link.orders == []
    assert request(server.port, 'POST', '/api/image?key=' + 'f' * 32, body)[0] == 403
    survives(server, wait)


def test_a_flood_of_clicks(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page, WebPage(server.port) as other:
        wait(lambda: page.report.get('mine') and other.reports, 'the control')
        for _ in range(1000):
            page.order('click', [0.5, 0.5])
        page.send(type='stop')
        wait(page.has_heard('too many orders'), 'the reason')
        assert 1 <= len(link.orders) < 40
        assert page.code is None, 'a flood that ends is forgiven'
        assert request(server.port, 'POST', '/api/stop')[0] == 200, 'STOP gets through'
        seen = len(other.pictures)
        wait(lambda: len(other.pictures) > seen + 5, 'others to see on')


def test_a_flood_without_end_is_cut_off(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page, WebPage(server.port) as other:
        wait(lambda: page.report.get('mine') and other.reports, 'the control')
        with contextlib.suppress(ConnectionClosed, OSError):
            for _ in range(100_000):
                page.order('click', [0.5, 0.5])
        wait(lambda: page.code == 4004, 'the end')
        assert len(link.orders) < 200
        wait(lambda: link.stops, 'the robot to hold: its operator is gone')
    survives(server, wait)


@pytest.mark.parametrize(
    'text',
    ['', 'hello', '[]', '{"type":"order"}', '{"type":"order","order":"fly"}', '{"type":"ack"}',
     '{"type":"order","order":"click","value":[NaN,0]}', '{"type":"ack","n":-1}', '\ud83d\ude00',
     '{"type":"order","order":["click"]}', '{"type":"answer","yes":true}', '[' * 10000],
)  # fmt: skip
def test_strange_messages_do_no_harm(
    server: ConsoleServer, link: FakeLink, wait: Wait, text: str
) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        page.socket.send(text.encode('utf-16', 'surrogatepass').decode('utf-16'))
        seen = len(page.pictures)
        wait(lambda: len(page.pictures) > seen + 3, 'pictures')
    assert link.orders == []


def test_bytes_where_text_was_meant(server: ConsoleServer, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.reports, 'a report')
        page.socket.send(bytes(100))
        wait(page.has_heard('expected a message in JSON'), 'the complaint')
    with connect(f'ws://127.0.0.1:{server.port}/ws') as first:
        first.send(bytes(100))
        with pytest.raises(ConnectionClosed, match='not the page of the console'):
            first.recv(timeout=10)
    survives(server, wait)


def test_an_upload_that_is_broken_off(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        with socket.create_connection(('127.0.0.1', server.port)) as raw:
            head = f'POST /api/image?key={page.key} HTTP/1.1\r\nHost: 127.0.0.1\r\n'
            raw.sendall(f'{head}Content-Length: 1000\r\n\r\nhalf'.encode())
            time.sleep(0.2)
        survives(server, wait)
    assert link.orders == []


@pytest.mark.parametrize('sent', [b'', b'GET / HTTP/1.1\r\nHost: 127'], ids=['nothing', 'half'])
def test_connections_that_ask_for_nothing_take_no_place(
    server: ConsoleServer, link: FakeLink, wait: Wait, sent: bytes
) -> None:
    """Anybody can open them, without a token; STOP has to come through beside them."""
    with contextlib.ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(('127.0.0.1', server.port)))
            for _ in range(100)
        ]
        for one in idle:
            one.sendall(sent)
        page = stack.enter_context(WebPage(server.port))
        wait(lambda: page.reports, 'a report')
        assert request(server.port, 'POST', '/api/stop')[0] == 200
        for one in idle:
            one.settimeout(10.0)
            assert one.recv(100) == b'', 'the console hangs up'
        assert page.code is None
        assert request(server.port, 'POST', '/api/stop')[0] == 200


@pytest.mark.parametrize(
    ('head', 'more'),
    [
        (b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ', b'x' * (1 << 16)),
        (b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n', b'A: b\r\n' * 10_000),
        (b'GET /', b'x' * (1 << 16)),
    ],
    ids=['value', 'lines', 'address'],
)
def test_a_request_whose_head_has_no_end_is_hung_up_on(
    server: ConsoleServer, wait: Wait, head: bytes, more: bytes
) -> None:
    sent = 0
    with socket.create_connection(('127.0.0.1', server.port)) as raw:
        raw.settimeout(10.0)
        with contextlib.suppress(OSError):
            raw.sendall(head)
            while sent < 64 << 20:
                raw.sendall(more)
                sent += len(more)
    assert sent < 16 << 20, 'most of that lies in buffers of the kernel'
    survives(server, wait)


def test_the_same_parser_of_http_runs_wherever_the_console_does() -> None:
    """httptools, which uvicorn takes where it is installed, keeps a head without end."""
    from follow_anything.console.server import PunctualProtocol
    from uvicorn.protocols.http.h11_impl import H11Protocol

    assert issubclass(PunctualProtocol, H11Protocol)


def test_who_says_nothing_or_nonsense_first_is_let_go(server: ConsoleServer, wait: Wait) -> None:
    with WebPage(server.port, key='../../x') as page:
        wait(lambda: page.code == 4003, 'the end')
    survives(server, wait)


def test_a_slow_reader_costs_no_memory_and_nobody_else(
    server: ConsoleServer, link: FakeLink, wait: Wait
) -> None:
    with WebPage(server.port) as good, WebPage(server.port, acknowledge=False) as slow:
        wait(lambda: len(good.pictures) > 2 and slow.hello, 'pictures')
        raw = stream(server.port)  # and one that never reads
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seen, begin = len(good.pictures), time.monotonic()
        wait(lambda: len(good.pictures) > seen + 60, 'pictures', 20.0)
        rate = 60 / (time.monotonic() - begin)
        assert rate > 8.0
        assert len(slow.pictures) + len(slow.reports) <= 2, 'two on their way, and no more'
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 30 << 10, f'{grown >> 10} MB'
        raw.close()


@pytest.mark.slow
def test_who_never_acknowledges_is_let_go(server: ConsoleServer, wait: Wait) -> None:
    with WebPage(server.port, acknowledge=False) as slow:
        wait(lambda: slow.code == 4004, 'the end', 20.0)


def test_there_is_room_for_so_many(server: ConsoleServer, wait: Wait) -> None:
    pages = [WebPage(server.port) for _ in range(MAX_VIEWERS)]
    try:
        wait(lambda: all(page.reports for page in pages), 'reports')
        with WebPage(server.port) as page:
            wait(lambda: page.code == 4002, 'the refusal')
        again = WebPage(server.port, key=pages[0].key)  # a reload takes no new place
        pages.append(again)
        wait(lambda: again.reports, 'the page after a reload')
    finally:
        for page in pages:
            page.drop()
    streams = [stream(server.port) for _ in range(MAX_STREAMS)]
    try:
        wait(lambda: server.console.hub.streams == MAX_STREAMS, 'the streams')
        assert request(server.port, 'GET', '/stream.mjpg')[0] == 503
    finally:
        for raw in streams:
            raw.close()
    survives(server, wait)


def test_there_is_no_more_room_for_many_at_once(server: ConsoleServer, wait: Wait) -> None:
    with contextlib.ExitStack() as stack:
        address = f'ws://127.0.0.1:{server.port}/ws'
        pages = [stack.enter_context(connect(address)) for _ in range(MAX_VIEWERS + 5)]
        streams = [stack.enter_context(stream(server.port)) for _ in range(MAX_STREAMS + 5)]
        for number, page in enumerate(pages):
            page.send(json.dumps({'type': 'hello', 'key': f'{number:032x}', 'kind': 'computer'}))
        hub = server.console.hub
        wait(lambda: len(hub.pages) == MAX_VIEWERS and hub.streams == MAX_STREAMS, 'a full house')
        time.sleep(0.5)
        assert (len(hub.pages), hub.streams) == (MAX_VIEWERS, MAX_STREAMS)
        assert len(streams) > MAX_STREAMS
    survives(server, wait)


def test_no_path_of_the_machine_leaks(server: ConsoleServer, link: FakeLink, wait: Wait) -> None:
    link.become('SEARCHING', '/root/.cache/secret/query.json is spoilt')
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('state') == 'SEARCHING', 'the report')
        assert page.report['reason'] == 'query.json is spoilt'
    link.report = None  # type: ignore[assignment, method-assign]
    link.is_broken = True
    status, _, body = request(server.port, 'GET', '/api/status')
    assert (status, body) == (500, b'Internal Server Error')


def test_a_plain_websocket_address_is_all_there_is(server: ConsoleServer) -> None:
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus):
        connect(f'ws://127.0.0.1:{server.port}/other')
    assert request(server.port, 'GET', '/api/stop')[0] == 405
    assert request(server.port, 'POST', '/')[0] == 405
