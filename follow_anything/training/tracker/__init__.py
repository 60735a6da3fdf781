# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the shipped tracker. Start at stages.py."""
