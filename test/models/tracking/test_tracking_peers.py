# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""NanoTrack and VitTrack, where somebody fetched them; and what is said where nobody did."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('cv2')
pytest.importorskip('onnxruntime')

from follow_anything.core.errors import BadBox, NotReady, SourceError
from follow_anything.core.geometry import iou
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import build_tracker
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.peers.onnx import (
    NANOTRACK_V2,
    NANOTRACK_V3,
    NanoTracker,
    VitTracker,
)
from follow_anything.models.weights.fetched import find_fetched
from follow_anything.testing import SyntheticScene

pytestmark = [pytest.mark.models, pytest.mark.tracking]

PEERS = Path(os.environ.get('FOLLOW_ANYTHING_PEERS', '../shared/peers')).resolve()
SCENE = SyntheticScene(seed=3)


def _build(name: str) -> Tracker:
    file = 'vittrack.onnx' if name == 'vittrack' else f'{name}_head.onnx'
    if not (PEERS / file).is_file():
        pytest.skip(f'{PEERS} has no {file}: fetch it, or set FOLLOW_ANYTHING_PEERS')
    if name == 'vittrack':
        return VitTracker(graph=PEERS / 'vittrack.onnx')
    settings = NANOTRACK_V2 if name.endswith('v2') else NANOTRACK_V3
    backbone = PEERS / f'{name}_backbone.onnx'
    return NanoTracker(backbone=backbone, head=PEERS / file, settings=settings)


@pytest.fixture(params=['nanotrack_v2', 'nanotrack_v3', 'vittrack'])
def peer(request):
    return _build(request.param)


def test_a_peer_follows(peer):
    assert isinstance(peer, Tracker)
    peer.initialize(SCENE.frame(0), SCENE.box(0))
    for index in range(1, 30):
        track = peer.track(SCENE.frame(index))
    assert iou(track.box, SCENE.box(29)) > 0.6
    assert 0.3 < track.presence <= 1.0


def test_a_peer_keeps_the_contract(peer):
    with pytest.raises(NotReady):
        peer.track(SCENE.frame(0))
    with pytest.raises(BadBox):
        peer.initialize(SCENE.frame(0), Box(-30, 0, -5, 30))
    peer.initialize(SCENE.frame(0), SCENE.box(0))
    for shape in ((240, 320), (50, 40), (1, 1), (600, 900)):
        track = peer.track(Frame(0.0, np.full((*shape, 3), 90, np.uint8)))
        assert np.isfinite(track.box.xyxy).all()
        assert 0.0 <= track.presence <= 1.0


@pytest.mark.parametrize('name', ['nanotrack', 'vittrack'])
def test_nobody_fetched_it(name, tmp_path, monkeypatch):
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    with pytest.raises(SourceError) as caught:
        build_tracker(name)
    for part in (str(tmp_path / 'weights'), 'github.com', 'fetch it with'):
        assert part in str(caught.value)


def test_the_first_name_that_is_there_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    (tmp_path / 'weights').mkdir()
    (tmp_path / 'weights' / 'b.onnx').write_bytes(b'x')
    assert find_fetched(['a.onnx', 'b.onnx'], 'there', 'get') == tmp_path / 'weights' / 'b.onnx'


def test_a_graph_that_is_cut_is_named(tmp_path):
    path = tmp_path / 'cut.onnx'
    path.write_bytes(b'\x08\x07\x12\x04none')
    with pytest.raises(SourceError, match=r'cut\.onnx'):
        open_session(path)
    with pytest.raises(SourceError, match='not there'):
        open_session(tmp_path / 'nothing.onnx')
