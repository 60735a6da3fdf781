# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Our figures against an independent evaluation script's, where there is one beside us."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tracking

pytest.importorskip('cv2')

from follow_anything.evaluation.tracking.metrics import measure
from follow_anything.evaluation.tracking.referee import csrt

SCRIPT = Path(os.environ.get('FOLLOW_ANYTHING_REFEREE', '../shared/referee/evaluate.py')).resolve()


@pytest.fixture(scope='module')
def script():
    if not SCRIPT.is_file():
        pytest.skip(f'{SCRIPT} is not there: set FOLLOW_ANYTHING_REFEREE to such a script')
    spec = importlib.util.spec_from_file_location('referee_script', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('seed', range(5))
def test_both_measure_the_same(script, seed):
    rng = np.random.default_rng(seed)
    truth = np.hstack([rng.uniform(0, 200, (120, 2)), rng.uniform(8, 60, (120, 2))])
    found = truth + rng.normal(0, 10 + 5 * seed, truth.shape)
    found[:, 2:] = found[:, 2:].clip(1)
    found[rng.random(120) < 0.1] = np.nan
    truth[rng.random(120) < 0.1] = np.nan
    truth[0] = [10, 10, 20, 20]
    theirs, ours = script.measure(found, truth), measure(found, truth)
    for key in ('ao', 'auc', 'p20', 'sr50', 'last', 'present', 'absent'):
        assert getattr(ours, key) == pytest.approx(theirs[key], abs=1e-6)
    assert ours.false_alarms == pytest.approx(theirs['far'], abs=1e-6)


def test_the_script_runs_our_factories(script, tmp_path):
    import cv2
    from follow_anything.testing import SyntheticScene

    scene, paths, truth = SyntheticScene(seed=3), [], []
    for number in range(12):
        path = tmp_path / f'{number:04d}.png'
        cv2.imwrite(str(path), cv2.cvtColor(scene.frame(number).rgb, cv2.COLOR_RGB2BGR))
        paths.append(str(path))
        truth.append(scene.box(number).xywh)
    found, _, rate = script.run(csrt, paths, np.array(truth))
    assert script.measure(found, np.array(truth))['ao'] > 0.6
    assert rate > 0
