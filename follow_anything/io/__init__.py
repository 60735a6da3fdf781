# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Input and output: videos, cameras, pictures, parameter files, stored queries."""
