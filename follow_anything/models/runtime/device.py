# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Device, precision and memory format of torch models, chosen in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from follow_anything.core.errors import BadConfig, MissingDependency

__all__ = ['check_device', 'inference', 'pick_device', 'precision', 'require_torch', 'settle']

PRECISIONS = ('auto', 'float32', 'float16', 'bfloat16')

_precision: ContextVar[str] = ContextVar('precision', default='auto')


def require_torch(who: str) -> Any:
    """Return torch; MissingDependency with the install line when it is not there."""
    try:
        import torch
    except ImportError as error:
        raise MissingDependency(
            f'{who} needs torch and the packages of the large models; install them with: '
            'make setup-heavy, or pip install -r requirements/heavy.txt'
        ) from error
    return torch


DEVICES = ('auto', 'cpu', 'cuda')


def check_device(device: str) -> None:
    """Raise BadConfig for a device that does not exist: 'gpu' must not mean the CPU."""
    if device not in DEVICES:
        raise BadConfig(f'device must be one of {", ".join(DEVICES)}; got {device!r}')


def pick_device(device: str) -> Any:
    """
    Return the torch device for 'auto', 'cpu' or 'cuda'.

    :raises BadConfig: there is no such device, or cuda was asked for, and there is none.
    """
    check_device(device)
    torch = require_torch('this detector')
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if device == 'cuda' and not torch.cuda.is_available():
        built = torch.version.cuda or 'none'
        raise BadConfig(
            f'device is cuda, but torch finds no GPU here (its CUDA: {built}). '
            'Set device to auto or cpu, or install the driver and a torch with CUDA'
        )
    return torch.device(device)


def settle(model: Any, device: Any) -> Any:
    """Return a network ready to run: on its device, in evaluation mode, channels last on CUDA."""
    torch = require_torch('this detector')
    model = model.eval().requires_grad_(False).to(device)
    return model.to(memory_format=torch.channels_last) if device.type == 'cuda' else model


@contextmanager
def precision(name: str) -> Iterator[None]:
    """
    Let `inference` use another precision for what is inside: for whoever compares them.

    :param name: of PRECISIONS. :raises BadConfig: there is no such precision.
    """
    if name not in PRECISIONS:
        raise BadConfig(f'precision must be one of {", ".join(PRECISIONS)}; got {name!r}')
    before = _precision.set(name)
    try:
        yield
    finally:
        _precision.reset(before)


@contextmanager
def inference(device: Any) -> Iterator[None]:
    """Run what is inside without gradients; on CUDA in bfloat16, or float16 on older GPUs."""
    torch = require_torch('this detector')
    name = _precision.get()
    if name == 'auto' and device.type == 'cuda':
        name = 'bfloat16' if torch.cuda.is_bf16_supported() else 'float16'
    with torch.inference_mode():
        if name in ('auto', 'float32'):
            yield
            return
        with torch.autocast(device.type, getattr(torch, name)):
            yield
