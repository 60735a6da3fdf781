# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which detector reads what this one cannot, and the commands that bring it."""

from __future__ import annotations

from importlib.util import find_spec

from follow_anything.models.weights.store import WeightsStore

__all__ = ['who_reads_any_word']

COMMAND = 'python -m follow_anything models'


def who_reads_any_word(store: WeightsStore | None = None) -> str:
    """Return a sentence: sam_clip reads any word, and what is missing for it here."""
    files = WeightsStore() if store is None else store
    wanted = ('sam_vit_b', 'clip_vit_b32')
    missing = [name for name in wanted if files.state(name) == 'missing']
    steps = [f'{COMMAND} fetch {name}' for name in missing]
    if find_spec('torch') is None:
        steps.insert(0, 'make setup-heavy')
    if not steps:
        return 'the detector sam_clip reads any word, and is ready here'
    return f'the detector sam_clip reads any word; it needs: {"; ".join(steps)}'
