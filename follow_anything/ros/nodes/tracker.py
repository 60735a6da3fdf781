# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The tracker node: follows the target through every frame and publishes its state.

Subscribes to image, camera_info, depth, detections, query/accepted, candidates/pick, and odom,
imu, /tf_static and the controller's commands: how we move ourselves. Publishes track, state,
target_pose, target_pose_with_covariance, candidates (who may be the target, with ids and
probabilities), things (everything it knows of, where it is believed to be), query/forget,
target_view (how it looked when it was found, for whoever has to find it again) and track/mask.
Serves ~/stop (forget the target), ~/confirm (yes, this one), ~/reject (not this one), and ~/mask
(outline it once).
"""

from __future__ import annotations

import threading

from diagnostic_msgs.msg import KeyValue
from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import InvalidInput
from follow_anything.core.follower import TargetFollower
from follow_anything.core.protocols import WordReader
from follow_anything.core.search.sentinel import decides_alike
from follow_anything.core.search.stature import height_of
from follow_anything.core.types import Detections, FloatArray, Frame, Target, TargetState
from follow_anything.models.registry import build_surveyor, build_tracker
from follow_anything.models.runtime.warm_up import warm_up
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.mask_publisher import MaskPublisher
from follow_anything.ros.messages import conversions, targets
from follow_anything.ros.messages.things import things_to_msg
from follow_anything.ros.mount import CameraMountLookup
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.own_motion import OwnMotion
from follow_anything.ros.transforms import TransformTree
from follow_anything.ros.worker import NewestOnly
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from sensor_msgs.msg import Image
from std_msgs.msg import Empty, Header, Int32, String
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2D, Detection2DArray

__all__ = ['TrackerNode', 'main']

THINGS_PERIOD_S = 0.2
"""They are for people, who see no more; nobody decides by them."""


class TrackerNode(FollowNode):
    """ROS wiring of core.follower.TargetFollower."""

    config_type = TrackerConfig
    config: TrackerConfig

    def build(self) -> None:
        """Make the publishers."""
        self._track = self.advertise(Detection2D, 'track', qos.COMMAND)
        self._pose = self.advertise(PoseStamped, 'target_pose', qos.COMMAND)
        self._sure_pose = self.advertise(
            PoseWithCovarianceStamped, 'target_pose_with_covariance', qos.COMMAND
        )
        self._state = self.advertise(String, 'state', qos.LATCHED)
        self._forget = self.advertise(Empty, 'query/forget', qos.QUERY)
        self._view = self.advertise(Image, 'target_view', qos.LATCHED)
        self._candidates = self.advertise(Detection2DArray, 'candidates', qos.COMMAND)
        self._things = self.advertise(Detection2DArray, 'things', qos.COMMAND)
        config = self.config
        self._masks = MaskPublisher(
            self, config.segmenter, config.device, config.segmenter_weights
        )

    def start(self) -> None:
        """Load the tracker, then listen."""
        tracker = build_tracker(self.config.tracker, self.config.device)
        embedder = build_surveyor(
            self.config.identity.embedder,
            device=self.config.device,
            weights=self.config.identity.embedder_weights,
        )
        spent = warm_up(tracker, embedder)
        self.get_logger().info(f'warmed up in {spent:.2f} s')
        self._follower = TargetFollower(tracker, embedder, self.config)
        self._guard = threading.Lock()  # the follower: inference thread against callbacks
        self._query_number, self._started_at = 0, self.now()
        self._pending: tuple[int, Detections] | None = None
        self._last: Target | None = None
        self._early: Target | None = None
        self._shown: Frame | None = None
        self._things_due = float('-inf')
        self._worker = NewestOnly(self._work, self.complain)
        self.until_deactivated(self._worker.close)
        base, by = self.config.base_frame, self.config.camera_mount
        tree = TransformTree(self, only_static=by != 'tf')
        self._mount = CameraMountLookup(
            self,
            None if by == 'parameters' else tree,
            base,
            '',
            self._take_mount,
            required=by == 'tf',
        )
        OwnMotion(self, self._follower.ego, self._guard, tree, base)
        self._input = CameraInput(
            self,
            self._on_picture,
            compressed=self.config.compressed,
            use_depth=self.config.use_depth,
        )
        self.subscribe(Detection2DArray, 'detections', self._on_detections, qos.COMMAND)
        self.subscribe(KeyValue, 'query/accepted', self._on_accepted, qos.LATCHED)
        self.subscribe(Int32, 'candidates/pick', self._on_pick, qos.COMMAND)
        self.serve(Trigger, '~/stop', self._on_stop)
        self.serve(Trigger, '~/reject', self._on_reject)
        self.serve(Trigger, '~/confirm', self._on_confirm)
        self._masks.start()
        self._announced: TargetState | None = None
        self._announce()

    def on_config(self) -> None:
        """Take new thresholds."""
        if hasattr(self, '_follower'):
            with self._guard:
                self._follower.configure(self.config)

    def _take_mount(self, rotation: FloatArray | None) -> None:
        with self._guard:
            self._follower.take_mount(rotation)

    def _on_picture(self, picture: Picture) -> None:
        self._mount.take_frame_id(picture.header.frame_id)
        self._worker.offer(picture)

    def _work(self, picture: Picture) -> None:
        """Follow through one frame; the inference thread."""
        frame = picture.decode()
        with self._guard:
            self._follower.camera = self._input.camera
            target = self._follower.step(
                frame,
                self._take_detections(),
                on_tracked=lambda early: self._publish_early(early, picture.header),
            )
            view = self._follower.first_view
        if view is not None and view is not self._shown:
            self._shown = view
            header = Header(frame_id=picture.header.frame_id)
            header.stamp = conversions.time_msg(view.stamp)
            self._view.publish(conversions.image_to_msg(view.rgb, header))
        if target is not self._last:  # a late frame changes nothing, and nothing is published
            self._publish(target, picture.header)
            self._masks.take(frame, target, picture.header, self.config.mask_every)
            self._publish_things(picture.header)

    def _publish_early(self, target: Target, header: Header) -> None:
        """Publish what the tracker has, before a look: a robot need not wait for that."""
        self._early = target
        self._publish_track(target, header)

    def _publish(self, target: Target, header: Header) -> None:
        """Publish a target; a second track of one picture only where it decides otherwise."""
        self._last = target
        if self._early is None or not decides_alike(target, self._early):
            self._publish_track(target, header)
        if target.candidates and (
            len(target.candidates) > 1 or target.state is TargetState.AMBIGUOUS
        ):
            self._candidates.publish(targets.candidates_to_msg(target, header))
        self._announce()

    def _publish_track(self, target: Target, header: Header) -> None:
        self._track.publish(targets.target_to_msg(target, header))
        if target.state.may_move and target.position is not None:
            self._pose.publish(targets.pose_to_msg(target, header))
            self._sure_pose.publish(targets.pose_with_covariance_to_msg(target, header))

    def _publish_things(self, header: Header) -> None:
        """Publish all that is known of, a few times a second, and for somebody alone."""
        now = self.steady_now()
        if now < self._things_due or not self._things.get_subscription_count():
            return
        self._things_due = now + THINGS_PERIOD_S
        with self._guard:
            known = self._follower.chart()
        self._things.publish(things_to_msg(known, header))

    def _announce(self) -> None:
        """Publish and log the state of the target when it is another one than before."""
        life = self._follower.life
        if life.state is not self._announced:
            self._announced = life.state
            self._state.publish(String(data=life.state.value))
            self.get_logger().info(f'{life.state.value}: {life.reason}')

    def _take_detections(self) -> Detections | None:
        """Return candidates that answer the query in force; keep those that answer a newer one."""
        if self._pending is None or self._pending[0] > self._query_number:
            return None
        (number, detections), self._pending = self._pending, None
        return detections if number == self._query_number else None

    def _on_detections(self, message: Detection2DArray) -> None:
        number = conversions.query_number_of(message)
        detections = conversions.detections_from_msg(message)
        with self._guard:
            # A detector of somebody else may not number its queries: the one in force is meant.
            self._pending = self._query_number if number is None else number, detections

    def _on_accepted(self, message: KeyValue) -> None:
        accepted = conversions.accepted_from_msg(message)
        if accepted.forgotten:
            self._stop()
            return
        if accepted.explicit and self._input.is_older_than_us(accepted.at, self._started_at):
            # The pixel is of a picture nobody sees any more: somebody else may stand there now.
            self.get_logger().warning('pointed at before this tracker started: point again')
            return
        with self._guard:
            self._query_number = accepted.number
            height = height_of(accepted.texts)
            self._follower.query(explicit=accepted.explicit, height_m=height)
            embedder = self._follower.embedder
            if isinstance(embedder, WordReader):
                embedder.read(accepted.texts, accepted.negatives)
        self.get_logger().info(f'new target: {accepted.understood}')

    def _on_pick(self, message: Int32) -> None:
        with self._guard:
            picked = self._follower.pick(message.data)
        if not picked:
            raise InvalidInput(
                f'candidates/pick: expected the id of a candidate in view, got {message.data}'
            )
        self._announce()

    def _on_reject(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._guard:
            response.success = self._follower.reject()
        self._announce()
        response.message = 'not this one' if response.success else 'there is no candidate'
        return response

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._stop()
        self._forget.publish(Empty())  # or its query would come back with the next tracker
        response.success, response.message = True, 'the target is forgotten'
        return response

    def _stop(self) -> None:
        with self._guard:
            self._follower.stop()
        self._announce()

    def _on_confirm(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._guard:
            response.success = self._follower.life.on_confirm()
            state = self._follower.life.state.value
        response.message = 'confirmed' if response.success else f'nothing to confirm: {state}'
        return response

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return the state of the target and of the camera."""
        target, complaint = self._last, self._input.complaint() or self._mount.why_not
        values: dict[str, object] = {
            'state': target.state.value if target else 'IDLE',
            'reason': target.reason if target else '',
            'target_id': target.target_id if target else 0,
            'presence': f'{target.presence:.2f}' if target else '',
            'margin': f'{target.margin:.1f}' if target else '',
            'candidates': len(target.candidates) if target else 0,
            'odometry_jumps': self._follower.ego.jumps,
            'odometry_stands': self._follower.ego.stands,
            'frames_received': self._input.received,
            'frames_done': self._worker.done,
            'frames_dropped': self._worker.dropped,
            'frames_out_of_order': self._follower.late_frames,
        }
        return (WARN if complaint else OK), complaint or str(values['state']), values


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(TrackerNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
