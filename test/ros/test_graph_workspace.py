# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
From the sources to the first click that is followed, with what package.xml names and no more.

colcon builds a workspace, and the graph starts from there: by `ros2 launch` where it is installed,
else by `up`. What only the extras of pip bring cannot be imported.
"""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
import os
from pathlib import Path
import signal
import subprocess
import sys

from follow_anything.testing import SyntheticScene
from graph import DOMAIN, FOLLOW_DISTANCE_M, Graph, NODES, TARGET_HEIGHT_M
import pytest
import workspace

pytest.importorskip('colcon_core', reason='colcon is not installed')
pytestmark = [
    pytest.mark.ros,
    pytest.mark.field,
    pytest.mark.slow,
    pytest.mark.timeout(0),
    pytest.mark.skipif(
        not (workspace.ROOT / 'setup.py').is_file(), reason='the sources are not here'
    ),
]

OF_EXTRAS = (
    'imageio_ffmpeg', 'mcap', 'mcap_ros2', 'mujoco', 'onnx', 'pooch', 'pyfqmr', 'pymavlink',
    'pytest', 'ray', 'safetensors', 'serial', 'starlette', 'torch', 'uvicorn', 'websockets',
)  # fmt: skip
"""Modules that package.xml brings nobody."""

HIDING = f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {OF_EXTRAS!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)

sys.meta_path.insert(0, Hidden())
"""

PARAMETERS = f"""
/**/tracker_node: {{ros__parameters: {{target_height: {TARGET_HEIGHT_M}}}}}
/**/controller_node:
  ros__parameters: {{servo: {{follow_distance: {FOLLOW_DISTANCE_M}, min_distance: 0.5}}}}
"""

ROS2 = [sys.executable, '-c', 'from ros2cli.cli import main; raise SystemExit(main())']
NAMESPACE = '/workspace'


class Workspace:
    """The folder, and a shell that has sourced it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        workspace.build(folder)
        hiding = folder / 'hiding'
        hiding.mkdir()
        (hiding / 'sitecustomize.py').write_text(HIDING, encoding='utf-8')
        launch = importlib.util.find_spec('ros2launch')
        self.has_launch = launch is not None
        paths = [str(hiding)]
        if launch is not None and launch.origin is not None:
            paths.append(str(Path(launch.origin).parents[1]))
        self._variables = {
            **os.environ, 'ROS_DOMAIN_ID': str(DOMAIN), 'PYTHONPATH': os.pathsep.join(paths),
        }  # fmt: skip

    def start(self, command: list[str], output: Path) -> subprocess.Popen[bytes]:
        sourced = ['bash', '-c', '. install/setup.bash && exec "$@"', 'bash', *command]
        with output.open('wb') as log:
            return subprocess.Popen(
                sourced, cwd=self.folder, env=self._variables, stdout=log, stderr=log
            )

    def graph(self, parameters: Path) -> list[str]:
        """Return the command that starts the whole graph."""
        if self.has_launch:
            command = [*ROS2, 'launch', 'follow_anything', 'follow.launch.py', 'robot:=ground']
            return [*command, f'namespace:={NAMESPACE}', f'params_file:={parameters}']
        executable = self.folder / 'install/follow_anything/lib/follow_anything/follow_anything'
        command = [str(executable), 'up', '--robot', 'ground', '--namespace', NAMESPACE]
        return [*command, '--params-file', str(parameters)]

    def processes(self) -> list[str]:
        """Return the command lines of what runs from this folder."""
        found = []
        for entry in Path('/proc').glob('[0-9]*/cmdline'):
            try:
                line = entry.read_bytes().replace(b'\0', b' ').decode(errors='replace')
            except OSError:
                continue  # it has just ended
            if str(self.folder) in line:
                found.append(line)
        return found


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Give a workspace that was built."""
    return Workspace(tmp_path_factory.mktemp('workspace'))


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    """Give a camera and an operator, and no node yet."""
    graph = Graph(tmp_path, NAMESPACE, SyntheticScene(seed=1, rate=10.0))
    try:
        yield graph
    finally:
        graph.close()


def test_what_runs_is_what_was_built(built: Workspace, tmp_path: Path) -> None:
    code = 'import follow_anything; print(follow_anything.__file__); import mujoco'
    said = tmp_path / 'said.txt'
    assert built.start(['python3', '-c', code], said).wait(timeout=60.0) == 1
    text = said.read_text(encoding='utf-8')
    assert text.startswith(str(built.folder / 'install'))
    assert "No module named 'mujoco'" in text


def test_the_first_click_is_followed(built: Workspace, graph: Graph, tmp_path: Path) -> None:
    parameters = tmp_path / 'mine.yaml'
    parameters.write_text(PARAMETERS, encoding='utf-8')
    process = built.start(built.graph(parameters), graph.log('launch'))
    graph.processes['launch'] = process
    for name in NODES:
        graph.wait(lambda name=name: graph.diagnostics(name), 120.0, f'{name} to be active')
    graph.follow()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60.0) == 0
    assert built.processes() == [], 'nothing is left behind'
    assert not any((t.linear.x, t.angular.z) != (0.0, 0.0) for _, t in graph.commands[-1:])
