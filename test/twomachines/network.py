# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Two machines in one: network namespaces with a radio between them that is slow and loses packets.

The kernel's netem would do, but not every kernel has it, so the radio is ours: an Ethernet cable
of two TAP devices, whose ends this process holds.
"""

from __future__ import annotations

from collections import deque
import fcntl
import os
import random
import select
import struct
import subprocess
import threading
import time
from typing import Any

__all__ = ['Machine', 'Radio', 'why_not']

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
FRAME_BYTES = 2048


def why_not() -> str:
    """Return why there can be no namespaces here; '' when there can."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if not os.path.exists('/dev/net/tun'):
        return 'there is no /dev/net/tun'
    try:
        subprocess.run(['unshare', '-n', '-m', 'true'], check=True, capture_output=True)
        subprocess.run(['ip', 'link'], check=True, capture_output=True)
    except FileNotFoundError as error:
        return f'{error.filename} is not installed (Debian, Ubuntu: iproute2, util-linux)'
    except subprocess.CalledProcessError as error:
        return f'namespaces are not allowed: {error.stderr.decode().strip()}'
    return ''


class Machine:
    """
    A network and a shared memory of one's own, as another computer has.

    :param address: IPv4 address on the radio, /24.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        begin = 'mount -t tmpfs tmpfs /dev/shm && ip link set lo up && echo up && exec sleep 3600'
        self._holder = subprocess.Popen(
            ['unshare', '-n', '-m', 'sh', '-c', begin], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline().strip() == 'up'

    def plug_in(self) -> int:
        """Give the machine its end of the cable; return ours, a file descriptor of frames."""
        name = f'fa{self._holder.pid}'
        end = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, TUNSETIFF, struct.pack('16sH', name.encode(), IFF_TAP | IFF_NO_PI))
        move = ['ip', 'link', 'set', name, 'netns', str(self._holder.pid)]
        subprocess.run(move, check=True)
        for command in (
            ['ip', 'address', 'add', f'{self.address}/24', 'dev', name],
            ['ip', 'link', 'set', name, 'up'],
        ):
            subprocess.run(self._enter(command), check=True)
        return end

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a program on this machine."""
        return subprocess.Popen(self._enter(command), **options)

    def close(self) -> None:
        """Switch it off; its programs must have ended."""
        assert self._holder.stdout is not None
        self._holder.stdout.close()
        self._holder.kill()
        self._holder.wait()

    def _enter(self, command: list[str]) -> list[str]:
        return ['nsenter', '-t', str(self._holder.pid), '-n', '-m', '--', *command]


class Radio:
    """
    Carries Ethernet frames between two machines.

    :param delay_s: of every frame, each way. :param loss: share of the frames that are lost.
    """

    def __init__(self, one: Machine, other: Machine, delay_s: float, loss: float) -> None:
        self._ends = one.plug_in(), other.plug_in()
        self._delay_s, self._loss = delay_s, loss
        self._random = random.Random(1)
        self.is_up = True
        self.carried = self.lost = 0
        self._running = True
        self._thread = threading.Thread(target=self._carry, name='radio', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take it down."""
        self._running = False
        self._thread.join()
        for end in self._ends:
            os.close(end)

    def _carry(self) -> None:
        on_the_way: deque[tuple[float, int, bytes]] = deque()
        while self._running:
            wait = on_the_way[0][0] - time.monotonic() if on_the_way else 0.05
            ready, _, _ = select.select(self._ends, [], [], min(0.05, max(0.0, wait)))
            for end in ready:
                frame = os.read(end, FRAME_BYTES)
                if not self.is_up or self._random.random() < self._loss:
                    self.lost += 1
                    continue
                there = self._ends[1] if end == self._ends[0] else self._ends[0]
                on_the_way.append((time.monotonic() + self._delay_s, there, frame))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                _, there, frame = on_the_way.popleft()
                os.write(there, frame)
                self.carried += 1
