# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Detectors: where is the thing that was asked for?"""
