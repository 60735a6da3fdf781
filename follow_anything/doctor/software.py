# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what is installed: Python, packages, ROS, onnxruntime, weights."""

from __future__ import annotations

import re

from follow_anything.core.errors import FollowAnythingError
from follow_anything.doctor.findings import fault, Finding, ok, warning
from follow_anything.doctor.machine import Machine
from follow_anything.models.runtime.onnx_session import ON_GPU

__all__ = ['extras', 'fits', 'packages', 'providers', 'python', 'ros', 'weights']

PYTHON = ((3, 10), (3, 12))
"""First and last version that the tests run with."""

REQUIREMENT = re.compile(r'([\w.-]+)(?:\[[^]]*\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?')


def python(machine: Machine) -> Finding:
    """Tell whether this Python is one of those it is tested with."""
    version = '.'.join(map(str, machine.python))
    first, last = ('.'.join(map(str, bound)) for bound in PYTHON)
    if machine.python[:2] < PYTHON[0]:
        return fault('python', version, f'it needs {first} to {last}; JetPack 5 has none of them')
    if machine.python[:2] > PYTHON[1]:
        return warning('python', version, f'tested with {first} to {last} only')
    return ok('python', version)


def fits(version: str, bounds: str) -> bool:
    """Tell whether a version lies within bounds such as '>=3.1,<4'."""
    here = _numbers(version)
    limits = re.findall(r'(>=|<)\s*([\d.]+)', bounds)
    return all((here >= _numbers(limit)) is (sign == '>=') for sign, limit in limits)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r'\d+(\.\d+)*', version)
    numbers = [int(part) for part in found.group().split('.')] if found else []
    while numbers and numbers[-1] == 0:  # 3.1.0 is 3.1
        numbers.pop()
    return tuple(numbers)


def packages(machine: Machine) -> Finding:
    """Tell whether all that setup.py asks for is here, in versions within its bounds."""
    wanted = _wanted(machine, extra=False)
    if not wanted:
        return warning('packages', 'follow_anything itself is not installed', 'pip install .')
    here, wrong = _compare(machine, wanted)
    missing = [name for name in wanted if not machine.version(name)]
    wrong = [f'{name} is missing' for name in missing] + wrong
    if wrong:
        install = ' '.join(f"'{name}{bounds}'" for name, bounds in wanted.items())
        return fault('packages', '; '.join(wrong), f'pip install {install}')
    return ok('packages', ', '.join(here))


def extras(machine: Machine) -> Finding:
    """Tell whether the optional packages that are here are within their bounds."""
    wanted = _wanted(machine, extra=True)
    here, wrong = _compare(machine, wanted)
    if wrong:
        install = ' '.join(f"'{each.split()[0]}{wanted[each.split()[0]]}'" for each in wrong)
        return warning('extras', '; '.join(wrong), f'pip install {install}')
    missing = [name for name in wanted if not machine.version(name)]
    lacks = f'; without {", ".join(missing)}' if missing else ''
    return ok('extras', f'{", ".join(here) or "none"}{lacks}')


def _wanted(machine: Machine, *, extra: bool) -> dict[str, str]:
    """Return bounds by name, of what is needed always, or of what only some uses need."""
    found: dict[str, str] = {}
    for line in machine.requirements():
        match = REQUIREMENT.fullmatch(line.strip())
        if match and ('extra' in (match.group(3) or '')) is extra:
            found[match.group(1)] = match.group(2).strip()
    return found


def _compare(machine: Machine, wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return what is here, and what is here in a version out of bounds, for people."""
    versions = {name: machine.version(name) for name in wanted}
    here = {name: version for name, version in versions.items() if version}
    wrong = [
        f'{name} {version} is not {wanted[name]}'
        for name, version in here.items()
        if not fits(version, wanted[name])
    ]
    return [f'{name} {version}' for name, version in here.items()], wrong


def ros(machine: Machine) -> Finding:
    """Tell whether there is a ROS 2 in this shell."""
    if not machine.has_module('rclpy'):
        return warning(
            'ros', 'no rclpy: track and detect run, nodes do not',
            'source /opt/ros/DISTRO/setup.bash, or make setup on x86-64',
        )  # fmt: skip
    if not machine.has_module('vision_msgs'):
        return fault('ros', 'no vision_msgs', 'sudo apt install ros-DISTRO-vision-msgs')
    return ok('ros', machine.variable('ROS_DISTRO') or 'rclpy of this Python, no ROS is sourced')


def providers(machine: Machine, device: str, has_gpu: bool) -> Finding:
    """
    Tell whether onnxruntime can run the networks where it should.

    :param device: the parameter of the nodes: 'auto', 'cpu' or 'cuda'.
    """
    there = machine.providers()
    on_gpu = [name for name in ON_GPU if name in there]
    names = ', '.join(name.removesuffix('ExecutionProvider') for name in there)
    if not there:
        return fault(
            'providers', 'no onnxruntime', 'pip install onnxruntime; or detector: classical and '
            'tracker: csrt, which need OpenCV alone',
        )  # fmt: skip
    if device == 'cuda' and not on_gpu:
        return fault(
            'providers', f'{names}, and device is cuda', 'device: cpu, or onnxruntime-gpu in '
            "the other's place; on a Jetson docs/jetson.md",
        )  # fmt: skip
    if has_gpu and not on_gpu:
        return warning('providers', f'{names}: the GPU is not used', 'docs/jetson.md, or leave it')
    return ok('providers', names)


def weights(machine: Machine) -> Finding:
    """Tell whether every network that ships opens, takes its inputs and gives finite numbers."""
    if not machine.providers():
        return ok('weights', 'not tried without onnxruntime')
    try:
        tried = machine.try_weights()
    except FollowAnythingError as error:
        tried = {'models': str(error)}
    wrong = {name: why for name, why in tried.items() if why}
    if wrong:
        said = '; '.join(f'{name}: {why}' for name, why in wrong.items())
        return fault('weights', said, 'install the package again, whole (git: fetch models/)')
    return ok('weights', f'{len(tried)} files of models/ open and answer')
