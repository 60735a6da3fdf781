# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every network runs before somebody waits for it, and nothing is learnt by that."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from follow_anything.core.errors import NotReady
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from follow_anything.models.runtime.warm_up import warm_up
from follow_anything.models.tracking.tiny.tracker import TinyTracker
from follow_anything.testing import ScriptedDetector, SyntheticScene
import numpy as np
import pytest

pytestmark = [
    pytest.mark.skipif(find_spec('onnxruntime') is None, reason='needs onnxruntime'),
    pytest.mark.detection,
]


class Counted:
    """A session that remembers the shapes of its first input: pictures, or their features."""

    def __init__(self, session: Any) -> None:
        self._session, self.shapes = session, []

    def run(self, outputs: Any, feed: dict[str, np.ndarray]) -> Any:
        self.shapes.append(next(iter(feed.values())).shape)
        return self._session.run(outputs, feed)


def test_the_tracker_runs_every_region_size_and_count_of_templates_and_learns_nothing() -> None:
    tracker = TinyTracker()
    network: Any = tracker._network
    trunk = network._trunk = Counted(network._trunk)
    template = network._template = Counted(network._template)
    search = network._search.session = Counted(network._search.session)
    warm_up(tracker)
    counts = 1 + tracker.config.templates
    sizes = [(1, side, side, 3) for side in (128, 160, 192)]
    assert trunk.shapes == [(1, 96, 96, 3)] + sizes * counts
    assert len(template.shapes) == 1
    assert search.shapes == [(1, 272, cells, cells) for cells in (8, 10, 12)] * counts
    with pytest.raises(NotReady):
        tracker.track(SyntheticScene().frame(0))


def test_the_tracker_goes_on_as_before() -> None:
    scene = SyntheticScene(seed=2)
    boxes = []
    for is_warm in (False, True):
        tracker = TinyTracker()
        tracker.initialize(scene.frame(0), scene.box(0))
        if is_warm:
            warm_up(tracker)
        boxes.append(tracker.track(scene.frame(1)))
    assert boxes[0] == boxes[1]


def test_detector_and_click_network_run_as_a_click_needs_them() -> None:
    detector = TinyDetector()
    detector._network = Counted(detector._network)
    detector._click_network._network = Counted(detector._click_network._network)
    warm_up(detector)
    assert len(detector._network.shapes) == 1
    ((close_ups, *_),) = detector._click_network._network.shapes
    assert close_ups == 6
    with pytest.raises(NotReady):
        detector.detect(SyntheticScene().frame(0))


def test_the_embedder_runs_its_smallest_and_its_largest_canvas() -> None:
    detector = TinyDetector()
    detector._wordless = Counted(detector._wordless)
    warm_up(InstanceEmbedder(detector))
    small, large = detector._wordless.shapes
    assert np.prod(small) < np.prod(large)


def test_models_without_a_network_are_left_alone() -> None:
    assert warm_up(ScriptedDetector([]), object()) < 1.0
