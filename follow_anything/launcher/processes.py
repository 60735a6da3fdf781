# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes as operating system processes, where there is no `ros2 launch`."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import IO

from follow_anything.core.errors import InvalidInput
from follow_anything.io.files import shared_file
from follow_anything.launcher.nodes import MODULES

__all__ = [
    'Graph',
    'check_server',
    'free_port',
    'profile',
    'use_network_alone',
    'use_shared_memory',
]

GRACE_S = 5.0
"""How long a node may take to leave the robot safe and go, before it is killed."""


UNINTERRUPTED = ('/bin/sh', '-c', 'trap "" INT; exec "$@"', 'sh')
"""Before a command: Ctrl-C reaches it when it listens for it, and not in the middle of an import,
where Python would write a screenful. Who wants it to end before that sends SIGTERM."""

PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
"""Fast DDS 2 (Humble, Jazzy) knows the variable by the one name, Fast DDS 3 by the other."""

OUR_PROFILES = ('fastdds.xml', 'fastdds_small.xml')

ENOUGH_SHARED_BYTES = 256 << 20
"""Free shared memory from which every process may have the large segments."""


def profile(folder: str = '/dev/shm') -> tuple[str, str] | None:
    """
    Return the variable and the Fast DDS profile that lets whole images arrive here.

    :param folder: of the shared memory; 64 MB of it is all that a container has by default.
    :return: None when the operator has a profile of his own.
    """
    if any(os.environ.get(name) for name in PROFILE_VARIABLES):
        return None
    try:
        room = os.statvfs(folder)
        is_small = room.f_bavail * room.f_frsize < ENOUGH_SHARED_BYTES
    except OSError:
        is_small = False
    name = 'fastdds_small.xml' if is_small else 'fastdds.xml'
    return _variable(), str(shared_file(f'config/{name}'))


def _variable() -> str:
    older, newer = PROFILE_VARIABLES
    return older if os.environ.get('ROS_DISTRO') in ('humble', 'jazzy') else newer


def use_shared_memory() -> None:
    """Let Fast DDS carry whole images in this process and its children; see config/fastdds.xml."""
    chosen = profile()
    if chosen is not None:
        os.environ[chosen[0]] = chosen[1]


def use_network_alone() -> None:
    """
    Keep this process out of shared memory, whose locks a process that hangs may hold.

    For the one that must always be able to send a zero: see config/fastdds_network.xml. A profile
    of the operator's own stays.
    """
    if 'fastrtps' not in (os.environ.get('RMW_IMPLEMENTATION') or 'rmw_fastrtps_cpp'):
        return  # the others have no such locks, and no such profiles
    given = [os.environ[name] for name in PROFILE_VARIABLES if os.environ.get(name)]
    reach = os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '')
    if reach == 'OFF' or any(Path(path).name not in OUR_PROFILES for path in given):
        return
    for name in PROFILE_VARIABLES:
        os.environ.pop(name, None)
    # ROS takes a word that it does not know for LOCALHOST.
    is_far = reach in ('', 'NOT_SET', 'SUBNET', 'SYSTEM_DEFAULT')
    stays_here = not is_far or os.environ.get('ROS_LOCALHOST_ONLY') == '1'
    if stays_here:
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SUBNET'
        os.environ.pop('ROS_LOCALHOST_ONLY', None)
    name = 'fastdds_loopback.xml' if stays_here else 'fastdds_network.xml'
    os.environ[_variable()] = str(shared_file(f'config/{name}'))


SERVER = re.compile(r'[^\s:;@]+:([0-9]{1,5})(;[^\s:;@]*(:[0-9]{1,5})?)*')


def check_server(server: str) -> None:
    """Refuse an invalid address of a discovery server, which Fast DDS would ignore."""
    found = SERVER.fullmatch(server)
    if found is None or not 1 <= int(found[1]) <= 65535:
        raise InvalidInput(f'discovery_server: expected HOST:PORT; got {server!r}')


def free_port(wanted: int = 0, *, udp: bool = False) -> int:
    """Return a port of the loopback interface that nobody uses: the wanted one, or any other."""
    for port in (wanted, 0):
        with socket.socket(type=socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
            if not udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


class Graph:
    """
    Starts nodes, one process each, and stops them in the end.

    :param logs: folder for one log file a node; None: everything goes to our own output.
    :param namespace: of all nodes, such as /robot1.
    :param params_file: handed to every node.
    :param simulated_time: the nodes use /clock; False: as in params_file.
    """

    def __init__(
        self,
        *,
        logs: Path | None = None,
        namespace: str = '',
        params_file: Path | None = None,
        simulated_time: bool = False,
        log_level: str = 'info',
    ) -> None:
        self._logs, self._namespace = logs, namespace
        self._params_file, self._simulated_time = params_file, simulated_time
        self._log_level = log_level
        use_shared_memory()
        self._files: list[IO[bytes]] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        node: str,
        parameters: Mapping[str, object] | None = None,
        remappings: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start one node, by its name in MODULES; parameters win over the file."""
        command = [sys.executable, '-m', MODULES[node], '--ros-args']
        command += ['--log-level', self._log_level]
        if self._namespace:
            command += ['-r', f'__ns:={self._namespace}']
        if self._params_file is not None:
            command += ['--params-file', str(self._params_file)]
        settings: dict[str, object] = {'use_sim_time': True} if self._simulated_time else {}
        for name, value in (settings | dict(parameters or {})).items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            command += ['-p', f'{name}:={text}']
        for name, other in (remappings or {}).items():
            command += ['-r', f'{name}:={other}']
        output = None
        if self._logs is not None:
            self._logs.mkdir(parents=True, exist_ok=True)
            output = (self._logs / f'{node}.log').open('wb')
            self._files.append(output)
        process = subprocess.Popen([*UNINTERRUPTED, *command], stdout=output, stderr=output)
        self.processes[node] = process
        return process

    def dead(self) -> dict[str, int]:
        """Return the nodes that have ended, and their exit status."""
        statuses = {name: process.poll() for name, process in self.processes.items()}
        return {name: status for name, status in statuses.items() if status is not None}

    def stop(self) -> dict[str, int]:
        """End every node, wait, kill what does not go; return the exit status of each."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for file in self._files:
            file.close()
        return {name: process.returncode for name, process in self.processes.items()}

    def __enter__(self) -> Graph:
        """Return the graph; its nodes are stopped at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every node."""
        self.stop()
