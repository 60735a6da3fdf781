# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The files of the page: read once, served from memory, so that no path leads anywhere else."""

from __future__ import annotations

from importlib.resources import files

from starlette.responses import JSONResponse, Response

__all__ = ['Files']

TYPES = {
    'html': 'text/html; charset=utf-8',
    'css': 'text/css; charset=utf-8',
    'js': 'text/javascript; charset=utf-8',
    'svg': 'image/svg+xml',
}

HEADERS = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
}
"""Nothing from elsewhere runs in the page, and no page of others shows it in a frame."""


class Files:
    """The files of the folder page/, in memory."""

    def __init__(self) -> None:
        folder = files('follow_anything.console') / 'page'
        self._files = {
            entry.name: (entry.read_bytes(), TYPES[entry.name.rpartition('.')[2]])
            for entry in folder.iterdir()
            if entry.is_file() and entry.name.rpartition('.')[2] in TYPES
        }

    def page(self, name: str) -> Response:
        """Return a file by its name, or 404."""
        if name not in self._files:
            return JSONResponse({'error': 'there is no such page'}, 404, headers=HEADERS)
        content, kind = self._files[name]
        return Response(content, media_type=kind, headers=HEADERS)
