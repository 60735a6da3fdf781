# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a node as ROS parameters, and the names that they had before."""
