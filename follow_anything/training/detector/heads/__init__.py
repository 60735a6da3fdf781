# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and names: the heads on the frozen backbone, and the joint training."""
