# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The old name of core.search.prompts; the next release removes it."""

from __future__ import annotations

from follow_anything.core.search.prompts import query_from_text

__all__ = ['query_from_text']
