# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Conversion of pictures from 16 to 8 bits a channel; few sensors use all 16."""

from __future__ import annotations

from follow_anything.core.types import UInt8Array
import numpy as np
from numpy.typing import NDArray

__all__ = ['eight_bits']

DEPTHS = (10, 12, 14, 16)
"""Bits that sensors of colour have."""

ENOUGH = 1 << 16
"""Pixels that are looked at to find the range."""


def eight_bits(pixels: NDArray[np.uint16], *, color: bool) -> UInt8Array:
    """
    Return a picture of 8 bits, of the same shape, (H, W) or (H, W, C).

    Grey: the range from its 1st to its 99th percentile, so that a thermal
    camera's few counts fill the grey levels, whatever one hot pixel says. Colour, a mosaic's too:
    by the number of bits in use, the same for all channels, so that no hue changes.
    """
    step = max(1, int((pixels.size / ENOUGH) ** 0.5))
    sample = pixels[::step, ::step]
    if color:
        top = float(np.percentile(sample, 99.9))
        low, high = 0.0, float(next(1 << bits for bits in DEPTHS if top < 1 << bits) - 1)
    else:
        low, high = (float(value) for value in np.percentile(sample, (1.0, 99.0)))
    scale = 255.0 / max(1.0, high - low)
    stretched = (pixels.astype(np.float32) - low) * scale
    return np.asarray(np.clip(np.rint(stretched), 0, 255), np.uint8)
