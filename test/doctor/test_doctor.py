# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor is right on this machine, and on machines that are not fit."""

from __future__ import annotations

import json
from pathlib import Path
import platform
import subprocess
import sys
from typing import Any

from follow_anything.core.errors import SourceError
from follow_anything.doctor import hardware
from follow_anything.doctor.examine import examine
from follow_anything.doctor.findings import FAULT, Finding, OK, summary, WARNING
from follow_anything.doctor.machine import Machine, ProgramOutput, TopicReport
from follow_anything.doctor.software import fits
import numpy as np
import pytest

pytestmark = pytest.mark.doctor

VERSIONS = {'numpy': '2.2.6', 'onnxruntime': '1.23.2', 'mujoco': '3.3.7'}
HEARD = TopicReport(1, 'sensor_msgs/msg/Image', 'best effort, volatile', 30.0, 0.02)


class Fake(Machine):
    """A machine on which all is well, but for what a test says."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        self.said = said

    def get(self, name: str, otherwise: Any) -> Any:
        return self.said.get(name, otherwise)

    @property
    def python(self) -> tuple[int, int, int]:
        return self.get('python', (3, 12, 3))

    def read(self, path: str) -> str | None:
        return self.get('files', {}).get(path)

    def ask(self, *command: str) -> ProgramOutput | None:
        return self.get('answers', {'timedatectl': ProgramOutput('yes')}).get(command[0])

    def free_bytes(self, folder: str) -> int | None:
        return self.get('free', {}).get(folder, 8 << 30)

    def variable(self, name: str) -> str:
        return self.get('variables', {'ROS_DISTRO': 'jazzy'}).get(name, '')

    def has_module(self, name: str) -> bool:
        return name not in self.get('without', ())

    def requirements(self) -> list[str]:
        known = ['numpy>=1.21.5', 'onnxruntime>=1.16', 'mujoco<4,>=3.1; extra == "sim"']
        return self.get('requirements', known)

    def version(self, distribution: str) -> str:
        return {**VERSIONS, **self.get('versions', {})}.get(distribution, '')

    def time(self) -> float:
        return self.get('time', 1.8e9)

    def providers(self) -> list[str]:
        return self.get('providers', ['CPUExecutionProvider'])

    def try_weights(self) -> dict[str, str]:
        return self.get('weights', {'detector_tiny.onnx': ''})

    def picture(self, camera: str) -> Any:
        if 'camera' in self.said:
            raise SourceError(self.said['camera'])
        return np.zeros((480, 640, 3), np.uint8)

    def topic(self, name: str) -> TopicReport:
        return self.get('topic', HEARD)


def look(machine: Machine, device: str = 'auto') -> dict[str, Finding]:
    findings = examine(machine, device, camera='/dev/video0', topic='/image')
    return {finding.check: finding for finding in findings}


def test_a_machine_on_which_all_is_well_has_nothing_to_be_told() -> None:
    found = look(Fake())
    assert {finding.level for finding in found.values()} == {OK}
    assert summary(list(found.values()))['status'] == OK
    assert not any(finding.advice for finding in found.values())


MB = 1 << 20
CUDA = 'CUDAExecutionProvider'
ORIN = {'/proc/device-tree/model': 'NVIDIA Jetson Orin Nano Developer Kit'}


@pytest.mark.parametrize(
    ('check', 'level', 'says', 'advice', 'said'),
    [
        ('python', FAULT, '3.8.10', '3.10', {'python': (3, 8, 10)}),
        ('python', WARNING, '3.13.1', '3.12', {'python': (3, 13, 1)}),
        ('packages', FAULT, 'numpy 1.19 is not >=1.21', 'pip', {'versions': {'numpy': '1.19'}}),
        ('packages', FAULT, 'onnxruntime is missing', 'pip', {'versions': {'onnxruntime': ''}}),
        ('packages', WARNING, 'not installed', 'pip install .', {'requirements': []}),
        ('extras', WARNING, 'mujoco 4.0.1', "'mujoco<4,>=3.1'", {'versions': {'mujoco': '4.0.1'}}),
        ('ros', WARNING, 'no rclpy', 'source', {'without': ('rclpy',)}),
        ('ros', FAULT, 'no vision_msgs', 'apt install', {'without': ('vision_msgs',)}),
        ('gpu', WARNING, 'driver mismatch', 'driver', {
            'answers': {'nvidia-smi': ProgramOutput('driver mismatch', False)}}),
        ('providers', FAULT, 'no onnxruntime', 'csrt', {'providers': []}),
        ('providers', WARNING, 'GPU is not used', 'jetson', {'files': ORIN}),
        ('weights', FAULT, 'is cut', 'again', {'weights': {'detector_tiny.onnx': 'is cut'}}),
        ('jetpack', FAULT, 'Linux 35.4.1', 'JetPack 6', {
            'files': {'/etc/nv_tegra_release': '# R35 (release), REVISION: 4.1, GCID: 1'}}),
        ('power', WARNING, '15W', 'jetson_clocks', {
            'answers': {'nvpmodel': ProgramOutput('NV Power Mode: 15W\n0')}}),
        ('clock', FAULT, 'before 2026', 'chrony', {'time': 12.0}),
        ('clock', WARNING, 'not sync', 'chrony',
         {'answers': {'timedatectl': ProgramOutput('no')}}),
        ('/dev/shm', WARNING, '64 MB', '--shm-size', {'free': {'/dev/shm': 64 * MB}}),
        ('/dev/shm', FAULT, '1 MB', '--shm-size', {'free': {'/dev/shm': MB}}),
        ('display', FAULT, 'glfw', 'egl', {'variables': {'MUJOCO_GL': 'glfw'}}),
        ('camera', FAULT, 'no frame', 'group video', {'camera': 'no frame'}),
        ('image', FAULT, 'nobody', 'topic list', {'topic': TopicReport(0, '', '', 0.0, np.nan)}),
        ('image', FAULT, 'nothing arrives', 'shared memory', {
            'topic': TopicReport(1, HEARD.kind, HEARD.qos, 0.0, np.nan)}),
        ('image', FAULT, 'PointCloud2', 'Image', {
            'topic': TopicReport(1, 'sensor_msgs/msg/PointCloud2', HEARD.qos, 0.0, np.nan)}),
        ('image', FAULT, '3.00 s old', 'chrony', {
            'topic': TopicReport(1, HEARD.kind, HEARD.qos, 30.0, 3.0)}),
        ('image', WARNING, '2.0 Hz', 'smaller', {
            'topic': TopicReport(1, HEARD.kind, HEARD.qos, 2.0, 0.1)}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_and_nothing_else(
    check: str, level: str, says: str, advice: str, said: dict[str, Any]
) -> None:
    found = look(Fake(**said))
    wrong = {name: finding for name, finding in found.items() if finding.level != OK}
    assert set(wrong) == {check}
    assert wrong[check].level == level
    assert says in wrong[check].says
    assert advice in wrong[check].advice


def test_a_full_disk_is_found_where_the_files_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', '/data/follow')
    room = {'/data/follow/weights': None, '/data/follow': None, '/data': 5 * MB}
    found = look(Fake(free=room))['disk']
    assert (found.level, found.says) == (FAULT, '0.0 GB free for /data/follow/weights')


@pytest.mark.parametrize(
    ('said', 'wrong'),
    [
        ({}, {'gpu', 'providers'}),
        ({'providers': [CUDA]}, {'gpu'}),
        ({'files': ORIN}, {'providers'}),
        ({'files': ORIN, 'providers': [CUDA]}, set()),
        (
            {'answers': {'nvidia-smi': ProgramOutput('failed', False)}, 'providers': [CUDA]},
            {'gpu'},
        ),
    ],
)
def test_device_cuda_needs_a_gpu_and_its_provider(said: dict[str, Any], wrong: set[str]) -> None:
    found = look(Fake(**said), device='cuda')
    assert {name for name, finding in found.items() if finding.level == FAULT} == wrong


@pytest.mark.parametrize(
    ('version', 'bounds', 'answer'),
    [
        ('3.1', '>=3.1.0,<4', True),
        ('4.0.0', '>=3.1,<4', False),
        ('1.26.4+cu12', '>=1.21.5', True),
        ('1.9', '>=1.16', False),
        ('2.0rc1', '', True),
    ],
)
def test_versions_are_numbers(version: str, bounds: str, answer: bool) -> None:
    assert fits(version, bounds) is answer


def test_on_this_machine_the_doctor_is_right(tmp_path: Path) -> None:
    """Whatever may be amiss around it, what the tests themselves run with is in order."""
    out = tmp_path / 'doctor.json'
    command = [sys.executable, '-m', 'follow_anything', 'doctor', '--json', str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    report = json.loads(out.read_text())
    found = {each['check']: each for each in report['findings']}
    assert (done.returncode == 0) is (report['status'] != FAULT), done.stdout
    assert len(done.stdout.splitlines()) == len(found) == 13
    assert found['python']['says'] == platform.python_version()
    assert found['packages']['level'] == OK, found['packages']
    assert f'numpy {np.__version__}' in found['packages']['says']
    assert (found['weights']['level'], found['weights']['says'][0]) == (OK, '6')
    assert 'CPU' in found['providers']['says']
    assert 'not needed' in found['display']['says']


def test_a_cut_file_of_weights_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = pytest.importorskip('follow_anything.models.export.shipped')
    whole = shipped.shared_file

    def cut(name: str) -> Path:
        if not name.endswith('tracker_tiny_search.onnx'):
            return whole(name)
        path = tmp_path / 'cut.onnx'
        path.write_bytes(whole(name).read_bytes()[:200_000])
        return path

    monkeypatch.setattr(shipped, 'shared_file', cut)
    only = {'tracker_tiny': shipped.SHIPPED['tracker_tiny']}
    monkeypatch.setattr(shipped, 'SHIPPED', only)
    found = examine(Machine())
    (weights,) = [finding for finding in found if finding.check == 'weights']
    assert weights.level == FAULT
    assert 'cannot be read as an ONNX graph' in weights.says


def test_a_camera_that_is_not_there_is_a_fault() -> None:
    found = hardware.camera(Machine(), '/dev/video97')
    assert (found.level, '97' in found.says) == (FAULT, True)


def test_a_fault_is_one_line_and_status_one(monkeypatch: pytest.MonkeyPatch) -> None:
    testing = pytest.importorskip('typer.testing')
    from follow_anything.cli import app

    monkeypatch.setattr(Machine, 'try_weights', lambda self: {'click.onnx': 'is cut [half]'})
    monkeypatch.setattr(Machine, 'topic', lambda self, name: TopicReport(0, '', '', 0.0, np.nan))
    done = testing.CliRunner().invoke(app, ['doctor', '--image', '/nothing_at_all'])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    (line,) = [line for line in lines if line.startswith('fault   weights')]
    assert line.startswith('fault   weights   click.onnx: is cut [half]: install')
    assert len(lines) == 14
    assert any(line.startswith('fault   image') for line in lines)
