# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Collect the pictures the tracker's training scenes are made of, from free packages only.

Photos become backgrounds; pictures with an alpha channel and renders of meshes become sprites.
docs/tracking.md names every package and its licence.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import cv2
import numpy as np

__all__ = ['collect_photos', 'collect_sprites', 'is_held_out', 'render_meshes']

log = logging.getLogger(__name__)

PHOTO_SIDE_PX = 1280
SPRITE_SIDE_PX = 208
HELD_OUT_SHARE = 0.06
EXCLUDED = ('symbols', 'alphabets', 'flowchart', 'callouts', 'gradients', 'patterns', 'arrows')


def is_held_out(name: str) -> bool:
    """Return whether an asset (all its views) belongs to validation, by a hash of its name."""
    digest = hashlib.sha256(name.encode()).digest()
    return digest[0] / 256.0 < HELD_OUT_SHARE


def _shrink(image: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(image.shape[:2])
    if scale >= 1.0:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def collect_photos(root: Path, out: Path, limit: int, seed: int = 0) -> int:
    """
    Copy photographs from under a folder, in random order, at most 1280 px wide, as JPEG.

    :returns: how many were kept; pictures under 480 px, flat or with an alpha channel are not.
    """
    out.mkdir(parents=True, exist_ok=True)
    kinds = ('.jpg', '.jpeg', '.png', '.webp')
    paths = [p for p in sorted(root.rglob('*')) if p.suffix.lower() in kinds]
    paths = [p for p in paths if not p.is_symlink()]
    kept = 0
    for index in np.random.default_rng(seed).permutation(len(paths)):
        if kept >= limit:
            break
        path = paths[index]
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if image is None or image.ndim != 3 or min(image.shape[:2]) < 480:
            continue
        if image.shape[2] == 4 and image[..., 3].min() < 255:
            continue
        image = _shrink(np.ascontiguousarray(image[..., :3]), PHOTO_SIDE_PX)
        detail = cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_32F).std()
        if image.dtype != np.uint8 or detail < 4.0:
            continue
        name = hashlib.sha256(image.tobytes()).hexdigest()[:16]
        cv2.imwrite(str(out / f'{name}.jpg'), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
        kept += 1
    return kept


def _tight(image: np.ndarray) -> np.ndarray | None:
    """Cut to the opaque part; None where there is no useful silhouette or texture."""
    ys, xs = np.nonzero(image[..., 3] > 64)
    if len(xs) == 0:
        return None
    image = image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    height, width = image.shape[:2]
    cover = (image[..., 3] > 128).mean()
    if min(height, width) < 40 or max(height, width) > 4 * min(height, width) or cover < 0.22:
        return None
    if image[..., :3][image[..., 3] > 128].std() < 12:
        return None
    return _shrink(image, SPRITE_SIDE_PX)


def collect_sprites(root: Path, out: Path, limit: int, seed: int = 0) -> int:
    """Copy pictures with a transparent background as tight BGRA PNG; returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [p for p in sorted(root.rglob('*.png')) if not p.is_symlink()]
    paths = [p for p in paths if not any(part in EXCLUDED for part in p.parts)]
    order = np.random.default_rng(seed).permutation(len(paths))
    kept = 0
    for index in order:
        if kept >= limit:
            break
        image = cv2.imread(str(paths[index]), cv2.IMREAD_UNCHANGED)
        if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
            continue
        image = _tight(image)
        if image is None:
            continue
        name = hashlib.sha256(image.tobytes()).hexdigest()[:16]
        cv2.imwrite(str(out / f'{name}_0.png'), image)
        kept += 1
    return kept


def _surface_points(
    path: Path, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Sample points, normals and RGB colours on a mesh, textures and materials respected."""
    import trimesh

    scene = trimesh.load(path, force='scene', process=False)
    parts = [g for g in scene.dump() if len(g.faces)]
    areas = np.array([part.area for part in parts])
    if not parts or not np.isfinite(areas).all() or areas.sum() <= 0:
        return None
    points, normals, colours = [], [], []
    for part, area in zip(parts, areas, strict=True):
        share = int(count * area / areas.sum())
        if share == 0:
            continue
        seed = int(rng.integers(1 << 31))
        sampled, faces = trimesh.sample.sample_surface(part, share, seed=seed)
        material = getattr(part.visual, 'material', None)
        image = getattr(material, 'image', None)
        uv = getattr(part.visual, 'uv', None)
        if image is not None and uv is not None and len(uv) == len(part.vertices):
            weights = trimesh.triangles.points_to_barycentric(part.triangles[faces], sampled)
            at = (uv[part.faces[faces]] * np.nan_to_num(weights)[..., None]).sum(1) % 1.0
            texture = np.asarray(image.convert('RGB'))
            rows = ((1.0 - at[:, 1]) * (texture.shape[0] - 1)).astype(int)
            columns = (at[:, 0] * (texture.shape[1] - 1)).astype(int)
            colour = texture[rows.clip(0), columns.clip(0)].astype(np.float32)
        else:
            main = getattr(material, 'diffuse', None)
            main = np.array([160, 160, 160, 255]) if main is None else np.asarray(main)
            colour = np.tile(main[:3].astype(np.float32), (share, 1))
        points.append(sampled)
        normals.append(part.face_normals[faces])
        colours.append(colour)
    return np.concatenate(points), np.concatenate(normals), np.concatenate(colours)


def _splat(
    points: np.ndarray,
    normals: np.ndarray,
    colours: np.ndarray,
    azimuth: float,
    elevation: float,
    side: int,
) -> np.ndarray:
    """Orthographic z-buffer of a point cloud (y up), with one lamp: BGRA (side, side, 4)."""
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    turn = np.array([[ca, 0, sa], [0, 1, 0], [-sa, 0, ca]])
    tilt = np.array([[1, 0, 0], [0, ce, -se], [0, se, ce]])
    view = points @ (tilt @ turn).T
    facing = normals @ (tilt @ turn).T
    low, high = view[:, :2].min(0), view[:, :2].max(0)
    scale = (side - 3) / max((high - low).max(), 1e-9)
    column = ((view[:, 0] - low[0]) * scale).astype(int) + 1
    row = ((high[1] - view[:, 1]) * scale).astype(int) + 1
    order = np.argsort(view[:, 2], kind='stable')
    light = 0.55 + 0.45 * np.abs(facing @ np.array([0.35, 0.6, 0.72]))
    shaded = np.clip(colours * light[:, None], 0, 255)
    image = np.zeros((side, side, 4), np.uint8)
    image[row[order], column[order], :3] = shaded[order][:, ::-1].astype(np.uint8)
    image[row[order], column[order], 3] = 255
    closed = cv2.morphologyEx(image[..., 3], cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    grown = cv2.dilate(image[..., :3], np.ones((3, 3), np.uint8))
    holes = (closed > 0) & (image[..., 3] == 0)
    image[..., :3][holes] = grown[holes]
    image[..., 3] = closed
    return image


def render_meshes(root: Path, out: Path, views: int = 8, seed: int = 0) -> int:
    """
    Render every OBJ under a folder from azimuths around it, elevation 0 to 40 degrees.

    :returns: how many meshes gave all their views.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    kept = 0
    for path in sorted(root.rglob('*.obj')):
        if path.stat().st_size > 12e6:
            continue
        try:
            cloud = _surface_points(path, 160_000, rng)
        except (ValueError, IndexError, KeyError, TypeError, OSError) as error:
            log.info('%s skipped: %s', path.name, error)
            continue
        if cloud is None:
            continue
        name = hashlib.sha256(str(path.relative_to(root)).encode()).hexdigest()[:16]
        start, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.6)
        for view in range(views):
            azimuth = start + view * np.pi / 7
            image = _tight(_splat(*cloud, azimuth, elevation, SPRITE_SIDE_PX))
            if image is not None:
                cv2.imwrite(str(out / f'm{name}_{view}.png'), image)
        kept += 1
    return kept
