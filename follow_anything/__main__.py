# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""python -m follow_anything."""

from follow_anything.cli import main

if __name__ == '__main__':
    raise SystemExit(main())
