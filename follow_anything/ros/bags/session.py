# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions as bags: record inputs and outputs, run the pipeline on them again, and compare.

A session that was recorded in lock step (`scenario --record`) gives the same decisions to the
last digit. One recorded from running nodes (`record`) gives them as far as the tracker goes
frame by frame; a detector that answered later or sooner then makes a difference, and is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
import contextlib
from dataclasses import asdict, dataclass, replace
import json
import math
from pathlib import Path
from typing import Any, TypeVar

from follow_anything.core.config import (
    Config,
    ControllerConfig,
    DetectorConfig,
    preset,
    renamed,
    TrackerConfig,
    values_of,
    with_values,
)
from follow_anything.core.errors import BadQuery, SourceError
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.pipeline import FollowPipeline, StepResult
from follow_anything.core.types import Box, Click, Frame, Query, VelocityCommand
from follow_anything.models.pipeline import build_pipeline
from follow_anything.ros.bags.mcap import BagWriter, message_type, read_bag
from follow_anything.ros.messages import conversions, targets
from follow_anything.ros.messages.pictures import is_depth_of

__all__ = ['MEANING', 'TOPICS', 'SessionWriter', 'replay']

AnyConfig = TypeVar('AnyConfig', bound=Config)

TOPICS = {
    'image': 'sensor_msgs/msg/Image',
    'image/compressed': 'sensor_msgs/msg/CompressedImage',
    'camera_info': 'sensor_msgs/msg/CameraInfo',
    'depth': 'sensor_msgs/msg/Image',
    'query/click': 'geometry_msgs/msg/PointStamped',
    'query/box': 'sensor_msgs/msg/RegionOfInterest',
    'query/accepted': 'diagnostic_msgs/msg/KeyValue',
    'track': 'vision_msgs/msg/Detection2D',
    'state': 'std_msgs/msg/String',
    'controller_node/command': 'geometry_msgs/msg/TwistStamped',
}
"""What a session consists of."""

MEANING = {
    'lock_step': 'the session was recorded in lock step: every figure below must be 0',
    'frames': 'frames that the tracker had decided on, and that were decided on again',
    'frames_missing': 'frames decided on whose picture is not in the bag',
    'frames_earlier': 'frames of a target from before the bag began: they cannot be compared',
    'decisions_differ': 'frames with another target id, another sight of it or leave to move',
    'states_differ': 'frames in another state (lock step only)',
    'box_error_max_px': 'largest difference of a coordinate of the box',
    'command_error_max': 'largest difference on an axis of a command, m/s, rad/s (lock step only)',
}
"""Every figure that replay() gives."""

TRIES = 20
"""Pictures on which a recorded click is tried."""

KEPT_FRAMES = 100


class SessionWriter:
    """
    Records a session in lock step: frames, queries, targets and commands.

    :param camera: of the frames. :param control: of the servo. :param tracking: of the follower.
    """

    def __init__(
        self,
        path: Path,
        camera: PinholeCamera,
        control: ControllerConfig,
        tracking: TrackerConfig,
        tracker: str,
    ) -> None:
        notes = {
            'lock_step': 'true',
            'tracker': tracker,
            'detector': DetectorConfig.detector,
            'controller_node': json.dumps(values_of(control)),
            'tracker_node': json.dumps(values_of(tracking)),
        }
        self._bag, self._camera = BagWriter(path, notes), camera
        self._count = 0

    @staticmethod
    def stamped(frame: Frame) -> Frame:
        """Return the frame with the stamp that a message can carry, to the nanosecond."""
        stamp = conversions.seconds(conversions.time_msg(frame.stamp))
        return replace(frame, stamp=stamp)

    def write(self, frame: Frame, click: Click | None, result: StepResult) -> None:
        """Write one frame, the click on it, and what came of it."""
        header = message_type('std_msgs/msg/Header')(
            stamp=conversions.time_msg(frame.stamp), frame_id='camera_optical_frame'
        )
        self._add('camera_info', conversions.camera_to_msg(self._camera, header))
        if frame.depth is not None:
            self._add('depth', conversions.depth_to_msg(frame.depth, header))
        self._add('image', conversions.image_to_msg(frame.rgb, header))
        if click is not None:
            point = message_type(TOPICS['query/click'])(header=header)
            point.point.x, point.point.y = float(click.x), float(click.y)
            self._add('query/click', point)
        self._add('track', targets.target_to_msg(result.target, header))
        self._add('state', message_type(TOPICS['state'])(data=result.target.state.value))
        command = conversions.twist_stamped_from_command(result.command, header)
        self._add('controller_node/command', command)

    def _add(self, topic: str, message: Any) -> None:
        self._count += 1  # the order is the time
        self._bag.write(topic, message, self._count)

    def close(self) -> None:
        """Finish the file."""
        self._bag.__exit__(None, None, None)


