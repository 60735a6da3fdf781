# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Training of the click network on close-ups that are drawn on the fly.

Photographs, where there are some, give boxes beside them.

Everything behind stride 8 is trained, the trunk's part of it slowly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import json
from pathlib import Path

import cv2
from follow_anything.io.labelled_photos import Photo
from follow_anything.models.backbone import load_imagenet
from follow_anything.models.detection.tiny.click_network import (
    ClickNetwork,
    ClickOutput,
    MASK_STRIDE,
)
from follow_anything.models.detection.tiny.close_up import SPREAD, USUAL
from follow_anything.models.detection.tiny.image import CANVAS_PX, CLOSE_UP_PX, CloseUp
from follow_anything.training.boxes import pair_iou
from follow_anything.training.detector.clicks.photos import PhotoClicks, Row
from follow_anything.training.detector.heads.features import STREETS
from follow_anything.training.detector.heads.resume import load_graph, recompute_norms
from follow_anything.training.detector.pictures.library import Library
from follow_anything.training.detector.pictures.scene import bare_ground, HIDDEN, Scene, SIDE_PX
from follow_anything.training.detector.pictures.scenes import make_scene, street_scene
from follow_anything.training.loop import Loop
from follow_anything.training.supply import BatchSupply, moved
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['CloseUpSupply', 'Examples', 'click_loss', 'close_ups', 'train_clicks']

FROM_A_SCENE, SHUFFLED = 6, 72
"""Close-ups of one scene, and so many from which those of a batch are drawn."""

TOUCHING = 2.5
"""Odds of a thing that touches another: where one ends is then hard to see."""

LEAST_SIDE, MOST_SIDE = 0.06, 1.8
"""Bounds of the side of a close-up, in sides of the scene."""

OF_PHOTOS = 0.75
"""Share of the pictures that are photographs, where there are some."""

INSIDE = 0.4
"""People click well inside a thing: so deep, in depths of its deepest point; a quarter do not."""

NOTHING = 0.12
"""Share of clicks on bare ground, a wall or the sky: there the answer is that nothing is meant."""


@dataclass(frozen=True)
class Examples:
    """
    A batch of close-ups with their labels.

    :param images: (B, 3, H, W), RGB in [-1, 1]. :param masks: (B, H / 4, W / 4), share of each
        cell that belongs. :param known: the same shape, 0 where nobody knows.
    :param boxes: (B, 4), pixels of the close-up. :param is_object: (B,), 1, or 0 where the click
        is on nothing and the box means nothing.
    :param has_mask: (B,), 1, or 0 where `masks` says only what lies outside the box.
    """

    images: Tensor
    masks: Tensor
    known: Tensor
    boxes: Tensor
    is_object: Tensor
    has_mask: Tensor


def close_ups(rng: np.random.Generator, scene: Scene, count: int) -> Iterator[Row]:
    """Yield close-ups of a scene: rows of Examples."""
    masks = [(scene.owner == k + 1).astype(np.uint8) for k in range(len(scene.boxes))]
    odds = np.array([TOUCHING if _touches(scene.owner, k + 1) else 1.0 for k in range(len(masks))])
    unknown = np.where(scene.owner == HIDDEN, 255, 0).astype(np.uint8)
    bare = np.argwhere(bare_ground(scene))
    for k in rng.choice(len(odds), count, p=odds / odds.sum()):
        box, mask, is_object = scene.boxes[k], masks[k], 1.0
        y, x = _inside(rng, mask)
        if len(bare) and rng.random() < NOTHING:
            # from as near and as far as a thing, so that the distance does not tell
            y, x = bare[rng.integers(len(bare))]
            mask, is_object = np.zeros_like(mask), 0.0
        x, y = np.array([x, y]) + rng.uniform(0.0, 1.0, 2)
        side = (box[2:] - box[:2]).max() * USUAL * np.exp(rng.normal(0.0, SPREAD))
        whole = len(scene.image)
        view = CloseUp(x, y, float(np.clip(side, LEAST_SIDE * whole, MOST_SIDE * whole)))
        image, mask = view.cut(scene.image), _cells(view.cut(mask * 255))
        known = _cells(view.cut(unknown)) == 0.0
        goal = view.from_picture(box[None])
        if rng.random() < 0.5:
            image, mask, known = (part[:, ::-1] for part in (image, mask, known))
            goal[:, [2, 0]] = CLOSE_UP_PX - goal[:, [0, 2]]
        rest = known.astype(np.float32), goal[0].astype(np.float32), np.float32(is_object)
        yield image, mask, *rest, np.float32(1.0)


