# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The whole simulator: lock step, repeatable pictures, truth that agrees with the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
import hashlib
from importlib.util import find_spec
import math
import subprocess
import sys

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.errors import BadConfig, MissingDependency, NotReady
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, Frame, VelocityCommand
from follow_anything.evaluation.speed.simulator import measure_speed
from follow_anything.sim.assets import open_library
from follow_anything.sim.scenarios import SCENARIOS
import numpy as np
import pytest

pytest.importorskip('mujoco', reason='the embedded simulator needs MuJoCo: pip install mujoco')

from follow_anything.sim.simulator import Simulator

pytestmark = pytest.mark.sim


DEFAULTS = {'width': 160, 'height': 120, 'assets': 'primitives', 'depth': False}


def small(**changes: object) -> SimulatorConfig:
    return SimulatorConfig(**{**DEFAULTS, **changes})


@pytest.fixture(scope='module')
def drone() -> Iterator[Simulator]:
    with Simulator(small(width=320, height=240, depth=True, gusts=0.0)) as simulator:
        yield simulator


def digest(frame: Frame) -> str:
    return hashlib.sha256(frame.rgb.tobytes()).hexdigest()


def target_mask(simulator: Simulator) -> np.ndarray:
    """Return the pixels that show the target, from a segmentation picture."""
    assert simulator._renderer is not None
    ids = simulator._renderer.geom_ids(simulator._world.data)
    return np.isin(ids, simulator._world.target_geoms)


def box_of(mask: np.ndarray) -> Box:
    rows, columns = np.nonzero(mask)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_same_seed_gives_the_same_pictures_and_another_seed_others() -> None:
    def run(simulator: Simulator) -> list[str]:
        digests = []
        for _ in range(6):
            for _ in range(15):
                simulator.step(VelocityCommand(vx=1.0, yaw_rate=0.2))
            digests.append(digest(simulator.frame()))
        return digests

    with Simulator(small(seed=5, gusts=1.0)) as simulator:
        first = run(simulator)
        simulator.reset(5)
        again = run(simulator)
        simulator.reset(6)
        other = run(simulator)
    assert first == again
    assert len(set(first)) == len(first)
    assert not set(first) & set(other)


def test_time_moves_by_exactly_one_period_a_step(drone: Simulator) -> None:
    drone.reset(0)
    for _ in range(7):
        drone.step()
    assert drone.time == pytest.approx(7 / 20, abs=1e-12)
    frame = drone.frame()
    assert frame.stamp == drone.time == drone.truth().stamp == drone.odometry.stamp


def test_a_frame_holds_the_picture_and_nothing_else(drone: Simulator) -> None:
    frame = drone.frame()
    assert {field.name for field in fields(frame)} == {'stamp', 'rgb', 'depth'}
    assert frame.rgb.shape == (240, 320, 3)
    before = frame.rgb.copy()
    drone.step(VelocityCommand(yaw_rate=1.0))
    drone.frame()
    assert np.array_equal(frame.rgb, before)  # a copy, not the renderer's buffer
    assert frame.rgb.std() > 20  # and a picture, not a colour


def test_the_true_box_agrees_with_the_picture(drone: Simulator) -> None:
    drone.reset(0)
    checked = 0
    for step in range(120):
        drone.step(VelocityCommand(vx=0.7, yaw_rate=0.05 * math.sin(step / 9)))
        truth = drone.truth()
        if step % 20 == 0 and truth.visibility > 0.97 and truth.box is not None:
            drone.frame()
            assert iou(truth.box, box_of(target_mask(drone))) > 0.85
            checked += 1
    assert checked >= 4


def test_visibility_falls_when_somebody_stands_in_between(drone: Simulator) -> None:
    drone.reset(0)
    before = drone.truth().visibility
    drone.frame()
    pixels = target_mask(drone).sum()
    target, eye = drone._poses[0], drone._eye
    car = next(i for i, m in enumerate(drone.scenario.movers) if m.kind == 'car')
    pose = drone._poses[car]
    pose.x = 0.75 * target.x + 0.25 * eye[0]
    pose.y = 0.75 * target.y + 0.25 * eye[1]
    pose.yaw = drone.odometry.yaw + math.pi / 2
    drone._place()
    after = drone.truth()
    drone.frame()
    share = target_mask(drone).sum() / pixels
    assert before > 0.97
    assert after.visibility < 0.7
    assert after.visibility == pytest.approx(share, abs=0.2)
    assert after.box is not None  # where it is, is still known


