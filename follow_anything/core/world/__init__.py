# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where things are: the camera in a level world, tracks of everybody in view, ranges."""
