# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Moving actors (people, animals, cars) and their paths."""
