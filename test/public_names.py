# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Every name that others build on; with --write, public_names.txt is written from the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re
import sys
from typing import Any

import node_topics

__all__ = ['FILE', 'graph_names', 'plain_names']

FILE = Path(__file__).with_name('public_names.txt')
NOT_OURS = ('/rosout', '/parameter_events')
"""Topics that every node of ROS 2 has."""


def plain_names() -> list[str]:
    """List executables, commands and parameters: what is known without ROS."""
    return sorted([*_executables(), *_commands(), *_parameters()])


def graph_names() -> list[str]:
    """List the topics and services of the nodes; needs rclpy."""
    nodes = (*node_topics.FOLLOWERS, node_topics.SIMULATOR)
    topics = {
        f'topic {e.node} {"publishes" if e.publishes else "subscribes"} {e.topic} {e.kind}'
        for e in node_topics.endpoints(*nodes)
        if e.topic not in NOT_OURS
    }
    services = {f'service {name} {kind}' for name, kind in node_topics.services(*nodes)}
    return sorted(topics | services)


def _executables() -> Iterator[str]:
    setup = Path(__file__).resolve().parents[1] / 'setup.py'
    entries = re.findall(r"'(\w+) = follow_anything\.", setup.read_text(encoding='utf-8'))
    yield from (f'executable {name}' for name in entries)


def _commands() -> Iterator[str]:
    from follow_anything.cli import app
    import typer

    def below(command: Any, name: str) -> Iterator[str]:
        for parameter in command.params:
            yield from (f'command {name} {opt}' for opt in parameter.opts if opt.startswith('--'))
        children = getattr(command, 'commands', {})
        if not children:
            yield f'command {name}'
        for word, child in children.items():
            yield from below(child, f'{name} {word}')

    yield from below(typer.main.get_command(app), 'follow_anything')


def _parameters() -> Iterator[str]:
    from follow_anything.core.config import NODES, old_names, parameters

    for kind in NODES:
        yield from (f'parameter {kind.node} {name}' for name in parameters(kind))
        yield from (f'parameter (old) {kind.node} {name}' for name in old_names(kind))


if __name__ == '__main__':
    names = '\n'.join([*plain_names(), *graph_names()]) + '\n'
    if '--write' in sys.argv:
        FILE.write_text(names, encoding='utf-8')
    else:
        print(names, end='')
