# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of following: scenarios in lock step, measures, a report. Start at episode.py."""
