# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""python -m follow_anything."""

import os
import sys

# Our matrices are small. OpenBLAS would share them out, and its idle threads then spin for tens
# of milliseconds on the core that the network or another node wants. Before numpy is imported;
# the processes we start inherit it.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

OLDEST_TYPER = (0, 12, 5)
"""The first one that knows `Path | None`; Ubuntu 22.04 and 24.04 have older ones."""


def why_not() -> str:
    """Return why there can be no command line here, and what to type; '' when there can."""
    advice = "install it with: pip install 'typer>=0.12.5' (docs/install.md)"
    try:
        import typer
    except ImportError:
        return f'the command line needs typer; {advice}'
    version = tuple(int(part) for part in typer.__version__.split('.')[:3] if part.isdecimal())
    if version < OLDEST_TYPER:
        return (
            f'the command line needs typer 0.12.5 or newer, here is {typer.__version__}; {advice}'
        )
    return ''


def main() -> int:
    """Run a command; return the exit status."""
    problem = why_not()
    if problem:
        print(f'error: {problem}', file=sys.stderr)
        return 1
    from follow_anything.cli import main as run

    return run()


if __name__ == '__main__':
    raise SystemExit(main())
