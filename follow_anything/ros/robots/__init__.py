# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The adapters of robots/ with ROS at their ends, and what the controller listens to."""
