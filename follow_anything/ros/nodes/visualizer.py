# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The visualizer node: draws images and markers, so that nothing in the hot path has to.

Subscribes to image, camera_info, track, state, candidates, things, target_pose, /diagnostics and
controller_node/command. Publishes debug_image (the annotated picture), annotations (lines for the
camera's own picture) and markers (the target, its way, who else is known of, and why the robot
holds).
"""

from __future__ import annotations

import math

from diagnostic_msgs.msg import DiagnosticArray
from follow_anything.core.config import ControllerConfig, VisualizerConfig
from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import Box, Rated, Target, TargetState, VelocityCommand
from follow_anything.core.world.chart import Ellipse, ellipse_of, TARGET, Thing
from follow_anything.io.overlay import annotate, COLORS, Remarks
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.messages import conversions, markers, targets
from follow_anything.ros.messages.things import candidates_from_msg, things_from_msg
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.worker import NewestOnly
from geometry_msgs.msg import PoseStamped, TwistStamped
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String
from vision_msgs.msg import Detection2D, Detection2DArray
from visualization_msgs.msg import ImageMarker, Marker, MarkerArray

__all__ = ['VisualizerNode', 'main']

TRAIL_POINTS = 150
"""Half a minute of the target's way, at the rate of `things`."""

FRESH_S = 0.6
"""Candidates and things of a picture this old are still drawn."""

SAID_S = 3.5
"""A node says how it is once a second."""

FOLLOWS = 'following'
"""What the controller says in /diagnostics while it holds for nothing."""


class VisualizerNode(FollowNode):
    """Draws what the other nodes publish."""

    config_type = VisualizerConfig
    config: VisualizerConfig
    niceness = 10

    def build(self) -> None:
        """Make the publishers."""
        self._debug_image = self.advertise(Image, 'debug_image', qos.IMAGE)
        self._annotations = self.advertise(ImageMarker, 'annotations', qos.COMMAND)
        self._markers = self.advertise(MarkerArray, 'markers', qos.COMMAND)

    def start(self) -> None:
        """Listen."""
        self._target: Target | None = None
        self._state = TargetState.IDLE
        self._command: VelocityCommand | None = None
        self._candidates: tuple[float, tuple[Rated, ...]] = (float('-inf'), ())
        self._things: tuple[float, list[Thing]] = (float('-inf'), [])
        self._why = (float('-inf'), '')
        self._trail = 0
        self._base_frame = ''
        self._waiting: Picture | None = None
        self._drawn_at = float('-inf')
        self._worker = NewestOnly(self._draw, self.complain)
        self.until_deactivated(self._worker.close)
        self._input = CameraInput(self, self._on_picture, compressed=self.config.compressed)
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.subscribe(String, 'state', self._on_state, qos.LATCHED)
        self.subscribe(TwistStamped, 'controller_node/command', self._on_command, qos.COMMAND)
        self.subscribe(PoseStamped, 'target_pose', self._on_pose, qos.COMMAND)
        self.subscribe(Detection2DArray, 'candidates', self._on_candidates, qos.COMMAND)
        self.subscribe(Detection2DArray, 'things', self._on_things, qos.COMMAND)
        self.subscribe(DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.QUERY)

    def _on_picture(self, picture: Picture) -> None:
        """Keep the picture until its track arrives, so that box and picture belong together."""
        tracker_is_silent = self._waiting is not None
        if tracker_is_silent:
            self._offer(self._waiting)
        self._waiting = picture

    def _on_track(self, message: Detection2D) -> None:
        self._target = targets.target_from_msg(message)
        self._annotate(message.header)
        waiting = self._waiting
        if waiting is not None and waiting.header.stamp == message.header.stamp:
            self._waiting = None
            self._offer(waiting)

    def _annotate(self, header: Header) -> None:
        """Publish lines for the camera's own picture, where somebody draws them."""
        if self._annotations.get_subscription_count():
            stamp = conversions.seconds(header.stamp)
            box, rated, expected = self._seen_at(stamp)
            color = COLORS[self._state]
            lines = markers.boxes_marker(header, box, color, rated, expected)
            self._annotations.publish(lines)

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
        self._base_frame = message.header.frame_id

    def _on_candidates(self, message: Detection2DArray) -> None:
        stamp = conversions.seconds(message.header.stamp)
        self._candidates = stamp, candidates_from_msg(message)

    def _on_things(self, message: Detection2DArray) -> None:
        things, header = things_from_msg(message), message.header
        self._things = conversions.seconds(header.stamp), things
        if not self._markers.get_subscription_count():
            return
        color = COLORS[self._state]
        shown = markers.thing_markers(things, header, color)
        place = next((thing.position for thing in things if thing.kind == TARGET), None)
        if place is not None and self._state is TargetState.TRACKING:
            self._trail = (self._trail + 1) % TRAIL_POINTS
            shown.append(markers.trail_marker(header, place, self._trail, color))
        if self._base_frame:
            above = Header(stamp=header.stamp, frame_id=self._base_frame)
            shown.append(markers.notice_marker(above, self._why_it_holds(), color))
        self._markers.publish(MarkerArray(markers=shown))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        wanted = f'{self.get_namespace().rstrip("/")}/{ControllerConfig.node}'
        for status in message.status:
            if status.name == wanted:
                self._why = self.steady_now(), status.message

    def _why_it_holds(self) -> str:
        said_at, why = self._why
        if self.steady_now() - said_at > SAID_S:
            return f'no message of {ControllerConfig.node}'
        return _reason(why, self._state)

    def _seen_at(self, stamp: float) -> tuple[Box | None, tuple[Rated, ...], Ellipse | None]:
        """Return the target's box, the candidates, and, without a box, where it is expected."""
        target = self._target
        is_of_picture = target is not None and abs(target.stamp - stamp) < 1e-6
        box = target.box if target is not None and is_of_picture else None
        seen_at, candidates = self._candidates
        if not abs(stamp - seen_at) <= FRESH_S:
            candidates = ()
        known_at, things = self._things
        camera = self._input.camera
        if box is not None or camera is None or not abs(stamp - known_at) <= FRESH_S:
            return box, candidates, None
        hidden = next((thing for thing in things if thing.kind == TARGET), None)
        return box, candidates, None if hidden is None else ellipse_of(hidden, camera)

    def _draw(self, picture: Picture) -> None:
        box, candidates, expected = self._seen_at(picture.stamp)
        presence = self._target.presence if self._target is not None and box is not None else None
        remarks = Remarks(candidates, expected, self._why_it_holds())
        rgb = picture.decode().rgb
        drawn = annotate(rgb, self._state, box, presence, self._command, remarks)
        self._debug_image.publish(conversions.image_to_msg(drawn, picture.header))

    def _on_pose(self, message: PoseStamped) -> None:
        place = message.pose.position
        if not all(math.isfinite(value) for value in (place.x, place.y, place.z)):
            raise InvalidInput('target_pose: the position must be finite')
        marker: Marker = markers.target_marker(message.header, message.pose, COLORS[self._state])
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


def _reason(why: str, state: TargetState) -> str:
    """
    Return why the robot holds, by what the controller says once a second, and the state of now.

    The controller knows the track alone: what is not seen is LOST to it, whatever the state.
    """
    said = why.partition(':')[0]
    if why == FOLLOWS or said not in {known.value for known in TargetState}:
        return '' if why == FOLLOWS else why
    if state is TargetState.TRACKING:
        return ''  # it was said before
    return why if said == state.value else f'{state.value}: the robot holds'


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(VisualizerNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
