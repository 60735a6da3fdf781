# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The ways to install it, as far as each can be walked without a network."""

from __future__ import annotations

import ast
import importlib.metadata
from pathlib import Path
import re
import subprocess
import sys
from typing import Any
import xml.etree.ElementTree as ElementTree

from follow_anything import __main__ as entry
import pytest
import workspace

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ('3.10.0', '3.11.0', '3.12.0')
NODES = (
    'detector_node', 'tracker_node', 'controller_node', 'watchdog_node', 'visualizer_node',
    'console_node', 'mavlink_camera_node', 'sim_node',
)  # fmt: skip

ROSDEP_KEYS = {
    'python3-hypothesis', 'python3-matplotlib', 'python3-numpy', 'python3-onnxruntime-pip',
    'python3-opencv', 'python3-pil', 'python3-pytest', 'python3-pytest-timeout', 'python3-rich',
    'python3-typer', 'python3-yaml',
    'python3-scipy',
}  # fmt: skip
"""Keys of rosdistro's rosdep/python.yaml that were looked up (August 2026)."""

pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not (ROOT / 'setup.py').is_file(), reason='the sources are not here'),
]


def pins() -> list[tuple[str, str, str]]:
    """Return name, version and marker of every pinned package."""
    found = []
    for line in (ROOT / 'requirements/constraints.txt').read_text().splitlines():
        match = re.fullmatch(r'([A-Za-z0-9._-]+)==([^;\s]+)\s*(?:;\s*(.*))?', line.strip())
        if match:
            found.append((match[1], match[2], match[3] or ''))
    return found


def test_pinned_versions_are_for_every_python_that_is_promised() -> None:
    """Of those that are installed here: the packages themselves say what they are for."""
    specifiers = pytest.importorskip('packaging.specifiers')
    markers = pytest.importorskip('packaging.markers')
    looked_at = 0
    for name, version, marker in pins():
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if found.version != version:
            continue
        looked_at += 1
        needs = specifiers.SpecifierSet(found.metadata.get('Requires-Python') or '')
        for python in PYTHONS:
            environment = {'python_version': python.rpartition('.')[0]}
            if not marker or markers.Marker(marker).evaluate(environment):
                assert needs.contains(python), f'{name}=={version} needs {needs}, not {python}'
    assert looked_at > 20


def test_every_name_is_pinned_once_for_each_python() -> None:
    markers = pytest.importorskip('packaging.markers')
    for python in PYTHONS:
        environment = {'python_version': python.rpartition('.')[0]}
        names = [n for n, _, m in pins() if not m or markers.Marker(m).evaluate(environment)]
        assert len(names) == len(set(names))


@pytest.fixture(scope='module')
def arguments() -> dict[str, Any]:
    """Give the arguments of setup()."""
    import setuptools

    captured: dict[str, Any] = {}
    source = ROOT / 'setup.py'
    code = compile(source.read_text(encoding='utf-8'), str(source), 'exec')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, 'setup', lambda **given: captured.update(given))
        patch.chdir(ROOT)
        exec(code, {'__file__': str(source), '__name__': '__main__'})
    return captured


def test_pip_brings_what_the_defaults_need(arguments: dict[str, Any]) -> None:
    """`track`, `detect` and `track --save` after `pip install .`, from any folder."""
    names = {re.split('[<>=]', name)[0] for name in arguments['install_requires']}
    assert {'onnxruntime', 'opencv-contrib-python-headless', 'imageio-ffmpeg', 'typer'} <= names
    extras = arguments['extras_require']
    assert 'mujoco>=3.1,<4' in extras['sim']
    assert set(extras['all']) == {n for k, some in extras.items() if k != 'all' for n in some}


def test_the_pins_are_within_the_bounds(arguments: dict[str, Any]) -> None:
    requirements = pytest.importorskip('packaging.requirements')
    pinned = {name.lower(): version for name, version, _ in pins()}
    for text in (*arguments['install_requires'], *arguments['extras_require']['all']):
        wanted = requirements.Requirement(text)
        version = pinned.get(wanted.name.lower())
        assert version is None or wanted.specifier.contains(version), text


