# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Dockerfiles and the systemd unit, read as their programs read them: what they name exists."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import re
import shlex
import subprocess
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = ('Dockerfile', 'Dockerfile.jetson')
UNIT = ROOT / 'config' / 'follow_anything.service'

INSTRUCTIONS = {
    'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'FROM', 'RUN', 'SHELL', 'WORKDIR',
}  # fmt: skip

pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not (ROOT / 'docker').is_dir(), reason='the sources are not here'),
]


def text_of(name: str) -> str:
    return (ROOT / 'docker' / name).read_text(encoding='utf-8')


def instructions(name: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile and what follows each, on one line."""
    lines = [line for line in text_of(name).splitlines() if not line.lstrip().startswith('#')]
    whole = re.sub(r'\\\n', ' ', '\n'.join(lines))
    found = [line.split(maxsplit=1) for line in whole.splitlines() if line.strip()]
    return [(words[0], words[1]) for words in found]


def of(name: str, wanted: str) -> list[str]:
    return [rest for instruction, rest in instructions(name) if instruction == wanted]


def parse(words: list[str]) -> dict[str, Any]:
    """Parse the words behind `python -m follow_anything` as our command line does."""
    typer = pytest.importorskip('typer')
    from follow_anything.cli import app

    commands = typer.main.get_command(app).commands
    assert words[0] in commands, words
    return dict(commands[words[0]].make_context(words[0], words[1:]).params)


@pytest.mark.parametrize('name', FILES)
def test_only_known_instructions_and_scripts_that_bash_reads(name: str) -> None:
    assert {instruction for instruction, _ in instructions(name)} <= INSTRUCTIONS
    for script in of(name, 'RUN'):
        done = subprocess.run(['bash', '-n', '-c', script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        if 'apt-get install' in script:
            assert script.count('apt-get install') == script.count('--no-install-recommends')
            assert script.rstrip().endswith('rm -rf /var/lib/apt/lists/*')
        assert script.count('pip install') == script.count('--no-cache-dir')


@pytest.mark.parametrize('name', FILES)
def test_every_base_has_a_version(name: str) -> None:
    given = dict(arg.split('=', 1) for arg in of(name, 'ARG'))
    stages: set[str] = set()
    for line in of(name, 'FROM'):
        base, *stage = line.split()
        if '$' in base:  # one of the stages above, for each JetPack there is
            named = {base.replace('${JETPACK}', version) for version in ('6', '7')}
            assert named == stages
            assert base.replace('${JETPACK}', given['JETPACK']) in stages
            continue
        assert re.fullmatch(r'[\w./-]+:[\w.-]*\d[\w.-]*|ros:jazzy-ros-base-noble', base), base
        stages.update(stage[1:])


@pytest.mark.parametrize('name', FILES)
def test_what_is_copied_exists_and_is_what_the_installation_needs(name: str) -> None:
    copied = set()
    for line in of(name, 'COPY'):
        *sources, target = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source.split('/')[0] == target.split('/')[0] or target == './'
        copied.update(sources)
    setup = (ROOT / 'setup.py').read_text(encoding='utf-8')
    (shared,) = re.findall(r'^SHARED_FOLDERS = \((.*)\)$', setup, re.M)
    assert set(re.findall(r"'(\w+)'", shared)) <= copied
    assert {'setup.py', 'setup.cfg', 'package.xml', 'resource', 'follow_anything'} <= copied


@pytest.mark.parametrize('name', FILES)
def test_packages_are_extras_of_ours_and_pinned_as_tested(name: str) -> None:
    text = text_of(name)
    (extras,) = re.findall(r"'\.\[([\w,]+)\]' -c requirements/constraints\.txt", text)
    known = (ROOT / 'setup.py').read_text(encoding='utf-8')
    assert all(f"'{extra}': [" in known for extra in extras.split(','))
    pinned = (ROOT / 'requirements' / 'base.txt').read_text(encoding='utf-8')
    (tested,) = re.findall(r'^onnxruntime==([\d.]+)$', pinned, re.M)
    versions = re.findall(r'onnxruntime-gpu[^=\s]*==([\d.]+)', text)
    assert versions
    assert {version.rsplit('.', 1)[0] for version in versions} == {tested.rsplit('.', 1)[0]}


def examples(name: str) -> Iterator[list[str]]:
    """Yield what the comments tell to run in the image."""
    for line in text_of(name).splitlines():
        if line.startswith('#   docker run'):
            yield re.split(r' follow_anything(?::\w+)? ', line)[1].split()


@pytest.mark.parametrize('name', FILES)
def test_what_it_runs_are_commands_of_ours(name: str) -> None:
    entry = json.loads(of(name, 'ENTRYPOINT')[0])
    assert entry[:2] == ['bash', '-c']
    assert entry[2].endswith('exec python -m follow_anything "$@"')
    done = subprocess.run(['bash', '-n', '-c', entry[2]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    parse(json.loads(of(name, 'CMD')[0]))
    parsed = [parse(words) for words in examples(name)]
    assert len(parsed) == 2
    assert parsed[1]['dry_run']
    for line in text_of(name).splitlines():
        if line.startswith('#   docker build'):
            assert f'-f docker/{name} ' in line


def unit() -> list[tuple[str, str]]:
    """Return keys and values of the unit, in order."""
    lines = UNIT.read_text(encoding='utf-8').splitlines()
    pairs = [line.split('=', 1) for line in lines if '=' in line and not line.startswith('#')]
    return [(pair[0], pair[1]) for pair in pairs]


def started(key: str, environment: dict[str, str]) -> list[str]:
    """Return the words behind `python -m follow_anything` of a command of the unit."""
    (command,) = [value for name, value in unit() if name == key]
    shell, flag, script = shlex.split(command)
    assert (shell, flag) == ('/bin/bash', '-c')
    script = script.replace('$$', '$')
    assert subprocess.run(['bash', '-n', '-c', script]).returncode == 0
    said = 'source() { :; }; exec() { printf "%s\\n" "$@"; }; ' + script
    done = subprocess.run(
        ['bash', '-c', said], env=environment, capture_output=True, text=True, check=True
    )
    words = done.stdout.splitlines()
    assert words[:3] == ['python', '-m', 'follow_anything']
    return words[3:]


def test_the_unit_starts_a_dry_run_that_our_command_line_understands() -> None:
    environment: dict[str, str] = {'PATH': '/usr/bin:/bin'}
    for key, value in unit():
        if key == 'Environment':
            environment.update(pair.split('=', 1) for pair in shlex.split(value))
    options = parse(started('ExecStart', environment))
    assert options['dry_run']
    assert (options['robot'], options['image']) == ('ground', '/camera/image_raw')
    parse(started('ExecStartPre', environment))


def test_the_unit_lets_the_nodes_send_a_last_zero() -> None:
    from follow_anything.launcher.processes import GRACE_S

    values = dict(unit())
    assert (values['KillMode'], values['KillSignal']) == ('mixed', 'SIGINT')
    assert float(values['TimeoutStopSec']) > GRACE_S
    assert values['Restart'] == 'on-failure'
