# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What comes from and goes to disk, cameras and pictures: sources, films, parameters, queries."""
