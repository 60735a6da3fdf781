# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What people say of a target: phrases, places among others, words of other languages."""
