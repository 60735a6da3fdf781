# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""How the weights of the detector were made. Start at stages.py."""
