# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which candidate is the target: evidence, appearance memory, and the judge."""
