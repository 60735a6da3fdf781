# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The objects of the world: converted once from Debian's furniture catalogues, kept in a cache.

    python -m follow_anything.sim.assets            prepare the cache, print where it is

Nothing here needs the network while a simulator runs; only the command above may download.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import fcntl
import logging
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import zipfile

from follow_anything.core.errors import BadConfig, MissingDependency, SourceError
from follow_anything.sim.cache import cache_folder, code_version
from follow_anything.sim.furniture.catalogue import ENTRIES, Entry, LICENSES
from follow_anything.sim.meshes import primitives
from follow_anything.sim.meshes.costume import dress, SEPARATOR
from follow_anything.sim.meshes.model3d import Model3D

__all__ = ['PACKAGE', 'ObjectLibrary', 'open_library', 'prepare']

PACKAGE = 'sweethome3d-furniture'
_SYSTEM_FOLDER = Path('/usr/share/sweethome3d/furniture')
_CODE = (
    'assets.py',
    'furniture/catalogue.py',
    'furniture/convert.py',
    'furniture/decimate.py',
    'meshes/gait.py',
    'meshes/model3d.py',
    'furniture/obj.py',
)
_DONE = 'ATTRIBUTION.md'
_log = logging.getLogger(__name__)


class ObjectLibrary:
    """
    Objects by name, from the cache where it has them, otherwise our own primitives.

    :param folder: a prepared cache, or None for primitives only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._loaded: dict[str, Model3D] = {}

    @property
    def kind(self) -> str:
        """Which objects there are: 'furniture' or 'primitives'."""
        return 'primitives' if self.folder is None else 'furniture'

    def get(self, name: str) -> Model3D:
        """Return an object; the same one every time. PERSON+COSTUME: dressed, see costume.py."""
        if name not in self._loaded and SEPARATOR in name:
            person, _, worn = name.partition(SEPARATOR)
            self._loaded[name] = dress(self.get(person), worn)
        if name not in self._loaded:
            path = Path() if self.folder is None else self.folder / f'{name}.npz'
            self._loaded[name] = Model3D.load(path) if path.is_file() else primitives.make(name)
        return self._loaded[name]


def _prepared() -> Path | None:
    folder = cache_folder() / 'assets' / code_version(_CODE)
    return folder if (folder / _DONE).is_file() else None


def _catalogues(may_download: bool) -> Path | None:
    """Return the folder with the .sh3f files, downloading the package where that is allowed."""
    unpacked = cache_folder() / 'furniture'
    for folder in (_SYSTEM_FOLDER, unpacked):
        if all((folder / f'{name}.sh3f').is_file() for name in LICENSES):
            return folder
    if not may_download or not (shutil.which('apt-get') and shutil.which('dpkg-deb')):
        return None
    print(f'downloading {PACKAGE} (about 115 MB) ...', file=sys.stderr)
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=unpacked.parent) as work:
        try:
            for command in (['apt-get', 'download', PACKAGE], ['sh', '-c', 'dpkg-deb -x *.deb .']):
                subprocess.run(command, cwd=work, check=True, stdout=sys.stderr)
        except subprocess.CalledProcessError as error:
            print(f'{error}; install it by hand: apt install {PACKAGE}', file=sys.stderr)
            return None
        unpacked.mkdir(exist_ok=True)
        for file in Path(work).glob('usr/share/sweethome3d/furniture/*.sh3f'):
            os.replace(file, unpacked / file.name)
    return unpacked


def _unpack(catalogue: zipfile.ZipFile, entry: Entry, work: Path) -> Path:
    """Extract one object's files; return their folder."""
    marker = f'/{entry.folder}/'
    for name in catalogue.namelist():
        if marker in f'/{name}' and not name.endswith('/'):
            target = work / entry.folder / Path(name).name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(catalogue.read(name))
    if not (work / entry.folder).is_dir():
        raise SourceError(f'{catalogue.filename} has no object {entry.folder}')
    return work / entry.folder


def _creators(catalogue: zipfile.ZipFile) -> dict[str, str]:
    """Return the creator of every model folder named in the catalogue."""
    text = catalogue.read('PluginFurnitureCatalog.properties').decode('latin-1')
    pairs = dict(
        line.strip().split('=', 1)
        for line in text.splitlines()
        if '=' in line and not line.startswith('#')
    )
    return {
        Path(value).parent.name: pairs.get(key.replace('model#', 'creator#'), 'unknown')
        for key, value in pairs.items()
        if key.startswith('model#')
    }


