# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The console's rules, without a server: who steers, who may in, what may be said."""

from __future__ import annotations

import json
from pathlib import Path
import struct
from typing import Any
import zlib

import cv2
from follow_anything.console import images, orders
from follow_anything.console.access import Access, is_loopback, new_token
from follow_anything.console.control import Control, KNOWN_PAGES
from follow_anything.console.history import PlotHistory
from follow_anything.console.limits import Bucket, without_paths
from follow_anything.console.link import Mode, Order, Report
from follow_anything.core.errors import BadImage, InvalidInput
import numpy as np
import pytest

pytestmark = pytest.mark.console


@pytest.fixture
def control() -> Control:
    """Give a control that `a` holds, with `b` looking on."""
    control = Control(away_for=2.0, answer_within=15.0)
    control.join('a', 'computer', 0.0)
    control.join('b', 'phone', 0.0)
    return control


def keep(control: Control, until: float, *keys: str) -> list[Any]:
    """Let time pass, with signs of life of some pages; return the news."""
    news = []
    for tick in range(1, round(until * 10) + 1):
        for key in keys:
            control.on_activity(key, tick / 10)
        news.append(control.tick(tick / 10))
    return [item for item in news if item]


def test_the_first_page_steers(control: Control) -> None:
    assert control.holds('a')
    assert not control.holds('b')
    assert (control.name_of('a'), control.name_of('b')) == ('computer 1', 'phone 2')


def test_the_control_goes_over_when_the_holder_says_so(control: Control) -> None:
    assert control.ask('b', 1.0).text == 'phone 2 asks for the control'
    assert control.answer('b', yes=True) is None, 'who asks cannot answer'
    assert control.holds('a')
    assert control.answer('a', yes=True).text == 'phone 2 has the control'
    assert control.holds('b')


def test_the_holder_may_keep_it(control: Control) -> None:
    control.ask('b', 1.0)
    assert 'keeps' in control.answer('a', yes=False).text
    assert control.holds('a')
    assert control.asker == ''
    assert keep(control, 20.0, 'a', 'b') == []


def test_who_gets_no_answer_has_the_control(control: Control) -> None:
    control.ask('b', 0.0)
    assert keep(control, 14.9, 'a', 'b') == []
    assert control.holds('a')
    (news,) = keep(control, 15.2, 'a', 'b')
    assert 'no answer' in news.text
    assert not news.is_lost
    assert control.holds('b')


def test_one_asks_at_a_time(control: Control) -> None:
    control.join('c', 'computer', 0.0)
    assert control.ask('b', 1.0)
    assert control.ask('c', 2.0) is None
    control.leave('b')
    assert control.ask('c', 3.0)


@pytest.mark.parametrize('is_closed', [True, False], ids=['closed', 'silent'])
def test_an_operator_who_goes_away_is_lost_after_a_while(
    control: Control, is_closed: bool
) -> None:
    if is_closed:
        control.leave('a')
    assert keep(control, 1.9, 'b') == []
    (news,) = keep(control, 5.0, 'b')
    assert news.is_lost
    assert control.holder == ''
    assert control.ask('b', 5.0)
    assert control.holds('b')


def test_a_reload_keeps_the_control(control: Control) -> None:
    control.leave('a')
    control.join('a', 'computer', 1.0)
    assert keep(control, 5.0, 'a', 'b') == []
    assert control.holds('a')
    assert control.name_of('a') == 'computer 1'


def test_pages_that_come_and_go_are_forgotten(control: Control) -> None:
    control.join('a', 'computer', 0.0)
    control.join('b', 'phone', 0.0)
    for number in range(3 * KNOWN_PAGES):
        control.join(f'page {number}', 'computer', 1.0)
        control.leave(f'page {number}')
    assert len(control._names) <= KNOWN_PAGES
    assert (control.name_of('a'), control.name_of('b')) == ('computer 1', 'phone 2')
    last = f'page {3 * KNOWN_PAGES - 1}'
    assert control.name_of(last).startswith('computer'), 'a reload finds its name'
    assert control.name_of('page 0') == ''


def test_whoever_asked_steers_when_the_operator_is_lost(control: Control) -> None:
    control.ask('b', 0.0)
    control.leave('a')
    (news,) = keep(control, 3.0, 'b')
    assert news.is_lost
    assert control.holds('b')


def test_a_viewer_who_goes_is_no_loss(control: Control) -> None:
    control.leave('b')
    assert keep(control, 5.0, 'a') == []


