# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The tracking transformer at tiny width, seeded."""

from __future__ import annotations

import pytest

torch = pytest.importorskip('torch')

from follow_anything.models.backbone import Trunk
from follow_anything.models.tracking.transformer import TrackingTransformer, TransformerConfig

pytestmark = [pytest.mark.models, pytest.mark.tracking]

TINY = TransformerConfig(
    width=16, heads=4, layers=2, head_width=8, search_cells=6, template_cells=4, features=10
)


def _model(joint: bool = False) -> TrackingTransformer:
    torch.manual_seed(0)
    values = {**TINY.__dict__, 'joint': joint}
    return TrackingTransformer(TransformerConfig(**values)).eval()


def _inputs(templates: int = 2):
    generator = torch.Generator().manual_seed(1)
    search = torch.randn(3, 36, 10, generator=generator)
    views = torch.randn(3, templates, 16, 10, generator=generator)
    inside = torch.rand(3, templates, 16, generator=generator)
    return search, views, inside


def test_cached_templates_give_what_the_whole_network_gives():
    model = _model()
    search, views, inside = _inputs()
    with torch.inference_mode():
        whole = model(search, views, inside)
        caches = [model.encode_templates(views[:, t], inside[:, t]) for t in range(2)]
        keys = torch.cat([cache[0] for cache in caches], 3)
        values = torch.cat([cache[1] for cache in caches], 3)
        cached = model.track(search, keys, values)
    for name in ('score', 'box', 'quality', 'presence'):
        torch.testing.assert_close(getattr(cached, name), getattr(whole, name))


def test_the_cache_does_not_depend_on_the_search_region():
    model = _model()
    _, views, inside = _inputs(1)
    # encode_templates never receives a search region; its gradient must still reach the head
    keys, values = model.encode_templates(views[:, 0], inside[:, 0])
    assert keys.shape == values.shape == (2, 3, 4, 16, 4)
    first = model.track(torch.randn(3, 36, 10), keys, values)
    again = model.encode_templates(views[:, 0], inside[:, 0])[0]
    torch.testing.assert_close(keys, again)
    assert torch.autograd.grad(first.score.sum(), model.types)[0].abs().sum() > 0


def test_the_order_of_templates_does_not_matter():
    model = _model()
    search, views, inside = _inputs(3)
    with torch.inference_mode():
        one = model(search, views, inside)
        other = model(search, views.flip(1), inside.flip(1))
    torch.testing.assert_close(one.score, other.score)


def test_joint_attention_is_another_function_of_the_same_weights():
    search, views, inside = _inputs()
    one, both = _model(), _model(joint=True)
    both.load_state_dict(one.state_dict())
    with torch.inference_mode():
        split, joint = one(search, views, inside), both(search, views, inside)
    assert joint.score.shape == split.score.shape
    assert (joint.score - split.score).abs().max() > 1e-6


@pytest.mark.parametrize('cells', [4, 6])
def test_smaller_regions_are_the_middle_of_a_full_one(cells):
    model = _model()
    _, views, inside = _inputs(1)
    keys, values = model.encode_templates(views[:, 0], inside[:, 0])
    maps = model.track(torch.randn(3, cells * cells, 10), keys, values)
    assert maps.score.shape == (3, cells, cells)
    assert maps.box.shape == (3, 4, cells, cells)
    # sides are shares of the region that was given
    assert (maps.box > 0).all()
    assert (maps.box < 6 / cells).all()


def test_untrained_search_tokens_already_look_where_the_template_looks_like_them():
    torch.manual_seed(0)
    layer = _model().layers[0]
    template = torch.randn(1, 16, 16)
    search = template[:, 5:6].repeat(1, 4, 1)
    query = torch.nn.functional.normalize(layer._split(layer.query(search)), dim=-1)
    key, _ = layer.keys_values(template, template=True)
    assert (query @ key.transpose(2, 3)).argmax(-1).eq(5).all()


def test_whitening_gives_uncorrelated_features_of_unit_size():
    torch.manual_seed(0)
    mixed = torch.randn(4000, 10) @ torch.randn(10, 10) + 3.0
    model = TrackingTransformer(TransformerConfig(**{**TINY.__dict__, 'width': 8}))
    model.whiten(mixed)
    with torch.inference_mode():
        white = model.embed(mixed)
    covariance = torch.cov(white.T)
    assert white.mean(0).abs().max() < 1e-3
    off = covariance - torch.diag(covariance.diagonal())
    assert off.abs().max() < 0.02
    assert covariance.diagonal().max() <= 1.0 + 1e-3


def test_trunk_has_stride_sixteen_and_272_channels():
    torch.manual_seed(0)
    with torch.inference_mode():
        assert Trunk()(torch.zeros(1, 3, 64, 96)).shape == (1, 272, 4, 6)


def test_trunk_names_what_a_checkpoint_lacks():
    with pytest.raises(KeyError, match='_bn0'):
        Trunk().load_imagenet({})
