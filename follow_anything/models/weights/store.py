# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The weights store: a folder of files with their digests.

Nothing here touches the network but fetch(), which an operator calls by
`python -m follow_anything models fetch NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import hashlib
import json
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights, MissingDependency
from follow_anything.io.files import replaced, user_folder
from follow_anything.models.weights.known import KNOWN_WEIGHTS, Weights

__all__ = ['WeightsStore', 'sha256_of']

PINS = 'pins.json'
"""Digests of files whose source gives none, as they were at the first download."""

CHECKED = 'checked.json'
"""Size and time of the files whose digest was found right, so that each is read once only."""

CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes there will be (0: unknown)."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class WeightsStore:
    """
    A folder of weight files.

    :param folder: where they are; None: the user's own.
    :param known: what may be asked for by name.
    """

    def __init__(
        self, folder: Path | None = None, known: Mapping[str, Weights] = KNOWN_WEIGHTS
    ) -> None:
        self.folder = user_folder('weights') if folder is None else folder
        self.known = known

    def entry(self, name: str) -> Weights:
        """Return what is known of a name; BadConfig when it is none."""
        if name not in self.known:
            raise BadConfig(f'weights must be one of {", ".join(self.known)}; got {name!r}')
        return self.known[name]

    def path(self, name: str) -> Path:
        """Return where a file is or would be."""
        return self.folder / self.entry(name).file

    def state(self, name: str) -> str:
        """Return what can be said of a file without reading it: missing, here, checked."""
        path = self.path(name)
        if not path.exists():
            return 'missing'
        return 'checked' if self._notes(CHECKED).get(path.name) == _stamp(path) else 'here'

    def require(self, name_or_path: str) -> Path:
        """
        Return weights that may be loaded: by name, or by path when it has a slash or a suffix.

        The digest is compared before the first use, and again when the file has changed. A path
        is the user's own file: it is taken as it is.

        :raises BadConfig: there is no such name.
        :raises BadWeights: it is not there, or it is not what it should be.
        """
        if name_or_path not in self.known and Path(name_or_path).name.count('.'):
            path = Path(name_or_path).expanduser()
            if not path.is_file():
                raise BadWeights(f'there is no file {path.absolute()}')
            return path
        if self.state(name_or_path) != 'checked':
            self.verify(name_or_path)
        return self.path(name_or_path)

    def verify(self, name: str) -> str:
        """
        Compare a file with its digest; pin the digest when the source gives none.

        :return: what was found, for people to read.
        :raises BadWeights: it is not there, or it is not what it should be.
        """
        entry, path = self.entry(name), self.path(name)
        if not path.exists():
            raise BadWeights(self._missing(entry))
        digest = sha256_of(path)
        pinned = self._notes(PINS).get(path.name, '')
        wanted = pinned or entry.sha256
        if not digest.startswith(wanted):
            raise BadWeights(
                f'{path} has sha256 {digest}, expected {wanted}'
                f'{" (pinned at its first download)" if pinned else ""}: cut or changed. Delete '
                f'it and fetch it again: python -m follow_anything models fetch {name}'
            )
        is_whole = len(entry.sha256) == 64
        if not is_whole and not pinned:
            self._note(PINS, path.name, digest)
        self._note(CHECKED, path.name, _stamp(path))
        if is_whole:
            return f'{name}: sha256 as published'
        how = 'as pinned' if pinned else 'pinned now, the source publishes none in full'
        return f'{name}: sha256 {digest[:12]}... {how}'

    def fetch(self, name: str, progress: Progress = lambda done, total: None) -> Path:
        """
        Download a file, going on where an earlier try broke off, and verify it.

        :raises BadWeights: the server cannot be reached, or sends something else.
        :raises MissingDependency: pooch is not installed.
        """
        entry, path = self.entry(name), self.path(name)
        if path.exists():
            self.verify(name)
            return path
        try:
            import pooch
            from requests.exceptions import RequestException
        except ImportError as error:
            raise MissingDependency(
                'fetching weights needs pooch; install it with: pip install pooch'
            ) from error
        part = path.with_name(f'{path.name}.part')
        known_hash = f'sha256:{entry.sha256}' if len(entry.sha256) == 64 else None
        pooch.get_logger().setLevel('WARNING')
        try:
            pooch.retrieve(
                entry.url,
                known_hash,
                fname=path.name,
                path=self.folder,
                downloader=lambda url, out, _: _resume(url, part, Path(out), progress),
            )
        except RequestException as error:
            raise BadWeights(f'{entry.url}: {error}\n{self._missing(entry)}') from error
        except ValueError as error:  # pooch's word for another digest; it has deleted the file
            raise BadWeights(f'{entry.url} sent something else than {name}: {error}') from error
        self.verify(name)
        return path

    def _missing(self, entry: Weights) -> str:
        size = f', {entry.size / 1e6:.0f} MB' if entry.size else ''
        return (
            f'{entry.name} needs the file {entry.file}{size} in {self.folder}. With a network: '
            f'python -m follow_anything models fetch {entry.name}. Without: copy it there from '
            f'a machine that has it; it comes from {entry.url}'
        )

    def _notes(self, file: str) -> dict[str, Any]:
        path = self.folder / file
        if not path.exists():
            return {}
        try:
            return dict(json.loads(path.read_text(encoding='utf-8')))
        except (ValueError, TypeError) as error:
            raise BadWeights(f'{path} is not JSON any more: delete it ({error})') from error

    def _note(self, file: str, key: str, value: Any) -> None:
        notes = {**self._notes(file), key: value}
        try:
            with replaced(self.folder / file) as fresh:
                fresh.write_text(json.dumps(notes, indent=2) + '\n', encoding='utf-8')
        except OSError as error:
            raise BadWeights(f'{self.folder / file} cannot be written: {error}') from error


def _stamp(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


def _resume(url: str, part: Path, out: Path, progress: Progress) -> None:
    """Download to `part`, from where it ends, and rename it when it is whole."""
    import requests

    done = part.stat().st_size if part.exists() else 0
    headers = {'Range': f'bytes={done}-'} if done else {}
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.replace(out)  # it was whole already; the digest will tell
            return
        answer.raise_for_status()
        is_rest = answer.status_code == requests.codes.partial_content
        done = done if is_rest else 0
        rest = int(answer.headers.get('Content-Length', 0))
        total = done + rest if rest else 0
        with part.open('ab' if is_rest else 'wb') as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    if total and done < total:
        raise requests.ConnectionError(f'the connection broke off after {done} of {total} bytes')
    part.replace(out)
