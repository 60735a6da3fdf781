# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Leaving out of an ONNX graph what only unwanted outputs need, without the package onnx."""

from __future__ import annotations

from collections.abc import Collection, Iterator

__all__ = ['pruned']

_GRAPH, _NODE, _OUTPUT = 7, 1, 12
"""Fields of ModelProto and of GraphProto."""

_INPUTS, _OUTPUTS, _NAME = 1, 2, 1
"""Fields of NodeProto and of ValueInfoProto."""

_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
"""Kinds of fields of a protobuf message; bytes of those that have a fixed size."""


def pruned(model: bytes, outputs: Collection[str]) -> bytes:
    """
    Return a model that computes these outputs alone, and each of them just as before.

    Graphs within nodes (If, Loop) are not looked into: what only they use would be missing.
    """
    parts: list[bytes | memoryview] = []
    for number, content, field in _fields(memoryview(model)):
        if number == _GRAPH:
            graph = _graph(content, outputs)
            parts += [bytes([_GRAPH << 3 | _BYTES]), _to_varint(len(graph)), graph]
        else:
            parts.append(field)
    return b''.join(parts)


def _graph(graph: memoryview, outputs: Collection[str]) -> bytes:
    """Return the fields of a graph but unused nodes and outputs; onnxruntime drops the weights."""
    needed, kept = {name.encode() for name in outputs}, []
    wanted = set(needed)
    # Nodes are sorted: from the last to the first, whoever needs a node comes before it.
    for number, content, field in reversed(list(_fields(graph))):
        if number == _OUTPUT and not _texts(content, _NAME) & wanted:
            continue
        if number == _NODE:
            if not _texts(content, _OUTPUTS) & needed:
                continue
            needed |= _texts(content, _INPUTS)
        kept.append(field)
    return b''.join(reversed(kept))


def _texts(message: memoryview, wanted: int) -> set[bytes]:
    return {bytes(content) for number, content, _ in _fields(message) if number == wanted}


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Yield each field of a protobuf message: its number, its content, and all of it."""
    at = 0
    while at < len(message):
        begin = at
        tag, at = _varint(message, at)
        kind, start = tag & 7, at
        if kind == _BYTES:
            size, start = _varint(message, at)
            at = start + size
        else:
            at = _varint(message, at)[1] if kind == _VARINT else at + _FIXED[kind]
        yield tag >> 3, message[start:at], message[begin:at]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number at a place, and where the next field goes on."""
    number, shift = message[at] & 127, 7
    while message[at] > 127:
        at += 1
        number |= (message[at] & 127) << shift
        shift += 7
    return number, at + 1


def _to_varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])
