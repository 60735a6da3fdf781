# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The algorithm, in numpy, SciPy and the standard library only. Start reading at pipeline.py."""
