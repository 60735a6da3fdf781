# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The command `doctor`: checks of the machine and of what is installed."""
