# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded simulator: a street, two vehicles, a camera and the truth. No ROS in here."""
