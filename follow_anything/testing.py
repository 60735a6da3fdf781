# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Fakes for the edges (camera, models, robot), to test your own code with, without ROS or weights.

    SyntheticScene ─frames, truth─▶ ScriptedDetector, ScriptedTracker ─▶ ... ─▶ KinematicRobot
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
import math

from follow_anything.core.errors import BadQuery, NotReady
from follow_anything.core.types import (
    Box,
    Detections,
    FloatArray,
    Frame,
    Query,
    Target,
    TargetState,
    Track,
    UInt8Array,
    VelocityCommand,
)
import numpy as np

__all__ = ['KinematicRobot', 'ScriptedDetector', 'ScriptedTracker', 'SyntheticScene']


@dataclass(frozen=True)
class SyntheticScene:
    """
    A colourful target that moves over a dull background, with the truth for every frame.

    Everything follows from the seed and the frame's number: frame(7) is always the same picture.

    :param seed: of the textures. :param width: pixels. :param height: pixels.
    :param rate: frames a second. :param start: stamp of frame 0, seconds.
    :param target_size: (width, height), pixels.
    :param period: seconds in which the target goes to the right, to the left and back.
    :param hidden: (from, to) seconds after the start; an occluder covers the target meanwhile.
    :param look_alike: a second copy of the target stands in the upper left corner.
    """

    seed: int = 0
    width: int = 320
    height: int = 240
    rate: float = 20.0
    start: float = 100.0
    target_size: tuple[int, int] = (36, 72)
    period: float = 16.0
    hidden: tuple[float, float] | None = None
    look_alike: bool = False

    def stamp(self, index: int) -> float:
        """Return when a frame is taken, seconds."""
        return self.start + index / self.rate

    def box(self, index: int) -> Box:
        """Return where the target is, hidden or not."""
        (width, height), phase = self.target_size, 2 * math.pi * index / self.rate / self.period
        room_x, room_y = (self.width - width) / 2, (self.height - height) / 2
        x = round(room_x * (1 + 0.7 * math.sin(phase)))
        y = round(room_y * (1 + 0.3 * math.sin(2 * phase)))
        return Box.from_xywh(x, y, width, height)

    def is_visible(self, index: int) -> bool:
        """Return whether the target can be seen."""
        if self.hidden is None:
            return True
        return not self.hidden[0] <= index / self.rate < self.hidden[1]

    def look_alike_box(self) -> Box:
        """Return where the distractor stands, when there is one."""
        return Box.from_xywh(4, 4, *self.target_size)

    def frame(self, index: int) -> Frame:
        """Return the picture."""
        picture = self._background.copy()
        if self.look_alike:
            _paste(picture, self._target, self.look_alike_box())
        box = self.box(index)
        _paste(picture, self._target, box)
        if not self.is_visible(index):
            _paste(picture, self._occluder, box.scaled(1.25))
        return Frame(self.stamp(index), picture)

    def detections(self, index: int, score: float = 0.9) -> Detections:
        """Return what a perfect detector finds: the target where visible, and its distractor."""
        boxes = [self.box(index).xyxy] if self.is_visible(index) else []
        boxes += [self.look_alike_box().xyxy] if self.look_alike else []
        rows = np.array(boxes, np.float32).reshape(-1, 4)
        return Detections(self.stamp(index), rows, np.full(len(boxes), score, np.float32))

    @cached_property
    def _background(self) -> UInt8Array:
        dull = _texture(self.seed, self.width, self.height, cell=12)
        return np.asarray(dull.mean(axis=2, keepdims=True) * 0.6 + dull * 0.1, np.uint8)

    @cached_property
    def _target(self) -> UInt8Array:
        """One colour in many shades: a click on any cell of it means the whole."""
        color = np.roll([200, 60, 40], self.seed)
        shades = _texture(self.seed + 1, *self.target_size, cell=9).astype(int) - 128
        return np.asarray((color + shades // 4).clip(0, 255), np.uint8)

    @cached_property
    def _occluder(self) -> UInt8Array:
        width, height = (math.ceil(side * 1.25) + 2 for side in self.target_size)
        return np.asarray(_texture(self.seed + 2, width, height, cell=16) // 8 + 20, np.uint8)


def _texture(seed: int, width: int, height: int, cell: int) -> UInt8Array:
    """Return cells of random colours with a little noise, (height, width, 3)."""
    random = np.random.default_rng(seed)
    cells = random.integers(30, 226, (height // cell + 1, width // cell + 1, 3))
    colors = np.kron(cells, np.ones((cell, cell, 1), int))[:height, :width]
    return np.asarray(colors + random.integers(-20, 21, colors.shape), np.uint8)


def _paste(picture: UInt8Array, patch: UInt8Array, box: Box) -> None:
    x, y = max(0, math.floor(box.x1)), max(0, math.floor(box.y1))
    place = picture[y : math.ceil(box.y2), x : math.ceil(box.x2)]
    place[:] = patch[: place.shape[0], : place.shape[1]]


@dataclass
class ScriptedDetector:
    """
    A Detector with scripted answers.

    :param answer: returns the detections of a frame.
    :param refuse: when not empty, set_query() raises BadQuery with this reason.
    """

    answer: Callable[[Frame], Detections]
    refuse: str = ''
    queries: list[Query] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        """Remember the query."""
        if self.refuse:
            raise BadQuery(self.refuse)
        self.queries.append(query)
        return str(query)

    def detect(self, frame: Frame) -> Detections:
        """Return the scripted answer; NotReady without a query."""
        if not self.queries:
            raise NotReady('the detector has no query yet: call set_query() first')
        self.stamps.append(frame.stamp)
        return self.answer(frame)


@dataclass
class ScriptedTracker:
    """
    A Tracker with scripted answers.

    :param answer: returns the track of a frame.
    """

    answer: Callable[[Frame], Track]
    started: list[tuple[float, Box]] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)

    def initialize(self, frame: Frame, box: Box) -> None:
        """Remember the start; BadBox when nothing of the box is inside the frame."""
        self.started.append((frame.stamp, box.clipped(frame.width, frame.height)))

    def track(self, frame: Frame) -> Track:
        """Return the scripted answer; NotReady without a start."""
        if not self.started:
            raise NotReady('the tracker has no target yet: call initialize(frame, box) first')
        self.stamps.append(frame.stamp)
        return self.answer(frame)


@dataclass
class KinematicRobot:
    """
    Integrates velocity commands, and sees a point with a forward camera.

    :param position: (3,) metres, world: x east, y north, z up. :param yaw: rad, 0: east.
    :param camera_pitch: rad, how far the camera looks up.
    :param half_fov: rad; what is further from the optical axis is not seen.
    :param lag: s, time constant of the response to a command; 0: at once.
    """

    position: FloatArray = field(default_factory=lambda: np.zeros(3))
    yaw: float = 0.0
    camera_pitch: float = 0.0
    half_fov: float = 0.61
    lag: float = 0.0
    velocity: FloatArray = field(default_factory=lambda: np.zeros(4))

    def move(self, command: VelocityCommand, dt: float) -> None:
        """Follow a command for dt seconds."""
        share = 1.0 if self.lag <= 0.0 else 1.0 - math.exp(-dt / self.lag)
        self.velocity = self.velocity + share * (np.array(command.axes) - self.velocity)
        vx, vy, vz, yaw_rate = self.velocity
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        step = np.array([vx * cos - vy * sin, vx * sin + vy * cos, vz]) * dt
        self.position = self.position + step
        self.yaw += yaw_rate * dt

    def bearing_to(self, point: FloatArray) -> float:
        """Return the horizontal angle to a point (3,) in the world, rad, left positive."""
        forward, left, _ = self._in_body(point)
        return math.atan2(left, forward)

    def distance_to(self, point: FloatArray) -> float:
        """Return the horizontal distance to a point (3,) in the world, metres."""
        forward, left, _ = self._in_body(point)
        return math.hypot(forward, left)

    def see(self, point: FloatArray, stamp: float, range_std: float = 0.3) -> Target:
        """
        Return the target a tracker would report for a point (3,) in the world.

        :return: TRACKING with its position in the optical frame; LOST when it is out of view.
        """
        forward, left, up = self._in_body(point)
        cos, sin = math.cos(self.camera_pitch), math.sin(self.camera_pitch)
        seen = np.array([-left, forward * sin - up * cos, forward * cos + up * sin])
        if seen[2] <= math.cos(self.half_fov) * float(np.linalg.norm(seen)):
            return Target(stamp, TargetState.LOST, 1, reason='out of view')
        if math.isinf(range_std):
            seen = seen / np.linalg.norm(seen)
        return Target(
            stamp, TargetState.TRACKING, 1, presence=1.0, position=seen, range_std=range_std
        )

    def _in_body(self, point: FloatArray) -> FloatArray:
        dx, dy, up = np.asarray(point, float) - self.position
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return np.array([dx * cos + dy * sin, -dx * sin + dy * cos, up])