@dataclass
class Figures:
    """What replay() counts."""

    frames: int = 0
    frames_missing: int = 0
    frames_earlier: int = 0
    decisions_differ: int = 0
    states_differ: int = 0
    box_error_max_px: float = 0.0
    command_error_max: float = 0.0


def replay(
    path: Path, robot: str = 'drone', tracker: str = '', detector: str = ''
) -> dict[str, object]:
    """
    Run the pipeline on a recorded session again, and compare.

    :param robot: whose preset is used for a session without notes.
    :param tracker: name, '' for the one of the session. :param detector: the same.
    :return: the figures of MEANING.
    :raises SourceError: the bag cannot be read, or is not a session.
    """
    notes, messages = read_bag(path)
    lock_step = notes.get('lock_step') == 'true'
    control = preset(robot, ControllerConfig)
    tracking = preset(robot, TrackerConfig)
    if lock_step:
        control = _noted(ControllerConfig, notes)
        tracking = _noted(TrackerConfig, notes)
    name = tracker or notes.get('tracker', TrackerConfig.tracker)
    pipeline = build_pipeline(
        detection=DetectorConfig(
            detector=detector or notes.get('detector', DetectorConfig.detector)
        ),
        tracking=replace(tracking, tracker=name),
        control=control.servo,
    )
    player = Player(pipeline, lock_step)
    topics = set()
    for topic, message in messages:
        known = _ours(topic)
        topics.add(known)
        player.play(known, message)
    missing = {'camera_info', 'track'} - topics
    if missing or not topics & {'image', 'image/compressed'}:
        wanted = ', '.join(sorted(missing)) or 'image'
        raise SourceError(f'{path} is no follow session: there is no {wanted} in it')
    return {'lock_step': lock_step, **asdict(player.compare())}


def _noted(kind: type[AnyConfig], notes: Mapping[str, str]) -> AnyConfig:
    """Return the configuration in the notes of a bag, which may be older than the groups."""
    values: Any = None
    with contextlib.suppress(ValueError):
        values = json.loads(notes.get(kind.node, ''))
    if not isinstance(values, dict):
        raise SourceError(f'the bag was cut, or is no session: its notes lack {kind.node}')
    given: dict[str, Any] = values
    now = renamed(kind, given)
    return with_values(kind(), {now.get(name, name): value for name, value in given.items()})


def _ours(topic: str) -> str:
    """Return our name of a topic, whatever namespace it was recorded in."""
    for name in sorted(TOPICS, key=len, reverse=True):
        if topic == name or topic.endswith(f'/{name}'):
            return name
    return topic


