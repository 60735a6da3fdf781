# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A robot of your own: one JSON array a command over UDP (`python examples/own_robot.py`)."""

import json
import socket

from follow_anything.core.types import VelocityCommand
from follow_anything.robots.base import RobotAdapter


class UdpRobot(RobotAdapter):
    """Sends velocities to a vehicle; the vehicle needs a command time-out of its own."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket, self.address = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), address

    def send(self, command: VelocityCommand, *, enabled: bool = True) -> None:
        self.socket.sendto(json.dumps(command.axes).encode(), self.address)

    def close(self) -> None:
        if self.socket.fileno() >= 0:
            self.send(VelocityCommand.stop('closed'))
            self.socket.close()


vehicle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
vehicle.bind(('127.0.0.1', 0))
robot = UdpRobot(vehicle.getsockname())
robot.send(VelocityCommand(vx=0.5, yaw_rate=-0.2))
robot.close()
received = [json.loads(vehicle.recv(1000)) for _ in range(2)]
vehicle.close()
print(*received)
