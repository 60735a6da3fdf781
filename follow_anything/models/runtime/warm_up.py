# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Warm-up: the first run of a network allocates memory or builds an engine."""

from __future__ import annotations

import time

from follow_anything.core.protocols import Warmable

__all__ = ['warm_up']


def warm_up(*models: object) -> float:
    """Run the networks of those models that can be warmed up; return the seconds it took."""
    began = time.perf_counter()
    for model in models:
        if isinstance(model, Warmable):
            model.warm_up()
    return time.perf_counter() - began