class Player:
    """Feeds recorded messages to a pipeline and compares what it decides."""

    def __init__(self, pipeline: FollowPipeline, lock_step: bool) -> None:
        self._pipeline, self._lock_step = pipeline, lock_step
        self._images: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._depths: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._queries: list[Query] = []
        self._pairs: list[tuple[Any, Any]] = []
        self._result: StepResult | None = None
        self._refused = 0
        self.figures = Figures()

    def play(self, topic: str, message: Any) -> None:
        """Take one message."""
        if topic in ('image', 'image/compressed'):
            _keep(self._images, message)
        elif topic == 'depth':
            _keep(self._depths, message)
        elif topic == 'camera_info':
            self._pipeline.follower.camera = conversions.camera_from_msg(message)
        elif topic == 'query/click':
            point = message.point
            self._queries.append(Query(clicks=(Click(point.x, point.y),)))
        elif topic == 'query/box':
            corner = float(message.x_offset), float(message.y_offset)
            box = Box.from_xywh(*corner, float(message.width), float(message.height))
            self._queries.append(Query(box=box))
        elif topic == 'track':
            self._decide(message)
        elif topic == 'state' and self._lock_step and self._result is not None:
            self.figures.states_differ += message.data != self._result.target.state.value
        elif topic == 'controller_node/command' and self._lock_step and self._result is not None:
            recorded = conversions.command_from_twist(message.twist)
            error = _largest(recorded, self._result.command)
            self.figures.command_error_max = max(self.figures.command_error_max, error)

    def _decide(self, recorded: Any) -> None:
        image = self._images.get(_key(recorded.header))
        self._result = None
        if image is None:
            self.figures.frames_missing += 1
            return
        frame = self._frame(image)
        self._ask(frame)
        self._result = self._pipeline.step(frame, frame.stamp)
        again = targets.target_to_msg(self._result.target, recorded.header)
        self._pairs.append((again, recorded))

    def compare(self) -> Figures:
        """
        Return the figures of all frames.

        Ids of nodes count on from the queries before the bag began; both ends are of its last
        query. A target from before it may be followed for some frames more: the bag does not know
        what was asked for.
        """
        newest = [
            max((int(track.id) for track in tracks if track.id), default=0)
            for tracks in zip(*self._pairs, strict=True)
        ]
        earlier = newest[1] - newest[0] if newest and newest[0] else 0
        for again, recorded in self._pairs:
            if recorded.id and int(recorded.id) <= earlier:
                self.figures.frames_earlier += 1
            else:
                self._count(again, recorded, earlier)
        return self.figures

    def _count(self, again: Any, recorded: Any, earlier: int) -> None:
        one, other = _number(again, earlier), _number(recorded, 0)
        self.figures.frames += 1
        self.figures.decisions_differ += (one, *_sight(again)) != (other, *_sight(recorded))
        box, given = conversions.box_from_msg(again), conversions.box_from_msg(recorded)
        if box is not None and given is not None:
            error = max(abs(a - b) for a, b in zip(box.xyxy, given.xyxy, strict=True))
            self.figures.box_error_max_px = max(self.figures.box_error_max_px, error)

    def _ask(self, frame: Frame) -> None:
        """
        Repeat the queries. A bag does not say which picture a click was on: the next ones count.

        :raises BadQuery: none of TRIES pictures has anything where the operator pointed.
        """
        try:
            while self._queries:
                self._pipeline.query(self._queries[0], frame)
                self._queries.pop(0)
                self._refused = 0
        except BadQuery:
            self._refused += 1
            if self._refused >= TRIES:
                raise

    def _frame(self, image: Any) -> Frame:
        stamp = conversions.seconds(image.header.stamp)
        is_raw = hasattr(image, 'encoding')
        rgb = conversions.rgb_from_msg(image) if is_raw else conversions.rgb_from_compressed(image)
        for depth in reversed(self._depths.values()):
            if is_depth_of(depth.header, image.header):
                return Frame(stamp, rgb, conversions.depth_from_msg(depth))
        return Frame(stamp, rgb)


def _key(header: Any) -> tuple[int, int]:
    return header.stamp.sec, header.stamp.nanosec


def _keep(messages: OrderedDict[tuple[int, int], Any], message: Any) -> None:
    messages[_key(message.header)] = message
    while len(messages) > KEPT_FRAMES:
        messages.popitem(last=False)


def _number(track: Any, earlier: int) -> int | None:
    """Return the id of a track, counted after earlier queries; None when there is no target."""
    return int(track.id) + earlier if track.id else None


def _sight(track: Any) -> tuple[bool, bool]:
    """Return whether a track has a box, and whether a robot may move."""
    return conversions.box_from_msg(track) is not None, bool(track.results)


def _largest(one: VelocityCommand, other: VelocityCommand) -> float:
    differences = [abs(a - b) for a, b in zip(one.axes, other.axes, strict=True)]
    return max(differences) if all(map(math.isfinite, differences)) else math.inf
