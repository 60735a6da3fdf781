# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The command line of a node with the names of now, before ROS reads it.

Afterwards it would be too late: of all files and -p rules ROS makes one table, in which nobody
can see whether an old name or the new one stood last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
import re
import shutil
import tempfile
from typing import Any

from follow_anything.core.config import Config, notice, renamed
from follow_anything.core.config.known import BY_NAME, meant_node
from follow_anything.core.errors import BadConfig
from follow_anything.io.user_parameters import Section
import yaml

__all__ = ['params_files', 'with_names_of_now']

RULE = re.compile(r'(?P<node>[^:]*:)?(?P<name>[^:]+):=(?P<value>.*)', re.DOTALL)
"""What follows -p: NAME:=VALUE, or NODE:NAME:=VALUE."""


def params_files(words: Sequence[str]) -> dict[int, Path]:
    """Return the parameter files of a command line, by their places in it."""
    return {
        place: Path(words[place])
        for place in range(1, len(words))
        if words[place - 1] == '--params-file'
    }


@contextmanager
def with_names_of_now(
    words: Sequence[str], kind: type[Config], files: Sequence[Sequence[Section]]
) -> Iterator[tuple[list[str], str]]:
    """
    Give a command line without old names of a node's parameters, and what to say about them.

    A file with old names is copied for this node alone; the copy lasts as long as the context.

    :param files: sections of each parameter file.
    :raises BadConfig: the command line has one parameter by both of its names.
    """
    given, notices, folder = list(words), [], ''
    try:
        for (place, path), sections in zip(params_files(words).items(), files, strict=True):
            ours = [s for s in sections if s.base == kind.node or '*' in s.base]
            found = {old: new for s in ours for old, new in s.renamed(kind).items()}
            if found:
                folder = folder or tempfile.mkdtemp(prefix='follow_anything_')
                given[place] = str(Path(folder) / f'{place}.yaml')
                Path(given[place]).write_text(_text(kind, ours), encoding='utf-8')
                notices.append(f'{path}: {notice(found)}')
        found = _rename_rules(given, kind)
        notices += [notice(found)] if found else []
        yield given, '; '.join(notices)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _text(kind: type[Config], sections: Sequence[Section]) -> str:
    """Return a file of a node's sections, by the names of now."""
    tree: dict[str, dict[str, Any]] = {}
    for section in sections:
        now = section.renamed(kind)
        values = tree.setdefault(section.name, {'ros__parameters': {}})['ros__parameters']
        values |= {now.get(name, name): value for name, value in section.values.items()}
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


def _is_for(rule: re.Match[str], kind: type[Config], words: Sequence[str]) -> bool:
    """
    Return whether a rule is for the node that runs here.

    :raises BadConfig: it is for a node that there is not: ROS would not say a word.
    """
    base = (rule['node'] or '*:')[:-1].rpartition('/')[2]
    if '*' in base or any('__node:=' in word or '__name:=' in word for word in words):
        return True
    if base not in BY_NAME:
        meant = meant_node(base, [rule['name']])
        hint = f'did you mean {meant}?' if meant else f'they are {", ".join(BY_NAME)}'
        raise BadConfig(f'-p {rule[0]}: {base!r} is no node of ours; {hint}')
    return base == kind.node


def _rename_rules(words: list[str], kind: type[Config]) -> dict[str, str]:
    """Put the names of now into the -p rules, and return which were old."""
    rules = {
        place: rule
        for place in range(1, len(words))
        if words[place - 1] in ('-p', '--param')
        if (rule := RULE.fullmatch(words[place]))
        if _is_for(rule, kind, words)
    }
    found = renamed(kind, {rule['name'] for rule in rules.values()})
    for place, rule in rules.items():
        if rule['name'] in found:
            words[place] = f'{rule["node"] or ""}{found[rule["name"]]}:={rule["value"]}'
    return found
