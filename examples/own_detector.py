# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A detector of your own: it finds whatever is red (`python examples/own_detector.py`)."""

from follow_anything.core.errors import BadQuery
from follow_anything.core.types import Detections, Frame, Query
from follow_anything.testing import SyntheticScene
import numpy as np


class RedDetector:
    """Reads the word 'red' and answers with the box of all red pixels."""

    def set_query(self, query: Query, frame: Frame | None = None) -> str:
        if not any('red' in text for text in query.texts):
            raise BadQuery(f"expected a text with the word 'red', got {query.texts}")
        return 'red'

    def detect(self, frame: Frame) -> Detections:
        red = frame.rgb[..., 0] > 2.0 * frame.rgb[..., 1:].max(axis=-1)
        rows, columns = np.nonzero(red)
        if len(rows) < 100:
            return Detections.empty(frame.stamp, 'red')
        box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], float)
        return Detections(frame.stamp, box, np.array([0.9]), 'red')


scene, detector = SyntheticScene(seed=0), RedDetector()
print(detector.set_query(Query(texts=('the red thing',))), detector.detect(scene.frame(5)).boxes)
