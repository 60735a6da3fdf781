# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A long time of following is measured part by part, and no account is kept of it."""

from __future__ import annotations

from follow_anything.evaluation.following.episode import EpisodeLoop
from follow_anything.evaluation.speed.soak import soak
import pytest

pytest.importorskip('mujoco', reason='the simulator needs mujoco')

pytestmark = pytest.mark.identity


def test_parts_of_a_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    forget = EpisodeLoop.forget

    def noted(loop: EpisodeLoop) -> None:
        forget(loop)
        kept.append(len(loop.rows) + len(loop.log.commands) + len(loop.log.followed))

    monkeypatch.setattr(EpisodeLoop, 'forget', noted)
    parts = list(soak('dog', 'ground', 0, 0.05, parts=2))
    assert [row['minutes'] for row in parts] == [0.025, 0.05]
    assert parts[-1]['tracking_fraction'] > 0.9
    assert parts[-1]['wrong_target_fraction'] == parts[-1]['somebody_else_fraction'] == 0.0
    assert all(row['memory_mb'] > 50.0 for row in parts)
    assert max(kept) <= 2