def _inside(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """Draw a pixel of a thing, row and column."""
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    least = INSIDE if rng.random() < 0.75 else INSIDE / 4
    places = np.argwhere(depth >= least * depth.max())
    return np.asarray(places[rng.integers(len(places))])


def _cells(picture: np.ndarray) -> np.ndarray:
    size = picture.shape[0] // MASK_STRIDE
    cells = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cells.astype(np.float32) / 255)


def _touches(owner: np.ndarray, number: int) -> bool:
    near = cv2.dilate((owner == number).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return bool(((owner[near] != 0) & (owner[near] != number)).any())


class CloseUpSupply:
    """
    An endless supply of close-ups.

    :param streets: folder of the street's pictures; one that is empty gives none.
    :param photos: labelled photographs; most close-ups are theirs where there are some.
    """

    def __init__(self, library: Library, streets: Path, photos: Sequence[Photo] = ()) -> None:
        self._library, self._streets = library, streets
        self._photos = PhotoClicks(photos) if photos else None
        self._records = [
            record
            for path in sorted(streets.glob('*.json'))
            for record in json.loads(path.read_text())
        ]
        self._waiting: list[Row] = []

    def batch(self, rng: np.random.Generator, count: int) -> Examples:
        """Draw so many examples."""
        while len(self._waiting) < max(SHUFFLED, count):
            if self._photos is not None and rng.random() < OF_PHOTOS:
                self._waiting += self._photos.draw(rng, CLOSE_UP_PX // MASK_STRIDE)
                continue
            scene = self._scene(rng)
            if len(scene.boxes):
                self._waiting += close_ups(rng, scene, FROM_A_SCENE)
        rows = [self._waiting.pop(int(rng.integers(len(self._waiting)))) for _ in range(count)]
        images, masks, known, boxes, is_object, has_mask = (
            torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)
        )
        pixels = (images.permute(0, 3, 1, 2).float() / 127.5 - 1.0).contiguous(
            memory_format=torch.channels_last
        )
        return Examples(pixels, masks, known, boxes, is_object, has_mask)

    def _scene(self, rng: np.random.Generator) -> Scene:
        if self._records and rng.random() < STREETS:
            record = self._records[rng.integers(len(self._records))]
            return street_scene(rng, self._streets, record, self._library)
        side = SIDE_PX if rng.random() < 0.6 else CANVAS_PX
        return make_scene(rng, self._library, side=side)


def click_loss(predicted: ClickOutput, truth: Examples) -> tuple[Tensor, dict[str, float]]:
    """
    Cross entropy and dice of the mask, GIoU and distance of the box; quality learns its IoU.

    What belongs counts as much as what does not, however small it is. On nothing the mask is
    empty, the quality 0, and the box is not asked for.
    """
    belongs, rest = truth.masks * truth.known, (1.0 - truth.masks) * truth.known
    entropy = F.binary_cross_entropy_with_logits(predicted.mask, truth.masks, reduction='none')
    cross = sum(
        (entropy * part).sum((1, 2)) / part.sum((1, 2)).clamp(min=1.0) for part in (belongs, rest)
    ).mean()
    there = truth.is_object / truth.is_object.sum().clamp(min=1.0)
    drawn = there * truth.has_mask
    guess = predicted.mask.sigmoid() * truth.known
    shared = 2.0 * (guess * truth.masks).sum((1, 2)) + 1.0
    dice = 1.0 - shared / (guess.sum((1, 2)) + belongs.sum((1, 2)) + 1.0)
    iou, giou = pair_iou(predicted.boxes, truth.boxes)
    size = (truth.boxes[:, 2:] - truth.boxes[:, :2]).repeat(1, 2).clamp(min=8.0)
    distance = ((predicted.boxes - truth.boxes).abs() / size).clamp(max=3.0).mean(1)
    shape = ((1.5 * (1.0 - giou) + 0.5 * distance) * there).sum()
    shape = shape + (dice * drawn + _reach(predicted.mask, truth.boxes) * (there - drawn)).sum()
    quality_target = iou.detach().clamp(0.0, 1.0) * truth.is_object
    quality = F.binary_cross_entropy_with_logits(predicted.quality, quality_target)
    total = 0.5 * cross + shape + 0.7 * quality
    parts = {
        'cross': cross.item(),
        'dice': ((dice * drawn).sum() / drawn.sum().clamp(min=1e-6)).item(),
        'iou': (iou * there).sum().item(),
        'hit': ((iou >= 0.5) * there).sum().item(),
        'quality': quality.item(),
    }
    return total, parts


def _reach(mask: Tensor, boxes: Tensor) -> Tensor:
    """Return the dice of a mask's (B, N, N) row and column extents and the box's, (B,)."""
    guess, total = mask.sigmoid(), torch.zeros(len(mask))
    middles = (torch.arange(mask.shape[-1]) + 0.5) * MASK_STRIDE
    for axis, low, high in ((1, 0, 2), (2, 1, 3)):
        reach = guess.amax(axis)
        inside = (middles > boxes[:, low, None]) & (middles < boxes[:, high, None])
        shared = 2.0 * (reach * inside).sum(1) + 1.0
        total = total + 1.0 - shared / (reach.sum(1) + inside.sum(1) + 1.0)
    return total / 2


def train_clicks(
    library: Library,
    held_out: Library,
    streets: Path,
    out: Path,
    minutes: float,
    batch: int = 24,
    photos: tuple[Sequence[Photo], Sequence[Photo]] = ((), ()),
    start: Path | None = None,
    rate: float = 2e-3,
    device: str = 'cpu',
    workers: int = 0,
) -> ClickNetwork:
    """
    Train from the ImageNet weights of the trunk, or from a graph; returns the network.

    :param photos: labelled photographs to learn from, and to look at the progress on.
    :param start: graph to go on from.
    :param device: 'cpu' or 'cuda'. :param workers: processes that draw close-ups; 0: none.
    """
    supply, network = CloseUpSupply(library, streets, photos[0]), ClickNetwork()
    if start is None:
        load_imagenet(network.trunk)
    else:
        load_graph(network, start)
        some = np.random.default_rng(4)
        recompute_norms(network, [supply.batch(some, batch).images for _ in range(6)])
    network.to(device, memory_format=torch.channels_last)
    rng = np.random.default_rng(3)
    unseen = CloseUpSupply(held_out, out / 'nowhere', photos[1])
    examples = [moved(unseen.batch(rng, batch), device) for _ in range(8)]

    def step(rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        truth = moved(batches.next(rng), device)
        return click_loss(network(truth.images), truth)

    @torch.inference_mode()
    def validate() -> dict[str, float]:
        rows = [click_loss(network(truth.images), truth)[1] for truth in examples]
        return {
            f'val_{k}': float(np.mean([row[k] for row in rows])) for k in ('iou', 'hit', 'dice')
        }

    loop = Loop(network, out, 'clicks', minutes, rate, report=5.0, slow=('trunk.',), device=device)
    batches = BatchSupply(lambda rng: supply.batch(rng, batch), workers, loop.steps_done)
    loop.run(step, validate)
    return network
