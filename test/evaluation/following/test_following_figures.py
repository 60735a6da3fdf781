# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From rows to figures, to a summary, to the page; and the filmstrip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.types import Box, TargetState, VelocityCommand
from follow_anything.evaluation.closed_loop.log import CommandRow, FollowLog
from follow_anything.evaluation.following.figures import (
    episode_figures,
    is_failure,
    MEANING,
    report,
    summarize,
)
from follow_anything.evaluation.following.film import choose, Film, timeline
from follow_anything.evaluation.following.page import reasons, write_page
from follow_anything.evaluation.following.rows import FollowRow
import numpy as np
import pytest

pytestmark = pytest.mark.identity

HERE, THERE = Box(280, 200, 360, 320), Box(20, 200, 100, 320)


def episode(wrong_s: float = 0.0, gone_s: float = 0.0, seconds: float = 20.0) -> list[FollowRow]:
    """Follow rightly, then something else for a while; at the end the target may be gone."""
    rows = []
    for k in range(round(10 * seconds)):
        stamp = 0.1 * k
        is_wrong = 10.0 <= stamp + 1e-6 < 10.0 + wrong_s
        is_gone = stamp + 1e-6 >= seconds - gone_s
        rows.append(
            FollowRow(
                stamp,
                None if is_gone else HERE,
                0.0 if is_gone else 1.0,
                float('nan') if is_gone else 3.2,
                TargetState.TRACKING,
                reported=THERE if is_wrong else HERE,
                presence=0.8,
                target_id=1,
                middle=3.3,
                gone=is_gone,
            )
        )
    return rows


def figures(rows: list[FollowRow], robot: str = 'ground', **more: Any) -> dict[str, Any]:
    """Make the row of an episode as episode.py does."""
    log = FollowLog(640, 480, 3.0, frames=list(rows))
    log.followed = {row.stamp: row.followed for row in rows if row.followed is not None}
    log.commands = [CommandRow(row.stamp, VelocityCommand(vx=0.5), 0.0) for row in rows]
    identity = {'scenario': 'street', 'robot': robot, 'seed': 1, 'key': 'k', 'film': ''}
    row = identity | episode_figures(rows, log, robot)
    return row | {'real_time_factor': 2.0, 'collided_with': []} | more


def test_the_figures_of_an_episode() -> None:
    row = figures(episode(wrong_s=4.0))
    assert row['seconds'] == pytest.approx(20.0)
    assert row['wrong_target_s'] == pytest.approx(4.0)
    assert row['wrong_target_fraction'] == pytest.approx(0.2)
    assert row['id_switches'] == 1
    assert row['time_to_failure'] == pytest.approx(0.5)
    assert row['range_error_median'] == pytest.approx(0.2)
    assert row['commands_while_unsure'] == 0
    assert row['dat_tsr'] is None
    assert figures(episode(), 'drone')['dat_tsr'] == pytest.approx(1.0)


def test_what_is_followed_after_the_target_has_gone_is_false() -> None:
    row = figures(episode(gone_s=5.0))
    assert row['false_follow_after_gone'] == 1
    assert row['false_follow_after_gone_s'] == pytest.approx(5.0)
    assert row['wrong_target_s'] == pytest.approx(5.0)
    assert row['range_error_median'] == pytest.approx(0.2)


def test_a_summary_weighs_time_and_counts_events() -> None:
    long, short = figures(episode(wrong_s=4.0)), figures(episode(seconds=10.0))
    found = {'stamp': 1.0, 'hidden_s': 2.0, 'seen_s': 4.0, 'recovery_s': 0.4, 'same_id': True}
    glimpse = found | {'seen_s': 0.2, 'recovery_s': None, 'same_id': False}
    lost = {'stamp': 5.0, 'hidden_s': 8.0, 'seen_s': 4.0, 'recovery_s': None, 'same_id': False}
    long['reappearances'] = [found, lost]
    short['reappearances'] = [found | {'recovery_s': 0.8}, glimpse]
    total = summarize([long, short, {'error': 'it broke'}])
    assert set(total) == set(MEANING)
    assert (total['episodes'], total['errors']) == (2, 1)
    assert total['wrong_target_fraction'] == pytest.approx(4.0 / 30.0)
    assert total['reacquired_events'] == 4
    assert total['reacquired_rate'] == pytest.approx(2 / 4)
    assert total['reacquired_rate_short'] == pytest.approx(2 / 3)
    assert total['reacquired_rate_seen'] == 1.0
    assert total['reacquired_rate_long'] == 0.0
    assert total['recovery_s_median'] == pytest.approx(0.6)
    assert total['recovery_s_p90'] == pytest.approx(0.76)
    assert total['same_id_rate'] == 1.0
    assert total['time_to_failure'] == pytest.approx(0.75)


