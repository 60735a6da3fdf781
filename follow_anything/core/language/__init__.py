# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parsing of spoken queries: phrases, spatial relations, words of other languages."""
