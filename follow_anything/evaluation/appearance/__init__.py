# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How well embedders tell one thing from its like."""
