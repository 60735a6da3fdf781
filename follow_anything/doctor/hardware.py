# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the machine itself: clock, memory, disk, GPU, power, display, cameras."""

from __future__ import annotations

import re

from follow_anything.core.errors import FollowAnythingError
from follow_anything.doctor.findings import fault, Finding, ok, warning
from follow_anything.doctor.machine import Machine
from follow_anything.io.files import user_folder
from follow_anything.launcher.processes import ENOUGH_SHARED_BYTES

__all__ = [
    'camera',
    'clock',
    'disk',
    'display',
    'gpu',
    'jetpack',
    'power',
    'shared_memory',
    'topic',
]

NOT_BEFORE_S = 1767225600.0
"""2026-01-01: a computer without a battery for its clock starts in 1970."""

LITTLE_DISK, NO_DISK = 1 << 30, 100 << 20
NO_SHARED_BYTES = 16 << 20
"""Less cannot hold a few pictures, not even with the small profile."""

L4T = '/etc/nv_tegra_release'
MODEL = '/proc/device-tree/model'

SLOW_HZ, OLD_S = 5.0, 0.25
"""Slower pictures are followed badly; an older one moves nothing."""


def clock(machine: Machine) -> Finding:
    """Tell whether the clock is right, and whether somebody sets it."""
    if machine.time() < NOT_BEFORE_S:
        return fault('clock', 'it is before 2026', 'set it: a network, chrony, sudo date -s')
    answer = machine.ask('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')
    if answer is None or not answer.went_well:
        return ok('clock', 'plausible; whether it is synchronized cannot be told here')
    if answer.text != 'yes':
        return warning(
            'clock', 'not synchronized', 'chrony, if another computer has the camera or detector'
        )
    return ok('clock', 'synchronized')


def shared_memory(machine: Machine) -> Finding:
    """Tell whether there is room for pictures between processes."""
    free = machine.free_bytes('/dev/shm')
    if free is None:
        return warning('/dev/shm', 'there is none', 'pictures go through the network stack')
    summary = f'{free / 2**20:.0f} MB free'
    if free < NO_SHARED_BYTES:
        return fault('/dev/shm', summary, 'stop what fills it; docker run --shm-size=1g')
    if free < ENOUGH_SHARED_BYTES:
        return warning(
            '/dev/shm',
            summary,
            'docker run --ipc=host or --shm-size=1g; with less the small profile is taken',
        )
    return ok('/dev/shm', summary)


def disk(machine: Machine) -> Finding:
    """Tell whether there is room for logs, engines and weights."""
    folder = user_folder('weights')
    rooms = (machine.free_bytes(str(each)) for each in (folder, *folder.parents))
    free = next((room for room in rooms if room is not None), None)
    if free is None:
        return warning('disk', f'{folder} cannot be looked at', 'FOLLOW_ANYTHING_HOME')
    summary = f'{free / 2**30:.1f} GB free for {folder}'
    if free < NO_DISK:
        return fault('disk', summary, 'make room: logs and engines cannot be written')
    if free < LITTLE_DISK:
        return warning('disk', summary, 'make room, or set FOLLOW_ANYTHING_HOME')
    return ok('disk', summary)


def gpu(machine: Machine, device: str) -> tuple[Finding, bool]:
    """
    Tell whether there is a GPU that works: a finding, and the bare answer.

    :param device: the parameter of the nodes: only 'cuda' cannot do without one.
    """
    model = machine.read(MODEL) or ''
    if 'Jetson' in model:
        return ok('gpu', model), True
    answer = machine.ask('nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader')
    if answer is not None and answer.went_well:
        return ok('gpu', '; '.join(answer.text.splitlines())), True
    worse = fault if device == 'cuda' else warning
    if answer is not None:
        summary = answer.text.splitlines()[0] if answer.text else 'it ended badly'
        return worse('gpu', f'nvidia-smi: {summary}', 'the driver; reboot after its update'), False
    if device == 'cuda':
        return fault(
            'gpu', 'none, and device is cuda', 'device: cpu; docker run --gpus all'
        ), False
    return ok('gpu', 'none; what ships runs on the CPU'), False


