# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""MAVSDK, a client we did not write, finds the camera, lets it track, and reads its status."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import json
import time
from typing import Any

import pytest

mavsdk = pytest.importorskip('mavsdk', reason='mavsdk is not installed: pip install mavsdk')
pytest.importorskip('pymavlink', reason='pymavlink is not installed: pip install pymavlink')

from follow_anything.core.types import Box
from follow_anything.launcher.processes import free_port
from follow_anything.robots.mavlink.autopilots import CommandResult
from follow_anything.robots.mavlink.camera import CameraSettings, TrackingOrder
from follow_anything.robots.mavlink.camera_link import CameraLink
from mavsdk.plugins.camera import Camera, CameraError, CameraResult
from mavsdk.plugins.mavlink_direct import MavlinkDirect, MavlinkMessage
from waiting import wait

pytestmark = [pytest.mark.camera_component, pytest.mark.mavlink]

CAMERA, SIZE = 100, (640, 480)
STATUS = 'CAMERA_TRACKING_IMAGE_STATUS'


class Session:
    """MAVSDK's camera client on one end, the camera on the other, and an owner that obeys."""

    def __init__(self, system: Any, link: CameraLink, orders: list[TrackingOrder]) -> None:
        self.link, self.orders = link, orders
        self.camera, self.direct = Camera(system), MavlinkDirect(system)

    def set_interval(self, microseconds: float) -> int:
        """Send SET_MESSAGE_INTERVAL for the status; return its MAV_RESULT."""
        fields = {
            'target_system': 1, 'target_component': CAMERA, 'command': 511, 'confirmation': 0,
            'param1': 275.0, 'param2': microseconds,
            **{f'param{n}': 0.0 for n in range(3, 8)},
        }  # fmt: skip
        acknowledged = self.direct.send_command(
            MavlinkMessage('COMMAND_LONG', 245, 190, 1, CAMERA, json.dumps(fields))
        )
        return int(json.loads(acknowledged.fields_json)['result'])


@pytest.fixture(scope='module')
def session() -> Iterator[Session]:
    port, orders = free_port(udp=True), []
    kind = mavsdk.ComponentType.GROUND_STATION
    configuration = mavsdk.Configuration.create_with_component_type(kind)
    complaints: list[Exception] = []

    def obey(order: TrackingOrder) -> None:
        orders.append(order)
        link.answer(order.number, CommandResult.ACCEPTED)

    settings = CameraSettings(station=configuration.system_id)
    link = CameraLink(f'udpout:127.0.0.1:{port}', settings, obey, complaints.append)
    with mavsdk.Mavsdk(configuration) as station:
        station.add_any_connection(f'udpin://127.0.0.1:{port}')
        link.open()
        link.show(SIZE, None)
        wait(station.get_systems, 'the system')
        yield Session(station.get_systems()[0], link, orders)
    link.close()
    assert complaints == []


def test_mavsdk_finds_the_camera(session: Session) -> None:
    (camera,) = wait(lambda: session.camera.camera_list().cameras, 'the camera')
    assert camera.component_id == CAMERA
    assert camera.vendor_name == 'follow_anything'
    assert (camera.horizontal_resolution_px, camera.vertical_resolution_px) == SIZE


def test_mavsdk_starts_and_stops_tracking(session: Session) -> None:
    wait(lambda: session.camera.camera_list().cameras, 'the camera')
    session.orders.clear()
    session.camera.track_rectangle(CAMERA, 0.25, 0.25, 0.5, 0.75)
    session.camera.track_point(CAMERA, 0.5, 0.5, 0.05)
    session.camera.track_stop(CAMERA)
    rectangle, point, stop = (order.query for order in session.orders)
    assert rectangle is not None
    assert rectangle.box == Box(160, 120, 320, 360)
    assert point is not None
    assert (point.clicks[0].x, point.clicks[0].y) == (320, 240)
    assert stop is None


def test_mavsdk_is_told_why_not(session: Session) -> None:
    wait(lambda: session.camera.camera_list().cameras, 'the camera')
    session.orders.clear()
    with pytest.raises(CameraError) as refusal:
        session.camera.track_point(CAMERA, 320.0, 240.0, 20.0)
    assert refusal.value.result == CameraResult.DENIED
    assert session.orders == []


def test_mavsdk_reads_the_status_at_the_rate_it_asked_for(session: Session) -> None:
    heard: list[tuple[float, dict[str, Any]]] = []
    handle = session.direct.subscribe_message(
        STATUS,
        lambda message, _: heard.append((time.monotonic(), json.loads(message.fields_json))),
    )
    session.link.show(SIZE, Box(64, 48, 320, 240))
    assert session.set_interval(1e5) == 0
    wait(lambda: len(heard) > 10, 'ten of them')
    gaps = sorted(b - a for (a, _), (b, _) in itertools.pairwise(heard))
    assert gaps[len(gaps) // 2] == pytest.approx(0.1, abs=0.03)
    said = heard[-1][1]
    assert (said['tracking_status'], said['tracking_mode'], said['target_data']) == (1, 2, 4)
    corners = [said[f'rec_{name}'] for name in ('top_x', 'top_y', 'bottom_x', 'bottom_y')]
    assert corners == pytest.approx([0.1, 0.1, 0.5, 0.5])
    assert session.set_interval(-1.0) == 0
    session.direct.unsubscribe_message(handle)
    assert session.set_interval(10.0) == 2
