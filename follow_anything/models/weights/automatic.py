# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`detector: auto`: the best detector whose weights are installed, for this device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from follow_anything.models.weights.folders import FolderStore
from follow_anything.models.weights.store import WeightsStore

__all__ = ['Choice', 'choose_detector', 'gpu_memory_gb']


@dataclass(frozen=True)
class Choice:
    """The detector that was chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class _Candidate:
    """A detector for a GPU, best first; `gb`: GPU memory it wants, weights and one frame."""

    name: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    gb: float


BEST_FIRST = (
    _Candidate('sam3', ('sam3',), (), 8.0),
    _Candidate('owlv2', ('owlv2',), (), 3.0),
    _Candidate('grounding_dino', ('grounding_dino',), (), 3.0),
    _Candidate('omdet_turbo', ('omdet_turbo',), (), 2.0),
    _Candidate('sam_clip', (), ('sam_vit_b', 'clip_vit_b32'), 4.0),
)
"""By what their makers publish on LVIS and SA-Co; owlv2 takes pictures too."""


def gpu_memory_gb() -> float:
    """Return the memory of the GPU that torch finds; 0 without torch or without a GPU."""
    if find_spec('torch') is None:
        return 0.0
    import torch

    if not torch.cuda.is_available():
        return 0.0
    return float(torch.cuda.mem_get_info()[1]) / 2**30


def choose_detector(
    device: str,
    folders: FolderStore | None = None,
    files: WeightsStore | None = None,
    memory_gb: Callable[[], float] = gpu_memory_gb,
) -> Choice:
    """
    Return what `detector: auto` builds.

    :param device: 'auto', 'cpu' or 'cuda'. :param memory_gb: tells the GPU's memory.

    On a CPU it is always tiny: the others take seconds a frame there, and a robot does not wait.
    """
    folders = FolderStore() if folders is None else folders
    files = WeightsStore() if files is None else files
    memory = 0.0 if device == 'cpu' else memory_gb()
    if memory <= 0.0:
        why = 'device is cpu' if device == 'cpu' else 'no GPU was found by torch'
        return Choice('tiny', f'{why}, and the others take seconds a frame without one')
    passed = []
    for candidate in BEST_FIRST:
        missing = [name for name in candidate.folders if folders.state(name) == 'missing']
        missing += [name for name in candidate.files if files.state(name) == 'missing']
        if missing:
            passed.append(f'{candidate.name} is not fetched')
        elif candidate.gb > memory:
            passed.append(f'{candidate.name} wants {candidate.gb:g} GB of {memory:.1f}')
        else:
            before = f'; {", ".join(passed)}' if passed else ''
            return Choice(candidate.name, f'the best that is here for a GPU{before}')
    return Choice(
        'tiny', f'{", ".join(passed)}: python -m follow_anything models fetch owlv2 brings one'
    )
