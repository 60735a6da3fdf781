# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Train boxes, names and the blocks below them together, on photographs beside drawn scenes.

The trunk up to stride 16 and its ImageNet end stay as they ship, in 8 bits; the blocks behind
stride 16 once more, the pyramid, both looks and the text side learn. The instance embedding and
the colours are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from follow_anything.core.errors import SourceError
from follow_anything.io.labelled_photos import Photo
from follow_anything.models.detection.tiny.boxes import BoxModel
from follow_anything.models.detection.tiny.image import letterbox
from follow_anything.models.detection.tiny.network import (
    roi_vectors,
    RoiHead,
    seen_vectors,
    TinyConfig,
    TopBlocks,
)
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.training.detector.heads.backbone import FEATURES, imagenet_backbone
from follow_anything.training.detector.heads.loss import box_loss, concept_loss, Concepts
from follow_anything.training.detector.heads.refinement import (
    draw_roi_samples,
    refinement_loss,
    RoiSamples,
)
from follow_anything.training.detector.heads.train import cell_places
from follow_anything.training.detector.pictures.photos import Names
from follow_anything.training.detector.pictures.supply import Batch, Supply
from follow_anything.training.loop import Loop
import numpy as np
import torch
from torch import nn, Tensor
from torchvision.ops import box_iou

__all__ = ['Eyes', 'FrozenTrunk', 'cut_trunk', 'named_rois', 'start_weights', 'train_joint']

SLOW = ('top.', 'head.text.', 'concepts.')
"""Was taught before, and learns slowly."""

IS_IT, IS_NOT = 0.5, 0.3
"""IoU with a labelled thing from which on a box shows it, and below which it does not."""

ROUNDING = 0.1
"""Noise on the trained blocks' features, in their spread: what 8 bits will do to them."""


class Eyes(nn.Module):
    """
    Boxes, names and the blocks below them, which are trained together.

    :param words: (V, 384), sentence embeddings of the concepts.
    """

    def __init__(self, words: Tensor) -> None:
        super().__init__()
        self.top, self.boxes, self.head = TopBlocks(), BoxModel(), RoiHead()
        self.concepts = Concepts(words, TinyConfig().text)
        for part in (self.head.trunk, self.head.instance, self.head.color):
            part.requires_grad_(False)


def cut_trunk(graph: Path, out: Path) -> None:
    """Cut the frozen trunk, in 8 bits, out of a detector's graph: image to FEATURES."""
    import onnx
    from onnx.utils import Extractor

    model = onnx.load(str(graph))
    onnx.save(Extractor(model).extract_model(['image'], list(FEATURES)), str(out))


class FrozenTrunk:
    """
    The shipped trunk by onnxruntime, on one thread.

    :param graph: of cut_trunk.
    """

    def __init__(self, graph: Path) -> None:
        self.backbone = imagenet_backbone()
        self._session = open_session(graph)

    def levels(self, images: np.ndarray) -> tuple[Tensor, ...]:
        """Return the picture and its features of uint8 pictures (B, H, W, 3): FEATURES."""
        parts = [self._session.run(None, {'image': image[None]}) for image in images]
        return tuple(torch.from_numpy(np.concatenate(level)) for level in zip(*parts, strict=True))

    @torch.no_grad()
    def vectors(self, levels: tuple[Tensor, ...], rois: Tensor) -> Tensor:
        """Describe RoIs (K, 5), see roi_vectors."""
        return roi_vectors(self.backbone, levels[0], levels[1:], rois)


def start_weights(path: Path, names: Sequence[str], old_names: Sequence[str]) -> dict[str, Tensor]:
    """
    Read the weights to begin with, for other concepts than they were taught.

    :param path: .safetensors of the export. :param names: the concepts now.
    :param old_names: those of the file, in its order.
    :returns: state of Eyes, without what the file does not have.
    :raises SourceError: the file was made for other names.
    """
    from safetensors.torch import load_file

    weights = {key: value.float() for key, value in load_file(path).items()}
    state = {}
    for key, value in weights.items():
        for old, new in (
            ('boxes.', 'boxes.'),
            ('top.', 'top.'),
            ('rois.head.', 'head.'),
            ('rois.concepts.', 'concepts.'),
        ):
            if key.startswith(old):
                state[new + key.removeprefix(old)] = value
    own = state['concepts.own']
    if len(own) != len(old_names):
        raise SourceError(f'{path} knows {len(own)} concepts, the table of words {len(old_names)}')
    place = {name: k for k, name in enumerate(old_names)}
    widened = torch.zeros(len(names), own.shape[1])
    for row, name in enumerate(names):
        if name in place:
            widened[row] = own[place[name]]
    state['concepts.own'] = widened
    return state


