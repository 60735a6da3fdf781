# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""config/*.yaml and docs/parameters.md, generated from core/config.py."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
import textwrap
from typing import Any

from follow_anything.core.config import Config, NODES, preset, PRESETS
import yaml

__all__ = ['drifted', 'render', 'write']

WIDTH = 96
MADE_BY = 'Generated from follow_anything/core/config.py: python -m follow_anything params --write'


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
        lines += ['', f'/**/{kind.node}:', '  ros__parameters:']
        config = preset(robot, kind)
        for declared in fields(kind):
            comment = textwrap.wrap(declared.metadata['doc'] + _limits(declared), WIDTH - 6)
            lines += [f'    # {line}' for line in comment]
            lines.append(f'    {declared.name}: {_scalar(getattr(config, declared.name))}')
    return '\n'.join(lines) + '\n'


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
    ]
    for kind in NODES:
        lines += ['', f'## {kind.node}', '', _summary(kind), '']
        lines += [
            '| parameter | default | range | unit | live | meaning |',
            '|---|---|---|---|---|---|',
        ]
        lines += [_row(declared) for declared in fields(kind)]
    lines += ['', '## Presets', '', 'What differs from the defaults:']
    for robot, nodes in PRESETS.items():
        lines += ['', f'**{robot}** (`config/{robot}.yaml`)', '']
        changes = [f'* `{n}`: {k} = {v}' for n, values in nodes.items() for k, v in values.items()]
        lines += changes or ['* nothing']
    return '\n'.join(lines) + '\n'


def _summary(kind: type[Config]) -> str:
    return (kind.__doc__ or '').strip().splitlines()[0]


def _row(declared: Any) -> str:
    about = declared.metadata
    if about['choices']:
        allowed = ', '.join(about['choices'])
    elif about['lo'] is None:
        allowed = ''
    else:
        allowed = f'{about["lo"]:g} to {about["hi"]:g}'
    live = 'no' if about['read_only'] else 'yes'
    cells = (
        f'`{declared.name}`',
        f'`{declared.default}`',
        allowed,
        about['unit'],
        live,
        about['doc'],
    )
    return '| ' + ' | '.join(cells) + ' |'
