# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Nobody who builds on us loses a name: executables, commands, parameters, topics, services."""

from __future__ import annotations

import importlib
from importlib import import_module
import subprocess
import sys

import public_names
import pytest

LISTED = public_names.FILE.read_text(encoding='utf-8').splitlines()
IMPORTS = (
    'core.config:ServoConfig', 'core.config:TrackerConfig', 'core.errors:FollowAnythingError',
    'core.follower:TargetFollower', 'core.geometry:PinholeCamera', 'core.pipeline:FollowPipeline',
    'core.servo:Servo', 'core.types:Click', 'core.types:Frame', 'core.types:Query',
    'models.registry:build_detector', 'models.registry:build_embedder',
    'models.registry:build_tracker', 'testing:KinematicRobot', 'testing:ScriptedDetector',
    'testing:SyntheticScene',
)  # fmt: skip
"""What the README, the examples and people's own tests import."""


def test_executables_commands_and_parameters() -> None:
    pytest.importorskip('typer')
    listed = [n for n in LISTED if n.split()[0] in ('executable', 'command', 'parameter')]
    missing = set(listed) - set(public_names.plain_names())
    assert listed
    assert not missing, f'{missing} are gone; python test/public_names.py --write if that is meant'


@pytest.mark.ros
def test_topics_and_services() -> None:
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    command = [sys.executable, public_names.FILE.with_suffix('.py')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    listed = [n for n in LISTED if n.split()[0] in ('topic', 'service')]
    missing = set(listed) - set(done.stdout.splitlines())
    assert listed
    assert not missing, f'{missing} are gone; python test/public_names.py --write if that is meant'


@pytest.mark.core
@pytest.mark.parametrize('name', IMPORTS)
def test_what_others_import(name: str) -> None:
    module, _, attribute = name.partition(':')
    assert hasattr(importlib.import_module(f'follow_anything.{module}'), attribute)


@pytest.mark.parametrize(
    ('module', 'name'),
    [
        ('follow_anything.core.prompts', 'query_from_text'),
        ('follow_anything.evaluation.referee', 'tiny'),
        ('follow_anything.ros.conversions', 'camera_from_msg'),
    ],
)
def test_names_of_before_are_there_for_one_release(module: str, name: str) -> None:
    if module.startswith('follow_anything.ros'):
        pytest.importorskip('rclpy')
    assert callable(getattr(import_module(module), name))