def named_rois(
    samples: RoiSamples, moved: Tensor, batch: Batch, targets: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """
    Return the concepts that boxes show.

    :param moved: (K, 4), where the refinement head puts the boxes of `samples`.
    :returns: which of them are known (K,), their labels (K, V): 1, 0, -1, and how surely
        (K, V).
    """
    picture, which = samples.rois[:, 0].long(), samples.things
    goals = torch.where((which >= 0)[:, None], samples.goals, torch.zeros_like(samples.goals))
    share = torch.diagonal(box_iou(moved, goals)) if len(moved) else moved[:, 0]
    concept = batch.concepts[picture, which.clamp(min=0)]
    is_it = (share >= IS_IT) & (which >= 0) & (concept >= 0)
    is_not = (share < IS_NOT) & ~_unknown(moved, picture, batch)
    wanted = targets[concept.clamp(min=0)] * is_it[:, None]
    sure = torch.where(is_it[:, None], torch.ones(()), batch.absent[picture])
    return is_it | is_not, wanted, sure


def _unknown(boxes: Tensor, picture: Tensor, batch: Batch) -> Tensor:
    """Return which boxes are centred on something unknown or labelled, bool (K,)."""
    columns = batch.images.shape[2] // 8
    rows = batch.images.shape[1] // 8
    middle = ((boxes[:, :2] + boxes[:, 2:]) / 16).long()
    x, y = middle[:, 0].clamp(0, columns - 1), middle[:, 1].clamp(0, rows - 1)
    return batch.owner[picture, y * columns + x] == 255


def train_joint(
    trunk: FrozenTrunk,
    supply: Supply,
    dev: Sequence[Photo],
    names: Names,
    words: np.ndarray,
    start: dict[str, Tensor],
    out: Path,
    minutes: float,
    rate: float = 8e-4,
    count: int = 12,
) -> Eyes:
    """
    Train; returns the model.

    :param dev: photographs held back. :param words: (V, 384) of the concepts.
    :param start: see start_weights. :param minutes: of processor time.
    """
    model = Eyes(torch.from_numpy(words))
    model.top.start_from(trunk.backbone)
    model.load_state_dict({**model.state_dict(), **start})
    model.to(memory_format=torch.channels_last)
    targets = torch.from_numpy(names.targets)
    cells: dict[int, Tensor] = {}

    def step(rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = supply.batch(rng, count)
        side = batch.images.shape[1]
        cells.setdefault(side, cell_places(side, side))
        levels = trunk.levels(batch.images)
        middle = levels[2].contiguous(memory_format=torch.channels_last)
        top = model.top(middle)
        top = top + ROUNDING * top.detach().std() * torch.randn_like(top)
        logits, boxes, fine = model.boxes.boxes((levels[1], middle, top))
        first, parts = box_loss(logits, boxes, cells[side], batch.truth, batch.owner, batch.rest)
        samples = draw_roi_samples(rng, logits, boxes, batch.truth, batch.counts)
        moved, quality = model.boxes.second(fine, samples.rois)
        second, more = refinement_loss(moved, quality, samples, batch.rest)
        is_named, wanted, sure = named_rois(samples, moved.detach(), batch, targets)
        rois = torch.cat([samples.rois[:, :1], moved.detach()], 1)[is_named]
        text, _, _ = model.head(trunk.vectors(levels, rois), seen_vectors(top, fine, rois))
        concept_logits = model.concepts.logits(text, model.concepts.vectors(forget=0.2))
        what = concept_loss(concept_logits, wanted[is_named], sure[is_named])
        return first + second + what, parts | more | {'concept': what.item()}

    Loop(model, out, 'joint', minutes, rate, report=6.0, slow=SLOW).run(
        step, lambda: validate(model, trunk, dev[::8], names)
    )
    return model


@torch.inference_mode()
def look(model: Eyes, trunk: FrozenTrunk, image: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Return boxes (N, 4) in pixels of the picture, scores (N,) and logits of the concepts."""
    scaled = letterbox(image)
    levels = trunk.levels(scaled.canvas[None])
    top = model.top(levels[2])
    height, width = scaled.canvas.shape[:2]
    limit = torch.tensor([width, height, width, height], dtype=torch.float32)
    found = model.boxes((levels[1], levels[2], top), limit, torch.zeros(0, 4))
    rois = torch.cat([torch.zeros_like(found.boxes[:, :1]), found.boxes], 1)
    text, _, _ = model.head(trunk.vectors(levels, rois), seen_vectors(top, found.pyramid, rois))
    concept_logits = model.concepts.logits(text, model.concepts.vectors())
    return found.boxes / scaled.scale, found.scores, concept_logits


def validate(
    model: Eyes, trunk: FrozenTrunk, photos: Sequence[Photo], names: Names
) -> dict[str, float]:
    """Recall of 20 boxes, and how often the box that fits a name best is of that name."""
    met, hits = [], []
    for photo in photos:
        boxes, scores, concept_logits = look(model, trunk, photo.read())
        truth = torch.from_numpy(photo.boxes)
        large = (truth[:, 2:] - truth[:, :2]).amin(1) >= 16 if len(truth) else truth[:, 0] > 0
        if not bool(large.any()) or not len(boxes):
            continue
        overlap = box_iou(truth, boxes)
        met += (overlap[large, :20].amax(1) >= 0.5).tolist()
        for name in sorted(
            {n for n, keep in zip(photo.names, large.tolist(), strict=True) if keep}
        ):
            fit = concept_logits[:, names.number[name]] + 1.5 * scores.clamp(min=1e-3).log()
            mine = torch.tensor([n == name for n in photo.names])
            hits.append(bool((overlap[mine, int(fit.argmax())] >= 0.5).any()))
    return {
        'dev_recall20': float(np.mean(met or [False])),
        'dev_name': float(np.mean(hits or [False])),
    }
