# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""python -m follow_anything."""

import os

# Our matrices are small. OpenBLAS would share them out, and its idle threads then spin for tens
# of milliseconds on the core that the network or another node wants. Before numpy is imported;
# the processes we start inherit it.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

from follow_anything.cli import main

if __name__ == '__main__':
    raise SystemExit(main())
