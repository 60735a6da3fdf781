# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The console node of the demonstration, which also runs without it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from follow_anything.core.config import ConsoleConfig
from follow_anything.launcher.processes import free_port, Graph

__all__ = ['open_page']

NEEDED = ('starlette', 'uvicorn', 'websockets')


def open_page(
    logs: Path, params_file: Path, wanted: int = ConsoleConfig.port
) -> tuple[Graph, str]:
    """
    Start the console's node.

    :param wanted: port, if nobody has it; 0: any that is free.
    :return: the graph of this one node, whose end is nobody else's, and the address to print.
    """
    graph = Graph(logs=logs, params_file=params_file, simulated_time=True)
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        return graph, f'none: pip install {" ".join(missing)}'
    port = free_port(wanted)
    # Somebody clicks by himself here: a page that is closed again is no operator who went away.
    graph.start('console_node', {'port': port, 'link': 'continue'})
    return graph, f'http://{ConsoleConfig.host}:{port}/'
