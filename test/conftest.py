# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, settings

with contextlib.suppress(ImportError):
    import triton  # noqa: F401  before MuJoCo, which tests import by themselves: see sim/renderer.py

# A busy machine must not fail a property; the number of examples keeps the core tests at seconds.
settings.register_profile(
    'follow_anything',
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile('follow_anything')
