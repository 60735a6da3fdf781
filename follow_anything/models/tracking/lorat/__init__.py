# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""LoRAT (Lin et al., 2024) with its official weights."""
