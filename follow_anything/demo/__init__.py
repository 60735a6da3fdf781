# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The one-command demonstration: the whole graph follows somebody, and the score is kept."""
