# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Vocabulary of the training pictures, and the sentence encoder that is the teacher."""
