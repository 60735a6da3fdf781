# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A follow flight through real MAVLink datagrams, with the simulator's drone at the other end."""

from __future__ import annotations

import importlib.util

from follow_anything.evaluation.closed_loop.flight import MEANING, run_flight
import pytest

pytestmark = [
    pytest.mark.mavlink,
    pytest.mark.sim,
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ('pymavlink', 'mujoco')),
        reason='the flight needs pymavlink and mujoco',
    ),
]


@pytest.mark.parametrize('flavour', ['px4', 'ardupilot'])
def test_flight_follows_and_is_safe(flavour: str) -> None:
    report = run_flight(flavour, 'street', seed=0, seconds=12.0, tracker='tiny')
    assert set(MEANING) <= set(report)
    assert report['refused_without_heartbeat'] == 'no heartbeat of an autopilot'
    assert 'not healthy: compass' in str(report['refused_unhealthy'])
    assert report['refused_unarmed'] == 'not armed'
    assert report['refused_on_ground'] == 'on the ground: take off first'
    assert report['armed_unasked'] is False
    assert float(report['visible_fraction']) >= 0.9  # type: ignore[arg-type]
    assert float(report['set_point_gap_ms_p99']) < 250.0  # type: ignore[arg-type]
    assert float(report['hold_after_cut_s']) < 0.5  # type: ignore[arg-type]
    assert 'link lost' in str(report['note_after_cut'])
    assert report['engaged_after_cut'] is False
    assert report['collisions'] == 0
