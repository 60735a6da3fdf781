# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the scenes that the tracker learns from are made of: composed ones, and filmed ones."""
