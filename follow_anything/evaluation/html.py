# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""HTML of the report pages: style, tables and pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

__all__ = ['picture', 'table', 'write_html']

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2em auto; padding: 0 1em;
       color: #1a202c }
table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums }
td, th { padding: .25em .7em; border-bottom: 1px solid #e2e8f0; text-align: right }
td:first-child, th:first-child { text-align: left }
img { max-width: 100% } .best { font-weight: 600 } .note { color: #4a5568 }
.bad { color: #c53030; font-weight: 600 } .wide { overflow-x: auto }
"""


def picture(kind: str, data: bytes, caption: str) -> str:
    """Return a picture that is inside the page. kind: png or jpeg."""
    text = base64.b64encode(data).decode()
    return f'<img alt="{escape(caption)}" src="data:image/{kind};base64,{text}">'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already."""
    head = ''.join(f'<th>{cell}</th>' for cell in header)
    body = '\n'.join(
        '<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) + '</tr>' for row in rows
    )
    return f'<table>\n<tr>{head}</tr>\n{body}\n</table>'


def write_html(path: Path, title: str, parts: Sequence[str]) -> None:
    """Write a page; its folder is made where it is missing."""
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f'</title><style>{STYLE}</style></head><body>\n' + '\n'.join(parts) + '\n</body></html>\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding='utf-8')
