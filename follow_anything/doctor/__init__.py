# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Is this machine fit to follow? One small check for each thing that goes wrong."""
