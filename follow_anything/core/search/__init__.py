# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Search: queries, schedule and region of the detector, and the candidates made of its answer."""
