# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Hooks of mkdocs.yml: pages from outside docs/, and links that lead there.

The documents are written to be read in the repository. A link to a file that is no page becomes
the name of that file; the model cards and CONTRIBUTING.md become pages.
"""

from __future__ import annotations

from pathlib import Path
import posixpath
import re
from typing import Any

from griffe import Docstring, Extension, Object
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = ('CONTRIBUTING.md', 'models/detector_tiny.md', 'models/tracker_tiny.md')
"""Paths in the repository and in the site."""

LINK = re.compile(r'\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)#\s:]+)(#[^)\s]*)?\)')

FIELD = re.compile(r'(?<=\S) +(?=:(?:param|return|raises)\b[^:\n]*:(?:\s|$))')
"""The space before a field of a docstring that does not begin its line."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside docs/."""
    for name in PAGES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to pages of the site, or be the name of a file."""
    uri = page.file.src_uri
    folder = posixpath.dirname(uri if uri in PAGES else f'docs/{uri}')

    def moved(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ''
        path = posixpath.normpath(posixpath.join(folder, target))
        if not (ROOT / path).exists():
            return found[0]  # mkdocs says so
        if path.startswith('docs/') or path in PAGES:
            here = posixpath.dirname(uri) or '.'
            return f'[{text}]({posixpath.relpath(path.removeprefix("docs/"), here)}{anchor})'
        return text if '`' in text else f'`{text}`'

    return LINK.sub(moved, markdown)


class FieldLines(Extension):
    """Our docstrings have several fields on one line; the parser wants one a line."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Break the lines of one docstring."""
        if isinstance(obj.docstring, Docstring):
            obj.docstring.value = FIELD.sub('\n', obj.docstring.value)
