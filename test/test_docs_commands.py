# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type exists, and so do the sentences to look for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
import json
from pathlib import Path
import re
import shlex
from typing import Any

from follow_anything.core.config import NODES
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
NAMES = ('install', 'jetson', 'safety', 'troubleshooting')
PAGES = ['README.md', *(f'docs/{name}.md' for name in NAMES)]

pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not (ROOT / 'docs').is_dir(), reason='the documents are not here'),
]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding='utf-8')


def commands(beginning: str) -> Iterator[tuple[str, list[str]]]:
    """Yield page and words of every command that begins so, in blocks and in running text."""
    for page in PAGES:
        text = text_of(page)
        lines = [
            line
            for block in re.findall(r'```bash\n(.*?)```', text, re.S)
            for line in block.splitlines()
        ]
        lines += [' '.join(code.split()) for code in re.findall(r'`([^`]+)`', text)]
        for line in lines:
            for part in line.split('&&'):
                if part.strip().startswith(beginning):
                    yield page, shlex.split(part.strip()[len(beginning) :], comments=True)


def test_the_commands_of_the_command_line_exist() -> None:
    typer = pytest.importorskip('typer')
    from follow_anything.cli import app

    root = typer.main.get_command(app)
    seen = 0
    for beginning in ('python -m follow_anything', 'follow_anything '):
        for page, words in commands(beginning):
            command: Any = root
            while words and hasattr(command, 'commands'):
                name = words.pop(0)
                assert name in command.commands, f'{page}: {name}'
                command = command.commands[name]
                seen += 1
            known = {option for parameter in command.params for option in parameter.opts}
            given = {word.split('=')[0] for word in words if word.startswith('--')}
            assert given <= known, f'{page}: {given - known}'
    assert seen >= 4


def test_the_arguments_of_the_launch_file_exist() -> None:
    tree = ast.parse(text_of('launch/follow.launch.py'))
    tables = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    (table,) = [node for node in tables if ast.unparse(node.target) == 'ARGUMENTS']
    assert table.value is not None
    declared = {name: choices for name, _, choices, _ in ast.literal_eval(table.value)}
    seen = 0
    for page, words in commands('ros2 launch follow_anything follow.launch.py'):
        for word in words:
            if ':=' in word:
                name, value = word.split(':=')
                assert name in declared, f'{page}: {word}'
                assert not declared[name] or value in declared[name], f'{page}: {word}'
                seen += 1
    assert seen > 3
    for page in PAGES:
        for name, value in re.findall(r'`(\w+):=([^`\s]*)`', text_of(page)):
            assert name in {*declared, 'use_sim_time'}, f'{page}: {name}'
            assert not declared.get(name) or value in declared[name], f'{page}: {name}:={value}'


def test_the_targets_of_make_exist() -> None:
    targets = set(re.findall(r'^([a-z-]+):', text_of('Makefile'), re.M))
    seen = [words[0] for _, words in commands('make ') if words]
    assert seen
    assert {name for name in seen if '=' not in name} <= targets


def test_the_parameters_exist() -> None:
    known = {field.name for kind in NODES for field in fields(kind)} | {'use_sim_time'}
    for page in PAGES[1:]:
        for name in re.findall(r'`([a-z_]+): [^`]*`', text_of(page)):
            assert name in known, f'{page}: {name}'


def test_the_links_and_tests_exist() -> None:
    for page in PAGES:
        folder = (ROOT / page).parent
        for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text_of(page)):
            assert (folder / target).exists(), f'{page}: {target}'
        for name in re.findall(r'`(test/[\w/]+\.py)`', text_of(page)):
            assert (ROOT / name).is_file(), f'{page}: {name}'


def test_the_services_that_are_called_exist() -> None:
    served = set(re.findall(r"'~/(\w+)'", text_of('follow_anything/ros/nodes/controller.py')))
    for _, words in commands('ros2 service call'):
        assert words[0].removeprefix('/controller_node/') in served


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
        for topic in (panel.get('topicPath'), panel.get('topicName'), *panel.get('topics', ())):
            assert not topic or f"'{topic.lstrip('/')}'" in sources
    assert f"'{panels['Image!picture']['imageMode']['imageTopic'].lstrip('/')}'" in sources


def test_rviz_has_something_to_click_on() -> None:
    rviz = yaml.safe_load(text_of('config/follow.rviz'))['Visualization Manager']
    (cloud,) = [d for d in rviz['Displays'] if d['Class'].endswith('/DepthCloud')]
    assert (cloud['Depth Map Topic'], cloud['Color Image Topic']) == ('depth', 'image')
