# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
LoRAT in our layers against numbers saved from the official classes.

data/lorat_*.safetensors hold seeded random weights of the official layout at tiny width, inputs,
and what the official network answered; nothing of it was trained.
"""

from __future__ import annotations

import math
from pathlib import Path
import resource
import time

import numpy as np
import pytest

torch = pytest.importorskip('torch')
safetensors = pytest.importorskip('safetensors.torch')
pytest.importorskip('cv2')

from follow_anything.core.errors import BadBox, BadConfig, BadWeights, NotReady
from follow_anything.core.protocols import Tracker
from follow_anything.core.types import Box, Frame
from follow_anything.models.registry import build_tracker
from follow_anything.models.tracking.lorat.network import Lorat, LoratConfig, VARIANTS
from follow_anything.models.tracking.lorat.tracker import context_side, LoratTracker
from follow_anything.models.tracking.lorat.weights import dinov2_part, load_official, translate

pytestmark = [pytest.mark.models, pytest.mark.tracking]

DATA = Path(__file__).parent / 'data'
PLAIN = LoratConfig(12, 2, 2, 48, template_cells=2, search_cells=3)
GATED = LoratConfig(12, 2, 2, 32, gated=True, template_cells=2, search_cells=3)
CASES = {'mlp_lora': PLAIN, 'gated_merged': GATED}
LORA_GAIN = 6.0 / 3


def _saved(name: str, part: str) -> dict:
    file = safetensors.load_file(DATA / f'lorat_{name}.safetensors')
    return {k.removeprefix(part): v.clone() for k, v in file.items() if k.startswith(part)}


def _official(name: str) -> dict:
    return _saved(name, 'model.')


def _write(state: dict, folder: Path, suffix: str = '.safetensors') -> Path:
    path = folder / f'weights{suffix}'
    if suffix == '.safetensors':
        safetensors.save_file({k: v.contiguous() for k, v in state.items()}, path)
    else:
        torch.save(state, path)
    return path


def _merge(state: dict) -> dict:
    """Do by hand what merging means: W + alpha / r B A, and q, k, v in one matrix."""
    plain = {}
    for key, value in state.items():
        if key.endswith('.linear.weight'):
            name = key.removesuffix('.linear.weight')
            delta = state[f'{name}.lora.B'] @ state[f'{name}.lora.A']
            plain[f'{name}.weight'] = value + LORA_GAIN * delta
        elif key.endswith('.linear.bias'):
            plain[key.replace('.linear', '')] = value
        elif '.lora.' not in key and key not in ('lora_alpha', 'use_rslora'):
            plain[key] = value
    for number in range(2):
        name = f'blocks.{number}.attn.qkv'
        for kind in ('weight', 'bias'):
            parts = [plain.pop(f'{name}.{part}.{kind}') for part in 'qkv']
            plain[f'{name}.{kind}'] = torch.cat(parts)
    return plain


def _assert_official_answer(model: Lorat, name: str) -> None:
    given, wanted = _saved(name, 'in.'), _saved(name, 'out.')
    with torch.inference_mode():
        score, boxes = model(given['template'], given['search'], given['inside'])
    assert score.shape == wanted['score'].shape
    assert (score - wanted['score']).abs().max() < 1e-4
    assert (boxes - wanted['boxes']).abs().max() < 1e-4
    # an answer that is the same everywhere would prove nothing
    assert wanted['score'].std() > 0.01


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('suffix', ['.safetensors', '.bin'])
def test_official_outputs(name, suffix, tmp_path):
    model = load_official(CASES[name], _write(_official(name), tmp_path, suffix))
    _assert_official_answer(model, name)


def test_merged_and_separate_checkpoints_are_the_same_network(tmp_path):
    merged = _merge(_official('mlp_lora'))
    assert not any('lora' in key for key in merged)
    _assert_official_answer(load_official(PLAIN, _write(merged, tmp_path)), 'mlp_lora')


def test_the_trained_part_alone_takes_the_rest_from_dinov2(tmp_path):
    """The releases of 2024 hold what was trained; qkv is one matrix in DINOv2's file."""
    state = _official('mlp_lora')
    head = ('head.', 'token_type_embed', 'lora_alpha', 'use_rslora')
    trained = {k: v for k, v in state.items() if '.lora.' in k or k.startswith(head)}
    rest = {k: v for k, v in state.items() if k not in trained}
    bare = {k.replace('.linear', ''): v for k, v in rest.items()}
    for number in range(2):
        name = f'blocks.{number}.attn.qkv'
        for kind in ('weight', 'bias'):
            bare[f'{name}.{kind}'] = torch.cat([bare.pop(f'{name}.{p}.{kind}') for p in 'qkv'])
    bare['cls_token'], bare['mask_token'] = torch.zeros(1, 1, 12), torch.zeros(1, 12)
    bare['pos_embed'] = torch.cat([torch.zeros(1, 1, 12), bare['pos_embed']], 1)
    (tmp_path / 'dino').mkdir()
    backbone = _write(bare, tmp_path / 'dino', '.pth')
    weights = _write(trained, tmp_path, '.bin')
    _assert_official_answer(load_official(PLAIN, weights, backbone), 'mlp_lora')
    with pytest.raises(BadWeights, match='give the file of DINOv2'):
        load_official(PLAIN, weights)


