# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Advice for a query that a detector cannot read: another detector, and how to install it."""

from __future__ import annotations

from importlib.util import find_spec

from follow_anything.models.weights.folders import FolderStore
from follow_anything.models.weights.store import WeightsStore

__all__ = ['open_vocabulary_advice']

COMMAND = 'python -m follow_anything models'
READERS = ('sam3', 'owlv2', 'grounding_dino', 'omdet_turbo')


def open_vocabulary_advice(
    folders: FolderStore | None = None, files: WeightsStore | None = None
) -> str:
    """Return a sentence: the detector here that reads any word, or what brings one."""
    folders = FolderStore() if folders is None else folders
    files = WeightsStore() if files is None else files
    ready = [name for name in READERS if folders.state(name) in ('here', 'checked')]
    if all(files.state(name) != 'missing' for name in ('sam_vit_b', 'clip_vit_b32')):
        ready.append('sam_clip')
    lacks = [package for package in ('torch', 'transformers') if find_spec(package) is None]
    if ready == ['sam_clip']:
        lacks = [package for package in lacks if package == 'torch']
    steps = ['make setup-heavy'] if lacks else []
    steps += [] if ready else [f'{COMMAND} fetch owlv2']
    name = ready[0] if ready else 'owlv2'
    if not steps:
        return f'the detector {name} reads any word, and is ready here'
    return f'the detector {name} reads any word; it needs: {"; ".join(steps)}'
