# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's page in the browser. Start reading at server.py."""
