# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Folders of weights: location, download, verification.

Nothing here touches the network but fetch(), which an operator calls by
`python -m follow_anything models fetch NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights, MissingDependency
from follow_anything.io.files import user_folder
from follow_anything.models.weights.known_folders import KNOWN_FOLDERS, WeightsFolder
from follow_anything.models.weights.store import sha256_of

__all__ = ['FolderStore', 'folder_for']

PINS = 'pinned.json'
"""In each folder: the commit it came from, and the digest of each file at the download."""

WANTED = ('*.json', '*.txt', '*.safetensors', '*.model', 'LICENSE*')
"""Files that are fetched: no pickles, no code."""


class FolderStore:
    """
    Folders of weights beside the single files.

    :param folder: where they are; None: the user's own. :param known: what may be asked for.
    """

    def __init__(
        self, folder: Path | None = None, known: Mapping[str, WeightsFolder] = KNOWN_FOLDERS
    ) -> None:
        self.folder = user_folder('weights') if folder is None else folder
        self.known = known

    def entry(self, name: str) -> WeightsFolder:
        """Return what is known of a name; BadConfig when it is none."""
        if name not in self.known:
            raise BadConfig(f'weights must be one of {", ".join(self.known)}; got {name!r}')
        return self.known[name]

    def path(self, name: str) -> Path:
        """Return where a folder is or would be."""
        return self.folder / self.entry(name).name

    def state(self, name: str) -> str:
        """Return what can be said without reading it: missing, incomplete, here, checked."""
        path = self.path(name)
        if not path.is_dir():
            return 'missing'
        if not (path / 'config.json').is_file() or not any(path.glob('*.safetensors')):
            return 'incomplete'
        pins = _pins(path).get('files', {})
        is_same = pins and all(_stamp(path / file) == about[1] for file, about in pins.items())
        return 'checked' if is_same else 'here'

    def require(self, name_or_path: str) -> Path:
        """
        Return a folder that may be loaded: by name, or by path when it has a slash.

        :raises BadConfig: there is no such name.
        :raises BadWeights: it is not there, not whole, or not what it was at the download.
        """
        if name_or_path not in self.known and '/' in name_or_path:
            path = Path(name_or_path).expanduser()
            if not (path / 'config.json').is_file():
                raise BadWeights(
                    f'there is no folder of weights {path.absolute()}: no config.json'
                )
            return path
        state = self.state(name_or_path)
        if state in ('missing', 'incomplete'):
            raise BadWeights(self._missing(self.entry(name_or_path), state))
        if state != 'checked':
            self.verify(name_or_path)
        return self.path(name_or_path)

    def verify(self, name: str) -> str:
        """
        Compare all files with their digests; pin them when that was never done.

        :return: what was found, for people to read.
        :raises BadWeights: a file is missing, cut or changed.
        """
        path = self.path(name)
        if self.state(name) in ('missing', 'incomplete'):
            raise BadWeights(self._missing(self.entry(name), self.state(name)))
        notes = _pins(path)
        pinned: dict[str, Any] = notes.get('files', {})
        if not pinned:
            files = sorted(file.name for file in path.iterdir() if file.is_file())
            self._pin(path, {**notes, 'files': {f: _about(path / f) for f in files if f != PINS}})
            return f'{name}: {len(files)} files, pinned now: the source publishes no digests'
        for file, about in pinned.items():
            if not (path / file).is_file() or sha256_of(path / file) != about[0]:
                raise BadWeights(
                    f'{path / file} is not what it was at its download: cut or changed. Delete '
                    f'the folder and fetch it again: python -m follow_anything models fetch {name}'
                )
        self._pin(path, {**notes, 'files': {f: _about(path / f) for f in pinned}})
        return f'{name}: {len(pinned)} files as pinned, commit {notes.get("commit", "unknown")}'

    def fetch(self, name: str) -> Path:
        """
        Download a folder, going on where an earlier try broke off, and pin it.

        :raises BadWeights: the source cannot be reached, or asks for consent first.
        :raises MissingDependency: huggingface_hub is not installed.
        """
        entry, path = self.entry(name), self.path(name)
        if self.state(name) in ('here', 'checked'):
            self.verify(name)
            return path
        try:
            import huggingface_hub as hub
            from huggingface_hub import errors
        except ImportError as error:
            raise MissingDependency(
                f'fetching {name} needs huggingface_hub; install it with: make setup-heavy'
            ) from error
        try:
            commit = hub.HfApi().model_info(entry.repository, revision=entry.revision).sha
            hub.snapshot_download(
                entry.repository, revision=commit, local_dir=path, allow_patterns=list(WANTED)
            )
        except errors.GatedRepoError as error:
            raise BadWeights(
                f'{entry.url} is gated: accept its licence ({entry.licence}) there, log in with '
                f'`hf auth login`, and fetch it again; or copy its files to {path}'
            ) from error
        except OSError as error:  # the hub's errors, and those of the network
            raise BadWeights(f'{entry.url}: {error}\n{self._missing(entry, "missing")}') from error
        self._pin(path, {'repository': entry.repository, 'commit': commit})
        self.verify(name)
        return path

    def _missing(self, entry: WeightsFolder, state: str) -> str:
        size = f', about {entry.size_mb} MB' if entry.size_mb else ''
        gate = f' It is gated: accept the {entry.licence} there first.' if entry.gated else ''
        return (
            f'{entry.name} needs the folder {self.folder / entry.name} ({state}{size}). With a '
            f'network: python -m follow_anything models fetch {entry.name}. Without: copy '
            f'config.json, *.safetensors and the other files of {entry.url} there.{gate}'
        )

    @staticmethod
    def _pin(path: Path, notes: dict[str, Any]) -> None:
        try:
            (path / PINS).write_text(json.dumps(notes, indent=2) + '\n', encoding='utf-8')
        except OSError as error:
            raise BadWeights(f'{path / PINS} cannot be written: {error}') from error


def folder_for(name: str, weights: str) -> Path:
    """
    Return the folder that a model reads.

    :raises BadConfig: the choice is not for it. :raises BadWeights: the folder is not usable.
    """
    store = FolderStore()
    part, _, what = weights.strip().partition('=')
    if weights and (part != name or not what):
        raise BadConfig(f'weights: expected {name}=NAME_OR_FOLDER, got {weights!r}')
    chosen = what or name
    entry = store.known.get(chosen)
    if entry is not None and entry.reader != name:
        raise BadConfig(f'{chosen} are weights of {entry.reader}, not of {name}')
    return store.require(chosen)


def _pins(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((path / PINS).read_text(encoding='utf-8')))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise BadWeights(f'{path / PINS} is not JSON any more: delete it ({error})') from error


def _stamp(path: Path) -> list[int]:
    if not path.is_file():
        return []
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


def _about(path: Path) -> list[Any]:
    return [sha256_of(path), _stamp(path)]
