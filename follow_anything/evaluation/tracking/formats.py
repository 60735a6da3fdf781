# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
How the common tracking datasets lie on disk, as downloaded from their authors.

    folders      NAME/img/*.jpg, NAME/groundtruth.txt (attributes, language, visibility .txt)
    lasot        [CATEGORY/]CATEGORY-N/{img/, groundtruth.txt, nlp.txt, full_occlusion.txt, ...}
    got10k       [val/]GOT-10k_Val_000001/{*.jpg, groundtruth.txt, absence.label, cover.label}
    otb          Name/{img/, groundtruth_rect.txt or groundtruth_rect.1.txt ...}
    uav123       data_seq/UAV123/NAME/*.jpg, anno/UAV123/NAME.txt, anno/UAV123/att/NAME.txt
    trackingnet  TEST/{frames/NAME/*.jpg, anno/NAME.txt}
    vot          NAME/{color/ or *.jpg, groundtruth.txt (boxes or polygons), *.tag}
    tlp          Name/{img/, groundtruth_rect.txt: frame,x,y,w,h,lost}

Coordinates stay as they are in the files (OTB and LaSOT count from 1): so do the toolkits, and
only so are figures comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
import re

from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.evaluation.tracking.dataset import (
    list_images,
    read_boxes,
    read_flags,
    read_numbers,
    Sequence,
)
import numpy as np

__all__ = ['FORMATS', 'find_sequences', 'open_dataset']

Opener = Callable[[], Sequence]
"""Reads one sequence; a dataset is listed without reading any."""

NamedSequences = Iterator[tuple[str, Opener]]

UAV_ATTRIBUTES = ('SV', 'ARC', 'LR', 'FM', 'FOC', 'POC', 'OV', 'BC', 'IV', 'VC', 'CM', 'SO')
"""Order of the columns of UAV123's att files (Mueller et al. 2016, table 2)."""

OTB_FIRST_IMAGE = {'David': 300}
"""Where the annotation starts later than the images."""

UAV_FIRST_IMAGE = {'bird1_2': 775, 'bird1_3': 1573}
"""Parts of a video that do not begin with the last image of the part before."""


def _paired(images: list[Path], boxes: np.ndarray, first: int = 0) -> dict[str, object]:
    """Pair each box with its image; unpaired ones are left out."""
    count = min(len(images) - first, len(boxes))
    return {'images': tuple(images[first : first + count]), 'boxes': boxes[:count]}


def _make(name: str, images: list[Path], boxes: np.ndarray, **more: object) -> Sequence:
    first = more.pop('first', 0)
    return Sequence(name, **_paired(images, boxes, first), **more)  # type: ignore[arg-type]


def _hide(boxes: np.ndarray, *absent: Path) -> np.ndarray:
    """Return the boxes, nan where a file of flags says that the target is absent."""
    boxes = boxes.copy()
    for path in absent:
        if path.is_file():
            flags = read_flags(path)[: len(boxes)]
            boxes[: len(flags)][flags] = np.nan
    return boxes


def _text(path: Path) -> str:
    return path.read_text(encoding='utf-8').strip() if path.is_file() else ''


def _named(
    folders: Iterator[Path] | list[Path], read: Callable[[Path], Sequence]
) -> NamedSequences:
    for folder in sorted(folders):
        yield folder.name, lambda folder=folder: read(folder)  # type: ignore[misc]


def _folders(root: Path) -> NamedSequences:
    def read(folder: Path) -> Sequence:
        boxes = read_boxes(folder / 'groundtruth.txt')
        attributes = tuple(_text(folder / 'attributes.txt').split())
        language = _text(folder / 'language.txt')
        images = list_images(folder / 'img')
        made = _make(folder.name, images, boxes, language=language, attributes=attributes)
        shares = folder / 'visibility.txt'
        if not shares.is_file():
            return made
        visibility = np.array(read_numbers(shares))[: len(made), 0]
        return replace(made, visibility=visibility)

    return _named([p.parent for p in root.glob('*/groundtruth.txt')], read)


def _lasot(root: Path) -> NamedSequences:
    def read(folder: Path) -> Sequence:
        boxes = _hide(
            read_boxes(folder / 'groundtruth.txt'),
            folder / 'full_occlusion.txt',
            folder / 'out_of_view.txt',
        )
        return _make(
            folder.name, list_images(folder / 'img'), boxes, language=_text(folder / 'nlp.txt')
        )

    found = {p.parent for pattern in ('*', '*/*') for p in root.glob(f'{pattern}/groundtruth.txt')}
    chosen = _text(root / 'testing_set.txt').split()
    return _named([p for p in found if not chosen or p.name in chosen], read)


def _got10k(root: Path) -> NamedSequences:
    def read(folder: Path) -> Sequence:
        images = list_images(folder)
        boxes = read_boxes(folder / 'groundtruth.txt')
        if len(boxes) == 1:  # the test split: the server keeps the rest
            boxes = np.vstack([boxes, np.full((len(images) - 1, 4), np.nan)])
        attributes = []
        if (folder / 'cover.label').is_file():
            # 0 to 8: the visible part in eighths
            cover = np.array(read_numbers(folder / 'cover.label'))
            attributes += ['occluded'] if (cover < 6).any() else []
        if (folder / 'cut_by_image.label').is_file():
            attributes += ['cut'] if read_flags(folder / 'cut_by_image.label').any() else []
        boxes = _hide(boxes, folder / 'absence.label')
        return _make(folder.name, images, boxes, attributes=tuple(attributes))

    pattern = '*/groundtruth.txt'
    return _named([p.parent for p in [*root.glob(pattern), *root.glob(f'*/{pattern}')]], read)


