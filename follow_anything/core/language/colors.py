# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Words for colours."""

from __future__ import annotations

__all__ = ['COLOR_WORDS']

COLOR_WORDS = {
    'red': 0,
    'crimson': 0,
    'scarlet': 0,
    'orange': 1,
    'yellow': 2,
    'golden': 2,
    'green': 3,
    'blue': 4,
    'navy': 4,
    'purple': 5,
    'violet': 5,
    'pink': 6,
    'magenta': 6,
    'brown': 7,
    'black': 8,
    'white': 9,
    'grey': 10,
    'gray': 10,
    'silver': 10,
}
"""The number of the colour that a word means, of eleven; the networks know them by it."""