def test_rosdep_knows_every_key() -> None:
    package = ElementTree.parse(ROOT / 'package.xml').getroot()
    declared = {element.text or '' for element in package.iter() if element.tag.endswith('depend')}
    assert {key for key in declared if key.startswith('python3-')} == ROSDEP_KEYS


def test_ros2_finds_the_executables_after_make_setup() -> None:
    """`ros2 run` and `ros2 launch` look in lib/, pip installs into bin/."""
    folder = Path(sys.prefix) / 'lib' / 'follow_anything'
    if not (Path(sys.prefix) / '.stamps').is_dir():
        pytest.skip('this Python is not the one of make setup')
    for name in (*NODES, 'follow_anything'):
        assert (folder / name).is_file(), f'{name}: run make setup'
        assert (folder / name).resolve() == Path(sys.prefix).resolve() / 'bin' / name


def test_every_executable_is_linked() -> None:
    scripts = {
        node.value.split(' = ')[0]
        for node in ast.walk(ast.parse((ROOT / 'setup.py').read_text(encoding='utf-8')))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ':main' in node.value
    }
    assert scripts == {*NODES, 'follow_anything'}
    setup = (ROOT / 'scripts/setup.sh').read_text(encoding='utf-8')
    (listed,) = re.findall(r'for executable in (.*); do', setup)
    braces = re.sub(
        r'\{(.*)\}(\S+)', lambda m: ' '.join(n + m[2] for n in m[1].split(',')), listed
    )
    assert set(braces.split()) == scripts


@pytest.mark.slow
def test_colcon_builds_executables_for_the_python_of_the_shell(tmp_path: Path) -> None:
    """Not for colcon's own: a virtual environment beside the system's colcon is used, then."""
    pytest.importorskip('colcon_core', reason='colcon is not installed')
    workspace.build(tmp_path)
    folder = tmp_path / 'install/follow_anything/lib/follow_anything'
    for name in NODES:
        with (folder / name).open() as script:
            assert script.readline() == '#!/usr/bin/env python3\n'
    share = tmp_path / 'install/follow_anything/share/follow_anything'
    assert (share / 'launch/follow.launch.py').is_file()
    assert (share / 'config/ground.yaml').is_file()


@pytest.mark.parametrize('version', ['0.4.0', '0.9.0', '0.12.3'])
def test_an_old_typer_is_told_from_a_new_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    import typer

    assert entry.why_not() == ''
    monkeypatch.setattr(typer, '__version__', version)
    assert entry.main() == 1
    said = capsys.readouterr().err
    assert f'here is {version}' in said
    assert "pip install 'typer>=0.12.5'" in said


def test_without_ros_a_command_says_what_to_type() -> None:
    code = (
        'import sys; sys.modules["rclpy"] = None; import follow_anything.__main__ as m;'
        'sys.argv = ["x", "record", "a.mcap"]; raise SystemExit(m.main())'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert 'needs ROS 2' in done.stderr
    assert 'Traceback' not in done.stderr


def test_the_workflow_walks_roads_that_there_are() -> None:
    """It runs elsewhere; here, that what it calls exists."""
    yaml = pytest.importorskip('yaml')
    path = ROOT / '.github/workflows/ci.yml'
    if not path.is_file():
        pytest.skip('the workflow is not in this copy')
    jobs = yaml.safe_load(path.read_text(encoding='utf-8'))['jobs']
    assert jobs['workspace']['strategy']['matrix']['distro'] == ['humble', 'jazzy', 'kilted']
    assert jobs['environment']['strategy']['matrix']['python'] == ['3.10', '3.11', '3.12']
    text = '\n'.join(step.get('run', '') for job in jobs.values() for step in job['steps'])
    targets = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.M))
    assert set(re.findall(r'^make ([a-z-]+)', text, re.M)) <= targets
    for name in re.findall(r'\b(test/[\w/]+(?:\.py)?)', text):
        assert (ROOT / name).exists(), name
