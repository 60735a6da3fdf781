# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Write the tiny detector: one ONNX graph, the tables of words, and weights to go on from."""

from __future__ import annotations

from pathlib import Path
import re
import tempfile

from follow_anything.models.detection.tiny import GRAPH_FILE, OUTPUTS, TEXT_FILE
from follow_anything.models.detection.tiny_boxes import BoxModel
from follow_anything.models.detection.tiny_click_network import ClickNetwork
from follow_anything.models.detection.tiny_close_look import CLICK_FILE, CLICK_OUTPUTS
from follow_anything.models.detection.tiny_image import CLOSE_UP_PX, STRIDES
from follow_anything.models.detection.tiny_network import (
    Backbone,
    CHANNELS,
    roi_vectors,
    RoiHead,
)
from follow_anything.training.detector import RoiModel, Rois
from follow_anything.training.detector_backbone import FEATURES, imagenet_backbone
from follow_anything.training.detector_text import imagenet_names, SentenceEncoder
from follow_anything.training.onnx_files import eight_bits, slim
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['DetectorGraph', 'export', 'text_tables', 'write_click_graph', 'write_graph']

OPSET = 17
EIGHT_BITS_FROM = 5e5
"""Values of a matrix of the network of clicks from which on 8 bits store it."""

MEAN_WIDTH = 128
"""Dimensions kept of the sentence embedding (principal axes of the words)."""


class DetectorGraph(nn.Module):
    """What comes behind the backbone: boxes and what is in them; boxes of interest come first."""

    def __init__(self, backbone: Backbone, boxes: BoxModel, rois: RoiHead) -> None:
        super().__init__()
        self.backbone, self.boxes, self.rois = backbone, boxes, rois

    def forward(
        self,
        picture: Tensor,
        fine: Tensor,
        middle: Tensor,
        coarse: Tensor,
        interest: Tensor,
    ) -> tuple[Tensor, ...]:
        """
        Detect.

        :param picture: (1, 3, H, W), RGB in [-1, 1]. :param fine: and the others: its features.
        :param interest: (K, 4), boxes to be described too; K may be 0.
        :returns: those of OUTPUTS, see Found in models/detection/tiny.py; classes as logits.
        """
        levels = (fine, middle, coarse)
        # a tensor of the shape's numbers would be the same for ever
        limit = torch._shape_as_tensor(picture)[[3, 2, 3, 2]].float()
        found = self.boxes(levels, limit, interest)
        rois = torch.cat([torch.zeros_like(found.boxes[:, :1]), found.boxes], 1)
        vectors = roi_vectors(self.backbone, picture, levels, rois)
        text, instance, color = self.rois(vectors)
        classes = self.backbone.classes(vectors[:, : self.backbone.classes.in_features])
        whole = nn.functional.relu6(self.backbone.head(coarse)).mean((2, 3))
        return (
            *(found.boxes, found.scores, text, instance, color.sigmoid(), classes),
            self.backbone.classes(whole),
        )


