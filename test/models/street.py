# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A rendered street: people that walk and turn, changing light, a camera on a robot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math

import cv2
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Box, Frame
from follow_anything.core.world.ego import PlanarPose
from follow_anything.testing import KinematicRobot
import numpy as np

Path = Callable[[float], tuple[float, float]]
CAMERA = PinholeCamera.from_horizontal_fov(320, 240, 1.22)
CAMERA_HEIGHT, HEIGHT, WIDTH = 0.9, 1.7, 0.55
SKY_PX = 120


@dataclass
class Walker:
    """
    Somebody on the street.

    :param path: place (x, y) at a time, metres. :param top: colours (RGB) of front and back.
    :param legs: colour of the trousers. :param turn: angle at a time: which side is seen, rad.
    """

    path: Path
    top: tuple[tuple[int, int, int], tuple[int, int, int]]
    legs: tuple[int, int, int]
    turn: Callable[[float], float] = lambda _: 0.0
    seed: int = 0

    def picture(self, now: float) -> np.ndarray:
        """Return what is seen of the person, uint8 (170, 56, 4), RGB and opacity."""
        view = np.zeros((170, 56, 4), np.uint8)
        random = np.random.default_rng(self.seed)
        # clothes are a cylinder, half of it front and half of it back, with folds
        around = np.zeros((90, 176, 3), int)
        around[:, :88], around[:, 88:] = self.top
        folds = random.integers(-18, 19, (9, 22, 1))
        around = around + np.kron(folds, np.ones((10, 8, 1), int))
        start = round(self.turn(now) / (2 * math.pi) * 176) + 22
        columns = (start + np.arange(44)) % 176
        shade = 1.0 - 0.35 * np.abs(np.linspace(-1, 1, 44))[None, :, None]
        view[28:98, 6:50, :3] = (around[:70, columns] * shade).clip(0, 255)
        view[28:98, 6:50, 3] = 255
        swing = round(6 * math.sin(5.0 * now))
        for side in (-1, 1):
            left = 28 + side * 10 - 8 + side * swing // 2
            view[98:168, left : left + 16] = (*self.legs, 255)
        cv2.ellipse(view, (28, 15), (10, 14), 0, 0, 360, (205, 160, 130, 255), -1)
        cv2.ellipse(view, (28, 8), (10, 8), 0, 180, 360, (60, 40, 30, 255), -1)
        return view


class Street:
    """
    People on a street, as the camera of a robot sees them, with depth.

    :param people: the first one is the target. :param light: brightness and warmth at a time.
    """

    def __init__(
        self, people: list[Walker], light: Callable[[float], tuple[float, float]], seed: int
    ) -> None:
        self.people, self._light = people, light
        random = np.random.default_rng(seed)
        wall = random.integers(90, 150, (12, 80, 3)).astype(np.uint8)
        self._wall = cv2.resize(wall, (2400, 240), interpolation=cv2.INTER_LINEAR)
        self._wall[SKY_PX:] = self._wall[SKY_PX:] // 2 + 45
        self._noise = random

    def seen(self, robot: KinematicRobot, place: tuple[float, float]) -> tuple[Box, float] | None:
        """Return the box and the depth of a person, None when it is not in the picture."""
        dx, dy = place[0] - robot.position[0], place[1] - robot.position[1]
        cos, sin = math.cos(robot.yaw), math.sin(robot.yaw)
        ahead, left = dx * cos + dy * sin, -dx * sin + dy * cos
        if ahead < 0.5:
            return None
        x = CAMERA.cx - CAMERA.fx * left / ahead
        feet = CAMERA.cy + CAMERA.fy * CAMERA_HEIGHT / ahead
        height, width = CAMERA.fy * HEIGHT / ahead, CAMERA.fy * WIDTH / ahead
        box = Box(x - width / 2, feet - height, x + width / 2, feet)
        return None if box.x2 < 2 or box.x1 > CAMERA.width - 2 else (box, ahead)

    def frame(self, robot: KinematicRobot, now: float) -> tuple[Frame, list[Box | None]]:
        """Return the picture, and everybody's box where at least 30 % of it are seen."""
        columns = (np.arange(320) - round(robot.yaw / 1.22 * 320)) % self._wall.shape[1]
        rgb = self._wall[:, columns].astype(np.float32)
        depth = np.full((240, 320), 25.0, np.float32)
        owner = np.full((240, 320), -1, int)
        places = [self.seen(robot, person.path(now)) for person in self.people]
        far_first = sorted(
            (k for k, row in enumerate(places) if row is not None),
            key=lambda k: -places[k][1],  # type: ignore[index]
        )
        area = dict.fromkeys(range(len(places)), 0)
        for k in far_first:
            box, ahead = places[k]  # type: ignore[misc]
            mask = self._paste(rgb, depth, self.people[k].picture(now), box, ahead)
            owner[mask] = k
            area[k] = int(mask.sum())
        gain, warmth = self._light(now)
        rgb *= gain * np.array([1.0 + warmth, 1.0, 1.0 - warmth])
        rgb += self._noise.normal(0.0, 3.0, rgb.shape)
        boxes: list[Box | None] = []
        for k, row in enumerate(places):
            share = (owner == k).sum() / max(area[k], 1)
            boxes.append(None if row is None or share < 0.3 else row[0].clipped(320, 240))
        return Frame(100.0 + now, rgb.clip(0, 255).astype(np.uint8), depth), boxes

    @staticmethod
    def _paste(
        rgb: np.ndarray, depth: np.ndarray, picture: np.ndarray, box: Box, ahead: float
    ) -> np.ndarray:
        mask = np.zeros(depth.shape, bool)
        size = (max(2, round(box.width)), max(4, round(box.height)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        x, y = round(box.x1), round(box.y1)
        x1, y1 = max(0, x), max(0, y)
        x2, y2 = min(320, x + size[0]), min(240, y + size[1])
        part = small[y1 - y : y2 - y, x1 - x : x2 - x]
        mask[y1:y2, x1:x2] = part[..., 3] > 127
        rgb[mask] = part[part[..., 3] > 127][:, :3]
        depth[mask] = ahead
        return mask


def odometry_of(robot: KinematicRobot, stamp: float) -> PlanarPose:
    """Return what the wheels say, in a world of their own."""
    x, y, z = (float(value) for value in robot.position)
    return PlanarPose(stamp, x + 30.0, y - 4.0, z, robot.yaw)
