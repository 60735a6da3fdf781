# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The detector that ships: it runs on one CPU thread without torch."""
