# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Networks of the package transformers, loaded from a folder on this machine.

Nothing here reaches a hub: files are read where they lie, as safetensors alone, and no code that
comes with weights is run. A tensor that is missing is an error, not a random number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadWeights, MissingDependency
from follow_anything.models.runtime.device import require_torch, settle
from follow_anything.models.weights.checkpoints import first_line

__all__ = ['MIN_TRANSFORMERS', 'load_network', 'load_processor', 'require_transformers']

MIN_TRANSFORMERS = (5, 20)
"""The oldest release that the tests were run with; 5.0 is too old."""


def require_transformers(who: str) -> Any:
    """Return the package; MissingDependency with the install line when it is not there or old."""
    require_torch(who)
    try:
        import transformers
    except ImportError as error:
        raise MissingDependency(
            f'{who} needs the package transformers; install it with: make setup-heavy, or '
            'pip install -r requirements/heavy.txt'
        ) from error
    have = tuple(int(part) for part in transformers.__version__.split('.')[:2])
    if have < MIN_TRANSFORMERS:
        raise MissingDependency(
            f'{who} needs transformers {".".join(map(str, MIN_TRANSFORMERS))} or newer, and '
            f'{transformers.__version__} is installed: pip install -r requirements/heavy.txt'
        )
    transformers.utils.logging.disable_progress_bar()
    return transformers


def load_network(class_name: str, folder: Path, device: Any, who: str) -> Any:
    """
    Return a network ready to run.

    :param class_name: of transformers. :param folder: config.json and *.safetensors.
    :param who: for messages.
    :raises BadWeights: files are missing, cut, or of another network.
    :raises MissingDependency: transformers is missing, too old, or has no such class.
    """
    kind = _class_of(require_transformers(who), class_name, who)
    try:
        network, report = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # safetensors, json, OSError, KeyError: no common base but this
        raise BadWeights(
            f'{folder} cannot be read as {class_name}: {first_line(error)}'
        ) from error
    missing, other = sorted(report['missing_keys']), sorted(report['mismatched_keys'])
    if missing or other:
        raise BadWeights(
            f'{folder} holds another network than {class_name}: it lacks {missing[:3]}, and of '
            f'another size are {[key[0] for key in other[:3]]}'
        )
    return settle(network, device)


def load_processor(class_name: str, folder: Path, who: str) -> Any:
    """Return what prepares pictures and words; BadWeights when its files are missing or cut."""
    kind = _class_of(require_transformers(who), class_name, who)
    try:
        return kind.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise BadWeights(
            f'{folder} has no {class_name}: {first_line(error)}. It needs '
            'preprocessor_config.json and the files of the tokenizer beside the weights'
        ) from error


def _class_of(transformers: Any, name: str, who: str) -> Any:
    kind = getattr(transformers, name, None)
    if kind is None:
        raise MissingDependency(
            f'{who} needs the class {name}, which transformers {transformers.__version__} has not'
        )
    return kind
