# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The parameters of every node before it starts: those of the robot, and the user's file on top.

A file that is not there, a key that no node knows, a section that matches no node and values that
contradict each other are refused here, in one sentence, before any process starts: a parameter
that is silently not taken leaves a robot with somebody else's speed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
import logging
import math
from pathlib import Path
import re
from typing import Any

from follow_anything.core.config import (
    Config,
    NODES,
    notice,
    preset,
    PRESETS,
    renamed,
    values_of,
    with_values,
)
from follow_anything.core.config.known import (
    BY_NAME,
    check_known,
    is_of_ros,
    meant_node,
    OF_ROS,
)
from follow_anything.core.errors import BadConfig, SourceError
import yaml

__all__ = ['Section', 'coerced', 'full_name', 'read_sections', 'resolve', 'text_of']

_log = logging.getLogger(__name__)

NUMBER_TAGS = ('tag:yaml.org,2002:int', 'tag:yaml.org,2002:float')
EXPONENT = r'([eE][-+]?[0-9]+)?'
DECIMAL = re.compile(
    rf'[-+]?((0|[1-9][0-9]*){EXPONENT}|([0-9]+\.[0-9]*|\.[0-9]+){EXPONENT}|\.(inf|nan))',
    re.IGNORECASE,
)
"""What YAML and everybody else read as the same number: not 010 (8), 1:30 (90), 1_000, 0x10."""

MOST_VALUES = 100_000
"""In a file, aliases written out."""


@dataclass(frozen=True)
class Section:
    """
    One node's part of a parameter file.

    :param name: of the nodes it is for, with its namespace and its wildcards, such as '/**/x'.
    """

    name: str
    values: dict[str, Any]

    @property
    def base(self) -> str:
        """The last part of the name: that of the node, or a wildcard."""
        return self.name.rpartition('/')[2]

    def matches(self, full_name: str) -> bool:
        """Return whether it is for the node of this full name."""
        return _matches(self.name.strip('/').split('/'), full_name.strip('/').split('/'))

    def is_another_robots(self, sections: Sequence[Section], full_name: str) -> bool:
        """Return whether the node of this name has a section like this one, and this is none."""
        return not self.matches(full_name) and any(
            other.base == self.base and other.matches(full_name) and other.names_a_namespace
            for other in sections
        )

    @property
    def names_a_namespace(self) -> bool:
        """Whether it is for one namespace alone: /robot1/**, and not /**/controller_node."""
        return '*' not in self.name.rpartition('/')[0] and self.name.strip('/') != '**'

    def renamed(self, kind: type[Config], where: str = '') -> dict[str, str]:
        """Return the old names in it of a node's parameters, with the ones of now."""
        return renamed(kind, self.values, where, shared='*' in self.base)


def _matches(pattern: list[str], name: list[str]) -> bool:
    if not pattern:
        return not name
    if pattern[0] == '**':
        return any(_matches(pattern[1:], name[skip:]) for skip in range(len(name) + 1))
    return bool(name) and fnmatchcase(name[0], pattern[0]) and _matches(pattern[1:], name[1:])


NAMESPACE = re.compile(r'/?|/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*/?')


def full_name(namespace: str, node: str) -> str:
    """
    Return a node's name with its namespace, such as /robot1/controller_node.

    :raises BadConfig: ROS would refuse the namespace.
    """
    if not NAMESPACE.fullmatch(namespace):
        raise BadConfig(
            f'namespace must be letters, digits and _, with / between, such as /robot1; '
            f'got {namespace!r}'
        )
    inner = namespace.strip('/')
    return f'/{inner}/{node}' if inner else f'/{node}'


def read_sections(path: Path) -> list[Section]:
    """
    Return the sections of a parameter file, in its order.

    :raises SourceError: it is not there or cannot be read. :raises BadConfig: it is no such file,
        or a section that looks like one of ours is for no node, or has a parameter nobody knows.
    """
    whole = _read(path)
    sections = list(_sections(whole, '', path))
    given: set[tuple[str, str]] = set()
    for section in sections:
        _check_section(section, path)
        for name in section.values:
            # Written as /a/x, a/x/, or x below a: for YAML these are several keys.
            if (section.name, name) in given:
                raise BadConfig(f'{path}: {name!r} of {section.name!r} stands twice; make it once')
            given.add((section.name, name))
    return sections


