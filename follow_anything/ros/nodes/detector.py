# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The detector node: searches for the query, and watches for distractors while tracking.

Subscribes to image, camera_info, state, track, target_view, query/forget and the queries.
Publishes detections, their masks, and query/accepted: what was understood. A query that cannot be
used is refused with its reason; the old one stays in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import threading

from diagnostic_msgs.msg import KeyValue
from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery, FollowAnythingError, NotReady
from follow_anything.core.search.searcher import SEARCHED_STATES, Searcher
from follow_anything.core.types import Frame, Query, TargetState
from follow_anything.models.registry import build_detector
from follow_anything.models.runtime.stopwatch import Stopwatch, Timed
from follow_anything.models.runtime.warm_up import warm_up
from follow_anything.ros import qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.queries import query_of_parameter, QueryInput
from follow_anything.ros.worker import NewestOnly
from sensor_msgs.msg import Image
from std_msgs.msg import Empty, String
from vision_msgs.msg import Detection2D, Detection2DArray

__all__ = ['DetectorNode', 'main']

PATIENCE_S = 2.0
"""Seconds that a parameter waits for the frame in work; then the operator has to ask again."""


class DetectorNode(FollowNode):
    """ROS wiring of a Detector."""

    config_type = DetectorConfig
    config: DetectorConfig
    niceness = 5
    _forgotten_parameter: str | None = None

    def build(self) -> None:
        """Make the publishers."""
        self._detections = self.advertise(Detection2DArray, 'detections', qos.COMMAND)
        self._masks = self.advertise(Image, 'detections/masks', qos.COMMAND)
        self._accepted = self.advertise(KeyValue, 'query/accepted', qos.LATCHED)

    def start(self) -> None:
        """Load the detector, then listen."""
        asked = self._asked_at_start()
        detector = build_detector(
            self.config.detector,
            self.config.device,
            self.config.weights,
            half_resolution=self.config.half_resolution,
        )
        spent = warm_up(detector)
        self.get_logger().info(f'warmed up in {spent:.2f} s')
        self._searcher = Searcher(detector, self.config)
        self._stopwatch = Stopwatch()
        self._guard = threading.Lock()  # the searcher: inference thread against callbacks
        self._order = threading.Lock()  # of what is published: held for no longer than that
        self._query_number = 0
        self._asked = asked
        self._asked_by_parameter = self.config.query
        self._newest: Picture | None = None
        self._state = TargetState.IDLE
        self._worker = NewestOnly(self._work, self.complain)
        self.until_deactivated(self._worker.close)
        self._input = CameraInput(self, self._on_picture, compressed=self.config.compressed)
        self._queries = QueryInput(self, self._on_query, lambda: self._input.camera)
        self.subscribe(String, 'state', self._on_state, qos.LATCHED)
        self.subscribe(Detection2D, 'track', self._on_track, qos.COMMAND)
        self.subscribe(Image, 'target_view', self._on_view, qos.LATCHED)
        self.subscribe(Empty, 'query/forget', self._on_forget, qos.QUERY)

    def _asked_at_start(self) -> list[Query]:
        """Return the parameter's query; once it was forgotten, activation is no new order."""
        is_forgotten = self.config.query == self._forgotten_parameter
        wanted = None if is_forgotten else query_of_parameter(self.config.query)
        return [] if wanted is None else [wanted]

    def on_config(self) -> None:
        """Take a query that came as a parameter; its refusal is the parameter's."""
        if not hasattr(self, '_guard'):
            return
        self._searcher.config = self.config
        is_again = self._forgotten_parameter is not None and 'query' in self.just_set
        if self.config.query == self._asked_by_parameter and not is_again:
            return
        query = query_of_parameter(self.config.query)
        if query is not None:
            with self._detector_in(PATIENCE_S):
                frame = self._newest.decode() if self._newest else None
                self._take(query, frame, self._query_number)
        self._asked_by_parameter, self._forgotten_parameter = self.config.query, None

    def _on_picture(self, picture: Picture) -> None:
        self._newest = picture
        if self._asked or self._searcher.is_due(self._state, self.steady_now()):
            self._worker.offer(picture)

    def _on_query(self, query: Query) -> None:
        if self._newest is None:
            raise BadQuery(f'{query}: no image has arrived yet, ask again when the camera runs')
        self._asked.append(query)
        self._worker.offer(self._newest)

    def _on_forget(self, _: Empty) -> None:
        """Drop the query, and whatever latched message would start a tracker on it again."""
        with self._order:
            self._asked.clear()
            self._searcher.forget()
            self._forgotten_parameter = self.config.query
            self._publish_accepted(explicit=False, understood='', forgotten=True)
        self.get_logger().info('the query is forgotten')

    def _on_state(self, message: String) -> None:
        self._state = TargetState.named(message.data)

    def _on_track(self, message: Detection2D) -> None:
        """Remember where a robot was allowed to follow the target last."""
        if message.results:
            self._searcher.last_box = conversions.box_from_msg(message)

    def _on_view(self, message: Image) -> None:
        stamp = conversions.seconds(message.header.stamp)
        self._searcher.recall.remember(Frame(stamp, conversions.rgb_from_msg(message)))

    @contextmanager
    def _detector_in(self, patience_s: float) -> Iterator[None]:
        """Lock the detector; NotReady when it is busy for too long."""
        if not self._guard.acquire(timeout=patience_s):
            raise NotReady('the detector is still busy with a picture; ask again')
        try:
            yield
        finally:
            self._guard.release()

    def _work(self, picture: Picture) -> None:
        """Take new queries, then search one frame; the inference thread."""
        frame = picture.decode()
        with self._guard:
            self._take_newest(frame)
            if self._searcher.query is None and not self._adopt():
                return
            self._stopwatch.lap()
            number = self._query_number  # before the look: it may be forgotten meanwhile
            with self._stopwatch.time('search'):
                found = self._searcher.look(frame, self._state, self.steady_now())
        self._detections.publish(conversions.detections_to_msg(found, picture.header, number))
        if self.config.masks:
            size = (frame.width, frame.height)
            self._masks.publish(conversions.masks_to_msg(found, size, picture.header))

    def _take_newest(self, frame: Frame) -> None:
        """
        Accept the newest query that can be used; older ones are superseded.

        One that comes meanwhile waits for a newer picture: what stood at its pixel in this one may
        have gone, and a slow machine would never leave this frame.
        """
        with self._order:
            waiting, number = self._asked[:], self._query_number
            del self._asked[: len(waiting)]
        for query in reversed(waiting):
            try:
                return self._take(query, frame, number)
            except FollowAnythingError as error:
                self.complain(error)

    def _take(self, query: Query, frame: Frame | None, number: int) -> None:
        """
        Encode a query and publish query/accepted.

        :param number: of the query in force when it was asked. Words take seconds to encode;
            meanwhile nothing but the operator's *forget* has a newer number, and it wins.
        :raises BadQuery: it cannot be used.
        """
        understood = self._searcher.take(query, frame, frame.stamp if frame else 0.0)
        with self._order:
            if number != self._query_number:
                self._searcher.forget()
                self.get_logger().info(f'forgotten while it was read: {understood}')
                return
            self._publish_accepted(explicit=query.is_explicit, understood=understood, words=True)
        self.get_logger().info(f'query {number + 1}: {understood}')

    def _publish_accepted(
        self, *, explicit: bool, understood: str, forgotten: bool = False, words: bool = False
    ) -> None:
        """Publish, under the next number, what the tracker has to follow or to forget."""
        self._query_number += 1
        query = self._searcher.query if words else None
        accepted = conversions.Accepted(
            self._query_number,
            explicit,
            understood,
            self.now(),
            forgotten,
            texts=query.texts if query else (),
            negatives=query.negatives if query else (),
        )
        self._accepted.publish(conversions.accepted_to_msg(accepted))

    def _adopt(self) -> bool:
        """After a restart, or a dead link: look for the target that the tracker still misses."""
        if self._searcher.adopt(self._state) is None:
            return False
        # it has no number: the tracker's own query stays in force
        self.get_logger().info(f'the tracker misses its target: {self._searcher.understood}')
        return True

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return what is being looked for, where the time goes, and how the camera is."""
        complaint = self._input.complaint()
        values: dict[str, object] = {
            'query': self._searcher.understood,
            'places': self._searcher.places,
            'query_number': self._query_number,
            'searching': self._state in SEARCHED_STATES,
            'frames_received': self._input.received,
            'frames_done': self._worker.done,
            'frames_dropped': self._worker.dropped,
        }
        stages = dict(self._stopwatch.stages_ms)
        if isinstance(self._searcher.detector, Timed):
            stages.update(self._searcher.detector.stopwatch.stages_ms)
        values |= {f'profile/{stage}_ms': f'{spent:.1f}' for stage, spent in stages.items()}
        return (
            (WARN if complaint else OK),
            complaint or self._searcher.understood or 'no query yet',
            values,
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(DetectorNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
