# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Access control of the console: this machine, or a token; never a page of another origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

__all__ = ['COOKIE', 'Access', 'is_loopback', 'new_token']

COOKIE = 'follow_anything_console'
LOCAL_NAMES = ('localhost', '127.0.0.1', '::1')


def new_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(18)


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind to can be reached from this machine alone."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """
    The rules of access to the console.

    :param token: that has to be shown; '': none, and then only this machine's names are taken for
        the host, so that no name that somebody else owns leads here (DNS rebinding).
    """

    token: str = ''

    def why_not(self, headers: Mapping[str, str], cookie: str, query: str) -> tuple[int, str]:
        """
        Return the HTTP status and sentence of a refusal; (0, '') when all is well.

        :param headers: of the request, in lower case. :param cookie: the value of ours.
        :param query: the token in the address.
        """
        host = headers.get('host', '')
        if not self.token and _name(host) not in LOCAL_NAMES:
            return 403, 'this console answers to localhost only; give it a token for other names'
        origin = headers.get('origin')
        if origin is not None and _place(origin) != host.lower():
            return 403, 'a page of another origin may not use this console'
        bearer = headers.get('authorization', '').removeprefix('Bearer ')
        if self.token and not any(self.opens(given) for given in (cookie, query, bearer)):
            return 401, 'the token is missing or wrong: open the address that the console printed'
        return 0, ''

    def opens(self, given: str) -> bool:
        """Return whether this is the token, compared in constant time."""
        return bool(self.token) and hmac.compare_digest(given.encode(), self.token.encode())


def _name(host: str) -> str:
    """Return the host without its port and brackets."""
    try:
        return (urlsplit(f'//{host}').hostname or '').lower()
    except ValueError:
        return ''


def _place(origin: str) -> str | None:
    """Return the host and port of an origin; None where it has none, or is no address."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:  # 'http://[::1'
        return None