def _read(path: Path) -> dict[Any, Any]:
    """Return what a YAML file says, when it says only one thing."""
    if path.is_char_device() or path.is_block_device():
        raise SourceError(f'{path} cannot be read: it is a device; expected a file of parameters')
    try:
        text = path.read_text(encoding='utf-8')
        tree = yaml.compose(text, yaml.SafeLoader)
        size, said = _size(tree, {}), _ambiguous(tree, set())
        whole = yaml.safe_load(text)
    except OSError as error:
        raise SourceError(
            f'{path} cannot be read: {error.strerror}; expected a file of parameters'
        ) from error
    # ValueError: no UTF-8, or a date such as 2026-13-45, which YAML reads as one.
    except (yaml.YAMLError, ValueError) as error:
        at = ' '.join(str(error).split())
        raise BadConfig(f'{path} is no YAML: {at}') from error
    except RecursionError:
        size, said, whole = math.inf, '', None
    if size > MOST_VALUES:
        raise BadConfig(
            f'{path} is nested without end; expected NODE: ros__parameters: NAME: VALUE'
        )
    if said:
        raise BadConfig(f'{path}: {said}')
    if not isinstance(whole, dict):
        raise BadConfig(f'{path} holds no parameters; expected NODE: ros__parameters: NAME: VALUE')
    return whole


def _size(node: Any, sizes: dict[int, float]) -> float:
    """Return how many values there are when every alias is written out; infinite in a circle."""
    if id(node) not in sizes:
        sizes[id(node)] = math.inf
        inner = [part for pair in getattr(node, 'value', ()) for part in _parts(pair)]
        sizes[id(node)] = 1.0 + sum(_size(part, sizes) for part in inner)
    return sizes[id(node)]


def _parts(pair: Any) -> tuple[Any, ...]:
    """Return the nodes of an entry of a mapping, or of a list; none of a character."""
    if isinstance(pair, yaml.Node):
        return (pair,)
    return pair if isinstance(pair, tuple) else ()


def _ambiguous(node: Any, seen: set[int], *, ours: bool = False) -> str:
    """
    Return what is read otherwise than it looks; '' where there is nothing.

    A key that stands twice in a mapping, of which YAML keeps the last, and numbers to other bases.

    :param ours: it belongs to a node of ours.
    """
    if id(node) in seen:
        return ''
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return next(filter(None, (_ambiguous(value, seen, ours=ours) for value in node.value)), '')
    if isinstance(node, yaml.ScalarNode):
        return _odd_number(node) if ours else ''
    lines: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name, line = str(key.value), key.start_mark.line + 1
        if name in lines:
            return (
                f'{name!r} stands in lines {lines[name]} and {line}: the first would not count; '
                'make them one'
            )
        lines[name] = line
        base = name.strip('/').rpartition('/')[2]
        inside = _ambiguous(value, seen, ours=ours or base in BY_NAME or '*' in base)
        if inside:
            return inside
    return ''


def _odd_number(node: yaml.ScalarNode) -> str:
    if node.tag not in NUMBER_TAGS or node.style or DECIMAL.fullmatch(node.value):
        return ''
    meant = yaml.safe_load(node.value)
    return f'{node.value} in line {node.start_mark.line + 1} would be {meant}; write it as decimal'


def _sections(tree: Mapping[Any, Any], name: str, path: Path) -> Iterator[Section]:
    for key, value in tree.items():
        inner = f'{name}/{str(key).strip("/")}'
        if not isinstance(value, dict):
            raise BadConfig(
                f'{path}: {inner.strip("/")!r} stands outside of ros__parameters; expected '
                'NODE: ros__parameters: NAME: VALUE'
            )
        for inside, values in value.items():
            if inside == 'ros__parameters':
                if values is not None and not isinstance(values, dict):
                    raise BadConfig(f'{path}: ros__parameters of {inner} must be NAME: VALUE')
                yield Section(inner, _flat(values or {}, path))
        rest = {k: v for k, v in value.items() if k != 'ros__parameters'}
        yield from _sections(rest, inner, path)


