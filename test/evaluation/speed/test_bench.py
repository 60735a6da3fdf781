# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks measure what they say; their figures are never asserted."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
import time

import pytest

pytest.importorskip('cv2')

from follow_anything.core.errors import SourceError
from follow_anything.evaluation import tables
from follow_anything.evaluation.speed.memory import bench_memory

DOCS = Path(__file__).resolve().parents[3] / 'docs'


LEAKY = """
import json, sys
import numpy as np
from follow_anything.core.types import Track
from follow_anything.evaluation.speed.memory import bench_memory, resident_mb

class Leaky:
    kept = []

    def initialize(self, frame, box):
        self.box = box

    def track(self, frame):
        self.kept.append(np.ones(int(sys.argv[1]), np.uint8))
        return Track(self.box, 1.0, 1.0)

before = resident_mb()
held = np.ones(40_000_000, np.uint8)
touched = resident_mb() - before
print(json.dumps(bench_memory(Leaky(), 600) | {'touched_mb': touched}))
"""


@pytest.mark.parametrize('leak', [0, 100_000])
def test_a_leak_is_seen_where_there_is_one(leak: int) -> None:
    """In a process of its own: what other tests gave back would be taken again."""
    process = subprocess.run(
        [sys.executable, '-c', LEAKY, str(leak)], capture_output=True, text=True, check=True
    )
    figures = json.loads(process.stdout)
    assert figures['growth_bytes_per_frame'] == pytest.approx(leak, rel=0.2, abs=5_000)
    assert figures['present'] == 1.0
    assert 0 < figures['rss_mb_end'] <= figures['rss_mb_max'] + 1
    assert figures['touched_mb'] == pytest.approx(40, abs=5)


@pytest.mark.slow
def test_the_tiny_tracker_does_not_grow():
    """Three thousand frames; the whole hundred thousand are `bench memory`."""
    pytest.importorskip('onnxruntime')
    from follow_anything.models.tracking.tiny.tracker import TinyTracker

    figures = bench_memory(TinyTracker(), 3000)
    assert figures['rss_mb_end'] - figures['rss_mb_start'] < 8
    assert figures['present'] > 0.5


def test_each_layer_is_left_out_in_turn(tmp_path):
    pytest.importorskip('torch')
    pytest.importorskip('safetensors.torch')
    import cv2
    from follow_anything.evaluation.speed.layers import bench_layers
    from follow_anything.testing import SyntheticScene
    import numpy as np

    scene, folder = SyntheticScene(), tmp_path / 'one' / 'img'
    folder.mkdir(parents=True)
    for index in range(4):
        cv2.imwrite(str(folder / f'{index:04d}.jpg'), scene.frame(index).rgb[..., ::-1])
    boxes = [scene.box(index).xywh for index in range(4)]
    np.savetxt(tmp_path / 'one' / 'groundtruth.txt', boxes, delimiter=',')
    figures = bench_layers(tmp_path, 'folders', 1)
    names = ('all', 'without_0', 'without_1', 'without_2')
    assert set(figures) == {f'{name}_{key}' for name in names for key in ('ao', 'search_ms')}
    assert figures['all_ao'] > 0.5
    assert len({figures[f'{name}_ao'] for name in names}) > 1, 'a layer does something'


def test_in_turn_gives_each_its_own_time():
    bench = pytest.importorskip('follow_anything.evaluation.speed.tracker')

    def spin(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    spent = bench.in_turn({'long': lambda: spin(0.004), 'short': lambda: spin(0.001)}, 5)
    assert spent['long'] == pytest.approx(4.0, rel=0.5)
    assert spent['short'] == pytest.approx(1.0, rel=0.5)


@pytest.mark.slow
def test_the_benchmark_of_the_tracker_and_its_tables():
    pytest.importorskip('onnxruntime')
    from follow_anything.evaluation.speed.tracker import bench_tracker, docs_tables

    figures = bench_tracker(repeats=1, frames=3, rounds=1)
    json.dumps(figures)
    for side in (128, 160, 192):
        for count in (1, 2, 4, 8):
            assert figures[f'cached_{side}px_{count}_ms'] > 0
            assert figures[f'uncached_{side}px_{count}_ms'] > 0
    assert figures['csrt_over_tiny'] == pytest.approx(figures['csrt_ms'] / figures['tiny_ms'])
    if figures['torch'] != 'compared':
        pytest.skip(figures['torch'])
    assert figures['max_abs_difference'] <= 1e-3
    assert docs_tables(figures).count('\n| --- |') == 4


def test_arithmetic_is_counted_as_torch_counts_it():
    torch = pytest.importorskip('torch')
    from follow_anything.models.backbone import Trunk
    from follow_anything.models.tracking.tiny.cost import search_cost, trunk_flops
    from follow_anything.models.tracking.transformer import TrackingTransformer, TransformerConfig
    from torch.nn.attention import sdpa_kernel, SDPBackend
    from torch.utils.flop_counter import FlopCounterMode

    config = TransformerConfig()
    model, trunk = TrackingTransformer(config).eval(), Trunk().eval()
    for side, templates in ((160, 1), (192, 8)):
        cells, keys = (side // 16) ** 2, templates * config.template_cells**2
        cache = torch.zeros(config.layers, 1, config.heads, keys, config.width // config.heads)
        features = torch.zeros(1, cells, config.features)
        cost = search_cost(config, side, templates)
        # the fused kernel of a CPU is not in torch's table; its parts are
        with (
            torch.no_grad(),
            sdpa_kernel(SDPBackend.MATH),
            FlopCounterMode(display=False) as count,
        ):
            model.track(features, cache, cache)
        assert cost.total - cost.trunk == count.get_total_flops()
        with torch.no_grad(), FlopCounterMode(display=False) as count:
            trunk(torch.zeros(1, 3, side, side))
        assert trunk_flops(side) == cost.trunk == count.get_total_flops()


def test_a_section_of_a_page_is_replaced_and_nothing_else(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text('a\n<!-- begin x -->\nold\n<!-- end x -->\nz\n')
    tables.replace_section(page, 'x', tables.markdown_table(['p', 'q'], [[1, 2]]))
    assert tables.section(page, 'x') == '| p | q |\n| --- | --- |\n| 1 | 2 |'
    assert page.read_text().startswith('a\n')
    assert page.read_text().endswith('<!-- end x -->\nz\n')
    with pytest.raises(SourceError, match='no section "y"'):
        tables.section(page, 'y')


@pytest.mark.parametrize(
    ('value', 'text'), [(0.6154, '.615'), (1.0, '1.000'), (None, '-'), (float('nan'), '-')]
)
def test_shares_are_written_as_in_papers(value, text):
    assert tables.number(value) == text


def test_the_tables_in_the_documentation_are_those_of_its_figures():
    bench = pytest.importorskip('follow_anything.evaluation.speed.tracker')
    figures = json.loads((DOCS / 'tracker_bench.json').read_text())
    assert tables.section(DOCS / 'tracking.md', 'bench tracker') == bench.docs_tables(figures)


@pytest.mark.identity
def test_the_cost_of_identity_is_that_of_an_episode() -> None:
    pytest.importorskip('mujoco')
    from follow_anything.core.identity.judge import Judge
    from follow_anything.evaluation.speed.identity import bench_identity

    method = Judge.judge
    figures = bench_identity('street', 'drone', 1, 1.0)
    assert Judge.judge is method
    assert 0 < figures['looks'] <= figures['frames']
    assert 0.0 < figures['judge_ms_a_frame'] <= figures['judge_ms_a_look_p90']
    assert figures['share_of_a_thread_judge'] < figures['share_of_a_thread_with_surveys']
