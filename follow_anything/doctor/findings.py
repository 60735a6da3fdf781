# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Results of checks: one line each, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ['FAULT', 'OK', 'WARNING', 'Finding', 'fault', 'ok', 'summary', 'warning']

OK, WARNING, FAULT = 'ok', 'warning', 'fault'


@dataclass(frozen=True)
class Finding:
    """
    The answer of one check.

    :param check: its name. :param level: OK; WARNING: it runs, and something is worse than it
        could be; FAULT: it does not run. :param says: what was found. :param advice: what to do.
    """

    check: str
    level: str
    says: str
    advice: str = ''

    def __str__(self) -> str:
        """Return the line."""
        advice = f': {self.advice}' if self.advice else ''
        return f'{self.level:<8}{self.check:<10}{self.says}{advice}'


def ok(check: str, says: str) -> Finding:
    """Return a finding: all is well."""
    return Finding(check, OK, says)


def warning(check: str, says: str, advice: str) -> Finding:
    """Return a finding: it works, and could be better."""
    return Finding(check, WARNING, says, advice)


def fault(check: str, says: str, advice: str) -> Finding:
    """Return a finding: it does not work."""
    return Finding(check, FAULT, says, advice)


def summary(findings: list[Finding]) -> dict[str, object]:
    """Return all of it for a program: the worst level, and every finding."""
    levels = {finding.level for finding in findings}
    worst = next((level for level in (FAULT, WARNING) if level in levels), OK)
    return {'status': worst, 'findings': [asdict(finding) for finding in findings]}
