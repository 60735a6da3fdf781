# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the training pictures are called, and the teacher of words."""