def _otb(root: Path) -> NamedSequences:
    for folder in sorted(p for p in root.iterdir() if (p / 'img').is_dir()):
        files = sorted(folder.glob('groundtruth_rect*.txt'))
        for number, truth in enumerate(files, start=1):
            name = folder.name if len(files) == 1 else f'{folder.name}-{number}'

            def read(name: str = name, folder: Path = folder, truth: Path = truth) -> Sequence:
                images, boxes = list_images(folder / 'img'), read_boxes(truth)
                wanted = OTB_FIRST_IMAGE.get(folder.name, 1)
                stems = [path.stem.lstrip('0') for path in images]
                first = stems.index(str(wanted)) if str(wanted) in stems and wanted > 1 else 0
                return _make(name, images, boxes, first=first)

            yield name, read


def _uav123(root: Path) -> NamedSequences:
    truths = sorted((root / 'anno' / 'UAV123').glob('*.txt'))
    for truth in truths:
        name = truth.stem
        folder = root / 'data_seq' / 'UAV123' / name
        video, part = name, 1
        cut = re.fullmatch(r'(.+)_(\d+)', name)
        if not folder.is_dir() and cut:
            video, part = cut[1], int(cut[2])

        def read(
            name: str = name, truth: Path = truth, video: str = video, part: int = part
        ) -> Sequence:
            first = UAV_FIRST_IMAGE.get(name, 0) - 1
            if first < 0:
                # each part begins with the image the part before ended with
                before = [truth.with_name(f'{video}_{k}.txt') for k in range(1, part)]
                first = sum(len(read_boxes(path)) - 1 for path in before)
            flags = truth.parent / 'att' / f'{name}.txt'
            marked = read_flags(flags) if flags.is_file() else np.zeros(len(UAV_ATTRIBUTES), bool)
            attributes = tuple(a for a, yes in zip(UAV_ATTRIBUTES, marked, strict=False) if yes)
            images = list_images(root / 'data_seq' / 'UAV123' / video)
            return _make(name, images, read_boxes(truth), first=first, attributes=attributes)

        yield name, read


def _trackingnet(root: Path) -> NamedSequences:
    def read(truth: Path) -> Sequence:
        images = list_images(truth.parent.parent / 'frames' / truth.stem)
        boxes = read_boxes(truth)
        if len(boxes) == 1:
            boxes = np.vstack([boxes, np.full((len(images) - 1, 4), np.nan)])
        return _make(truth.stem, images, boxes)

    for truth in sorted([*root.glob('anno/*.txt'), *root.glob('*/anno/*.txt')]):
        yield truth.stem, lambda truth=truth: read(truth)  # type: ignore[misc]


def _vot(root: Path) -> NamedSequences:
    def read(folder: Path) -> Sequence:
        color = folder / 'color'
        boxes = read_boxes(folder / 'groundtruth.txt')
        tags = sorted([*folder.glob('*.tag'), *folder.glob('*.label')])
        attributes = tuple(tag.stem for tag in tags if read_flags(tag).any())
        images = list_images(color if color.is_dir() else folder)
        return _make(folder.name, images, boxes, attributes=attributes)

    listed = _text(root / 'list.txt').split()
    found = [p.parent for p in root.glob('*/groundtruth.txt')]
    return _named([p for p in found if not listed or p.name in listed], read)


def _tlp(root: Path) -> NamedSequences:
    def read(folder: Path) -> Sequence:
        rows = read_numbers(folder / 'groundtruth_rect.txt')
        if any(len(row) != 6 for row in rows):
            raise SourceError(f'{folder}/groundtruth_rect.txt: expected frame,x,y,w,h,lost')
        table = np.array(rows)
        boxes = table[:, 1:5].copy()
        boxes[table[:, 5] != 0] = np.nan
        return _make(folder.name, list_images(folder / 'img'), boxes)

    return _named([p.parent for p in root.glob('*/groundtruth_rect.txt')], read)


FORMATS: dict[str, Callable[[Path], NamedSequences]] = {
    'folders': _folders,
    'lasot': _lasot,
    'got10k': _got10k,
    'otb': _otb,
    'uav123': _uav123,
    'trackingnet': _trackingnet,
    'vot': _vot,
    'tlp': _tlp,
}


def find_sequences(root: Path, layout: str = 'folders') -> dict[str, Opener]:
    """
    List the sequences of a dataset by name, without reading them.

    :param layout: a key of FORMATS.
    :raises BadConfig: there is no such format. :raises SourceError: there are no sequences.
    """
    if layout not in FORMATS:
        raise BadConfig(f'format must be one of {", ".join(FORMATS)}; got {layout!r}')
    found = dict(FORMATS[layout](root)) if root.is_dir() else {}
    if not found:
        lines = [line for line in (__doc__ or '').splitlines() if line.strip().startswith(layout)]
        expected = lines[0].split(maxsplit=1)[1] if lines else layout
        raise SourceError(f'no sequences in {root}: expected {expected}')
    return found


def open_dataset(root: Path, layout: str = 'folders') -> list[Sequence]:
    """Read every sequence of a dataset; see find_sequences()."""
    return [read() for read in find_sequences(root, layout).values()]
