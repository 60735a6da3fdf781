# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How fast the simulator is on this machine, alone."""

from __future__ import annotations

from dataclasses import replace
import time

from follow_anything.core.config import SimulatorConfig
from follow_anything.core.types import VelocityCommand
from follow_anything.sim.simulator import Simulator

__all__ = ['SIZES', 'measure_speed']

SIZES = ((640, 480), (320, 240))


def measure_speed(
    config: SimulatorConfig | None = None, seconds: float = 6.0
) -> dict[str, object]:
    """
    Run the world with a slowly turning vehicle, picture and truth included, at two sizes.

    :param config: robot, scenario and rate; its size is not used.
    :param seconds: simulated, for each size.
    :return: flat keys; for each size such as sim_640x480: _real_time_factor (simulated over
        elapsed time), _cpu_share (CPU seconds per simulated second, all threads), _start_s, and
        _step_ms, _frame_ms, _truth_ms: medians of the elapsed time.
    """
    config = config or SimulatorConfig()
    result: dict[str, object] = {'sim_robot': config.robot, 'sim_scenario': config.scenario}
    for width, height in SIZES:
        prefix = f'sim_{width}x{height}'
        began = time.perf_counter()
        with Simulator(replace(config, width=width, height=height)) as simulator:
            result[f'{prefix}_start_s'] = time.perf_counter() - began
            result['sim_assets'] = simulator.assets
            simulator.frame()  # the first picture compiles shaders
            result.update({f'{prefix}_{k}': v for k, v in _run(simulator, seconds).items()})
    return result


def _run(simulator: Simulator, seconds: float) -> dict[str, float]:
    parts: dict[str, list[float]] = {'step_ms': [], 'frame_ms': [], 'truth_ms': []}
    began, busy, start = time.perf_counter(), time.process_time(), simulator.time
    while simulator.time - start < seconds:
        for name, work in (
            ('step_ms', lambda: simulator.step(VelocityCommand(yaw_rate=0.3))),
            ('frame_ms', simulator.frame),
            ('truth_ms', simulator.truth),
        ):
            before = time.perf_counter()
            work()
            parts[name].append(1000 * (time.perf_counter() - before))
    spent, cpu = time.perf_counter() - began, time.process_time() - busy
    medians = {name: sorted(values)[len(values) // 2] for name, values in parts.items()}
    return {'real_time_factor': seconds / spent, 'cpu_share': cpu / seconds, **medians}
