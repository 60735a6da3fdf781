# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the documentation, written into it between two markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from follow_anything.core.errors import SourceError

__all__ = ['markdown_table', 'number', 'replace_section', 'section']


def number(value: float | None, digits: int = 3) -> str:
    """Write a share the way trackers' tables do: .615; nothing to measure is a dash."""
    if value is None or value != value:
        return '-'
    text = f'{value:.{digits}f}'
    return text[1:] if text.startswith('0.') else text


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table, one line a row."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join('| ' + ' | '.join(str(cell) for cell in line) + ' |' for line in lines)


def _markers(name: str) -> tuple[str, str]:
    return f'<!-- begin {name} -->\n', f'\n<!-- end {name} -->'


def _between(path: Path, text: str, name: str) -> tuple[int, int]:
    begin, end = _markers(name)
    low = text.find(begin)
    high = text.find(end, low)
    if low < 0 or high < 0:
        raise SourceError(f'{path} has no section "{name}": expected {begin.strip()} and its end')
    return low + len(begin), high


def section(path: Path, name: str) -> str:
    """
    Return what stands between the markers of a section.

    :raises SourceError: there is no such section.
    """
    text = path.read_text(encoding='utf-8')
    low, high = _between(path, text, name)
    return text[low:high]


def replace_section(path: Path, name: str, content: str) -> None:
    """
    Replace what stands between <!-- begin NAME --> and <!-- end NAME -->.

    :raises SourceError: there is no such section.
    """
    text = path.read_text(encoding='utf-8')
    low, high = _between(path, text, name)
    path.write_text(text[:low] + content + text[high:], encoding='utf-8')
