# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Robot adapters: each sends velocities by one protocol, behind base.RobotAdapter."""
