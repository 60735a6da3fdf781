# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The choice of scenario and robot while the simulator runs.

Publishes world: what is shown, and what could be. Subscribes to world/choose: the wish. Whoever
started the processes ends them and begins anew: the target, and everything that was known of the
world before, are forgotten with the processes that knew it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from follow_anything.console.link import WorldInfo
from follow_anything.core.errors import BadConfig
from follow_anything.ros import qos
from follow_anything.ros.messages.world import choice_from_msg, world_to_msg
from follow_anything.ros.startup import begin
from follow_anything.sim.plots.plot import FOLLOW_DISTANCE
from follow_anything.sim.scenarios import make_scenario, SCENARIOS
import rclpy
from rclpy.node import Node

__all__ = ['Worlds', 'serve_worlds']


class Worlds(Node):
    """
    Publishes which world runs, and subscribes to the choice of another one.

    :param namespace: of the robot. `chosen`, the scenario and the robot that somebody wants, is
        set while the node is spun, by wanted() or by an executor.
    """

    def __init__(self, namespace: str = '') -> None:
        super().__init__('worlds', namespace=namespace or None)
        self._number = 0
        self.chosen: tuple[str, str] | None = None
        self._said = self.create_publisher(DiagnosticStatus, 'world', qos.LATCHED)
        self.create_subscription(KeyValue, 'world/choose', self._on_choice, qos.QUERY)

    def play(self, scenario: str, robot: str) -> None:
        """Announce that this world begins now; an earlier choice is dropped."""
        self.chosen = None
        self._number += 1
        world = WorldInfo(self._number, scenario, robot, tuple(SCENARIOS), tuple(FOLLOW_DISTANCE))
        self._said.publish(world_to_msg(world))

    def wanted(self, within_s: float) -> tuple[str, str] | None:
        """Return the scenario and the robot chosen since; wait that long at most."""
        rclpy.spin_once(self, timeout_sec=within_s)
        return self.chosen

    def _on_choice(self, message: KeyValue) -> None:
        scenario, robot = choice_from_msg(message)
        try:
            make_scenario(scenario, robot, 0)
        except BadConfig as error:
            self.get_logger().warning(f'world/choose: {error}')
            return
        self.chosen = scenario, robot


@contextlib.contextmanager
def serve_worlds(namespace: str = '') -> Iterator[Worlds]:
    """Offer the choice of worlds from a process that does not use ROS otherwise."""
    begin(['worlds'])
    worlds = Worlds(namespace)
    try:
        yield worlds
    finally:
        worlds.destroy_node()
        rclpy.shutdown()
