# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Imports point only downwards, and heavy packages stay in the folders that may have them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.core

PACKAGE = Path(__file__).resolve().parent.parent / 'follow_anything'
NAME = 'follow_anything'

FLOORS = (
    ('core.errors',),
    ('core.types',),
    ('core.fence',),
    ('core.config',),
    ('core',),
    ('core.control', 'core.language', 'core.world'),
    ('core.identity',),
    ('core.search',),
    ('core.follower', 'core.prompts', 'core.servo'),
    ('core.pipeline',),
    ('io',),
    ('console', 'models.runtime', 'robots', 'testing'),
    ('models.weights', 'robots.mavlink'),
    ('models',),
    ('models.detection', 'models.tracking'),
    ('models.tracking.huggingface', 'models.tracking.lorat', 'models.tracking.peers'),
    ('models.tracking.tiny',),
    ('models.detection.classical', 'models.detection.foundation', 'models.detection.tiny'),
    ('models.detection.huggingface', 'models.export'),
    ('sim.meshes',),
    ('sim.furniture', 'sim.scenery'),
    ('sim.actors', 'sim.vehicle'),
    ('sim.plots',),
    ('sim',),
    ('launcher', 'ros.messages', 'ros.parameters', 'ros.services'),
    ('doctor',),
    ('ros',),
    ('ros.bags', 'ros.console', 'ros.doctor', 'ros.robots'),
    ('ros.nodes',),
    ('evaluation',),
    ('evaluation.closed_loop', 'evaluation.detection', 'evaluation.tracking'),
    ('evaluation.appearance', 'evaluation.following', 'evaluation.referee'),
    ('evaluation.speed',),
    ('training', 'training.detector.language'),
    ('training.detector.pictures', 'training.tracker.pictures'),
    ('training.detector.heads', 'training.tracker'),
    ('training.detector.clicks',),
    ('training.detector',),
    ('demo',),
    ('cli',),
    ('__main__',),
)
"""Who may import whom: only what is on a lower floor, or one's own room."""

LEVELS = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

LARGEST_ROOM = 12
"""Modules beside the sub-folders."""

LONGEST_MODULE, LONGEST_FUNCTION = 400, 80
"""Lines."""

LONGER = {
    'core.follower': 'one class: all of its methods share the state of one target',
    'core.types': 'the currency of the house, to be read in one place',
    'training.detector.language.words': 'tables of names, not code',
}
"""Modules that may be longer, and why."""

ALIKE = {'Letterbox', 'Library', 'Plan', 'Scene'}
"""Classes of one name that are one idea: letterboxing; the training of detector and tracker."""

ROS_MODULES = ('ros.', 'demo.')
"""Where rclpy and messages may be imported: nodes, and the demonstration, a ROS program too."""

TORCH_MODULES = ('models.', 'training.')


@dataclass(frozen=True)
class Module:
    """A module of the package, read but not run."""

    path: Path

    @property
    def name(self) -> str:
        """Return its name below the package: core.types."""
        return '.'.join(self.path.relative_to(PACKAGE).with_suffix('').parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding='utf-8'))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield line and full name of everything that is imported, also inside functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f'{self.path}:{node.lineno}: relative import'
                for alias in node.names:
                    yield node.lineno, f'{node.module}.{alias.name}'

    def global_names(self) -> set[str]:
        """Return every name that exists after the module was imported."""
        names = set()
        for node in ast.walk(ast.Module([n for n in self.tree.body], [])):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add((node.asname or node.name).split('.')[0])
        return names

    def declared(self) -> list[str] | None:
        """Return __all__, or None when there is none."""
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(t, ast.Name) and t.id == '__all__' for t in targets):
                return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
        return None


MODULES = [Module(path) for path in sorted(PACKAGE.rglob('*.py'))]
PUBLIC = [m for m in MODULES if not m.path.name.startswith('_')]


def room_of(name: str) -> str | None:
    """Return the room of a module, its longest known prefix."""
    parts = name.split('.')
    prefixes = ('.'.join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in LEVELS), None)


def ids(modules: list[Module]) -> list[str]:
    return [module.name for module in modules]


