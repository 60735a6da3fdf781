# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Objects made of triangles: what they are, and those of our own."""
