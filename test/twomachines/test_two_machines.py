# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The robot here, the workstation there, and a radio of 20 ms and 1 % loss between them.

Everything is real but the radio and the camera: processes, Fast DDS, its discovery server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from network import Machine, Radio, why_not
import pytest

pytestmark = [
    pytest.mark.twomachines,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or 'none'),
]

ROOT = Path(__file__).resolve().parents[2]
ROBOT, STATION, PORT = '10.77.5.1', '10.77.5.2', 11811
DELAY_S, LOSS = 0.02, 0.01

START_S, ACT_S = 90.0, 45.0
"""Deadlines for processes to start and for something to happen, on a very busy machine."""

GONE_S = 4.0
"""So long the workstation is gone while the robot goes on."""

PATIENT = f'{{tracker_node: {{ros__parameters: {{reconfirm_after: {START_S}}}}}}}\n'
"""A busy machine takes longer to start a workstation than the target may be away unasked."""


class Installation:
    """Both machines, what runs on them, and what the robot noted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.robot, self.station = Machine(ROBOT), Machine(STATION)
        self.radio = Radio(self.robot, self.station, DELAY_S, LOSS)
        self._processes: list[subprocess.Popen[Any]] = []
        self.notes: list[dict[str, Any]] = []
        (self._folder / 'patient.yaml').write_text(PATIENT)
        server = [str(ROOT / 'scripts' / 'discovery_server.sh'), ROBOT, str(PORT)]
        self._start(self.robot, 'server', server)
        side = [sys.executable, str(Path(__file__).with_name('robot_side.py'))]
        pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True}
        self._side = self._start(self.robot, 'side', side, **pipes)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.at_robot = self.up(self.robot, 'robot')
        self.at_station = self.up(self.station, 'station')

    def up(self, machine: Machine, part: str) -> subprocess.Popen[Any]:
        """Start our nodes of one machine, as docs/two_machines.md says."""
        command = [sys.executable, '-m', 'follow_anything', 'up', '--robot', 'ground']
        command += ['--part', part, '--discovery-server', f'{ROBOT}:{PORT}']
        if part == 'robot':
            command += ['--params-file', str(self._folder / 'patient.yaml')]
        return self._start(machine, part, command)

    def _start(
        self, machine: Machine, name: str, command: list[str], **options: Any
    ) -> subprocess.Popen[Any]:
        environment = {
            **os.environ,
            'ROS_DISCOVERY_SERVER': f'{ROBOT}:{PORT}',
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET',
            'ROS_DOMAIN_ID': '0',
            'PYTHONPATH': os.pathsep.join([str(ROOT), os.environ.get('PYTHONPATH', '')]),
        }
        with (self._folder / f'{name}.log').open('ab') as log:
            options.setdefault('stdout', log)
            process = machine.start(
                command, stderr=log, env=environment, cwd=ROOT, start_new_session=True, **options
            )
        self._processes.append(process)
        return process

    def _read(self) -> None:
        for line in self._side.stdout:
            self.notes.append(json.loads(line))

    def say(self, word: str) -> None:
        """Tell the camera or the operator on the robot what to do."""
        self._side.stdin.write(f'{word}\n')
        self._side.stdin.flush()

    def last(self, key: str) -> Any:
        """Return the newest note of a kind."""
        return next((note[key] for note in reversed(list(self.notes)) if key in note), None)

    def wait(self, condition: Callable[[], Any], limit_s: float, what: str) -> None:
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                logs = {path.name: path.read_text()[-800:] for path in self._folder.glob('*.log')}
                raise AssertionError(f'waited {limit_s:.0f} s for {what}: {logs}')
            time.sleep(0.02)

    def moves(self, since: float) -> list[bool]:
        """Return for every command since a moment whether it moves the robot."""
        notes = [note for note in list(self.notes) if note['time'] > since]
        return [note['moves'] for note in notes if 'moves' in note]

    def answers(self, since: float) -> int:
        """Return how often the detector has answered since a moment."""
        notes = list(self.notes)
        return sum('answer' in note and note['time'] > since for note in notes)

    def end(self, process: subprocess.Popen[Any], number: signal.Signals) -> None:
        """Signal a program and all it has started."""
        os.killpg(process.pid, number)
        process.wait(timeout=20.0)

    def kill_controller(self) -> float:
        """Kill the controller alone, and return the moment before."""
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                command = (folder / 'cmdline').read_bytes()
                is_ours = os.getpgid(int(folder.name)) == self.at_robot.pid
            except OSError:  # it has ended
                continue
            if is_ours and b'follow_anything.ros.nodes.controller' in command:
                now = time.monotonic()
                os.kill(int(folder.name), signal.SIGKILL)
                return now
        raise AssertionError('there is no controller')

    def close(self) -> None:
        """End everything, the graphs first."""
        for process in reversed(self._processes):
            if process.poll() is None:
                self.end(process, signal.SIGTERM if process is not self._side else signal.SIGKILL)
        self._side.stdin.close()
        self._reader.join()
        self._side.stdout.close()
        self.radio.close()
        self.robot.close()
        self.station.close()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.ros
def test_robot_follows_without_the_workstation_and_is_helped_when_it_is_back(
    installation: Installation, record_property: Callable[[str, object], None]
) -> None:
    def follow() -> bool:
        if installation.last('state') in (None, 'IDLE', 'SEARCHING'):
            installation.say('click')
            time.sleep(1.0)
        return installation.last('state') == 'TRACKING'

    installation.wait(follow, START_S, 'TRACKING by a click that the workstation understood')
    installation.wait(lambda: installation.moves(0.0)[-5:] == [True] * 5, ACT_S, 'motion')
    target = installation.last('target')

    # The radio breaks off, comes back, and the workstation dies: the robot goes on.
    def goes_on() -> int:
        since = time.monotonic()
        time.sleep(GONE_S)
        moves = installation.moves(since)
        assert len(moves) > 10 * GONE_S
        assert sum(moves) > 0.9 * len(moves), 'it must follow alone'
        assert installation.last('state') == 'TRACKING'
        return len(moves)

    installation.radio.is_up = False
    goes_on()
    installation.radio.is_up = True
    installation.end(installation.at_station, signal.SIGKILL)
    gone = time.monotonic()
    record_property('commands_while_gone', goes_on())

    # It loses the target: it stands still, for as long as nobody helps.
    installation.say('hide')
    installation.wait(lambda: installation.last('state') == 'LOST', ACT_S, 'LOST')
    lost = time.monotonic()
    time.sleep(1.0)
    assert not any(installation.moves(lost)[3:])

    # The workstation is back, and knows nothing: it is asked again, and looks for the target.
    assert not installation.answers(gone)
    installation.up(installation.station, 'station')
    installation.wait(lambda: installation.answers(lost), START_S, 'an answer of the detector')
    assert installation.last('state') == 'LOST'
    record_property('asked_again_after_s', round(time.monotonic() - lost, 1))
    installation.say('show')
    installation.wait(lambda: installation.last('state') == 'TRACKING', START_S, 'TRACKING again')
    assert installation.last('target') == target, 'the same target keeps its id'

    # A second driver, whom a discovery server names to nobody who only publishes.
    assert 'publishes on' not in installation.last('controller')
    installation.say('drive')
    installation.wait(
        lambda: '/robot_side publishes on /cmd_vel too' in installation.last('controller'),
        START_S,
        'the controller to name the second driver',
    )

    # The controller dies, behind a discovery server, which tells nobody what others publish.
    installation.wait(lambda: installation.moves(0.0)[-5:] == [True] * 5, ACT_S, 'motion again')
    died = installation.kill_controller()
    installation.wait(lambda: installation.moves(died)[-1:] == [False], ACT_S, 'zero by others')
    assert installation.radio.lost > 0
    assert installation.radio.carried > installation.radio.lost
