# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Collect the pictures that the detector's training scenes are made of, with name and licence.

    python -m follow_anything train detector --stage assets

Meshes of the furniture catalogues (CC0, CC-BY) become views, emoji of the Noto font (OFL 1.1) and
pictures of openclipart (public domain) become flat sprites, photos that are CC0, CC-BY, public
domain or permissive become backgrounds. Everything else in those packages is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
import hashlib
import json
import logging
from pathlib import Path
import re
import unicodedata
import zipfile

import cv2
from follow_anything.core.errors import SourceError
from follow_anything.sim.furniture.catalogue import LICENSES
from follow_anything.training.detector.language.words import clean_name
from follow_anything.training.detector.pictures.render import (
    LAYERS,
    load_surface,
    MeshRenderer,
    VIEW_PX,
)
import numpy as np

__all__ = [
    'catalogue_models',
    'collect_clipart',
    'collect_emoji',
    'collect_panoramas',
    'collect_photos',
    'collect_textures',
    'render_catalogues',
]

log = logging.getLogger(__name__)

FREE = re.compile(
    r'^(CC0(-1\.0)?|CC-BY-[34]\.0|public-domain|Expat|MIT|BSD-3-Clause|Apache-2\.0|zlib)$', re.I
)
"""Licences of pictures that may go into this model: no share-alike, no GPL."""

PHOTO_SIDE_PX = 900
ELEVATION_RAD = (0.0, np.deg2rad(50.0))
EMOJI_BLOCKS = (
    (0x1F32D, 0x1F330),
    (0x1F332, 0x1F37F),
    (0x1F380, 0x1F383),
    (0x1F392, 0x1F393),
    (0x1F3B7, 0x1F3BB),
    (0x1F3BE, 0x1F3C0),
    (0x1F3C8, 0x1F3C9),
    (0x1F3E0, 0x1F3E2),
    (0x1F400, 0x1F43C),
    (0x1F451, 0x1F463),
    (0x1F466, 0x1F469),
    (0x1F46E, 0x1F46E),
    (0x1F474, 0x1F478),
    (0x1F4A1, 0x1F4A1),
    (0x1F4BA, 0x1F4BC),
    (0x1F4D4, 0x1F4DA),
    (0x1F4E0, 0x1F4E1),
    (0x1F4F7, 0x1F4FB),
    (0x1F526, 0x1F52C),
    (0x1F680, 0x1F6A4),
    (0x1F6B2, 0x1F6B2),
    (0x1F6CB, 0x1F6CF),
    (0x1F6D2, 0x1F6D2),
    (0x1F6E0, 0x1F6FC),
    (0x1F940, 0x1F945),
    (0x1F94A, 0x1F96F),
    (0x1F97C, 0x1F97F),
    (0x1F980, 0x1F9AE),
    (0x1F9C0, 0x1F9CB),
    (0x1F9E2, 0x1F9FF),
    (0x1FA70, 0x1FAA8),
    (0x1FAB0, 0x1FABD),
    (0x1FAD0, 0x1FADB),
)


def catalogue_models(folder: Path) -> Iterator[dict[str, str]]:
    """
    Yield what the catalogues say of each model.

    :param folder: with the .sh3f files of the package sweethome3d-furniture.
    :returns: dictionaries with catalogue, name, category, tags, path (in the archive), creator,
        rotation ('' or nine numbers) and licence.
    """
    for catalogue, (licence, _) in LICENSES.items():
        with zipfile.ZipFile(folder / f'{catalogue}.sh3f') as archive:
            text = archive.read('PluginFurnitureCatalog.properties').decode('latin-1')
        entries: dict[str, dict[str, str]] = {}
        for line in text.splitlines():
            found = re.match(r'(\w+)#(\d+)=(.*)', line.strip())
            if found:
                entries.setdefault(found[2], {})[found[1]] = found[3].strip()
        for entry in entries.values():
            yield {
                'catalogue': catalogue,
                'licence': licence,
                'name': entry.get('name', ''),
                'category': entry.get('category', ''),
                'path': entry['model'].lstrip('/'),
                'creator': entry.get('creator', ''),
                'rotation': entry.get('modelRotation', ''),
            }


def _save(folder: Path, key: str, views: np.ndarray, facts: dict[str, str]) -> None:
    """Write views (V, 160, 160, LAYERS), the facts last: a sprite with facts is complete."""
    np.save(folder / f'{key}.npy', views)
    (folder / f'{key}.json').write_text(json.dumps(facts), encoding='utf-8')


