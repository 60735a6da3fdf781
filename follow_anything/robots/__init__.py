# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where a velocity goes: one small adapter a kind of robot, behind base.RobotAdapter."""
