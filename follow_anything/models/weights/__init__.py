# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Weights: which are known, where they lie, how they are fetched and opened."""
