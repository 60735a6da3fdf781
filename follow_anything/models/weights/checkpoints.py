# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Loading of weight files, without unpickling code."""

from __future__ import annotations

from pathlib import Path
import pickle
from typing import Any

from follow_anything.core.errors import BadWeights
from follow_anything.models.runtime.device import require_torch

__all__ = ['first_line', 'load_into', 'load_tensors']


def load_tensors(path: Path) -> dict[str, Any]:
    """
    Return the tensors of a checkpoint, .safetensors or torch's own, by name, on the CPU.

    :raises BadWeights: it is cut, holds code, or is not a checkpoint.
    """
    torch = require_torch('loading weights')
    try:
        if path.suffix == '.safetensors':
            from safetensors.torch import load_file

            return dict(load_file(path))
        loaded = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadWeights(
            f'{path} is refused: it is cut, or holds more than tensors, which could be code. '
            f'Convert it to safetensors where you trust it ({first_line(error)})'
        ) from error
    except Exception as error:  # torch and safetensors raise whatever the parser stumbled over
        raise BadWeights(
            f'{path} is not a file of weights, or was cut: {first_line(error)}'
        ) from error
    for wrapper in ('model', 'state_dict', 'teacher'):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
    if not isinstance(loaded, dict) or not loaded:
        raise BadWeights(f'{path}: expected tensors by name, got a {type(loaded).__name__}')
    return {name: value for name, value in loaded.items() if isinstance(value, torch.Tensor)}


def load_into(
    model: Any, tensors: dict[str, Any], path: Path, spare: tuple[str, ...] = ()
) -> None:
    """
    Copy tensors into a network; each must be there, of the right shape, and none left over.

    :param spare: beginnings of names that may be left over, such as a classifier's head.
    :raises BadWeights: the file belongs to another network.
    """
    try:
        found = model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise BadWeights(f'{path} is of another network: {first_line(error)}') from error
    left = [name for name in found.unexpected_keys if not name.startswith(spare)]
    if found.missing_keys or left:
        raise BadWeights(
            f'{path} is of another network: it lacks {found.missing_keys[:3]} and has '
            f'{left[:3]} in excess'
        )


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its class where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
