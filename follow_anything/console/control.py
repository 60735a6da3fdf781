# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Which page holds the control: one operator, several viewers, and what if the operator leaves.

    free ──a page comes──▶ held ──asked for──▶ asked ──handed over, or no answer──▶ held
      ▲                     │ ▲                  │
      └── away for too long ┘ └───── kept ───────┘
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['Control', 'News']

KNOWN_PAGES = 200
"""Names of pages that are kept; a page that comes back after so many others has a new one."""


@dataclass(frozen=True)
class News:
    """What happened to the control: a sentence for everybody, and whether the operator is lost."""

    text: str
    is_lost: bool = False


class Control:
    """
    The state of the control. Pages are known by a key that survives a reload.

    :param away_for: the operator's page may be away for so long, seconds.
    :param answer_within: who asks and gets no answer for so long has the control, seconds: nobody
        sits at the other page.
    """

    def __init__(self, away_for: float, answer_within: float = 15.0) -> None:
        self.away_for, self.answer_within = away_for, answer_within
        self.holder = ''
        self.asker = ''
        self._names: dict[str, str] = {}
        self._count = 0
        self._pages: set[str] = set()
        self._active_at: dict[str, float] = {}
        self._asked_at = 0.0

    def name_of(self, key: str) -> str:
        """Return what people call a page."""
        return self._names.get(key, '')

    def holds(self, key: str) -> bool:
        """Return whether a page holds the control."""
        return bool(key) and key == self.holder

    def join(self, key: str, kind: str, now: float) -> None:
        """Take a page, or the same one after a reload; the control is its own if it is free."""
        name = self._names.pop(key, '')  # to the end: the page that came last
        if not name:
            self._count += 1
            name = f'{kind} {self._count}'
        self._names[key] = name
        self._pages.add(key)
        self._forget_old_names()
        self._active_at[key] = now
        if not self.holder:
            self.holder = key

    def _forget_old_names(self) -> None:
        needed = {*self._pages, self.holder, self.asker}
        gone = [key for key in self._names if key not in needed]
        for key in gone[: max(0, len(self._names) - KNOWN_PAGES)]:
            del self._names[key]

    def is_here(self, key: str) -> bool:
        """Tell whether a page is connected."""
        return key in self._pages

    def on_activity(self, key: str, now: float) -> None:
        """Note that a page has sent something."""
        if key in self._pages:
            self._active_at[key] = now

    def leave(self, key: str) -> None:
        """Take it that a page has gone; if it held the control, tick() waits for it."""
        self._pages.discard(key)
        if key == self.asker:
            self.asker = ''
        if key != self.holder:
            self._active_at.pop(key, None)

    def ask(self, key: str, now: float) -> News | None:
        """Take the request of a page for the control."""
        if key not in self._pages or self.holds(key) or self.asker:
            return None
        if not self.holder:
            return self._give(key)
        self.asker, self._asked_at = key, now
        return News(f'{self.name_of(key)} asks for the control')

    def answer(self, key: str, *, yes: bool) -> News | None:
        """Take the holder's answer to that request."""
        if not self.holds(key) or not self.asker:
            return None
        if yes:
            return self._give(self.asker)
        self.asker = ''
        return News(f'{self.name_of(key)} keeps the control')

    def tick(self, now: float) -> News | None:
        """Apply the time-outs."""
        if self.holder and now - self._active_at.get(self.holder, -1e9) > self.away_for:
            lost = self.name_of(self.holder)
            self._give(self.asker)
            return News(f'{lost}, who had the control, is gone', is_lost=True)
        if self.asker and now - self._asked_at > self.answer_within:
            news = self._give(self.asker)
            return News(f'no answer: {news.text}')
        return None

    def _give(self, key: str) -> News:
        self.holder, self.asker = key, ''
        return News(f'{self.name_of(key)} has the control')
