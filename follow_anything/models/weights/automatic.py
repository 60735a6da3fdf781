# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""`detector: auto`: the best detector that can be built here, for this device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from follow_anything.core.errors import BadWeights
from follow_anything.models.weights.folders import FolderStore
from follow_anything.models.weights.store import WeightsStore

__all__ = ['Choice', 'choose_detector', 'gpu_memory_gb']

COMMAND = 'python -m follow_anything models fetch'


@dataclass(frozen=True)
class Choice:
    """The detector that was chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class _Candidate:
    """
    A detector for a GPU.

    :param folders: of weights. :param files: of weights. :param packages: beside torch.
    :param gb: GPU memory it wants, weights and one frame.
    """

    name: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    packages: tuple[str, ...]
    gb: float


BEST_FIRST = (
    _Candidate('sam3', ('sam3',), (), ('transformers', 'torchvision'), 8.0),
    _Candidate('owlv2', ('owlv2',), (), ('transformers',), 3.0),
    _Candidate('grounding_dino', ('grounding_dino',), (), ('transformers',), 3.0),
    # its published backbone is one of timm
    _Candidate('omdet_turbo', ('omdet_turbo',), (), ('transformers', 'timm'), 2.0),
    _Candidate(
        'sam_clip', (), ('sam_vit_b', 'clip_vit_b32'),
        ('segment_anything', 'open_clip', 'torchvision'), 4.0,
    ),
)  # fmt: skip
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
    failed: Mapping[str, str] | None = None,
) -> Choice:
    """
    Return what `detector: auto` builds.

    :param device: 'auto', 'cpu' or 'cuda'. :param memory_gb: tells the GPU's memory.
    :param failed: detectors that were tried and could not be built, and why.

    On a CPU it is always tiny: the others take seconds a frame there, and a robot does not wait.
    """
    folders = FolderStore() if folders is None else folders
    files = WeightsStore() if files is None else files
    memory = 0.0 if device == 'cpu' else memory_gb()
    if memory <= 0.0:
        why = 'device is cpu' if device == 'cpu' else 'no GPU was found by torch'
        return Choice('tiny', f'{why}, and the others take seconds a frame without one')
    passed: list[str] = []
    for candidate in BEST_FIRST:
        why = _hindrance(candidate, folders, files, memory)
        why = why or (failed or {}).get(candidate.name, '')
        if not why:
            before = f'; {", ".join(passed)}' if passed else ''
            return Choice(candidate.name, f'the best that is here for a GPU{before}')
        passed.append(f'{candidate.name} {why}')
    hint = f': {COMMAND} owlv2 brings one' if 'owlv2 is not fetched' in passed else ''
    return Choice('tiny', f'{", ".join(passed)}{hint}')


def _hindrance(
    candidate: _Candidate, folders: FolderStore, files: WeightsStore, memory: float
) -> str:
    """Return why a candidate cannot be built, as far as can be said without trying; or ''."""
    if candidate.gb > memory:
        return f'wants {candidate.gb:g} GB of {memory:.1f}'
    try:
        states = {name: folders.state(name) for name in candidate.folders}
        states |= {name: files.state(name) for name in candidate.files}
    except BadWeights as error:
        return f'cannot be read ({error})'
    if 'missing' in states.values():
        return 'is not fetched'
    cut = [name for name, state in states.items() if state == 'incomplete']
    if cut:
        return f'is fetched in part ({COMMAND} {cut[0]} goes on)'
    lacks = [package for package in candidate.packages if find_spec(package) is None]
    if lacks:
        return f'needs {" and ".join(lacks)}, not installed (make setup-heavy)'
    return ''