GOOD: list[tuple[Order, Any, Any]] = [
    (Order.CLICK, [0.5, 1], (0.5, 1.0)),
    (Order.BOX, [-0.1, 0.2, 0.3, 0.9], pytest.approx((0.0, 0.2, 0.2, 0.8))),
    (Order.TEXT, ' the red car ', 'the red car'),
    (Order.PICK, 3, 3),
    (Order.CONFIRM, None, None),
    (Order.MODE, 'look', Mode.LOOK),
    (Order.DISTANCE, 2.5, 2.5),
    (Order.SIDE, -1.5, -1.5),
    (Order.WORLD, ['wall_2s', 'ground'], ('wall_2s', 'ground')),
]

BAD: list[tuple[Order, Any]] = [
    (Order.CLICK, [0.5]), (Order.CLICK, [2, 0]), (Order.CLICK, ['a', 0]), (Order.CLICK, None),
    (Order.CLICK, [float('nan'), 0]), (Order.CLICK, [True, 0]), (Order.CLICK, [1e400, 0]),
    (Order.CLICK, [10**400, 0]), (Order.CLICK, {'x': 1}),
    (Order.BOX, [0, 0, 0, 1]), (Order.BOX, [0.5, 0.5, -0.1, 0.1]), (Order.BOX, [2, 2, 1, 1]),
    (Order.TEXT, '  '), (Order.TEXT, 7), (Order.TEXT, 'x' * 501), (Order.TEXT, '@saved'),
    (Order.TEXT, 'a\x00b'), (Order.TEXT, '@../../etc/passwd'),
    (Order.PICK, '3'), (Order.PICK, True), (Order.PICK, -1), (Order.PICK, 2**31),
    (Order.CONFIRM, 1), (Order.MODE, 'fly'), (Order.MODE, ['hold']), (Order.IMAGE, 'x'),
    (Order.SIDE, 21), (Order.SIDE, float('nan')), (Order.SIDE, None),
    (Order.WORLD, 'cars'), (Order.WORLD, ['cars']), (Order.WORLD, ['../cars', 'drone']),
    (Order.WORLD, [1, 2]), (Order.WORLD, ['cars', 'x' * 41]), (Order.WORLD, ['cars', '']),
    (Order.DISTANCE, 0), (Order.DISTANCE, float('inf')), (Order.DISTANCE, 'far'),
]  # fmt: skip


@pytest.mark.parametrize(('order', 'value', 'expected'), GOOD)
def test_orders_are_read(order: Order, value: Any, expected: Any) -> None:
    assert orders.value_of(order, value) == expected


@pytest.mark.parametrize(('order', 'value'), BAD)
def test_what_is_no_order_is_refused(order: Order, value: Any) -> None:
    with pytest.raises(InvalidInput):
        orders.value_of(order, value)


@pytest.mark.parametrize(
    'text', ['', '{', '[]', '7', '{"type": 1}', '[' * 9000, '{"type":"x"' + ' ' * (16 << 10) + '}']
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        orders.parse(text)


def headers(host: str = '127.0.0.1:8080', **more: str) -> dict[str, str]:
    return {'host': host, **more}


@pytest.mark.parametrize(
    ('given', 'status'),
    [
        (headers(), 0),
        (headers('localhost:9000'), 0),
        (headers('[::1]:80'), 0),
        (headers(origin='http://127.0.0.1:8080'), 0),
        (headers(origin='http://evil.example'), 403),
        (headers(origin='http://127.0.0.1:9999'), 403),
        (headers(origin='null'), 403),
        (headers('evil.example', origin='http://evil.example'), 403),
        (headers('evil.example'), 403),
        (headers(''), 403),
        (headers('[:::'), 403),
    ],
)
def test_this_machine_needs_no_token_and_other_pages_have_no_place(
    given: dict[str, str], status: int
) -> None:
    assert Access().why_not(given, '', '')[0] == status


def test_elsewhere_the_token_opens() -> None:
    access = Access('secret')
    given = headers('robot.local:8080')
    assert access.why_not(given, '', '')[0] == 401
    assert access.why_not(given, 'wrong', 'sécret')[0] == 401
    assert access.why_not(given, 'secret', '')[0] == 0
    assert access.why_not(given, '', 'secret')[0] == 0
    assert access.why_not({**given, 'authorization': 'Bearer secret'}, '', '')[0] == 0
    evil = {**given, 'origin': 'http://evil.example'}
    assert access.why_not(evil, 'secret', '')[0] == 403, 'the cookie of a victim does not help'


def test_where_a_token_is_needed() -> None:
    assert [is_loopback(h) for h in ('127.0.0.1', 'localhost', '::1', '127.9.9.9')] == [True] * 4
    assert [is_loopback(h) for h in ('0.0.0.0', '192.168.1.5', 'robot', '::')] == [False] * 4
    assert len(new_token()) >= 20
    assert new_token() != new_token()


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('/root/.cache/x/query.json is spoilt', 'query.json is spoilt'),
        ('see (/tmp/a/b.txt), please', 'see (b.txt), please'),
        (r'C:\Users\me\w.onnx is not there', 'w.onnx is not there'),
        ('/t1/tracker_node has another query', 'tracker_node has another query'),
        ('vx 1/2 m/s, 3 m/s^2', 'vx 1/2 m/s, 3 m/s^2'),
        ('http://localhost/a/b', 'http://localhost/a/b'),
    ],
)
def test_no_path_of_the_machine_is_told(text: str, expected: str) -> None:
    assert without_paths(text) == expected


