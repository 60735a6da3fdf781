# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The newest frames: bounded in time and bytes, wider for a slow detector, new after a jump."""

from __future__ import annotations

from follow_anything.core.types import Frame
from follow_anything.core.world import history
from follow_anything.core.world.ego import CameraPose
from follow_anything.core.world.history import CLOCK_JUMP_S, History, LONGEST_S
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

RGB = np.zeros((4, 4, 3), np.uint8)
POSE = CameraPose(np.eye(3), np.zeros(3))


def filled(span: float = 1.0, seconds: float = 3.0, dt: float = 0.1) -> History:
    kept = History(span)
    for index in range(round(seconds / dt) + 1):
        frame = Frame(10.0 + index * dt, RGB)
        assert not kept.is_late(frame)
        kept.add(frame, POSE)
    return kept


def test_frames_of_the_span_are_kept() -> None:
    kept = filled()
    assert kept.newest == pytest.approx(13.0)
    for stamp, is_kept in ((13.0, True), (12.1, True), (11.8, False), (12.05, False)):
        assert (kept.at(stamp) is not None) is is_kept
    assert [round(frame.stamp, 3) for frame, _ in kept.since(12.7)] == [12.8, 12.9, 13.0]


def test_empty_history_knows_nothing() -> None:
    kept = History(1.0)
    assert kept.at(0.0) is None
    assert list(kept.since(0.0)) == []
    assert not kept.widen_for(0.0)


@pytest.mark.parametrize('ago', [0.0, 0.3, CLOCK_JUMP_S])
def test_late_frame_is_counted(ago: float) -> None:
    kept = filled()
    assert kept.is_late(Frame(kept.newest - ago, RGB))
    assert (kept.late, kept.jumped) == (1, False)


def test_clock_set_back_begins_anew() -> None:
    kept = filled()
    assert not kept.is_late(Frame(3.0, RGB))
    assert kept.jumped
    kept.add(Frame(3.0, RGB), POSE)
    assert kept.newest == 3.0
    assert not kept.is_late(Frame(3.1, RGB))
    assert not kept.jumped


def test_slow_answer_widens_it() -> None:
    kept = filled(span=1.0)
    assert not kept.widen_for(12.5), 'young enough'
    assert kept.widen_for(11.0)
    assert kept.span > 2.0
    assert not kept.widen_for(11.0), 'wide enough now'
    assert not kept.widen_for(13.0 - LONGEST_S - 1.0), 'no answer takes so long'


@pytest.mark.parametrize('age', [3.0, 6.5, 10.0])
def test_a_slow_detectors_picture_is_nearly_there_however_large_pictures_are(
    monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    """Two seconds of a large depth camera filled the memory, and a slow detector never began."""
    monkeypatch.setattr(history, 'LARGEST_BYTES', 60 * RGB.nbytes)
    kept = filled(span=14.0, seconds=20.0, dt=1 / 30)
    seen_in = kept.at(kept.newest - age)
    assert seen_in is not None
    assert seen_in[0].stamp == pytest.approx(kept.newest - age, abs=0.5)
    assert len(kept._frames) <= 60
    recent = [frame.stamp for frame, _ in kept.since(kept.newest - 0.5)]
    assert len(recent) == 15, 'the newest are all there'
    assert kept.at(kept.newest - 0.05) is None, 'between two of them is none'


def test_pictures_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, 'LARGEST_BYTES', 5 * RGB.nbytes)
    kept = History(30.0)
    for index in range(100):
        kept.add(Frame(index * 0.1, RGB), POSE)
    assert len(kept._frames) <= 5
    assert kept.newest == pytest.approx(9.9)


@given(st.lists(st.floats(-3, 3), max_size=60), st.floats(0, 2))
def test_stamps_rise_whatever_comes(steps: list[float], span: float) -> None:
    kept, now = History(span), 100.0
    for step in steps:
        frame = Frame(now + step, RGB)
        if kept.is_late(frame):
            continue
        now = frame.stamp
        kept.add(frame, POSE)
        stamps = [row.stamp for row, _ in kept._frames]
        assert stamps == sorted(set(stamps))
        assert stamps[-1] - stamps[0] <= span or len(stamps) == 1