def _flat(values: Mapping[Any, Any], path: Path, prefix: str = '') -> dict[str, Any]:
    """Return the values by their names, whether written as a.b: 1, or as b: 1 below a."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f'{prefix}{key}'
        # an empty one is no group: the parameter, or the group, says what is wrong with it
        is_group = isinstance(value, dict) and bool(value)
        inner = _flat(value, path, f'{name}.') if is_group else {name: value}
        for twice in inner.keys() & flat.keys():
            raise BadConfig(f'{path}: {twice!r} stands twice, once below another; make it once')
        flat |= inner
    return flat


def _check_section(section: Section, path: Path) -> None:
    kinds = tuple(kind for kind in NODES if fnmatchcase(kind.node, section.base))
    if not kinds:
        meant = meant_node(section.base, section.values)
        if meant:
            raise BadConfig(
                f'{path}: section {section.name.strip("/")!r} is for no node of ours; '
                f'did you mean {meant}?'
            )
        return  # of another package: one file for a whole robot
    for name in section.values:
        check_known(name, kinds, f'{path}: ')
    for kind in kinds:
        section.renamed(kind, f'{path}: ')  # refuses what stands there by both names


def coerced(default: Any, value: Any) -> Any:
    """
    Return a value as the type of its default where nothing is lost: 1 for 1.0, '1e3' for 1000.0.

    YAML has no floats without a point, and some dialects none without a sign in the exponent.
    What cannot be is returned as it is: the configuration refuses it with its name.
    """
    wanted = type(default)
    if wanted is int and type(value) is float and value.is_integer():
        return int(value)
    is_number = type(value) is int or (type(value) is str and DECIMAL.fullmatch(value) is not None)
    if wanted is float and is_number:
        try:
            return float(value)
        except (ValueError, OverflowError):  # '.inf', or a whole one beyond all floats
            return value
    return value


def resolve(
    robot: str,
    namespace: str = '',
    path: Path | None = None,
    given: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """
    Return every node's parameters: the robot's own, the file's on top, then those given.

    :param path: the user's file; None: there is none. :param given: by node, such as those of
        the command line.
    :return: by node, all of its parameters, each of its own type.
    :raises SourceError: the file is not there. :raises BadConfig: it cannot be meant like that.
    """
    if robot not in PRESETS:
        raise BadConfig(f'robot must be one of {", ".join(PRESETS)}; got {robot!r}')
    sections = read_sections(path) if path is not None else []
    names = {kind.node: full_name(namespace, kind.node) for kind in NODES}
    for section in sections:
        ours = [name for node, name in names.items() if fnmatchcase(node, section.base)]
        if any(section.is_another_robots(sections, name) for name in ours):
            _log.warning('%s: section %r is for another robot: not taken', path, section.name)
        elif ours and not any(section.matches(name) for name in ours):
            raise BadConfig(
                f'{path}: section {section.name!r} does not match the node {ours[0]}; write '
                f'/**{"" if section.base == "**" else "/" + section.base}'
            )
    if path is not None and not any(s.matches(n) for s in sections for n in names.values()):
        raise BadConfig(f'{path} has parameters for none of {", ".join(names.values())}')
    resolved = {}
    for kind in NODES:
        chosen = [section for section in sections if section.matches(names[kind.node])]
        chosen.append(Section(kind.node, dict((given or {}).get(kind.node, {}))))
        resolved[kind.node] = _of_node(kind, robot, chosen, f'{path}: ' if path else '')
    return resolved


def _of_node(
    kind: type[Config], robot: str, chosen: Sequence[Section], where: str
) -> dict[str, Any]:
    given, defaults = _named_now(kind, chosen, where), values_of(kind())
    values = {n: coerced(defaults[n], value) for n, value in given.items() if n in defaults}
    of_ros = {name: value for name, value in given.items() if is_of_ros(name)}
    for name in OF_ROS:
        if not isinstance(of_ros.get(name, True), bool):
            raise BadConfig(f'{where}{kind.node}: {name} must be a bool, got {of_ros[name]!r}')
    for name in ('robot', 'servo.robot'):
        if values.get(name, robot) != robot:
            raise BadConfig(
                f'{where}{name} is {values[name]!r} in {kind.node}, and {robot!r} is to be '
                'started; choose it at the start'
            )
    try:
        config = with_values(preset(robot, kind), values)
    except BadConfig as error:
        raise BadConfig(f'{where}{kind.node}: {error}') from error
    return {**values_of(config), **of_ros}


def _named_now(kind: type[Config], chosen: Sequence[Section], where: str) -> dict[str, Any]:
    """
    Return the values of sections, of which the last one wins, and say which names were old.

    The last one is no file's: what it overrules is said, too.
    """
    given: dict[str, Any] = {}
    found: dict[str, str] = {}
    of_file: dict[str, Any] = {}
    for section in chosen:
        now = section.renamed(kind, where)
        found |= now
        of_file = dict(given)
        given |= {now.get(name, name): value for name, value in section.values.items()}
    if found:
        _log.warning('%s%s: %s', where, kind.node, notice(found))
    for name in (name for name, value in of_file.items() if given[name] != value):
        text = '%s%s: %s is %r, by the command that starts it; the file says %r'
        _log.warning(text, where, kind.node, name, given[name], of_file[name])
    return given


def text_of(resolved: Mapping[str, Mapping[str, Any]], namespace: str = '') -> str:
    """Return the parameters as a file that every node can be handed."""
    tree = {
        full_name(namespace, node): {'ros__parameters': dict(values)}
        for node, values in resolved.items()
    }
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