def test_positions_are_resized_as_the_official_code_does():
    saved = _saved('mlp_lora', 'dinov2.')
    ours = dinov2_part({'pos_embed': saved['pos_embed'], 'cls_token': torch.zeros(1)}, 3)
    assert set(ours) == {'pos_embed'}
    torch.testing.assert_close(ours['pos_embed'], saved['resized'], atol=1e-6, rtol=0)


@pytest.mark.parametrize(('root', 'gain'), [(False, 5.0 / 3), (True, 5.0 / math.sqrt(3))])
def test_the_low_rank_part_is_scaled_by_alpha(root, gain):
    state = _official('mlp_lora')
    state |= {'lora_alpha': torch.tensor(5.0), 'use_rslora': torch.tensor(root)}
    name = 'blocks.1.attn.proj'
    wanted = state[f'{name}.linear.weight'] + gain * (
        state[f'{name}.lora.B'] @ state[f'{name}.lora.A']
    )
    ours, missing, left = translate(state, PLAIN)
    assert (missing, left) == ([], [])
    torch.testing.assert_close(ours['layers.1.out.weight'], wanted)


def test_everything_missing_left_over_or_misshapen_is_named(tmp_path):
    state = _official('gated_merged')
    del state['blocks.1.attn.qkv.weight'], state['head.reg_mlp.layers.2.bias']
    state['blocks.7.norm1.weight'] = torch.zeros(12)
    state['norm.bias'] = torch.zeros(5)
    with pytest.raises(BadWeights) as caught:
        load_official(GATED, _write(state, tmp_path), name='LoRAT-tiny')
    said = str(caught.value)
    assert 'not a checkpoint of LoRAT-tiny' in said
    assert 'missing (2): blocks.1.attn.qkv.weight, head.reg_mlp.layers.2.bias' in said
    assert 'left over (1): blocks.7.norm1.weight' in said
    assert 'norm.bias is (5,), expected (12,)' in said


def test_another_variant_is_refused(tmp_path):
    with pytest.raises(BadWeights, match=r'left over .*mlp\.fc1'):
        load_official(GATED, _write(_official('mlp_lora'), tmp_path))


class _Code:
    def __reduce__(self):
        return print, ('code in a pickle was run',)


@pytest.mark.parametrize('suffix', ['.bin', '.safetensors'])
@pytest.mark.parametrize('damage', ['cut', 'code', 'absent', 'number'])
def test_broken_files_are_refused_and_never_run(tmp_path, suffix, damage, capsys):
    path = _write(_official('mlp_lora'), tmp_path, suffix)
    if damage == 'cut':
        path.write_bytes(path.read_bytes()[:2000])
    elif damage == 'code':
        torch.save({'x': _Code()}, path)
    elif damage == 'number':
        torch.save(7, path)
    else:
        path.unlink()
    with pytest.raises(BadWeights, match='weights'):
        load_official(PLAIN, path)
    assert 'was run' not in capsys.readouterr().out


def test_asymmetric_attention_is_another_function_of_the_same_weights():
    given = _saved('gated_merged', 'in.')
    ours, _, _ = translate(_official('gated_merged'), GATED)
    apart = Lorat(LoratConfig(**{**GATED.__dict__, 'joint': False})).eval()
    apart.load_state_dict(ours)
    with torch.inference_mode():
        score, _ = apart(given['template'], given['search'], given['inside'])
    # and so the saved answers would tell if template tokens did not read the search region
    assert (score - _saved('gated_merged', 'out.')['score']).abs().max() > 1e-2