def _attribution(creators: dict[str, str]) -> str:
    rows = [
        f'| {entry.name.replace("_", " ")} | {creators[entry.name]} | {entry.catalogue} '
        f'| [{LICENSES[entry.catalogue][0]}]({LICENSES[entry.catalogue][1]}) '
        '| converted and decimated |'
        for entry in ENTRIES
        if entry.name in creators
    ]
    return '\n'.join(
        [
            '# Attribution',
            '',
            f'The objects in this folder were made from the Debian package `{PACKAGE}`',
            '(http://www.sweethome3d.com), catalogue by catalogue. Changes were made: axes, size',
            'and materials were converted, hidden and small triangles removed, textures reduced,',
            'and people and animals given a walk.',
            '',
            '| object | creator | catalogue | licence | changes |',
            '| --- | --- | --- | --- | --- |',
            *rows,
            '',
        ]
    )


def _convert_all(source: Path, target: Path, progress: Callable[[str], None]) -> None:
    from follow_anything.sim.furniture.convert import convert

    creators: dict[str, str] = {}
    archives = {name: zipfile.ZipFile(source / f'{name}.sh3f') for name in LICENSES}
    known = {name: _creators(archive) for name, archive in archives.items()}
    for number, entry in enumerate(ENTRIES, 1):
        progress(f'[{number:2d}/{len(ENTRIES)}] {entry.name:14s}')
        with tempfile.TemporaryDirectory() as work:
            try:
                folder = _unpack(archives[entry.catalogue], entry, Path(work))
            except SourceError as error:  # another edition of the package: ours takes its place
                _log.warning('%s; a primitive takes its place', error)
                continue
            convert(entry, folder, target).save(target / f'{entry.name}.npz')
        creators[entry.name] = known[entry.catalogue].get(entry.folder, 'unknown')
    for archive in archives.values():
        archive.close()
    (target / _DONE).write_text(_attribution(creators), encoding='utf-8')


def prepare(
    may_download: bool = True, progress: Callable[[str], None] = lambda text: None
) -> Path | None:
    """
    Make the cache unless it is there; safe with several processes at once.

    :param may_download: fetch the package with apt-get (no root needed) when it is missing.
    :param progress: told what is being converted.
    :return: its folder, or None where the package cannot be had: primitives take its place.
    """
    ready = _prepared()
    if ready is not None:
        return ready
    root = cache_folder() / 'assets'
    root.mkdir(parents=True, exist_ok=True)
    with (root / '.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second process waits, and finds the work done
        ready = _prepared()
        source = _catalogues(may_download) if ready is None else None
        if source is None:
            return ready
        work = Path(tempfile.mkdtemp(dir=root, prefix='.making-'))
        try:
            _convert_all(source, work, progress)
            work.chmod(0o755)
            os.replace(work, root / code_version(_CODE))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return _prepared()


def open_library(assets: str = 'auto') -> ObjectLibrary:
    """
    Return the objects to build the world from. Never downloads.

    :param assets: 'furniture', 'primitives', or 'auto' for the best that is installed.
    :raises MissingDependency: furniture was asked for and the package is not installed.
    """
    if assets == 'primitives':
        return ObjectLibrary()
    if assets not in ('auto', 'furniture'):
        raise BadConfig(f'assets must be auto, furniture or primitives; got {assets!r}')
    try:
        folder = prepare(may_download=False)
    except MissingDependency:
        if assets == 'furniture':
            raise
        folder = None
    if folder is None and assets == 'furniture':
        raise MissingDependency(
            f'the furniture meshes are not here: apt install {PACKAGE}, '
            'or run python -m follow_anything.sim.assets; or use assets: primitives'
        )
    return ObjectLibrary(folder)


def main() -> int:
    """Prepare the cache and print where it is."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('--offline', action='store_true', help='do not download the package')
    arguments = parser.parse_args()
    folder = prepare(
        not arguments.offline,
        lambda text: print(f'\rconverting {text}', end='', file=sys.stderr, flush=True),
    )
    if folder is None:
        print(f'{PACKAGE} cannot be had; the simulator uses its own primitives instead')
        return 0
    print(f'\nobjects: {folder}\nattribution: {folder / _DONE}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