def write_graph(backbone: Path, graph: DetectorGraph, path: Path) -> None:
    """
    Join the backbone's graph and what comes behind it.

    :param backbone: what detector_backbone wrote.
    """
    import onnx
    from onnx import compose

    side = 128
    features = [
        torch.zeros(1, c, side // s, side // s) for c, s in zip(CHANNELS, STRIDES, strict=True)
    ]
    inputs = (torch.zeros(1, 3, side, side), *features)
    inputs += (torch.tensor([[10.0, 10, 90, 120]]),)
    names = [*FEATURES, 'interest']
    axes = {name: {2: f'h_{name}', 3: f'w_{name}'} for name in FEATURES}
    with tempfile.TemporaryDirectory() as folder:
        behind = Path(folder) / 'behind.onnx'
        torch.onnx.export(
            graph.eval(),
            inputs,
            str(behind),
            input_names=names,
            output_names=list(OUTPUTS),
            dynamic_axes={**axes, 'interest': {0: 'k'}},
            opset_version=OPSET,
            dynamo=False,
        )
        slim(behind)
        first, second = onnx.load(str(backbone)), onnx.load(str(behind))
    second = compose.add_prefix(second, 'heads_', rename_inputs=False, rename_outputs=False)
    first.ir_version = second.ir_version = min(first.ir_version, second.ir_version)
    joined = compose.merge_models(
        first, second, io_map=[(name, name) for name in FEATURES], outputs=list(OUTPUTS)
    )
    onnx.checker.check_model(joined)
    onnx.save(joined, str(path))


class _ClickGraph(nn.Module):
    """The network of clicks as it is asked: bytes in, shares out."""

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said = self.network(images.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        return said.boxes, said.quality.sigmoid(), said.mask.sigmoid()


def write_click_graph(network: ClickNetwork, path: Path) -> None:
    """Write the graph: images, uint8 (B, H, W, 3), to CLICK_OUTPUTS."""
    names = ['images', *CLICK_OUTPUTS]
    torch.onnx.export(
        _ClickGraph(network).eval(),
        (torch.zeros(2, CLOSE_UP_PX, CLOSE_UP_PX, 3, dtype=torch.uint8),),
        str(path),
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {0: 'b'} for name in names},
        opset_version=OPSET,
        dynamo=False,
    )
    slim(path, eight_bits_from=EIGHT_BITS_FROM)


def _seen(encoder: SentenceEncoder, names: list[str]) -> np.ndarray:
    """Embed names as things that are seen: a crane is then a machine or a bird, no verb."""
    return encoder.encode([f'a photo of a {name}' for name in names])


def text_tables(
    model: RoiModel,
    names: list[str],
    targets: np.ndarray,
    taught: np.ndarray,
    calibration: np.ndarray,
) -> dict[str, np.ndarray]:
    """Make what TextTables reads: see there."""
    encoder = SentenceEncoder()
    classes = imagenet_names()
    common = encoder.whole_words()
    rare = {word for name in classes for word in re.findall('[a-z]{3,}', name.lower())}
    common += sorted(rare - set(common))
    embedded = encoder.encode(common)
    seen = _seen(encoder, common)
    # uncentred principal axes keep cosines
    _, axes = np.linalg.eigh(seen.T @ seen)
    axes = axes[:, ::-1][:, :MEAN_WIDTH].astype(np.float32)

    def means(vectors: np.ndarray) -> np.ndarray:
        short = vectors @ axes
        return short / np.linalg.norm(short, axis=1, keepdims=True)

    with torch.inference_mode():
        project = model.concepts.project
        placed = nn.functional.normalize(project(torch.from_numpy(embedded)), dim=1).numpy()
        vectors = model.concepts.vectors().numpy()
        logit = [model.concepts.scale.exp().item(), model.concepts.bias.item()]
    word_vectors, word_scale = eight_bits(placed)
    word_means, mean_scale = eight_bits(means(seen))
    return {
        'names': np.array(names),
        'vectors': vectors.astype(np.float16),
        'taught': taught,
        'related': np.packbits((targets != 0) | (targets.T != 0), axis=1),
        'logit': np.array(logit, np.float32),
        'calibration': calibration.astype(np.float32),
        'class_names': np.array(classes),
        'class_words': means(_seen(encoder, classes)).astype(np.float16),
        'concept_means': means(_seen(encoder, names)).astype(np.float16),
        'words': np.array(common),
        'word_vectors': word_vectors,
        'word_scale': word_scale.astype(np.float16),
        'word_means': word_means,
        'mean_scale': mean_scale.astype(np.float16),
    }


def _taught(rois: Rois, targets: np.ndarray) -> np.ndarray:
    """Tell which concepts have a picture in training, bool (V,)."""
    seen = np.unique(rois.concepts[rois.concepts >= 0])
    result: np.ndarray = (targets[seen] == 1).any(0)
    return result


def calibrate(
    model: RoiModel, rois: Rois, targets: np.ndarray, taught: np.ndarray, count: int = 12_000
) -> np.ndarray:
    """
    Fit the belief that a box shows what was asked: a logistic of logit and lead over all others.

    Things come from training scenes, asked for by their own name (yes), by the name of something
    else and with boxes that hold nothing (no), half and half.

    :returns: (3,): factor of the logit, factor of the lead, offset.
    """
    rng = np.random.default_rng(5)
    named = np.flatnonzero(((rois.concepts >= 0) & (rois.kinds == 0)) | (rois.kinds == 2))
    chosen = rng.choice(named, min(count, len(named)), replace=False)
    related = (targets != 0) | (targets.T != 0)
    with torch.inference_mode():
        vectors = model.concepts.vectors()
        text = model.head(rois.batch(chosen))[0]
        logits = model.concepts.logits(text, vectors).numpy()
    known = np.flatnonzero(taught)
    concepts = rois.concepts[chosen]
    popular = concepts[concepts >= 0]
    inputs, labels = [], []
    for row, concept in enumerate(concepts):
        for truth in (True, False):
            asked = concept if truth else int(rng.choice(popular))
            if asked < 0 or (not truth and concept >= 0 and related[concept, asked]):
                continue
            others = known[~related[asked, known]]
            own = logits[row, asked]
            inputs.append([own, own - logits[row, others].max()])
            labels.append(truth)
    x, y = torch.tensor(np.array(inputs)), torch.tensor(np.array(labels, np.float32))
    x = torch.cat([x, torch.ones(len(x), 1)], 1)
    weights = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=60)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(x @ weights, y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach().numpy()


def export(
    out: Path, models: Path, names: list[str], words: np.ndarray, targets: np.ndarray
) -> None:
    """
    Write everything that ships.

    :param out: folder of the training, with boxes.pt, rois.pt and shards.
    """
    from safetensors.torch import save_file

    models.mkdir(parents=True, exist_ok=True)
    boxes, rois = BoxModel(), RoiModel(torch.from_numpy(words))
    clicks = ClickNetwork()
    for name, module in (('boxes', boxes), ('rois', rois), ('clicks', clicks)):
        state = torch.load(out / f'{name}.pt', map_location='cpu', weights_only=True)
        module.load_state_dict(state['model'])
        module.eval()
    graph = DetectorGraph(imagenet_backbone(), boxes, rois.head)
    write_graph(out / 'shards' / 'backbone.onnx', graph, models / GRAPH_FILE)
    write_click_graph(clicks, models / CLICK_FILE)
    data = Rois(out / 'shards', 'train')
    taught = _taught(data, targets)
    calibration = calibrate(rois, data, targets, taught)
    print('calibration', calibration)
    tables = text_tables(rois, names, targets, taught, calibration)
    np.savez_compressed(models / TEXT_FILE, **tables)
    weights = {f'boxes.{k}': v for k, v in boxes.state_dict().items()}
    weights |= {f'rois.{k}': v for k, v in rois.state_dict().items() if k != 'concepts.words'}
    halves = {
        k: v.half().contiguous() if v.is_floating_point() and v.numel() > 256 else v.contiguous()
        for k, v in weights.items()
    }
    save_file(halves, models / 'detector_tiny.safetensors', metadata={'concepts': str(len(names))})
    for name in (GRAPH_FILE, TEXT_FILE, 'detector_tiny.safetensors'):
        print(models / name, (models / name).stat().st_size, 'bytes')
    print(f'{int(taught.sum())} of {len(names)} concepts taught')
