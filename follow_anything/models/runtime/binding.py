# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""I/O binding: what stays the same over many runs of a graph is copied to the GPU once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.models.runtime.onnx_session import ON_GPU

__all__ = ['BoundSession']


BINDINGS = 2
"""Most sets of inputs that are kept: all templates of the tracker, and the first one alone."""


class BoundSession:
    """
    A session whose inputs are in part those of the run before, such as the tracker's template.

    :param session: of onnxruntime.
    :param memory: 'cuda' or 'cpu': where inputs are kept; '': nowhere, they are given with each
        run, which costs nothing on the CPU. None: 'cuda' for a session on a GPU, else ''.
    """

    def __init__(self, session: Any, memory: str | None = None) -> None:
        on_gpu = bool(set(ON_GPU) & set(session.get_providers()))
        self.session = session
        self._memory = ('cuda' if on_gpu else '') if memory is None else memory
        self._bindings: list[tuple[dict[str, FloatArray], Any]] = []

    def run(
        self, feed: Mapping[str, FloatArray | UInt8Array], kept: Mapping[str, FloatArray]
    ) -> list[FloatArray]:
        """
        Return all outputs.

        :param feed: inputs of this run alone. :param kept: inputs that are the same arrays as in
            the last runs, and were not written to since.
        """
        if not self._memory:
            outputs: list[FloatArray] = self.session.run(None, {**feed, **kept})
            return outputs
        binding = self._bound(dict(kept))
        for name, value in feed.items():
            binding.bind_cpu_input(name, value)
        binding.clear_binding_outputs()  # those of the run before have the shape of its inputs
        for output in self.session.get_outputs():
            binding.bind_output(output.name, self._memory)
        self.session.run_with_iobinding(binding)
        copied: list[FloatArray] = binding.copy_outputs_to_cpu()
        return copied

    def _bound(self, kept: dict[str, FloatArray]) -> Any:
        """Return the binding that holds these inputs: one of the last two, or a new one."""
        for held, binding in self._bindings:
            if held.keys() == kept.keys() and all(kept[name] is held[name] for name in kept):
                return binding
        from onnxruntime import OrtValue

        binding = self.session.io_binding()
        for name, value in kept.items():
            binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(value, self._memory, 0))
        self._bindings = [*self._bindings, (kept, binding)][-BINDINGS:]
        return binding
