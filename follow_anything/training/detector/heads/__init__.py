# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the box and text heads on the frozen backbone, and the joint training."""
