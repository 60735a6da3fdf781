# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
What a frame costs the tiny tracker, by region size and number of templates.

    python -m follow_anything.evaluation.bench_tracker --json bench.json
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
from pathlib import Path
import time

from follow_anything.models.tracking.tiny import (
    find_weights,
    OnnxNetwork,
    SEARCH_FILES,
    TEMPLATE_FILE,
)
import numpy as np

__all__ = ['main', 'time_call']

TEMPLATE_COUNTS = (1, 2, 4, 8)


def time_call(call: Callable[[], object], repeats: int) -> float:
    """Return the median processor time of a call, milliseconds; robust on a busy machine."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        call()
        spent.append(time.process_time() - begin)
    return float(np.median(spent)) * 1e3


def main(arguments: list[str] | None = None) -> None:
    """Time both graphs on one thread and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('--repeats', type=int, default=60)
    parser.add_argument('--json', type=Path, help='write the rows to this file')
    options = parser.parse_args(arguments)
    network = OnnxNetwork(find_weights(TEMPLATE_FILE), [find_weights(n) for n in SEARCH_FILES])
    rng = np.random.default_rng(0)
    side = network.template_px
    view = rng.integers(0, 255, (side, side, 3), np.uint8)
    box = np.array([0.25, 0.25, 0.75, 0.75])
    cache, _ = network.encode(view, box)
    encode_ms = time_call(lambda: network.encode(view, box), options.repeats)
    rows = []
    print(f'one template: {encode_ms:.2f} ms, once')
    print('region  templates  cached ms  uncached ms')
    for size_px in network.search_sizes_px:
        region = rng.integers(0, 255, (size_px, size_px, 3), np.uint8)
        for count in TEMPLATE_COUNTS:
            joined = network.join([cache] * count)
            cached = time_call(lambda r=region, c=joined: network.search(r, c), options.repeats)
            rows.append(
                {
                    'region_px': size_px,
                    'templates': count,
                    'cached_ms': cached,
                    'uncached_ms': cached + count * encode_ms,
                }
            )
            print(f'{size_px:6d}  {count:9d}  {cached:9.2f}  {rows[-1]["uncached_ms"]:11.2f}')
    if options.json:
        options.json.write_text(json.dumps({'encode_ms': encode_ms, 'rows': rows}, indent=1))


if __name__ == '__main__':
    main()
