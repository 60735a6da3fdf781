# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Follow a click without ROS: frames in, velocity commands out (`python examples/library.py`)."""

from __future__ import annotations

from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Click, Query
from follow_anything.models.pipeline import build_pipeline
from follow_anything.testing import KinematicRobot, SyntheticScene

scene, robot = SyntheticScene(seed=1), KinematicRobot()  # your camera and your robot
camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.22)
pipeline = build_pipeline(camera)
pipeline.query(Query(clicks=(Click(*scene.box(0).center),)), scene.frame(0))
for index in range(40):
    frame = scene.frame(index)
    result = pipeline.step(frame, frame.stamp)
    robot.move(result.command, 1 / scene.rate)
print(result.target.state.value, f'the robot has turned by {robot.yaw:.2f} rad')
