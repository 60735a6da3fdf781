# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Bound inputs give what unbound ones give, and are copied once; tried in the CPU's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnxruntime = pytest.importorskip('onnxruntime')

from follow_anything.io.files import shared_file
from follow_anything.models.runtime.binding import BoundSession
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.tiny.tracker import TinyTracker
from follow_anything.testing import SyntheticScene

pytestmark = [pytest.mark.models, pytest.mark.detection, pytest.mark.tracking]

SEARCH = shared_file('models/tracker_tiny_search.onnx')
RNG = np.random.default_rng(5)


def template() -> dict[str, np.ndarray]:
    """Return keys and values of a template, (layers, 1, heads, cells, width)."""
    shapes = {i.name: i.shape for i in open_session(SEARCH).get_inputs()}
    return {
        name: RNG.normal(size=[n if isinstance(n, int) else 64 for n in shapes[name]]).astype('f')
        for name in ('keys', 'values')
    }


def region(cells: int = 10) -> dict[str, np.ndarray]:
    """Return what the trunk may say of a region."""
    return {'features': RNG.normal(size=(1, 272, cells, cells)).astype('f')}


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Give the arrays that are copied to where the session computes."""
    made: list[np.ndarray] = []
    copy = onnxruntime.OrtValue.ortvalue_from_numpy

    def counted(value: np.ndarray, *place: Any) -> Any:
        made.append(value)
        return copy(value, *place)

    monkeypatch.setattr(onnxruntime.OrtValue, 'ortvalue_from_numpy', counted)
    return made


def test_bound_inputs_give_the_same_and_are_copied_once(copies: list[np.ndarray]) -> None:
    session = open_session(SEARCH)
    plain, bound = BoundSession(session), BoundSession(session, 'cpu')
    for kept in (template(), template()):
        before = len(copies)
        for feed in (region(10), region(12), region(8)):
            for one, other in zip(plain.run(feed, kept), bound.run(feed, kept), strict=True):
                np.testing.assert_array_equal(one, other)
        assert len(copies) == before + 2  # keys and values, of three runs


def test_another_template_in_the_same_place_is_not_mistaken_for_the_old_one() -> None:
    bound, feed = BoundSession(open_session(SEARCH), 'cpu'), region()
    first, second = template(), template()
    answers = [bound.run(feed, kept)[0] for kept in (first, second, first)]
    assert not np.array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


def test_two_templates_in_turn_are_copied_once_and_no_third_one_is_kept(
    copies: list[np.ndarray],
) -> None:
    bound, feed = BoundSession(open_session(SEARCH), 'cpu'), region()
    first, second, third = template(), template(), template()
    for kept in (first, second) * 4:
        bound.run(feed, kept)
    assert len(copies) == 4
    for kept in (third, second, first):
        bound.run(feed, kept)
    assert len(copies) == 8  # the third one's and, again, the first one's


def test_on_the_cpu_nothing_is_bound(copies: list[np.ndarray]) -> None:
    BoundSession(open_session(SEARCH)).run(region(), template())
    assert copies == []


def test_the_tracker_follows_alike_with_bound_inputs() -> None:
    scene, tracks = SyntheticScene(seed=2), []
    for memory in ('', 'cpu'):
        tracker = TinyTracker()
        network: Any = tracker._network
        network._search = BoundSession(network._search.session, memory)
        tracker.initialize(scene.frame(0), scene.box(0))
        tracks.append([tracker.track(scene.frame(k)) for k in range(1, 8)])
    assert tracks[0] == tracks[1]
