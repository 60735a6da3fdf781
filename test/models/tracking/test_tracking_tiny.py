# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: they load without torch, agree with torch, and survive odd input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('onnxruntime')
pytest.importorskip('cv2')

from follow_anything.core.errors import BadBox, BadConfig, BadImage, SourceError
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import build_tracker
from follow_anything.models.tracking.tiny.tracker import (
    FILES,
    find_weights,
    OnnxNetwork,
    TinyTracker,
)

pytestmark = [pytest.mark.models, pytest.mark.tracking]


def _scene(x: float, y: float, shape=(240, 320), visible: bool = True) -> Frame:
    """Draw a checked disc over smooth clouds."""
    rng = np.random.default_rng(5)
    import cv2

    clouds = cv2.resize(
        rng.integers(40, 160, (9, 12, 3), np.uint8), shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    if visible:
        rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
        disc = (rows - y) ** 2 + (columns - x) ** 2 < 22**2
        check = ((rows - y + 100).astype(int) // 9 + (columns - x + 100).astype(int) // 9) % 2
        clouds[disc] = np.where(check[disc, None] > 0, [230, 40, 30], [250, 220, 60])
    return Frame(0.0, np.ascontiguousarray(clouds))


@pytest.fixture(scope='module')
def network():
    return OnnxNetwork(*(find_weights(name) for name in FILES))


def test_it_is_a_tracker():
    assert isinstance(TinyTracker(), Tracker)


def test_it_follows_what_it_was_shown():
    tracker = TinyTracker()
    tracker.initialize(_scene(100, 100), Box.from_center(100, 100, 44, 44))
    for step in range(1, 25):
        x, y = 100 + 5 * step, 100 + 2 * step
        track = tracker.track(_scene(x, y))
    assert np.hypot(track.box.center[0] - x, track.box.center[1] - y) < 8
    assert track.presence > 0.5


def test_it_says_so_when_the_target_is_gone():
    tracker = TinyTracker()
    tracker.initialize(_scene(100, 100), Box.from_center(100, 100, 44, 44))
    seen = [tracker.track(_scene(100 + k, 100)).presence for k in range(5)]
    gone = [tracker.track(_scene(0, 0, visible=False)).presence for _ in range(5)]
    assert min(seen) > max(gone)


def test_odd_input_never_gives_a_bad_box():
    tracker = TinyTracker()
    tracker.initialize(_scene(100, 100), Box.from_center(100, 100, 44, 44))
    for shape in ((240, 320), (48, 64), (1, 1), (600, 800), (3, 500)):
        track = tracker.track(_scene(0, 0, shape=shape, visible=False))
        assert np.isfinite(track.box.xyxy).all()
        assert 0.0 <= track.presence <= 1.0


@pytest.mark.parametrize('box', [Box(10, 10, 11, 11), Box(400, 10, 440, 50)])
def test_boxes_without_a_target_are_refused(box):
    with pytest.raises(BadBox):
        TinyTracker().initialize(_scene(100, 100), box)


def test_missing_weights_say_where_they_were_looked_for():
    with pytest.raises(SourceError, match='models'):
        find_weights('tracker_of_nobody.onnx')


def test_run_time_needs_no_torch():
    code = (
        'import sys; sys.modules["torch"] = None; '
        'from follow_anything.models.tracking.tiny.tracker import TinyTracker; TinyTracker()'
    )
    subprocess.run([sys.executable, '-c', code], check=True, timeout=120)


def test_shipped_files_are_small():
    assert sum(find_weights(name).stat().st_size for name in FILES) < 4e6


def test_templates_side_by_side_are_read_together(network):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (96, 96, 3), np.uint8)
    cache, descriptor = network.encode(image, np.array([0.25, 0.25, 0.75, 0.75]))
    assert np.linalg.norm(descriptor) == pytest.approx(1.0, abs=1e-5)
    for side in network.search_sizes_px:
        features = network.features(rng.integers(0, 255, (side, side, 3), np.uint8))
        for count in (1, 2, 5):
            maps = network.search(features, network.join([cache] * count))
            assert maps.score.shape == (side // 16, side // 16)
            assert 0 <= maps.presence <= 1


def test_one_graph_takes_every_region(network):
    """And says so: TensorRT believes what a graph declares."""
    session = network._search.session
    for declared in (*session.get_inputs()[:1], *session.get_outputs()[:3]):
        assert declared.shape[-2:] == ['rows', 'columns']


def test_onnxruntime_and_torch_agree(network):
    pytest.importorskip('torch')
    pytest.importorskip('safetensors.torch')
    from follow_anything.models.tracking.tiny.eager import (
        round_as_shipped,
        shipped_model,
        TorchNetwork,
    )

    trunk, model = shipped_model()
    round_as_shipped(trunk)
    round_as_shipped(model)
    eager = TorchNetwork(trunk, model)
    assert eager.search_sizes_px == network.search_sizes_px
    frame = _scene(160, 120)
    template = np.ascontiguousarray(frame.rgb[72:168, 112:208])
    box = np.array([0.25, 0.25, 0.75, 0.75], np.float32)
    ours, descriptor = network.encode(template, box)
    theirs, again = eager.encode(template, box)
    assert np.abs(descriptor - again).max() < 1e-3
    for side in network.search_sizes_px:
        low = 120 - side // 2
        region = np.ascontiguousarray(frame.rgb[low : low + side, low : low + side])
        one, other = network.features(region), eager.features(region)
        assert np.abs(one - other.numpy()).max() < 1e-3
        for count in (1, 2):
            found = network.search(one, network.join([ours] * count))
            again = eager.search(other, eager.join([theirs] * count))
            for name in ('score', 'box', 'quality', 'presence'):
                assert np.abs(np.asarray(getattr(found, name)) - getattr(again, name)).max() < 1e-3


def test_the_tracker_on_torch_follows_too():
    pytest.importorskip('torch')
    pytest.importorskip('safetensors.torch')
    trackers = [build_tracker(name, 'cpu') for name in ('tiny', 'tiny-torch')]
    for tracker in trackers:
        tracker.initialize(_scene(100, 100), Box.from_center(100, 100, 44, 44))
    for step in range(1, 6):
        tracks = [tracker.track(_scene(100 + 5 * step, 100)) for tracker in trackers]
    assert np.abs(np.subtract(tracks[0].box.xyxy, tracks[1].box.xyxy)).max() < 0.5


def test_a_gpu_that_is_not_there_is_refused():
    torch = pytest.importorskip('torch')
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(BadConfig, match='no GPU'):
        build_tracker('tiny-torch', 'cuda')


@pytest.mark.parametrize('shape', [(0, 20, 3), (20, 20), (20, 20, 4)])
def test_an_empty_or_strange_image_never_reaches_the_tracker(shape):
    with pytest.raises(BadImage):
        Frame(0.0, np.zeros(shape, np.uint8))


def test_pixels_that_are_not_numbers_never_reach_the_tracker():
    with pytest.raises(BadImage, match='uint8'):
        Frame(0.0, np.full((20, 20, 3), np.nan))


@pytest.mark.parametrize('shape', [(240, 320), (64, 48)])
def test_a_box_of_one_pixel_after_a_jump_in_size_stays_a_box(shape):
    """The smallest box that can be learnt, in an image that shrinks below it."""
    tracker = TinyTracker()
    tracker.initialize(_scene(100, 100), Box(98, 98, 101, 101))
    for size in (shape, (1, 1), (2, 500), shape):
        track = tracker.track(_scene(0, 0, shape=size, visible=False))
        assert track.box.width > 0
        assert track.box.height > 0