def test_a_target_out_of_view_has_no_box_and_no_visibility(drone: Simulator) -> None:
    drone.reset(0)
    drone._vehicle.yaw += math.pi
    drone._place()
    truth = drone.truth()
    assert truth.box is None
    assert truth.visibility == 0.0
    assert truth.range > 4.0
    drone._vehicle.yaw -= math.pi - 0.62  # half of it beyond the left or right edge
    drone._place()
    edge = drone.truth()
    assert edge.box is None or edge.visibility < 0.95


def test_depth_is_metres_along_the_optical_axis(drone: Simulator) -> None:
    drone.reset(0)
    frame, truth, camera = drone.frame(), drone.truth(), drone.camera
    assert frame.depth is not None
    assert frame.depth.dtype == np.float32
    on_target = frame.depth[target_mask(drone)]
    assert np.median(on_target) == pytest.approx(truth.position[2], abs=0.35)
    # The ground at the lower edge: plain geometry of a camera at a height.
    row, column = camera.height - 2, 20
    ray = drone._axes @ np.array(
        [(column + 0.5 - camera.cx) / camera.fx, (row + 0.5 - camera.cy) / camera.fy, 1.0]
    )
    assert frame.depth[row, column] == pytest.approx(-drone._eye[2] / ray[2], rel=0.02)


def test_position_points_where_the_box_is(drone: Simulator) -> None:
    drone.reset(1)
    truth = drone.truth()
    assert truth.box is not None
    x, y = drone.camera.project(truth.position)
    assert abs(x - truth.box.center[0]) < 0.2 * truth.box.width
    assert abs(y - truth.box.center[1]) < 0.2 * truth.box.height
    assert truth.range == pytest.approx(float(np.linalg.norm(truth.position)))


@pytest.mark.parametrize('name', list(SCENARIOS))
def test_every_scenario_runs_on_our_own_objects(name: str) -> None:
    robot = 'ground' if name in ('cars', 'crossing') else 'drone'
    with Simulator(small(scenario=name, robot=robot, width=64, height=48)) as simulator:
        assert simulator.assets == 'primitives'
        for _ in range(5):
            simulator.step()
        assert simulator.truth().visibility > 0.9
        assert simulator.frame().depth is None
        assert simulator.collisions == 0
        assert simulator.scenario.query


def test_the_vehicle_stops_at_the_target_and_counts_it_once() -> None:
    with Simulator(small(robot='ground', width=64, height=48)) as simulator:
        for _ in range(55):  # the target stands still for three seconds
            simulator.step(VelocityCommand(vx=1.5))
        assert simulator.collisions == 1
        assert 'woman_orange' in simulator.collided_with[0]
        assert abs(simulator.odometry.linear[0]) < 0.2


def test_misuse_is_refused_with_a_reason() -> None:
    with pytest.raises(BadConfig, match='street'):
        Simulator(small(scenario='moon'))
    simulator = Simulator(small(width=64, height=48))
    simulator.close()
    simulator.close()
    with pytest.raises(NotReady, match='closed'):
        simulator.step()
    with pytest.raises(NotReady, match='closed'):
        simulator.frame()


def test_furniture_gives_pictures_too_and_its_truth_agrees() -> None:
    try:
        open_library('furniture')
    except MissingDependency as error:
        pytest.skip(str(error))
    with Simulator(small(assets='furniture', width=320, height=240, gusts=0.0)) as simulator:
        for _ in range(90):
            simulator.step(VelocityCommand(vx=0.5))
        simulator.frame()
        truth = simulator.truth()
        assert simulator.assets == 'furniture'
        assert truth.box is not None
        assert iou(truth.box, box_of(target_mask(simulator))) > 0.85


def test_the_benchmark_reports_flat_figures() -> None:
    report = measure_speed(small(), seconds=0.2)
    assert report['sim_assets'] == 'primitives'
    for size in ('640x480', '320x240'):
        assert report[f'sim_{size}_real_time_factor'] > 0
        assert report[f'sim_{size}_frame_ms'] > 0


@pytest.mark.skipif(find_spec('triton') is None, reason='needs triton, which torch brings')
def test_what_compiles_can_be_loaded_after_a_picture_was_drawn() -> None:
    """In another process: what is wrong there ends it."""
    code = """
from follow_anything.core.config import SimulatorConfig
from follow_anything.sim.simulator import Simulator
with Simulator(SimulatorConfig()) as simulator:
    simulator.frame()
import torch._dynamo
"""
    subprocess.run([sys.executable, '-c', code], check=True, timeout=240)
