# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of the detectors, and the time of a search."""
