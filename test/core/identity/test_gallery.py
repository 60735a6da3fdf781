# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The appearance memory: bounded, the first view for ever, and what the target is not."""

from __future__ import annotations

import math

from follow_anything.core.identity.gallery import Gallery, REFUSED_MOST
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def view(degrees: float) -> np.ndarray:
    """Return a description; the cosine of two is that of the angle between them."""
    angle = math.radians(degrees)
    return np.array([math.cos(angle), math.sin(angle)])


def nearest(gallery: Gallery, degrees: float) -> float:
    return float(gallery.nearest(view(degrees)[None])[0])


def likeness(gallery: Gallery, degrees: float) -> float:
    return float(gallery.likeness(view(degrees)[None])[0])


def test_nothing_is_like_an_empty_memory() -> None:
    gallery = Gallery()
    assert not gallery
    assert nearest(gallery, 0) == likeness(gallery, 0) == 0.0


@pytest.mark.parametrize(('degrees', 'is_kept'), [(0, False), (5, False), (20, True), (90, True)])
def test_anchor_is_kept_when_it_is_news(degrees: float, is_kept: bool) -> None:
    gallery = Gallery()
    assert gallery.anchor(view(0))
    assert gallery.anchor(view(degrees)) is is_kept
    assert len(gallery) == 1 + is_kept


@pytest.mark.parametrize(('degrees', 'is_kept'), [(0, False), (5, False), (20, True), (90, True)])
def test_sure_view_is_learnt_when_it_is_news(degrees: float, is_kept: bool) -> None:
    """Whether it is the target is the judge's affair, so that another side of it may enter."""
    gallery = Gallery()
    gallery.anchor(view(0))
    assert gallery.adapt(view(degrees)) is is_kept


def test_nothing_adapts_before_there_is_a_first_view() -> None:
    gallery = Gallery()
    assert not gallery.adapt(view(0))
    gallery.add_negatives(view(0)[None])
    assert not gallery


def test_similarity_is_to_the_nearest_view() -> None:
    gallery = Gallery()
    gallery.anchor(view(0))
    gallery.adapt(view(20))
    assert nearest(gallery, 45) == pytest.approx(math.cos(math.radians(25)))


def test_what_adapts_is_forgotten_and_the_anchors_stay() -> None:
    gallery = Gallery(anchors=2, adaptive=2)
    for degrees in (0, 20):
        assert gallery.anchor(view(degrees))
    assert not gallery.anchor(view(40)), 'there is no room for it'
    for degrees in (60, 90, 120):
        assert gallery.adapt(view(degrees))
    assert len(gallery) == 4
    assert [nearest(gallery, d) > 0.999 for d in (0, 20, 60, 90, 120)] == [1, 1, 0, 1, 1]


def test_negatives_lower_what_they_share_with_the_target() -> None:
    gallery = Gallery()
    gallery.anchor(view(0))
    before = [likeness(gallery, d) for d in (0, 40)]
    gallery.add_negatives(view(40)[None])
    after = [likeness(gallery, d) for d in (0, 40)]
    assert after[0] > 0.9
    assert after[1] < before[1] - 0.2
    assert after[0] - after[1] > before[0] - before[1]


def test_likeness_of_the_target_stays_however_many_others_there_are() -> None:
    gallery = Gallery()
    random = np.random.default_rng(0)
    views = random.standard_normal((40, 16))
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    gallery.anchor(views[0])
    for other in views[1:]:
        gallery.add_negatives(other[None])
    like = gallery.likeness(views)
    assert like[0] > 0.9
    assert like[1:].max() < 0.6


def test_what_others_of_one_picture_have_in_common_is_learnt_once() -> None:
    """Five boxes on one thing are no five reasons against what looks a little like it."""
    once, often = Gallery(), Gallery()
    for gallery in (once, often):
        gallery.anchor(view(0))
    once.add_negatives(np.stack([view(60), view(180)]))
    often.add_negatives(np.stack([view(d) for d in (60, 61, 180, 62, 60, 63)]))
    assert likeness(often, 30) == pytest.approx(likeness(once, 30))


@pytest.mark.parametrize('what', ['anchor', 'adapt', 'refuse', 'add_negatives', 'clear', 'resize'])
def test_remembered_likeness_is_that_of_now(what: str) -> None:
    gallery, asked = Gallery(), view(30)
    gallery.anchor(view(0))
    gallery.adapt(view(300))
    gallery.add_negatives(np.stack([view(120), view(240)]))
    before = gallery.likeness_of(asked)
    assert before == gallery.likeness_of(asked) == likeness(gallery, 30)
    given = {'resize': (1, 0, 1), 'clear': (), 'add_negatives': (view(60)[None],)}
    getattr(gallery, what)(*given.get(what, (view(60),)))
    assert gallery.likeness_of(asked) == likeness(gallery, 30) != before


