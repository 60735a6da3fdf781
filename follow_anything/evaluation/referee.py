# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The name of before for evaluation.tracking.referee; it goes with the next release."""

from __future__ import annotations

from follow_anything.evaluation.tracking.referee import (
    BoxTracker,
    csrt,
    make,
    nanotrack,
    tiny,
    vittrack,
)

__all__ = ['BoxTracker', 'csrt', 'make', 'nanotrack', 'tiny', 'vittrack']
