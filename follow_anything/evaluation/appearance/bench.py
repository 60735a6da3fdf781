# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Embedders in one table: AUROC, rank-1 and time of a look, on sequences and on photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
import statistics
from typing import Any

from follow_anything.core.errors import BadConfig, SourceError
from follow_anything.core.protocols import Embedder, Surveyor
from follow_anything.evaluation.appearance.pairs import Scores, TimedEmbedder
from follow_anything.evaluation.appearance.photos import compare_photos
from follow_anything.evaluation.appearance.sequences import compare_sequence
from follow_anything.evaluation.tables import markdown_table, number
from follow_anything.evaluation.tracking.formats import find_sequences
from follow_anything.io.labelled_photos import read_photos
import numpy as np

__all__ = ['bench_embedders', 'overview', 'tables']

FIGURES = ('auroc', 'rank1', 'cosine_same', 'cosine_other')


def bench_embedders(
    embedders: Mapping[str, Embedder],
    proposer: Surveyor,
    sequences: Path | None,
    photos: Path | None,
    *,
    layout: str = 'folders',
    frames: int = 40,
    split: str = 'val',
    limit: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """
    Compare embedders on the same boxes of the same pictures.

    :param proposer: finds the other things in the sequences.
    :param sequences: folder, of `layout`; None: none. :param photos: folder of labelled
        photographs, of which `split` is used; None: none.
    :param frames: pictures of each sequence, at most. :param limit: photographs; 0: all.
    :param say: hears what is done.
    :returns: `embedders`: by name their figures, shares and milliseconds of processor time;
        `sequences`: by name of the sequence and of the embedder.
    :raises BadConfig: there is nothing to measure on.
    :raises SourceError: a folder holds something else, or nothing that could be compared.
    """
    if sequences is None and photos is None:
        raise BadConfig('embedders are measured on --sequences FOLDER, --photos FOLDER or both')
    looks = {name: TimedEmbedder(embedder) for name, embedder in embedders.items()}
    rows: dict[str, dict[str, dict[str, float | None]]] = {}
    if sequences is not None:
        for name, read in find_sequences(sequences, layout).items():
            scores = compare_sequence(read(), proposer, looks, frames)
            rows[name] = {each: found.figures() for each, found in scores.items()}
            say(f'{name} is compared')
    taken = {}
    if photos is not None:
        chosen = read_photos(photos, split)
        taken = compare_photos(chosen[: limit or None], looks)
        say(f'{len(next(iter(taken.values())).same)} things of photographs are compared')
    result = {
        name: {**_mean(rows, name), **_pooled(taken, name), **_cost(look)}
        for name, look in looks.items()
    }
    return {'embedders': result, 'sequences': rows}


def _mean(
    rows: Mapping[str, Mapping[str, Mapping[str, float | None]]], name: str
) -> dict[str, float]:
    """Return the means over the sequences; those without other things have no AUROC."""
    if not rows:
        return {}
    table = np.array([[row[name][key] for key in FIGURES] for row in rows.values()], float)
    known = np.isfinite(table).all(1)
    if not known.any():
        raise SourceError('in no sequence is there anything else of the size of the target')
    means = dict(zip(FIGURES, table[known].mean(0).tolist(), strict=True))
    return {'sequences': int(known.sum()), **{f'sequences_{k}': v for k, v in means.items()}}


def _pooled(taken: Mapping[str, Scores], name: str) -> dict[str, float | None]:
    if not taken:
        return {}
    if not taken[name].same:
        raise SourceError('in no photograph are there two things of one name and of like size')
    return {f'photos_{key}': value for key, value in taken[name].figures().items()}


def _cost(look: TimedEmbedder) -> dict[str, float]:
    return {
        'ms_a_look': statistics.median(look.spent_ms),
        'boxes_a_look': statistics.mean(look.boxes),
    }


ROWS = {
    'sequences': 'sequences',
    'sequences_auroc': 'AUROC, mean of the sequences',
    'sequences_rank1': 'rank-1',
    'sequences_cosine_same': 'cosine of the same thing',
    'sequences_cosine_other': 'cosine of others',
    'photos_pictures': 'photographed things',
    'photos_auroc': 'AUROC',
    'photos_rank1': 'rank-1',
    'photos_cosine_same': 'cosine of the same thing',
    'photos_cosine_other': 'cosine of others',
    'ms_a_look': 'processor time of a look, ms',
    'boxes_a_look': 'boxes in it, mean',
}
"""Of the table: the key of the figure, and what it is called."""


def overview(figures: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table: a column for each embedder."""
    found = figures['embedders']
    rows = []
    for key, said in ROWS.items():
        values = [row.get(key) for row in found.values()]
        if any(value is not None for value in values):
            digits = 1 if key.endswith('_a_look') else 3
            texts = [str(v) if isinstance(v, int) else number(v, digits) for v in values]
            rows.append([said, *texts])
    return ['', *found], rows


def tables(figures: dict[str, Any]) -> str:
    """Return what documents show, in Markdown: the embedders, then the sequences."""
    parts = [markdown_table(*overview(figures))]
    return '\n\n'.join([*parts, _sequence_table(figures)] if figures['sequences'] else parts)


def _sequence_table(figures: dict[str, Any]) -> str:
    """Return the table of the sequences: AUROC and rank-1 of each embedder."""
    names = list(figures['embedders'])
    header = ['sequence', 'pictures', 'others', *(f'{n}: AUROC, rank-1' for n in names)]
    rows = []
    for sequence, row in figures['sequences'].items():
        first = row[names[0]]
        pairs = [f'{number(row[n]["auroc"])}, {number(row[n]["rank1"])}' for n in names]
        rows.append([sequence, first['pictures'], first['others'], *pairs])
    return markdown_table(header, rows)
