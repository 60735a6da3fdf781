# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers: the network (transformer), its online loop (online), and what runs them."""
