# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A workspace of colcon with this package in it, as docs/install.md makes one."""

from __future__ import annotations

from pathlib import Path
import shutil
import subprocess
import sys

__all__ = ['build']

ROOT = Path(__file__).resolve().parents[1]
UNWANTED = (
    '.*', '__pycache__', '*.egg-info', 'build', 'install', 'log', 'out', 'test', 'docs',
)  # fmt: skip


def build(folder: Path) -> None:
    """Copy the sources to src/ and let colcon build and install them."""
    sources = folder / 'src' / 'follow_anything'
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(*UNWANTED))
    done = subprocess.run(
        [sys.executable, '-m', 'colcon', '--log-base', 'log', 'build'],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
