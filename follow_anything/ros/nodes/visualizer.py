# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The visualizer node: draws images and markers, so that nothing in the hot path has to.

Subscribes to image, track, state, target_pose and controller_node/command. Publishes debug_image
(the annotated picture) and markers (the target in space).
"""

from __future__ import annotations

from follow_anything.core.config import VisualizerConfig
from follow_anything.core.types import Target, TargetState, VelocityCommand
from follow_anything.io.overlay import annotate, COLORS
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.worker import NewestOnly
from geometry_msgs.msg import PoseStamped, TwistStamped
from sensor_msgs.msg import Image
from std_msgs.msg import String
from vision_msgs.msg import Detection2D
from visualization_msgs.msg import Marker, MarkerArray

__all__ = ['VisualizerNode', 'main']

MARKER_DIAMETER_M = 0.5
MARKER_LIFE_S = 1


class VisualizerNode(FollowNode):
    """Draws what the other nodes publish."""

    config_type = VisualizerConfig
    config: VisualizerConfig
    niceness = 10

    def build(self) -> None:
        """Make the publishers."""
        self._debug_image = self.advertise(Image, 'debug_image', qos.IMAGE)
        self._markers = self.advertise(MarkerArray, 'markers', qos.COMMAND)

    def start(self) -> None:
        """Listen."""
        self._target: Target | None = None
        self._state = TargetState.IDLE
        self._command: VelocityCommand | None = None
        self._waiting: Picture | None = None
        self._drawn_at = float('-inf')
        self._worker = NewestOnly(self._draw, self.complain)
        self.until_deactivated(self._worker.close)
        self._input = CameraInput(self, self._on_picture, compressed=self.config.compressed)
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.subscribe(String, 'state', self._on_state, qos.LATCHED)
        self.subscribe(TwistStamped, 'controller_node/command', self._on_command, qos.COMMAND)
        self.subscribe(PoseStamped, 'target_pose', self._on_pose, qos.COMMAND)

    def _on_picture(self, picture: Picture) -> None:
        """Keep the picture until its track arrives, so that box and picture belong together."""
        tracker_is_silent = self._waiting is not None
        if tracker_is_silent:
            self._offer(self._waiting)
        self._waiting = picture

    def _on_track(self, message: Detection2D) -> None:
        self._target = conversions.target_from_msg(message)
        waiting = self._waiting
        if waiting is not None and waiting.header.stamp == message.header.stamp:
            self._waiting = None
            self._offer(waiting)

    def _offer(self, picture: Picture | None) -> None:
        due = self.steady_now() - self._drawn_at >= 0.9 / self.config.rate
        if picture is not None and due and self._is_watched():
            self._drawn_at = self.steady_now()
            self._worker.offer(picture)

    def _is_watched(self) -> bool:
        """Tell whether there is anybody to draw for; the cores are the tracker's."""
        return bool(self._debug_image.get_subscription_count())

    def _on_state(self, message: String) -> None:
        self._state = TargetState.named(message.data)

    def _on_command(self, message: TwistStamped) -> None:
        self._command = conversions.command_from_twist(message.twist)

    def _draw(self, picture: Picture) -> None:
        target = self._target
        is_of_picture = target is not None and abs(target.stamp - picture.stamp) < 1e-6
        box = target.box if target is not None and is_of_picture else None
        presence = target.presence if target is not None and box is not None else None
        drawn = annotate(picture.decode().rgb, self._state, box, presence, self._command)
        self._debug_image.publish(conversions.image_to_msg(drawn, picture.header))

    def _on_pose(self, message: PoseStamped) -> None:
        marker = Marker(header=message.header, ns='target', type=Marker.SPHERE)
        marker.pose = message.pose
        marker.scale.x = marker.scale.y = marker.scale.z = MARKER_DIAMETER_M
        red, green, blue = (channel / 255 for channel in COLORS[self._state])
        marker.color.r, marker.color.g, marker.color.b, marker.color.a = red, green, blue, 0.8
        marker.lifetime.sec = MARKER_LIFE_S
        self._markers.publish(MarkerArray(markers=[marker]))

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return how many pictures were drawn, and how the camera is."""
        complaint = self._input.complaint()
        values: dict[str, object] = {
            'frames_received': self._input.received,
            'frames_done': self._worker.done,
        }
        doing = 'drawing' if self._is_watched() else 'nobody looks at debug_image'
        return (WARN if complaint else OK), complaint or doing, values


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(VisualizerNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