def test_a_bucket_lets_so_many_through() -> None:
    bucket = Bucket(rate=2.0, burst=3.0)
    assert [bucket.take(0.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert bucket.take(0.5)
    assert not bucket.take(0.5)
    assert not bucket.take(0.2), 'a clock that is set back gives nothing'
    assert [bucket.take(100.0) for _ in range(5)] == [True] * 3 + [False] * 2


def test_the_history_is_a_minute_long() -> None:
    history = PlotHistory()
    for tick in range(4000):
        history.take(Report(state='TRACKING', presence=0.5, speed=(1.0, 0.0)), tick * 0.05)
    rows = history.rows()
    assert 59.0 < rows[-1][0] - rows[0][0] < 61.0
    assert rows[-1][1:] == ['TRACKING', 0.5, None, 1.0]
    json.dumps(rows)


def picture(kind: str, width: int = 40, height: int = 30) -> bytes:
    red = np.zeros((height, width, 3), np.uint8)
    red[..., 2] = 200
    return bytes(cv2.imencode(kind, red)[1])


@pytest.mark.parametrize('kind', ['.png', '.jpg'])
def test_a_picture_is_read(kind: str) -> None:
    assert images.size_of(picture(kind)) == (40, 30)
    rgb = images.decode(picture(kind))
    assert rgb.shape == (30, 40, 3)
    assert abs(int(rgb[10, 10, 0]) - 200) < 5
    assert images.decode(picture(kind, 3000, 20)).shape == (7, 1024, 3)


@pytest.mark.field
def test_a_picture_of_a_thermal_camera_is_not_black() -> None:
    """Few of its 16 bits are in use; files and topics were stretched, uploads were not."""
    counts = np.linspace(7300, 7800, 30 * 40).reshape(30, 40).astype(np.uint16)
    rgb = images.decode(bytes(cv2.imencode('.png', counts)[1]))
    assert rgb.min() == 0
    assert rgb.max() == 255


@pytest.mark.field
def test_an_animation_is_no_picture(tmp_path: Path) -> None:
    image = pytest.importorskip('PIL.Image', reason='Pillow is not installed')
    first, second = (image.fromarray(np.full((30, 40, 3), shade, np.uint8)) for shade in (0, 99))
    first.save(tmp_path / 'x.png', save_all=True, append_images=[second], duration=100)
    with pytest.raises(BadImage, match='it holds 2 pictures, expected one'):
        images.decode((tmp_path / 'x.png').read_bytes())


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack('>I', zlib.crc32(kind + data))
        return struct.pack('>I', len(data)) + kind + data + checksum

    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + head + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')


@pytest.mark.parametrize(
    ('data', 'why'),
    [
        (b'', 'PNG or JPEG'),
        (b'GIF89a' + bytes(100), 'PNG or JPEG'),
        (b'\xff\xd8\xff', 'cut'),
        (b'\xff\xd8' + b'\xff\xe0\x00\x00' * 4, 'cut'),
        (picture('.png')[:60], 'decoded'),
        (picture('.png', 4, 4), '4 x 4'),
        (picture('.png', 900_000, 8), '200 times'),
        (huge_png(10_000, 10_000), '16 megapixels'),
        (huge_png(2**31 - 1, 2**31 - 1), '16 megapixels'),
    ],
)
def test_what_is_no_picture_is_refused_before_it_is_decoded(data: bytes, why: str) -> None:
    with pytest.raises(BadImage, match=why):
        images.decode(data)