def _unpack(archive: zipfile.ZipFile, model: str, work: Path) -> Path:
    inside = model.rsplit('/', 1)[0] + '/'
    for name in archive.namelist():
        if name.startswith(inside) and not name.endswith('/'):
            target = work / name.removeprefix(inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    return work / model.rsplit('/', 1)[1]


def render_catalogues(
    folder: Path, out: Path, views: int = 16, largest: int = 1_600_000, limit: int = 0
) -> int:
    """
    Render the models of the catalogues from all around, 0 to 50 degrees above the horizon.

    :param largest: bytes of an OBJ file; larger ones are left out.
    :param limit: of models, 0 for all. Models already rendered are kept.
    :returns: how many models have their views now.
    """
    import tempfile

    out.mkdir(parents=True, exist_ok=True)
    renderer, done = MeshRenderer(), 0
    archives = {name: zipfile.ZipFile(folder / f'{name}.sh3f') for name in LICENSES}
    sized = []
    for model in catalogue_models(folder):
        size = archives[model['catalogue']].getinfo(model['path']).file_size
        if model['path'].endswith('.obj') and size <= largest:
            sized.append((size, model['path'], model))
    # the small ones first: most of the catalogue is there soon, wherever the work is stopped
    for _, path, model in sorted(sized, key=lambda item: item[:2]):
        if limit and done >= limit:
            break
        name = clean_name(model['name'])
        if name is None:
            continue
        key = 'm' + hashlib.sha256(f'{model["catalogue"]}/{path}'.encode()).hexdigest()[:12]
        if (out / f'{key}.json').exists():
            done += 1
            continue
        rng = np.random.default_rng(int(key[1:], 16))
        try:
            with tempfile.TemporaryDirectory() as work:
                file = _unpack(archives[model['catalogue']], path, Path(work))
                turn = np.array([float(v) for v in model['rotation'].split()] or np.eye(3))
                surface = load_surface(file, turn.reshape(3, 3))
                azimuth = rng.uniform(0, 2 * np.pi) + np.arange(views) * 2 * np.pi / views
                elevation = rng.uniform(*ELEVATION_RAD, views)
                elevation[::4] = rng.uniform(0.0, 0.2, len(elevation[::4]))
                images = renderer.views(surface, np.stack([azimuth, elevation], 1), rng)
        except (SourceError, ValueError, IndexError, KeyError, OSError) as error:
            log.warning('%s skipped: %s', path, error)
            continue
        done += 1
        _save(out, key, images, model | {'name': name, 'kind': 'mesh'})
        if done % 40 == 0:
            print(f'{done} meshes rendered', flush=True)
    renderer.close()
    return done


def _flat(image: np.ndarray) -> np.ndarray | None:
    """Turn an RGBA picture into one view without paint; None where it has no silhouette."""
    ys, xs = np.nonzero(image[..., 3] > 64)
    if len(xs) < 200:
        return None
    image = image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    height, width = image.shape[:2]
    if max(height, width) > 5 * min(height, width) or (image[..., 3] > 128).mean() < 0.2:
        return None
    scale = (VIEW_PX - 8) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((VIEW_PX, VIEW_PX, LAYERS), np.uint8)
    y, x = (VIEW_PX - size[1]) // 2, (VIEW_PX - size[0]) // 2
    canvas[y : y + size[1], x : x + size[0], :4] = small
    return canvas[None]


def collect_emoji(font: Path, out: Path) -> int:
    """Draw the emoji of things from a colour bitmap font; returns how many."""
    from PIL import Image, ImageDraw, ImageFont

    out.mkdir(parents=True, exist_ok=True)
    face, kept = ImageFont.truetype(str(font), 109), 0
    for low, high in EMOJI_BLOCKS:
        for code in range(low, high + 1):
            raw = unicodedata.name(chr(code), '').lower()
            raw = re.sub(r'\b(face|symbol|sign|black|white|emoji)\b', '', raw)
            name = clean_name(re.sub(r' (with|and|on|of) .*', '', raw))
            if not name or name in ('', 'person'):
                continue
            canvas = Image.new('RGBA', (136, 128))
            ImageDraw.Draw(canvas).text((0, 0), chr(code), font=face, embedded_color=True)
            view = _flat(np.asarray(canvas))
            if view is None:
                continue
            facts = {'name': name, 'kind': 'emoji', 'licence': 'OFL-1.1', 'catalogue': 'Noto'}
            _save(out, f'e{code:x}', view, facts)
            kept += 1
    return kept


def collect_clipart(root: Path, out: Path, limit: int) -> int:
    """Copy openclipart pictures (public domain); the words of their file name are their name."""
    out.mkdir(parents=True, exist_ok=True)
    left_out = ('symbols', 'alphabets', 'flowchart', 'logos', 'buttons', 'shapes', 'geography')
    paths = [p for p in sorted(root.rglob('*.png')) if not p.is_symlink()]
    paths = [p for p in paths if not any(word in str(p) for word in left_out)]
    kept = 0
    for index in np.random.default_rng(0).permutation(len(paths)):
        if kept >= limit:
            break
        image = cv2.imread(str(paths[index]), cv2.IMREAD_UNCHANGED)
        if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
            continue
        view = _flat(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA))
        if view is None or view[..., :3][view[..., 3] > 128].std() < 12:
            continue
        key = 'c' + hashlib.sha256(image.tobytes()).hexdigest()[:12]
        words = re.sub(r'[^a-z]+', ' ', paths[index].stem.lower()).strip()
        facts = {
            'name': words,
            'kind': 'clipart',
            'licence': 'public domain',
            'catalogue': 'openclipart',
        }
        _save(out, key, view, facts)
        kept += 1
    return kept


