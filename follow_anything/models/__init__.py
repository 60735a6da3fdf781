# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Detectors, trackers and embedders. Heavy packages are imported when a model is built."""
