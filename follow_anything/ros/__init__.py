# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The only folder that imports rclpy: thin lifecycle nodes around core/."""
