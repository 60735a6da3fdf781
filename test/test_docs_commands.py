# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type exists, and so do the sentences to look for."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
import json
from pathlib import Path
import re
from typing import Any

from document_commands import Command, commands, not_run, PAGES
from follow_anything.core.config import NODES, parameters
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FIELD_PAGES = [f'docs/{name}.md' for name in ('install', 'jetson', 'safety', 'troubleshooting')]
"""Pages whose `name: value` is always a parameter."""

pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not (ROOT / 'docs').is_dir(), reason='the documents are not here'),
]

COMMANDS = list(dict.fromkeys(commands())) if (ROOT / 'docs').is_dir() else []
LAUNCH = 'ros2 launch follow_anything follow.launch.py'


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding='utf-8')


def ours(beginning: str) -> list[tuple[Command, list[str]]]:
    """Return the commands that begin so and are not listed, with the words behind it."""
    found = [(command, command.after(beginning)) for command in COMMANDS]
    return [(c, words) for c, words in found if words is not None and not is_listed(c)]


def is_listed(command: Command) -> bool:
    return any(fnmatchcase(command.text, pattern) for pattern in not_run())


def test_what_cannot_be_run_has_a_reason_and_is_there() -> None:
    for pattern, reason in not_run().items():
        assert len(reason) > 10, pattern
        assert any(fnmatchcase(command.text, pattern) for command in COMMANDS), f'stale: {pattern}'


CHECKED = (
    'python -m follow_anything', 'follow_anything', 'make', LAUNCH, 'ros2 topic pub',
    'ros2 topic echo', 'ros2 topic hz', 'ros2 topic info', 'ros2 service call', 'ros2 param set',
)  # fmt: skip
"""Beginnings that a test below checks."""


def test_every_command_is_checked_or_listed() -> None:
    unchecked = [
        str(command)
        for command in COMMANDS
        if not is_listed(command) and all(command.after(each) is None for each in CHECKED)
    ]
    assert unchecked == [], 'neither checked by a test nor in test/documents_not_run.txt'
    assert len(COMMANDS) > 80


def test_the_commands_of_the_command_line_parse() -> None:
    """The real parser takes them: command, options, types, choices; nothing is run."""
    typer = pytest.importorskip('typer')
    from follow_anything.cli import app

    root = typer.main.get_command(app)
    seen, wrong = 0, []
    for beginning in ('python -m follow_anything', 'follow_anything'):
        for line, words in ours(beginning):
            # three dots stand for a value of the reader's own, or for more of the same
            given = [
                word
                for before, word in zip(['', *words], words, strict=False)
                if word != '...' or before.startswith('--')
            ]
            command: Any = root
            name = ''
            while given and given[0] in getattr(command, 'commands', {}):
                name = given.pop(0)
                command = command.commands[name]
            seen += 1
            if not name:
                wrong.append(f'{line}: no such command')
            elif given:
                try:
                    command.make_context(name, given)
                except Exception as error:
                    wrong.append(f'{line}: {getattr(error, "message", "") or error!r}')
    assert wrong == []
    assert seen > 40


def test_a_command_that_is_wrong_does_not_parse() -> None:
    """The parser above is strict: a wrong option, choice or type is found."""
    typer = pytest.importorskip('typer')
    from follow_anything.cli import app

    track = typer.main.get_command(app).commands['track']
    track.make_context('track', ['video.mp4', '--text', 'a car'])
    for words in (['video.mp4', '--txt', 'a car'], ['video.mp4', '--min-score', 'high']):
        with pytest.raises(Exception, match=r'No such option|valid number'):
            track.make_context('track', words)


def launch_arguments() -> dict[str, Any]:
    """Return the arguments of the launch file with their choices."""
    tree = ast.parse(text_of('launch/follow.launch.py'))
    tables = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    (table,) = [node for node in tables if ast.unparse(node.target) == 'ARGUMENTS']
    assert table.value is not None
    return {name: choices for name, _, choices, _ in ast.literal_eval(table.value)}


def test_the_arguments_of_the_launch_file_exist() -> None:
    declared = launch_arguments()
    seen = 0
    for command, words in ours(LAUNCH):
        for word in words:
            if ':=' in word:
                name, value = word.split(':=')
                assert name in declared, f'{command}: {word}'
                assert not declared[name] or value in declared[name], f'{command}: {word}'
                seen += 1
            else:
                assert word in ('--show-args', '...'), f'{command}: {word}'
    assert seen > 20
    for page in PAGES:
        for name, value in re.findall(r'`(\w+):=([^`\s]*)`', text_of(page)):
            assert name in {*declared, 'use_sim_time'}, f'{page}: {name}'
            assert not declared.get(name) or value in declared[name], f'{page}: {name}:={value}'


def test_the_targets_and_variables_of_make_exist() -> None:
    makefile = text_of('Makefile')
    targets = set(re.findall(r'^([a-z-]+):', makefile, re.M))
    variables = {*re.findall(r'^([A-Z_]+) \?=', makefile, re.M), 'PYTHON'}
    lines = ours('make')
    for command, words in lines:
        for word in words:
            known = variables if '=' in word else targets
            assert word.partition('=')[0] in known, f'{command}: {word}'
    assert len(lines) > 15


