# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that README.md, CONTRIBUTING.md and docs/ tell people to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
import shlex

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    'README.md',
    'CONTRIBUTING.md',
    *(f'docs/{p.name}' for p in sorted(ROOT.glob('docs/*.md'))),
]
NOT_RUN = Path(__file__).with_name('documents_not_run.txt')
"""Commands that nothing here can check, one pattern a line with its reason."""

PARSED_ALONE = Path(__file__).with_name('documents_parsed_alone.txt')
"""Commands whose words are checked, and that nothing runs as they stand, in the same way."""

PROGRAMS = ('python -m follow_anything', 'follow_anything', 'make', 'ros2')
INLINE = re.compile(r'`([^`]+)`')


@dataclass(frozen=True)
class Command:
    """
    One command of one page.

    :param text: its words with spaces between. :param words: as a shell splits it.
    """

    page: str
    text: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f'{self.page}: {self.text}'

    def after(self, beginning: str) -> list[str] | None:
        """Return the words behind a beginning; None when it begins otherwise."""
        first = tuple(beginning.split())
        return list(self.words[len(first) :]) if self.words[: len(first)] == first else None


def _pieces(page: str) -> Iterator[str]:
    """Yield what may be commands: lines of blocks, and code in running text."""
    prose, block, fenced = [], [], False
    for line in (ROOT / page).read_text(encoding='utf-8').splitlines():
        if line.lstrip().startswith('```'):
            fenced = not fenced
        elif fenced or re.match(' {4,}[^ ]', line):
            block.append(line.strip())
        else:
            prose.append(line)
    yield from '\n'.join(block).replace('\\\n', ' ').splitlines()
    for code in INLINE.findall('\n'.join(prose)):
        yield ' '.join(code.split())


def _split(piece: str) -> Iterator[list[str]]:
    """Yield the words of every command of a line, as a shell would split it."""
    lexer = shlex.shlex(piece, posix=True, punctuation_chars=';&|')
    lexer.whitespace_split, words = True, list[str]()
    for word in [*lexer, ';']:
        if not set(word) <= set(';&|'):
            words.append(word)
        elif words:
            yield words
            words = []


def commands() -> Iterator[Command]:
    """Yield every command of our programs in the documents."""
    for page in PAGES:
        for piece in _pieces(page):
            if not any(program in piece for program in PROGRAMS):
                continue
            for words in _split(piece):
                while '=' in words[0] and len(words) > 1:  # a variable for this command
                    words.pop(0)
                text = ' '.join(words)
                if any(text.startswith(f'{program} ') for program in PROGRAMS):
                    yield Command(page, text, tuple(words))


def not_run(listed: Path = NOT_RUN) -> dict[str, str]:
    """Return the reasons by pattern; shell patterns over the text of a command."""
    lines = listed.read_text(encoding='utf-8').splitlines()
    rows = [line.split(' | ', 1) for line in lines if line.strip() and not line.startswith('#')]
    return {pattern.strip(): reason.strip() for pattern, reason in rows}
