# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The plot of what the judge decided: what counts as a look, whose a box is, which pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
from follow_anything.core.errors import InvalidInput
from follow_anything.core.types import Box, Rated, Target, TargetState
from follow_anything.evaluation.closed_loop.decisions import choose_pictures, Decisions
from follow_anything.evaluation.closed_loop.log import FrameRow
from matplotlib.axes import Axes
import numpy as np
import pytest

pytestmark = pytest.mark.identity

HERE, THERE = Box(280, 200, 360, 320), Box(20, 200, 100, 320)
PICTURE = np.full((480, 640, 3), 90, np.uint8)


def moment(
    decisions: Decisions, stamp: float, rated: tuple[Rated, ...], true: Box | None = HERE
) -> None:
    """Add a picture in which two may be the target."""
    state = TargetState.TRACKING if len(rated) == 1 else TargetState.AMBIGUOUS
    target = Target(stamp, state, 1, HERE, 0.9, margin=2.0, candidates=rated)
    seen = 0.0 if true is None else 1.0
    decisions.add(PICTURE, target, FrameRow(stamp, true, seen, 3.0, state))


def test_points_are_of_looks_and_tell_the_target_from_the_others(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path / 'a.png', 1.0)
    alone = (Rated(1, HERE, 0.9),)
    both = Rated(1, HERE, 0.6), Rated(2, THERE, 0.4)
    moment(decisions, 10.0, alone)
    moment(decisions, 10.1, alone)  # the same look still holds: no point of its own
    moment(decisions, 10.2, both)
    moment(decisions, 10.3, tuple(both), true=None)
    assert decisions.points(True) == pytest.approx(np.array([[0.0, 0.9], [0.2, 0.6]]))
    assert decisions.points(False) == pytest.approx(np.array([[0.2, 0.4]]))
    moment(decisions, 10.4, (Rated(1, HERE, 0.7),), true=None)  # nobody is there: a wrong box
    assert decisions.points(False)[-1] == pytest.approx([0.4, 0.7])


@pytest.mark.parametrize('name', ['a.png', 'a.webp'])
def test_the_plot_is_a_picture(tmp_path: Path, name: str) -> None:
    decisions = Decisions(tmp_path / name, 1.0)
    for k in range(40):
        others = (Rated(2, THERE, 0.4),) if 10 <= k < 20 else ()
        moment(decisions, 0.1 * k, (Rated(1, HERE, 0.6), *others))
    decisions.save('a <title>')
    drawn = cv2.imread(str(tmp_path / name))
    assert drawn.shape[1] == 1210
    # something else is drawn in red while it was in question, and in no other column
    blue, green, red = (drawn[330:500, 250:, k].astype(int) for k in range(3))  # not the legend
    columns = 250 + np.flatnonzero(((red > 200) & (green < 90) & (blue < 90)).any(0))
    assert 0.25 < columns.min() / 1210 < columns.max() / 1210 < 0.6


def test_a_change_of_state_is_shown_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []
    monkeypatch.setattr(Axes, 'set_title', lambda _, title, **__: titles.append(title))
    decisions = Decisions(tmp_path / 'a.png', 1.0)
    for k in range(20):
        others = (Rated(2, THERE, 0.4),) if 7 <= k < 9 else ()
        moment(decisions, 0.1 * k, (Rated(1, HERE, 0.6), *others))
    decisions.save('a title')
    assert {'0.0 s, TRACKING', '0.7 s, AMBIGUOUS', '0.9 s, TRACKING'} < set(titles)


def test_a_session_without_a_picture_is_no_error(tmp_path: Path) -> None:
    Decisions(tmp_path / 'a.png', 1.0).save('nothing')
    assert not (tmp_path / 'a.png').exists()


@pytest.mark.parametrize(('name', 'said'), [('a.txt', 'a picture'), ('no/a.png', 'no folder')])
def test_a_name_that_cannot_be_is_refused_before_the_run(
    tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        Decisions(tmp_path / name, 1.0)


def test_pictures_are_the_changes_of_state_then_the_largest_gaps() -> None:
    states = [TargetState.CONFIRMING] * 10 + [TargetState.TRACKING] * 50
    states += [TargetState.OCCLUDED] * 40
    at = list(range(0, 100, 5))
    assert choose_pictures(at, states, 3) == [0, 2, 12]
    five = choose_pictures(at, states, 5)
    assert {0, 2, 12, 19} < set(five)  # the end is the largest gap, the middle of TRACKING next
    assert len(five) == 5
    assert choose_pictures([0], states, 6) == [0]
    flips = [TargetState.TRACKING, TargetState.OCCLUDED] * 50
    assert len(choose_pictures(list(range(100)), flips, 6)) == 6
