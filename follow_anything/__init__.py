# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Say it, show it or click it, and the robot follows it.

Start reading at :mod:`follow_anything.core.pipeline`.
"""

from __future__ import annotations

__version__ = '0.1.0'
