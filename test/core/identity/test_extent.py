# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The target's depth of a moment ago is not that of somebody who passes before it."""

from __future__ import annotations

from follow_anything.core.identity.extent import Extent
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]


def test_depth_of_a_passer_by_is_not_taken_until_the_old_one_is_too_old() -> None:
    extent = Extent()
    extent.ranged(6.0, 10.0)
    extent.ranged(5.9, 10.05)
    for step in range(1, 9):
        extent.ranged(4.5, 10.05 + 0.05 * step)
        assert extent.depth_before(10.05 + 0.05 * step) == 5.9
    assert extent.depth_before(10.6) is None
    extent.ranged(4.5, 10.6)
    assert extent.depth_before(10.6) == 4.5


def test_depth_of_a_target_that_comes_nearer_or_goes_away_is_taken() -> None:
    extent = Extent()
    for step, depth in enumerate((6.0, 5.8, 5.6, 7.5)):
        extent.ranged(depth, 10.0 + 0.05 * step)
        assert extent.depth == depth
