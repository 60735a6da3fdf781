# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The protocols a model answers to; they are defined where they are used, in core/."""

from follow_anything.core.protocols import Detector, Embedder, Segmenter, Tracker

__all__ = ['Detector', 'Embedder', 'Segmenter', 'Tracker']