def test_many_likenesses_are_asked_for() -> None:
    """Views come and go; the one that gets the place of another has its own likeness."""
    gallery = Gallery()
    gallery.anchor(view(0))
    for degrees in range(2000):
        asked = view(degrees * 0.18)
        assert gallery.likeness_of(asked) == pytest.approx(asked[0])


def test_twin_is_no_negative() -> None:
    """Its looks are the target's own: learnt as a negative, they would bar the target."""
    gallery = Gallery()
    gallery.anchor(view(0))
    gallery.add_negatives(view(5)[None])
    assert likeness(gallery, 0) == pytest.approx(1.0)


def test_refused_view_is_less_like_the_target_for_ever() -> None:
    gallery = Gallery(negatives=2)
    gallery.anchor(view(0))
    before = likeness(gallery, 30)
    gallery.refuse(view(30))
    after = likeness(gallery, 30)
    assert after < before - 0.15
    for degrees in range(60, 360, 25):  # newer negatives come and go
        gallery.add_negatives(view(degrees)[None])
    assert likeness(gallery, 30) < before - 0.15
    gallery.clear()  # another target: nothing of it counts any more
    gallery.anchor(view(0))
    assert likeness(gallery, 30) == pytest.approx(before)


def test_what_is_refused_again_and_again_is_kept_once() -> None:
    gallery = Gallery()
    gallery.anchor(view(0))
    for _ in range(1000):
        gallery.refuse(view(90))
    assert len(gallery.refused) == 1
    gallery.refuse(view(120))
    gallery.clear(keep_refused=True)  # the target was lost sight of before it was confirmed
    assert len(gallery.refused) == 2
    gallery.clear()
    for one in np.eye(REFUSED_MOST + 9):  # no two of them alike
        gallery.refuse(one)
    assert len(gallery.refused) == REFUSED_MOST


BAD = {
    'nan': np.array([math.nan, 1.0]),
    'infinite': np.array([math.inf, 0.0]),
    'zero': np.zeros(2),
    'too long': np.array([3.0, 0.0]),
}


@pytest.mark.parametrize('bad', BAD.values(), ids=BAD)
def test_what_is_no_view_enters_nowhere(bad: np.ndarray) -> None:
    gallery = Gallery()
    assert not gallery.anchor(bad)
    gallery.anchor(view(0))
    assert not gallery.anchor(bad)
    assert not gallery.adapt(bad)
    gallery.refuse(bad)
    with np.errstate(invalid='ignore'):
        gallery.add_negatives(bad[None])
    assert len(gallery) == 1
    assert likeness(gallery, 0) == pytest.approx(1.0)


def test_empty_negatives_change_nothing() -> None:
    gallery = Gallery()
    gallery.anchor(view(0))
    gallery.add_negatives(np.zeros((0, 1)))
    assert likeness(gallery, 40) == pytest.approx(nearest(gallery, 40))


def test_clear_forgets() -> None:
    gallery = Gallery()
    gallery.anchor(view(0))
    gallery.adapt(view(30))
    gallery.clear()
    assert not gallery
    assert gallery.anchor(view(90))
    assert nearest(gallery, 0) == pytest.approx(0.0, abs=1e-9)


def test_smaller_memory_keeps_the_first_view() -> None:
    gallery = Gallery()
    for degrees in (0, 20, 40):
        gallery.anchor(view(degrees))
    for degrees in (60, 80, 100):
        gallery.adapt(view(degrees))
    gallery.resize(0, 1, 0)
    assert len(gallery) == 2
    assert nearest(gallery, 0) == pytest.approx(1.0)
    assert nearest(gallery, 100) == pytest.approx(1.0)


ACTS = st.tuples(st.sampled_from(['anchor', 'adapt', 'negative', 'refuse']), st.floats(0, 360))


@given(st.integers(1, 4), st.integers(0, 4), st.integers(0, 4), st.lists(ACTS, max_size=40))
def test_memory_is_bounded_finite_and_keeps_the_first_view(
    anchors: int, adaptive: int, negatives: int, acts: list[tuple[str, float]]
) -> None:
    gallery = Gallery(anchors, adaptive, negatives)
    gallery.anchor(view(0))
    for act, degrees in acts:
        if act == 'negative':
            gallery.add_negatives(view(degrees)[None])
        else:
            getattr(gallery, act)(view(degrees))
        assert 1 <= len(gallery) <= anchors + adaptive
        assert len(gallery._negatives) <= negatives
        like = gallery.likeness(np.stack([view(d) for d in (0, 45, 200)]))
        assert np.isfinite(like).all()
        assert (like <= 1.1 + 1e-9).all()
    assert nearest(gallery, 0) == pytest.approx(1.0)
