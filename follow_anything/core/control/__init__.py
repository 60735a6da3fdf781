# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a target to a bounded velocity: limits of an axis, motion, the supervisor."""
