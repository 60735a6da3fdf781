# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Wait for something that another thread or process does."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

__all__ = ['wait']


def wait(condition: Callable[[], Any], what: str, limit_s: float = 30.0) -> Any:
    """Return the first true answer of a condition; fail, and say what was awaited, without one."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f'waited {limit_s} s for {what}'
        time.sleep(0.005)
    return value
