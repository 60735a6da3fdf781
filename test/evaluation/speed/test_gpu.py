# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The measurements for a GPU run on a CPU at tiny width; what cannot run says why."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='what wants a GPU needs torch: make setup-heavy')

from follow_anything.core.errors import BadConfig
from follow_anything.evaluation.speed.gpu import bench_gpu, STAGES
from follow_anything.models.tracking.lorat.network import Lorat, LoratConfig
from follow_anything.models.tracking.lorat.plain import plain_forward

pytestmark = [pytest.mark.models, pytest.mark.detection]

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize('gated', [False, True])
def test_our_lorat_is_the_plain_forward_pass(gated: bool) -> None:
    torch.manual_seed(1)
    network = Lorat(LoratConfig(32, 2, 3, 48, gated=gated)).eval()
    for value in network.parameters():
        torch.nn.init.normal_(value, std=0.2)
    inside = torch.zeros(2, 8, 8, dtype=torch.long)
    inside[:, 2:5, 3:6] = Lorat.TARGET
    pictures = torch.randn(2, 3, 112, 112), torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        ours, plain = network(*pictures, inside), plain_forward(network, *pictures, inside)
    for one, other in zip(ours, plain, strict=True):
        assert one.std() > 1e-3, 'a constant would agree with anything'
        assert torch.allclose(one, other, atol=2e-4)


def test_stages_run_small_and_are_written_one_by_one(tmp_path: Path) -> None:
    pytest.importorskip('transformers', reason='its stages need transformers: make setup-heavy')
    out, said = tmp_path / 'out' / 'gpu.json', []
    stages = ('machine', 'lorat-b224', 'owlv2', 'sam2', 'recipes', 'precision-omdet_turbo')
    figures = bench_gpu(out, 'cpu', small=True, minutes=8.0, stages=stages, say=said.append)
    assert json.loads(out.read_text()) == figures
    assert [line.split(':')[0] for line in said] == list(stages)
    assert figures['machine']['device'] == 'cpu'
    assert figures['lorat-b224']['largest_difference_box'] < 1e-4
    assert figures['lorat-b224']['fused_attention'] is False
    assert figures['owlv2']['fps'] > 0.0
    assert figures['sam2']['fps'] > 0.0
    assert figures['precision-omdet_turbo']['bfloat16_fps'] > 0.0
    assert 'full width' in figures['recipes']['skipped']


def test_a_stage_that_fails_or_comes_too_late_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(*_: Any, **__: Any) -> Any:
        return subprocess.CompletedProcess([], 1, '', 'Traceback\nCUDA is out of memory')

    monkeypatch.setattr(subprocess, 'run', failed)
    figures = bench_gpu(tmp_path / 'a.json', 'cuda', stages=('sam3',))
    assert figures == {'sam3': {'error': 'CUDA is out of memory'}}

    def slow(*_: Any, **__: Any) -> Any:
        raise subprocess.TimeoutExpired('sam3', 1.0)

    monkeypatch.setattr(subprocess, 'run', slow)
    assert 'cut off' in bench_gpu(tmp_path / 'b.json', stages=('sam3',))['sam3']['skipped']
    late = bench_gpu(tmp_path / 'c.json', minutes=0.0, stages=('sam3',))
    assert 'were over' in late['sam3']['skipped']
    with pytest.raises(BadConfig, match='stage must be one of machine'):
        bench_gpu(tmp_path / 'd.json', stages=('sam9',))
    assert {'tiny-torch', 'lorat-g378', 'edgetam'} <= set(STAGES)


def test_the_script_runs_dry_on_a_cpu(tmp_path: Path) -> None:
    out = tmp_path / 'gpu.json'
    done = subprocess.run(
        ['bash', str(ROOT / 'scripts' / 'gpu.sh'), '--dry-run'],
        capture_output=True, text=True, check=False, timeout=280,
        env={
            'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'OUT': str(out),
            'PYTHON_BIN': sys.executable, 'STAGES': 'machine lorat-g224',
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert list(figures) == ['machine', 'lorat-g224']
    assert figures['lorat-g224']['largest_difference_score'] < 1e-3


def small_shards(folder: Path) -> None:
    """Write features of nothing: what training reads, not what it could learn from."""
    rng = np.random.default_rng(0)
    for name in ('val_010000', 'val_010001', 'train_010000'):
        (folder / name).mkdir(parents=True)
        boxes = np.tile(np.array([0.3, 0.3, 0.6, 0.6], np.float32), (6, 3, 3, 1))
        rows = {
            'search': rng.normal(size=(6, 3, 40, 24, 24)).astype(np.float16),
            'template': rng.normal(size=(6, 3, 2, 40, 12, 12)).astype(np.float16),
            'template_boxes': np.tile(boxes[:, :, :1], (1, 1, 2, 1)),
            'boxes': boxes,
            'visible': np.ones((6, 3, 3), np.float32),
        }
        for key, value in rows.items():
            np.save(folder / name / f'{key}.npy', value)


def test_the_script_trains_with_the_time_left_and_goes_on(tmp_path: Path) -> None:
    train = tmp_path / 'train'
    environment = {
        'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'OUT': str(tmp_path / 'gpu.json'),
        'PYTHON_BIN': sys.executable, 'STAGES': 'machine', 'MINUTES': '0.1', 'SHARDS': '1',
        'FILMS': '0', 'TRAIN': str(train),
    }  # fmt: skip
    script = ['bash', str(ROOT / 'scripts' / 'gpu.sh'), '--dry-run', '--train']

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            script, capture_output=True, text=True, check=False, timeout=280, env=environment
        )

    refused = run()
    assert refused.returncode == 1
    assert 'train tracker --steps assets' in refused.stderr
    (train / 'assets').mkdir(parents=True)
    small_shards(train / 'shards')
    steps = []
    for _ in range(2):
        done = run()
        assert done.returncode == 0, done.stderr
        assert 'the click network is left out' in done.stdout
        lines = (train / 'tracker' / 'tracker.jsonl').read_text().splitlines()
        steps.append(json.loads(lines[-1])['steps'])
    assert 0 < steps[0] < steps[1]


def test_the_script_refuses_what_it_does_not_know() -> None:
    script = ['bash', str(ROOT / 'scripts' / 'gpu.sh'), '--fast']
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'unknown argument --fast' in done.stderr
