# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""SAM 2 and EdgeTAM as trackers: the real video classes at tiny width, one frame at a time."""

from __future__ import annotations

from pathlib import Path
import socket
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='these trackers need torch: make setup-heavy')
pytest.importorskip('transformers', reason='these trackers need transformers: make setup-heavy')

from follow_anything.core.errors import BadBox, BadWeights, NotReady
from follow_anything.core.protocols import Resumable
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import build_tracker
from follow_anything.models.tracking.huggingface.build import build
from follow_anything.models.tracking.huggingface.random_folders import (
    TRACKERS,
    write_random_tracker,
)

pytestmark = [pytest.mark.tracking, pytest.mark.models, pytest.mark.detection]

RGB = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
BOX = Box(20, 20, 60, 70)


def frames(count: int) -> list[Frame]:
    return [Frame(float(k), np.roll(RGB, 3 * k, 1).copy()) for k in range(count)]


@pytest.fixture(scope='module')
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp('trackers')
    return {name: write_random_tracker(name, root / name, small=True) for name in TRACKERS}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever opens a connection fail: a folder is all that is read."""

    def refuse(*_: object) -> None:
        raise AssertionError('the network was touched')

    monkeypatch.setattr(socket.socket, 'connect', refuse)


@pytest.mark.parametrize('name', TRACKERS)
def test_it_is_a_tracker_that_follows_the_protocol(folders: dict[str, Path], name: str) -> None:
    tracker = build(name, 'cpu', folders[name])
    assert isinstance(tracker, Resumable)
    first, second = frames(2)
    for call in (lambda: tracker.track(first), lambda: tracker.resume(first, BOX)):
        with pytest.raises(NotReady, match='initialize'):
            call()
    with pytest.raises(BadBox):
        tracker.initialize(first, Box(500, 500, 600, 600))
    tracker.initialize(first, BOX)
    track = tracker.track(second)
    assert track.box is not None
    assert 0.0 <= track.box.x1 < track.box.x2 <= 120.0
    if tracker.mask is not None:
        assert tracker.mask.shape == (90, 120)


@pytest.mark.parametrize('name', TRACKERS)
def test_memory_does_not_grow_and_what_is_dropped_changes_nothing(
    folders: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded, endless = (build(name, 'cpu', folders[name]) for _ in range(2))
    monkeypatch.setattr(endless, '_forget', lambda: None)
    masks: dict[str, list[Any]] = {'bounded': [], 'endless': []}
    network = bounded._network

    def noting(name: str) -> Any:
        def run(*args: Any, **options: Any) -> Any:
            said = network(*args, **options)
            masks[name].append(said.pred_masks.clone())
            return said

        return run

    monkeypatch.setattr(bounded, '_network', noting('bounded'))
    monkeypatch.setattr(endless, '_network', noting('endless'))
    pictures = frames(22)
    for tracker in (bounded, endless):
        tracker.initialize(pictures[0], BOX)
        for picture in pictures[1:]:
            tracker.track(picture)
    assert bounded.remembered <= 17
    assert endless.remembered == 22
    assert len(bounded._session.processed_frames) == 0
    for one, other in zip(masks['bounded'], masks['endless'], strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize('name', TRACKERS)
def test_what_was_found_again_is_believed_for_a_while_only(
    folders: dict[str, Path], name: str
) -> None:
    tracker = build(name, 'cpu', folders[name])
    pictures = frames(24)
    tracker.initialize(pictures[0], BOX)
    tracker.track(pictures[1])
    tracker.resume(pictures[2], Box(30, 20, 70, 70))
    kept = tracker._session.output_dict_per_obj[0]
    assert list(kept['cond_frame_outputs']) == [0], 'what was learnt at the start stays'
    assert 2 in kept['non_cond_frame_outputs']
    for picture in pictures[3:]:
        tracker.track(picture)
    assert 2 not in kept['non_cond_frame_outputs']


@pytest.mark.parametrize('name', TRACKERS)
def test_an_empty_mask_is_no_sighting(folders: dict[str, Path], name: str) -> None:
    tracker = build(name, 'cpu', folders[name])
    tracker.initialize(frames(1)[0], BOX)
    track = tracker._answer(np.zeros((90, 120), bool), 0.99)
    assert (track.presence, track.score, track.box) == (0.0, 0.0, BOX)
    assert tracker.mask is None
    assert tracker._answer(np.ones((90, 120), bool), float('nan')).presence == 0.0
    mask = np.zeros((90, 120), bool)
    mask[10:20, 30:50] = True
    assert tracker._answer(mask, 0.7).box == Box(30, 10, 50, 20)


@pytest.mark.parametrize('name', ['sam2', 'edgetam'])
def test_weights_that_are_not_there_say_how_they_come(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    with pytest.raises(BadWeights, match=f'models fetch {name}'):
        build_tracker(name, 'cpu')
