# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Optional trackers through the package transformers, from local folders alone."""
