# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The generated files say what core/config says."""

from dataclasses import asdict
from pathlib import Path

from follow_anything.core.config import NODES, preset, PRESETS
from follow_anything.io import parameter_files
import pytest
import yaml

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.core


def test_nothing_drifted():
    assert parameter_files.drifted(ROOT) == [], 'run: python -m follow_anything params --write'


@pytest.mark.parametrize('robot', PRESETS)
def test_yaml_holds_every_parameter_with_its_value(robot):
    loaded = yaml.safe_load((ROOT / f'config/{robot}.yaml').read_text())
    for kind in NODES:
        values = loaded[f'/**/{kind.node}']['ros__parameters']
        assert values == asdict(preset(robot, kind))


def test_drift_is_noticed_and_mended(tmp_path):
    written = parameter_files.write(tmp_path)
    assert set(written) == set(parameter_files.render())
    page = tmp_path / 'docs/parameters.md'
    page.write_text(page.read_text().replace('confirm_time', 'confirm_times'))
    assert parameter_files.drifted(tmp_path) == ['docs/parameters.md']
    assert parameter_files.write(tmp_path) == ['docs/parameters.md']
    assert parameter_files.drifted(tmp_path) == []
