# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""An embedder of your own: the mean colour of twelve cells (`python examples/own_embedder.py`)."""

import cv2
from follow_anything.core.types import Box, FloatArray, Frame
from follow_anything.testing import SyntheticScene
import numpy as np


class CellColors:
    """Describes a box by the colours of 4 x 3 cells; grey counts little."""

    unrelated = 0.3  # cosine of two boxes that have nothing in common

    def embed(self, frame: Frame, box: Box) -> FloatArray:
        cells = cv2.resize(frame.crop(box), (3, 4), interpolation=cv2.INTER_AREA).astype(float)
        colors = cells - cells.mean(axis=-1, keepdims=True)
        view = np.append(colors.ravel(), 10.0)  # never a vector of zeros
        return view / np.linalg.norm(view)


scene, embedder = SyntheticScene(seed=1), CellColors()
first = embedder.embed(scene.frame(0), scene.box(0))
same = first @ embedder.embed(scene.frame(30), scene.box(30))
other = first @ embedder.embed(scene.frame(0), Box(10.0, 10.0, 46.0, 82.0))
print(f'cosine with the target later: {same:.2f}; with the background: {other:.2f}')
