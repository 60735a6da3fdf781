# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A tracker of your own: template matching (`python examples/own_tracker.py`)."""

import cv2
from follow_anything.core.types import Box, Frame, Track
from follow_anything.testing import SyntheticScene


class TemplateTracker:
    """Searches a region of three boxes for the pixels of the first box."""

    def initialize(self, frame: Frame, box: Box) -> None:
        self.template, self.box = frame.crop(box), box

    def track(self, frame: Frame) -> Track:
        region = self.box.scaled(3.0).clipped(frame.width, frame.height)
        match = cv2.matchTemplate(frame.crop(region), self.template, cv2.TM_CCOEFF_NORMED)
        _, score, _, (x, y) = cv2.minMaxLoc(match)
        presence = min(max(score, 0.0), 1.0)
        if presence > 0.5:
            height, width = self.template.shape[:2]
            self.box = Box.from_xywh(int(region.x1) + x, int(region.y1) + y, width, height)
        return Track(self.box, presence, presence)


scene, tracker = SyntheticScene(seed=1), TemplateTracker()
tracker.initialize(scene.frame(0), scene.box(0))
boxes = [tracker.track(scene.frame(index)).box for index in range(40)]
errors = [abs(box.center[0] - scene.box(i).center[0]) for i, box in enumerate(boxes)]
print(f'largest error of the centre: {max(errors):.1f} px')