def test_a_report_has_the_parts_that_are_promised() -> None:
    rows = [
        figures(episode()),
        figures(episode(wrong_s=2.0), 'drone', seed=2),
        figures(episode(), scenario='crossing'),
    ]
    made = report(rows, {'seeds': [1, 2]})
    assert set(made['scenarios']) == {'street', 'crossing'}
    assert set(made['cells']) == {'street ground', 'street drone', 'crossing ground'}
    assert set(made['evt']) == {'STT', 'AT'}
    assert made['total']['wrong_target_fraction'] == pytest.approx(2.0 / 60.0)
    for key in ('reacquired_rate', 'false_follow_after_gone', 'visible_fraction'):
        assert key in made['total']
    assert len(made['episodes']) == 3


def test_nothing_but_errors_is_not_a_result() -> None:
    assert summarize([{'error': 'it broke'}]) == {'episodes': 0, 'errors': 1}


@pytest.mark.parametrize(
    ('changes', 'reported'),
    [
        ({}, None),
        ({'wrong_target_fraction': 0.1, 'wrong_target_s': 2.0}, 'something else'),
        ({'collisions': 1, 'collided_with': ['lamp 3']}, 'lamp 3'),
        ({'commands_while_unsure': 2}, '2 commands while unsure'),
        ({'time_to_failure': 0.4}, 'stands before a target'),
        ({'false_follow_after_gone': 1, 'false_follow_after_gone_s': 3.0}, 'after it had gone'),
        ({'error': 'it broke'}, 'it broke'),
    ],
)
def test_failures_say_why(changes: dict[str, Any], reported: str | None) -> None:
    row = figures(episode()) | changes
    assert is_failure(row) == (reported is not None)
    if reported is not None:
        assert reported in '; '.join(reasons(row))


def test_the_page_shows_every_failure(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib', reason='the plots need matplotlib')
    bad = figures(episode(wrong_s=3.0), scenario='<twin>', film='x.jpg')
    meta = {'seeds': [1, 1], 'robots': ['ground'], 'seconds': 0.0, 'depth': True, 'ask': 'click'}
    meta |= {'tracker': 'tiny', 'version': '1', 'date': 'today', 'width': 640, 'height': 480}
    write_page(tmp_path / 'index.html', report([figures(episode()), bad], meta))
    text = (tmp_path / 'index.html').read_text()
    assert 'Failures: 1 of 2' in text
    assert 'src="films/x.jpg"' in text
    assert '<twin>' not in text
    assert '&lt;twin&gt;' in text
    for plot in ('scenarios', 'recovery', 'reliability'):
        assert f'src="plots/{plot}.png"' in text
        assert (tmp_path / 'plots' / f'{plot}.png').read_bytes().startswith(b'\x89PNG')
    broken = report([{'scenario': 's', 'robot': 'r', 'seed': 1, 'error': 'it broke'}], meta)
    write_page(tmp_path / 'errors.html', broken)
    assert 'it broke' in (tmp_path / 'errors.html').read_text()


def test_the_strip_shows_the_failure() -> None:
    rows = episode(wrong_s=3.0)
    stamps = [0.5 * k for k in range(40)]
    chosen = choose(stamps, rows, 8)
    assert chosen == sorted(set(chosen))
    assert (chosen[0], chosen[-1]) == (0, 39)
    assert sum(10.0 <= stamps[k] < 13.0 for k in chosen) >= 2
    assert len(choose(stamps[:3], rows[:11], 8)) == 3


def test_a_film_is_kept_only_where_a_folder_is_given(tmp_path: Path) -> None:
    picture = np.full((48, 64, 3), 90, np.uint8)
    rows = episode(wrong_s=3.0)
    kept, none = Film(str(tmp_path / 'films')), Film('')
    for row in rows:
        kept.add(picture, row)
        none.add(picture, row)
    assert none.save('a') == ''
    assert kept.save('a') == 'a.jpg'
    assert (tmp_path / 'films' / 'a.jpg').stat().st_size > 1000


def test_the_timeline_is_red_while_something_else_is_followed() -> None:
    band = timeline(episode(wrong_s=4.0), 200, [])[20]
    red = (band[:, 0].astype(int) - band[:, 2]) > 80
    assert red.mean() == pytest.approx(0.2, abs=0.02)
    assert red[100:140].mean() > 0.9