def jetpack(machine: Machine) -> Finding:
    """Tell whether the system of a Jetson is new enough."""
    release = machine.read(L4T)
    if release is None:
        return ok('jetpack', 'no Jetson')
    match = re.search(r'R(\d+).*?REVISION: ([\d.]+)', release)
    if match is None:
        return warning('jetpack', f'{L4T} is not understood', 'docs/jetson.md')
    jetson_linux = f'Jetson Linux {match.group(1)}.{match.group(2)}'
    if int(match.group(1)) < 36:
        return fault('jetpack', jetson_linux, 'JetPack 6 or newer is needed: docs/jetson.md')
    return ok('jetpack', jetson_linux)


def power(machine: Machine) -> Finding:
    """Tell whether a Jetson gives all it has."""
    answer = machine.ask('nvpmodel', '-q')
    if answer is None:
        return ok('power', 'no nvpmodel: nothing to set')
    match = re.search(r'Power Mode: *(\S+)', answer.text)
    if match is None:
        return warning('power', 'nvpmodel does not say the mode', 'sudo nvpmodel -q')
    if not match.group(1).startswith('MAXN'):
        return warning(
            'power',
            match.group(1),
            'sudo nvpmodel -m NUMBER of MAXN (in /etc/nvpmodel.conf), sudo jetson_clocks',
        )
    return ok('power', match.group(1))


def display(machine: Machine) -> Finding:
    """Tell whether something would wait for a display; nothing of ours does."""
    shown = machine.variable('DISPLAY') or machine.variable('WAYLAND_DISPLAY')
    if machine.variable('MUJOCO_GL') == 'glfw' and not shown:
        return fault('display', 'MUJOCO_GL is glfw, and there is none', 'MUJOCO_GL=egl or osmesa')
    return ok('display', f'{shown or "none"}; not needed')


def camera(machine: Machine, name: str) -> Finding:
    """Tell whether a camera of this computer gives a picture."""
    number = name.removeprefix('/dev/video')
    try:
        height, width = machine.picture(number).shape[:2]
    except (FollowAnythingError, StopIteration) as error:
        return fault(
            'camera', f'{name}: {error or "no picture"}', 'ls -l /dev/video*; the group video; '
            'who else has it open? A CSI camera needs a ROS driver: docs/jetson.md',
        )  # fmt: skip
    return ok('camera', f'{name}: {width} x {height}')


def topic(machine: Machine, name: str) -> Finding:
    """Tell whether pictures arrive on a topic, in time, as something that we read."""
    try:
        report = machine.topic(name)
    except FollowAnythingError as error:
        return fault('image', f'{name}: {error}', 'docs/install.md, route B')
    about = f'{name}: {report.kind}, {report.qos}, {report.rate:.1f} Hz'
    if not report.publishers:
        return fault('image', f'{name}: nobody publishes it', 'ros2 topic list; ROS_DOMAIN_ID')
    if report.kind.rpartition('/')[2] not in ('Image', 'CompressedImage'):
        return fault('image', about, 'the topic of the pictures: sensor_msgs/msg/Image')
    if report.rate == 0.0:
        return fault('image', f'{about}: nothing arrives', 'docs/ros.md: shared memory, firewall')
    if not -OLD_S < report.age_s < OLD_S:
        return fault(
            'image', f'{about}: stamps are {report.age_s:.2f} s old', 'the clock of the camera '
            "driver's computer (chrony); a bag without --clock; older than 0.25 s is nothing",
        )  # fmt: skip
    if report.rate < SLOW_HZ:
        return warning('image', about, 'a smaller picture, or compressed: true over a radio')
    return ok('image', f'{about}, {1e3 * report.age_s:.0f} ms old')
