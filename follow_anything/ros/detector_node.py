# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Where is the thing that was asked for? Searches while there is no target.

Hears image, camera_info, state and the queries. Publishes detections and query/accepted: what was
understood. A query that cannot be used is refused with its reason; the old one stays in force.
"""

from __future__ import annotations

from diagnostic_msgs.msg import KeyValue
from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadQuery, FollowAnythingError, InvalidInput
from follow_anything.core.types import Query, TargetState
from follow_anything.models.registry import build_detector
from follow_anything.ros import conversions, qos
from follow_anything.ros.camera import CameraInput, Picture
from follow_anything.ros.node import FollowNode, OK, run, WARN
from follow_anything.ros.queries import QueryInput
from follow_anything.ros.worker import NewestOnly
from std_msgs.msg import String
from vision_msgs.msg import Detection2DArray

__all__ = ['DetectorNode', 'main']

SEARCHED_STATES = (TargetState.SEARCHING, TargetState.OCCLUDED, TargetState.LOST)


class DetectorNode(FollowNode):
    """ROS wiring of a models.base.Detector."""

    config_type = DetectorConfig
    config: DetectorConfig

    def build(self) -> None:
        """Make the publishers."""
        self._detections = self.advertise(Detection2DArray, 'detections', qos.COMMAND)
        self._accepted = self.advertise(KeyValue, 'query/accepted', qos.LATCHED)

    def start(self) -> None:
        """Load the detector, then listen."""
        self._detector = build_detector(self.config.detector, self.config.device)
        self._query_number = 0
        self._understood = ''
        self._asked: list[Query] = []
        self._newest: Picture | None = None
        self._state = TargetState.IDLE
        self._searched_at = float('-inf')
        self._worker = NewestOnly(self._work, self.complain)
        self.until_deactivated(self._worker.close)
        self._input = CameraInput(self, self._on_picture, compressed=self.config.compressed)
        self._queries = QueryInput(self, self._on_query, lambda: self._input.camera)
        self.hear(String, 'state', self._on_state, qos.LATCHED)

    def _on_picture(self, picture: Picture) -> None:
        self._newest = picture
        due = self.steady_now() - self._searched_at >= 1.0 / self.config.rate
        if self._asked or (due and self._query_number and self._state in SEARCHED_STATES):
            self._searched_at = self.steady_now()
            self._worker.offer(picture)

    def _on_query(self, query: Query) -> None:
        if self._newest is None:
            raise BadQuery(f'{query}: no image has arrived yet, ask again when the camera runs')
        self._asked.append(query)
        self._worker.offer(self._newest)

    def _on_state(self, message: String) -> None:
        if message.data not in TargetState.__members__:
            known = ', '.join(TargetState.__members__)
            raise InvalidInput(f'state must be one of {known}; got {message.data!r}')
        self._state = TargetState[message.data]

    def _work(self, picture: Picture) -> None:
        """Take new queries, then search one frame; the inference thread."""
        frame = picture.decode()
        while self._asked:
            query = self._asked.pop(0)
            try:
                self._understood = self._detector.set_query(query, frame)
            except FollowAnythingError as error:
                self.complain(error)
                continue
            self._query_number += 1
            self.get_logger().info(f'query {self._query_number}: {self._understood}')
            accepted = conversions.Accepted(
                self._query_number, query.is_explicit, self._understood
            )
            self._accepted.publish(conversions.accepted_to_msg(accepted))
        if self._query_number == 0:
            return
        detections = self._detector.detect(frame).above(self.config.min_score)
        self._detections.publish(
            conversions.detections_to_msg(detections, picture.header, self._query_number)
        )

    def diagnose(self) -> tuple[bytes, str, dict[str, object]]:
        """Return what is being looked for, and how the camera is."""
        complaint = self._input.complaint()
        values: dict[str, object] = {
            'query': self._understood,
            'query_number': self._query_number,
            'searching': self._state in SEARCHED_STATES,
            'frames_received': self._input.received,
            'frames_done': self._worker.done,
            'frames_dropped': self._worker.dropped,
        }
        return (WARN if complaint else OK), complaint or self._understood or 'no query yet', values


def main(arguments: list[str] | None = None) -> int:
    """Run the node."""
    return run(DetectorNode, arguments)


if __name__ == '__main__':
    raise SystemExit(main())
