# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How good the detectors are, and what a search costs."""
