# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker that ships, and how its network becomes graphs."""