def test_without_weights_the_error_says_file_place_and_command(tmp_path, monkeypatch):
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
    for name in VARIANTS:
        with pytest.raises(BadWeights) as caught:
            build_tracker(f'lorat-{name}', 'cpu')
        said = str(caught.value)
        for part in (f'lorat_{name}.safetensors', str(tmp_path), 'github.com/LitingLin', 'gdown'):
            assert part in said


def test_an_unknown_variant_is_refused():
    with pytest.raises(BadConfig, match='b224, b378'):
        LoratTracker('b512')


@pytest.mark.parametrize(
    ('box', 'factor', 'side'), [((40, 40), 2.0, 80.0), ((40, 40), 4.0, 160.0), ((10, 30), 2.0, 0)]
)
def test_context(box, factor, side):
    wanted = side or math.sqrt((10 + 20) * (30 + 20))
    assert context_side(*box, factor) == pytest.approx(wanted)


class _Bright(torch.nn.Module):
    """Scores a cell by its brightness; its box is an eighth of the region to each side."""

    config = LoratConfig(8, 1, 1, 8, template_cells=4, search_cells=16, patch_px=2)

    def forward(self, template, search, inside):
        self.inside = inside
        score = torch.nn.functional.avg_pool2d(search.mean(1, keepdim=True), 2)[:, 0] * 4
        middle = (torch.arange(16) + 0.5) / 16
        center = torch.stack(torch.meshgrid(middle, middle, indexing='xy'), -1)[None]
        return score, torch.cat([center - 0.125, center + 0.125], -1)


def _frame(x: float, y: float, shape=(200, 240)) -> Frame:
    image = np.zeros((*shape, 3), np.uint8)
    image[int(y) - 10 : int(y) + 10, int(x) - 10 : int(x) + 10] = 255
    return Frame(0.0, image)


def test_the_tracker_follows_and_tells_the_network_where_the_target_is():
    network = _Bright()
    tracker = LoratTracker(network=network, device='cpu')
    assert isinstance(tracker, Tracker)
    with pytest.raises(NotReady):
        tracker.track(_frame(100, 80))
    with pytest.raises(BadBox):
        tracker.initialize(_frame(100, 80), Box(300, 10, 310, 20))
    tracker.initialize(_frame(100, 80), Box.from_center(100, 80, 20, 20))
    for step in range(1, 20):
        track = tracker.track(_frame(100 + 3 * step, 80 + 2 * step))
    assert math.dist(track.box.center, (157, 118)) < 8
    assert track.presence > 0.5
    # a box of half the template's side touches the two middle cells of four
    assert network.inside[0].tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize('shape', [(1, 1), (40, 30), (600, 800)])
def test_the_tracker_survives_an_image_that_changes_size(shape):
    tracker = LoratTracker(network=_Bright(), device='cpu')
    tracker.initialize(_frame(100, 80), Box.from_center(100, 80, 20, 20))
    for _ in range(3):
        track = tracker.track(Frame(0.0, np.zeros((*shape, 3), np.uint8)))
        assert np.isfinite(track.box.xyxy).all()


@pytest.mark.slow
def test_b224_at_full_size():
    """The sizes are those of ViT-B/14; one frame takes a finite time and memory on a CPU."""
    config = VARIANTS['b224']
    torch.manual_seed(0)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = Lorat(config).eval()
    weights = sum(p.numel() for p in model.parameters())
    # 85.1 M in blocks, patches and norm; position, types and head come on top
    assert 85e6 < weights < 92e6
    template, search = torch.rand(1, 3, 112, 112), torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        score, boxes = model(template, search, torch.ones(1, 8, 8, dtype=torch.int64))
    assert score.shape == (1, 16, 16)
    assert boxes.shape == (1, 16, 16, 4)
    assert torch.isfinite(score).all()
    assert torch.isfinite(boxes).all()
    assert time.perf_counter() - began < 120
    # 0.35 GB of weights; the rest is what one frame needs
    grown_gb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e9
    assert grown_gb < 1.5