def test_the_topics_exist() -> None:
    """Those that are published to, with a type that there is and a message that fits it."""
    topics = {
        name.strip().strip('`').lstrip('/'): line
        for line in text_of('docs/ros.md').splitlines()
        if line.startswith('| `')
        for name in re.split(r',| or ', re.sub(r'\(.*?\)', '', line.split('|')[1]))
    }
    for verb in ('echo', 'hz', 'info'):
        for command, words in ours(f'ros2 topic {verb}'):
            (name,) = [word for word in words if not word.startswith('-')]
            assert name.lstrip('/') in topics, str(command)
    published = ours('ros2 topic pub')
    for command, words in published:
        name, kind, message = [word for word in words if not word.startswith('-')]
        assert name.lstrip('/') in topics, str(command)
        package, _, kind_name = kind.split('/')
        assert f'{package}/{kind_name}' in topics[name.lstrip('/')], str(command)
        fill(kind, yaml.safe_load(message))
    assert len(published) > 1


def fill(kind: str, values: dict[str, Any]) -> None:
    """Fill a message or a request as `ros2` does; skips where there are no messages of ROS 2."""
    package, folder, name = kind.split('/')
    found = getattr(pytest.importorskip(f'{package}.{folder}'), name)
    _set(found.Request() if folder == 'srv' else found(), values)


def _set(message: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            _set(getattr(message, name), value)
        else:
            setattr(message, name, type(getattr(message, name))(value))


def test_the_parameters_exist() -> None:
    known = {name for kind in NODES for name in parameters(kind)} | {'use_sim_time'}
    for page in FIELD_PAGES:
        for name in re.findall(r'`([a-z_.]+): [^`]*`', text_of(page)):
            assert name in known, f'{page}: {name}'


def test_the_parameters_that_are_set_exist() -> None:
    known = {kind.node: parameters(kind) for kind in NODES}
    lines = ours('ros2 param set')
    for command, (node, name, value) in lines:
        assert name in known[node.lstrip('/')], str(command)
        assert isinstance(yaml.safe_load(value), float), str(command)
    assert lines


def test_the_links_and_tests_exist() -> None:
    for page in PAGES:
        folder = (ROOT / page).parent
        for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text_of(page)):
            assert (folder / target).exists(), f'{page}: {target}'
        for name in re.findall(r'`(test/[\w/]+\.py)`', text_of(page)):
            assert (ROOT / name).is_file(), f'{page}: {name}'


def test_the_services_that_are_called_exist() -> None:
    served = set(re.findall(r"'~/(\w+)'", text_of('follow_anything/ros/nodes/controller.py')))
    lines = ours('ros2 service call')
    for command, (name, kind, *values) in lines:
        assert name.removeprefix('/controller_node/') in served, str(command)
        fill(kind, yaml.safe_load(values[0]) if values else {})
    assert len(lines) > 3


def sentences() -> set[str]:
    """Return every piece of text that our sources hold."""
    found = set()
    for path in [*(ROOT / 'follow_anything').rglob('*.py'), *(ROOT / 'launch').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(' '.join(node.value.split()))
    return found


def test_the_sentences_to_look_for_are_said() -> None:
    """Of what a table of docs/troubleshooting.md quotes, each whole piece is in the sources."""
    everything = '\n'.join(sentences())
    looked_at, unsaid = 0, []
    for line in text_of('docs/troubleshooting.md').splitlines():
        if not line.startswith('| `'):
            continue
        for quoted in re.findall(r'`([^`]+)`', line.split(' | ')[0]):
            # What is filled in when it is said: names, numbers, three dots.
            for piece in re.split(
                r"\.\.\.|'[^']*'|\d+ x \d+|controller_node|[\d.]+|/cmd_vel", quoted
            ):
                words = piece.strip(' :,')
                if len(words) > 5:
                    looked_at += 1
                    if words not in everything:
                        unsaid.append(quoted)
    assert unsaid == []
    assert looked_at > 20


# The files for people's tools.


def test_the_layout_of_foxglove_names_what_there_is() -> None:
    layout = json.loads(text_of('config/follow.foxglove.json'))
    panels = layout['configById']

    def leaves(node: Any) -> list[str]:
        return [node] if isinstance(node, str) else leaves(node['first']) + leaves(node['second'])

    assert sorted(leaves(layout['layout'])) == sorted(panels)
    sources = ''.join(p.read_text() for p in (ROOT / 'follow_anything/ros').rglob('*.py'))
    for panel in panels.values():
        service = panel.get('serviceName', '')
        assert not service or f"'~/{service.rpartition('/')[2]}'" in sources
        topics = [panel.get('topicPath'), panel.get('topicName'), *panel.get('topics', ())]
        image = panel.get('imageMode', {})
        topics += [image.get('imageTopic'), image.get('calibrationTopic')]
        topics += image.get('annotations', ())
        for topic in filter(None, topics):
            name = topic.replace('/controller_node/', '~/').lstrip('/')
            assert f"'{name}'" in sources, topic
    assert panels['Image!camera']['imageMode']['annotations']['/annotations']['visible']


def test_rviz_has_something_to_click_on() -> None:
    rviz = yaml.safe_load(text_of('config/follow.rviz'))['Visualization Manager']
    (cloud,) = [d for d in rviz['Displays'] if d['Class'].endswith('/DepthCloud')]
    assert (cloud['Depth Map Topic'], cloud['Color Image Topic']) == ('depth', 'image')
