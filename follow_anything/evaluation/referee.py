# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The old name of evaluation.tracking.referee; the next release removes it."""

from __future__ import annotations

from typing import Any

from follow_anything.evaluation.tracking import referee

__all__ = ()


def __getattr__(name: str) -> Any:
    """Return what has that name there."""
    return getattr(referee, name)
