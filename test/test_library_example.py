# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The README's library example is the one in examples/, and it moves its robot."""

from __future__ import annotations

from pathlib import Path
import re
import runpy

from follow_anything.core.types import TargetState
import pytest

pytestmark = [pytest.mark.models, pytest.mark.identity]

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / 'examples' / 'library.py'


def test_readme_shows_lines_that_run() -> None:
    (block,) = re.findall(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(), re.DOTALL)
    assert 5 <= len(block.splitlines()) <= 15
    assert block in EXAMPLE.read_text()


def test_library_example_moves_its_robot(capsys: pytest.CaptureFixture[str]) -> None:
    ran = runpy.run_path(str(EXAMPLE))
    assert ran['result'].target.state is TargetState.TRACKING
    assert ran['robot'].yaw < -0.3  # the target goes to the right
    assert 'TRACKING' in capsys.readouterr().out
