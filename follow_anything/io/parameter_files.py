# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""config/*.yaml and docs/parameters.md, generated from core/config."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
import textwrap
from typing import Any

from follow_anything.core.config import Config, NODES, preset, PRESETS
import yaml

__all__ = ['drifted', 'render', 'write']

WIDTH = 96
MADE_BY = 'Generated from follow_anything/core/config: python -m follow_anything params --write'


def render() -> dict[str, str]:
    """Return the text of every generated file, by its path from the repository's root."""
    files = {f'config/{robot}.yaml': _yaml(robot) for robot in PRESETS}
    files['docs/parameters.md'] = _markdown()
    return files


def drifted(root: Path) -> list[str]:
    """Return the generated files below the root that are missing or differ."""
    return [
        name
        for name, text in render().items()
        if not (root / name).is_file() or (root / name).read_text(encoding='utf-8') != text
    ]


def write(root: Path) -> list[str]:
    """Write what drifted; return its names."""
    names = drifted(root)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(render()[name], encoding='utf-8')
    return names


def _yaml(robot: str) -> str:
    lines = [f'# Parameters for robot {robot!r}.', f'# {MADE_BY}']
    for kind in NODES:
        # '/**/' lets the file serve a node in any namespace.
        lines += ['', f'/**/{kind.node}:', '  ros__parameters:', *_mapping(preset(robot, kind), 4)]
    return '\n'.join(lines) + '\n'


def _mapping(config: Config, indent: int) -> list[str]:
    """Return the parameters of a configuration and, below each group's name, those in it."""
    lines, margin = [], ' ' * indent
    for declared in fields(config):
        value = getattr(config, declared.name)
        if isinstance(value, Config):
            lines += ['', f'{margin}{declared.name}:', *_mapping(value, indent + 2)]
            continue
        comment = textwrap.wrap(declared.metadata['doc'] + _limits(declared), WIDTH - indent - 2)
        lines += [f'{margin}# {line}' for line in comment]
        lines.append(f'{margin}{declared.name}: {_scalar(value)}')
    return lines


def _scalar(value: Any) -> str:
    return str(yaml.safe_dump(value, default_style=None)).removesuffix('...\n').strip()


def _limits(declared: Any) -> str:
    about = declared.metadata
    if about['choices']:
        return f' One of: {", ".join(about["choices"])}.'
    unit = f' {about["unit"]}' if about['unit'] else ''
    if about['lo'] is None and about['hi'] is None:
        return ''
    return f' [{about["lo"]:g}, {about["hi"]:g}]{unit}'


def _markdown() -> str:
    lines = [
        '# Parameters',
        '',
        f'<!-- {MADE_BY} -->',
        '',
        'Live parameters can be changed on the running node; a value outside its range is refused',
        'with the reason. The others are read once, at start.',
        '',
        'A name with a dot is that of a parameter in a group: `servo.lag: 0.2` in a file, or',
        '`lag: 0.2` below `servo:`. The names of before there were groups (`lag`) work for one',
        'more release, with a warning that says the new one.',
    ]
    for kind in NODES:
        lines += ['', f'## {kind.node}', '', *_tables(kind())]
    lines += ['', '## Presets', '', 'What differs from the defaults:']
    for robot, nodes in PRESETS.items():
        lines += ['', f'**{robot}** (`config/{robot}.yaml`)', '']
        changes = [f'* `{n}`: {k} = {v}' for n, values in nodes.items() for k, v in values.items()]
        lines += changes or ['* nothing']
    return '\n'.join(lines) + '\n'


def _tables(config: Config) -> list[str]:
    """Return what a configuration is about, a table of its parameters, and one for each group."""
    lines = [
        _summary(type(config)),
        '',
        '| parameter | default | range | unit | live | meaning |',
        '|---|---|---|---|---|---|',
    ]
    groups = [getattr(config, declared.name) for declared in fields(config)]
    groups = [group for group in groups if isinstance(group, Config)]
    lines += [_row(config, declared) for declared in fields(config) if declared.metadata]
    for group in groups:
        lines += ['', f'### {config.node}: {group.group}', '', *_tables(group)]
    return lines


def _summary(kind: type[Config]) -> str:
    return (kind.__doc__ or '').strip().splitlines()[0]


def _row(config: Config, declared: Any) -> str:
    about = declared.metadata
    name = f'{config.group}.{declared.name}' if config.group else declared.name
    if about['choices']:
        allowed = ', '.join(about['choices'])
    elif about['lo'] is None:
        allowed = ''
    else:
        allowed = f'{about["lo"]:g} to {about["hi"]:g}'
    live = 'no' if about['read_only'] else 'yes'
    cells = (
        f'`{name}`',
        f'`{declared.default}`',
        allowed,
        about['unit'],
        live,
        about['doc'],
    )
    return '| ' + ' | '.join(cells) + ' |'
