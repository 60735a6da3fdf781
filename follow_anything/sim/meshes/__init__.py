# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Triangle meshes: their data structure, and the objects that the simulator generates itself."""
