# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which looks at a picture change what a robot may do."""

from __future__ import annotations

from dataclasses import replace

from follow_anything.core.search.sentinel import decides_alike
from follow_anything.core.types import Box, Target, TargetState
import pytest

pytestmark = [pytest.mark.core, pytest.mark.identity]

BEFORE = Target(5.0, TargetState.TRACKING, 2, Box(10, 10, 30, 50), presence=0.9)


@pytest.mark.parametrize(
    ('changes', 'alike'),
    [
        ({}, True),
        ({'presence': 0.8, 'box': Box(11, 10, 31, 50)}, True),
        ({'stamp': 5.05}, False),
        ({'state': TargetState.AMBIGUOUS}, False),
        ({'state': TargetState.OCCLUDED}, False),
        ({'target_id': 3}, False),
        ({'box': Box(40, 10, 60, 50)}, False),
        ({'box': None}, False),
    ],
)
def test_a_look_decides_otherwise_by_state_id_or_place(
    changes: dict[str, object], alike: bool
) -> None:
    assert decides_alike(replace(BEFORE, **changes), BEFORE) is alike