def _free_patterns(copyright_file: Path) -> tuple[list[str], list[str]]:
    """Read a Debian copyright file: patterns of free and of other files, in its order."""
    free: list[str] = []
    other: list[str] = []
    text = copyright_file.read_text(encoding='utf-8', errors='replace')
    # some files lack the blank line between paragraphs
    for paragraph in re.split(r'\n(?=Files:)|\n\s*\n', text):
        files = re.search(r'^Files:(.*?)^(?=\S)', paragraph + '\nEnd', re.S | re.M)
        licence = re.search(r'^License:\s*(\S+)\s*$', paragraph, re.M)
        if files and licence:
            (free if FREE.match(licence[1]) else other).extend(files[1].split())
    return free, other


def collect_photos(root: Path, copyright_file: Path, out: Path, limit: int) -> int:
    """
    Copy the free photographs of one package as JPEG, at most 900 px.

    :param root: where the package's files lie.
    :param copyright_file: its Debian copyright file; only pictures that it names one by one under
        a free licence are taken.
    :returns: how many were kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    free, other = _free_patterns(copyright_file)
    # packages move pictures about: the last part of a pattern decides, not its folder
    free = [p.rsplit('/', 1)[-1] for p in free if not p.endswith('*')]
    not_free = {p.rsplit('/', 1)[-1] for p in other}
    paths = [p for p in sorted(root.rglob('*')) if p.suffix.lower() in ('.jpg', '.jpeg', '.png')]
    kept = 0
    for index in np.random.default_rng(0).permutation(len(paths)):
        path = paths[index]
        if kept >= limit:
            break
        if path.name not in free or path.name in not_free:
            continue
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None or min(image.shape[:2]) < 240:
            continue
        scale = min(1.0, PHOTO_SIDE_PX / max(image.shape[:2]))
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_32F).std() < 3.0:
            continue
        name = hashlib.sha256(image.tobytes()).hexdigest()[:12]
        cv2.imwrite(str(out / f'{name}.jpg'), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
        kept += 1
    return kept


def collect_panoramas(folder: Path, out: Path) -> int:
    """
    Cut the panoramas of the npm package @pmndrs/assets (CC0) into views.

    :param folder: its hdri/ folder: base64 OpenEXR inside JavaScript, 512 x 256.
    :returns: how many views were written.
    """
    import os

    os.environ['OPENCV_IO_ENABLE_OPENEXR'] = '1'  # OpenCV asks for it once, at the first picture
    out.mkdir(parents=True, exist_ok=True)
    kept = 0
    for path in sorted(folder.glob('*.exr.js')):
        found = re.search(r'base64,([A-Za-z0-9+/=]+)', path.read_text())
        if not found:
            continue
        data = np.frombuffer(base64.b64decode(found[1]), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if image is None:
            raise SourceError(f'{path} holds no OpenEXR picture that OpenCV can read')
        exposed = image / max(float(np.percentile(image, 92)), 1e-6)
        flat = (255 * np.clip(exposed, 0, 1) ** (1 / 2.2)).astype(np.uint8)
        wide = np.hstack([flat, flat[:, : flat.shape[1] // 2]])
        for view in range(4):
            cut = wide[40:232, 128 * view : 128 * view + 192]
            large = cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(out / f'p_{path.name.split(".")[0]}_{view}.jpg'), large)
            kept += 1
    return kept


def collect_textures(folder: Path, out: Path, limit: int) -> int:
    """Copy the textures of the furniture catalogues: floors and walls. Returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    kept = 0
    for catalogue in LICENSES:
        with zipfile.ZipFile(folder / f'{catalogue}.sh3f') as archive:
            names = [
                n for n in archive.namelist() if n.lower().endswith(('.jpg', '.jpeg', '.png'))
            ]
            names = [n for n in names if n.count('/') >= 2]  # not the icons
            for index in np.random.default_rng(1).permutation(len(names)):
                if kept >= limit:
                    return kept
                data = np.frombuffer(archive.read(names[index]), np.uint8)
                image = cv2.imdecode(data, cv2.IMREAD_COLOR)
                if image is None or min(image.shape[:2]) < 96:
                    continue
                image = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
                # a surface looks alike everywhere; an atlas of parts does not
                quarters = [q.mean((0, 1)) for h in np.split(image, 2) for q in np.split(h, 2, 1)]
                spread = float(np.ptp(np.array(quarters), axis=0).max())
                if spread < 22 and image.std() > 3:
                    cv2.imwrite(str(out / f't{catalogue[:4]}{index:05d}.jpg'), image)
                    kept += 1
    return kept
