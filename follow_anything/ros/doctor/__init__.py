# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor asks of a ROS graph."""