def test_there_is_something_to_check() -> None:
    assert {'core.pipeline', 'models.registry', 'ros.node'} <= set(ids(MODULES))


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_nobody_imports_upwards(module: Module) -> None:
    if module.name == '__init__':
        assert not [name for _, name in module.imports() if name.startswith(NAME)]
        return
    own = room_of(module.name)
    assert own is not None, f'{module.name} has no place in FLOORS yet: give it one'
    for line, name in module.imports():
        if not name.startswith(f'{NAME}.'):
            continue
        imported = name.removeprefix(f'{NAME}.')
        room = room_of(imported)
        if room is None:
            assert hasattr(__import__(NAME), imported), f'{imported} has no place in FLOORS yet'
            continue
        assert room == own or LEVELS[room] < LEVELS[own], (
            f'{module.path}:{line}: {module.name} (floor {LEVELS[own]}) imports {imported} '
            f'(floor {LEVELS[room]}); imports point only downwards'
        )


def test_every_folder_is_a_room_of_a_dozen_modules_at_most() -> None:
    sizes = Counter(m.path.parent for m in MODULES if m.path.name != '__init__.py')
    for folder, size in sizes.items():
        name = '.'.join(folder.relative_to(PACKAGE).parts)
        assert not name or name in LEVELS, f'{name} has no place in FLOORS yet: give it one'
        assert size <= LARGEST_ROOM, f'{name} has {size} modules: make rooms in it'


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_nothing_is_too_long_to_read(module: Module) -> None:
    length = len(module.path.read_text(encoding='utf-8').splitlines())
    assert length <= LONGEST_MODULE or module.name in LONGER, f'{module.path}: {length} lines'
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f'{module.path}: {node.name} has {lines} lines'


def test_no_class_name_has_two_meanings() -> None:
    names = Counter(
        node.name
        for module in MODULES
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith('_')
    )
    assert {name for name, count in names.items() if count > 1} == ALIKE


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_core_knows_numpy_scipy_and_the_standard_library_only(module: Module) -> None:
    if not module.name.startswith('core.'):
        return
    allowed = {'numpy', 'scipy', *sys.stdlib_module_names}
    for line, name in module.imports():
        is_fine = name.split('.')[0] in allowed or name.startswith(f'{NAME}.core.')
        assert is_fine, f'{module.path}:{line}: core must not import {name}'


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_only_ros_knows_ros(module: Module) -> None:
    if module.name.startswith(ROS_MODULES):
        return
    for line, name in module.imports():
        top = name.split('.')[0]
        is_message = top.endswith(('_msgs', '_srvs', '_interfaces'))
        is_ros = is_message or top in ('rclpy', 'launch', 'tf2_ros', 'ament_index_python')
        assert not is_ros, (
            f'{module.path}:{line}: only {", ".join(ROS_MODULES)} import ROS; this imports {name}'
        )


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_only_models_and_training_know_torch(module: Module) -> None:
    if module.name.startswith(TORCH_MODULES):
        return
    for line, name in module.imports():
        heavy = name.split('.')[0] in ('torch', 'torchvision', 'onnxruntime', 'transformers')
        assert not heavy, f'{module.path}:{line}: {module.name} must not import {name}'


@pytest.mark.parametrize('module', PUBLIC, ids=ids(PUBLIC))
def test_public_module_says_what_is_public(module: Module) -> None:
    declared = module.declared()
    assert declared is not None, f'{module.path} has no __all__'
    assert len(set(declared)) == len(declared)
    missing = set(declared) - module.global_names()
    assert not missing, f'{module.path}: __all__ names {missing}, which do not exist'


@pytest.mark.parametrize('module', MODULES, ids=ids(MODULES))
def test_private_names_stay_private(module: Module) -> None:
    for line, name in module.imports():
        if name.startswith(f'{NAME}.'):
            assert not name.split('.')[-1].startswith('_'), f'{module.path}:{line}: {name}'
        assert not name.endswith('.*'), f'{module.path}:{line}: star import'


@pytest.mark.parametrize(
    ('module', 'heavy'),
    [
        ('core.pipeline', {'cv2', 'torch', 'rclpy', 'mujoco', 'onnxruntime'}),
        ('models.registry', {'cv2', 'torch', 'onnxruntime', 'rclpy'}),
        ('testing', {'cv2', 'torch', 'rclpy', 'pytest', 'hypothesis'}),
        ('cli', {'torch', 'rclpy', 'mujoco', 'onnxruntime'}),
    ],
)
def test_import_is_light(module: str, heavy: set[str]) -> None:
    code = f'import sys, {NAME}.{module}; print(" ".join(sys.modules))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not heavy & set(done.stdout.split())
