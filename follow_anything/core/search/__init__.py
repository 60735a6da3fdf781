# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the detector is asked, when and where, and what becomes of its answer."""
