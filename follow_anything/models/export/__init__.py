# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that ship, for other computers: checked, narrowed, compared."""
