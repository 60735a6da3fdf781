# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From a catalogue to a mesh: reading, hiding, decimating, walking, and the cache."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import zipfile

from follow_anything.core.errors import BadConfig, InvalidInput, MissingDependency, SourceError
from follow_anything.sim import assets
from follow_anything.sim.furniture.catalogue import Entry, LICENSES
from follow_anything.sim.furniture.decimate import outer_faces, simplify
from follow_anything.sim.furniture.obj import read_obj
from follow_anything.sim.meshes import gait
from follow_anything.sim.meshes.model3d import MeshPart, Model3D, shaded
from follow_anything.sim.meshes.primitives import make, NAMES
from follow_anything.sim.meshes.shapes import blob, box, extrude, join, lathe, limb, Shape, torus
import numpy as np
import pytest

pytestmark = pytest.mark.sim

CUBE = """mtllib cube.mtl
v -1 0 -1
v 1 0 -1
v 1 0 1
v -1 0 1
v -1 4 -1
v 1 4 -1
v 1 4 1
v -1 4 1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl red
f 1/1 2/2 3/3 4/4
f 8 7 6 5
f 4/1 3/2 7/3 8/4
f 2 1 5 6
usemtl nothing
f -7 -6 -2 -3
f 1 4 8 5
"""
MTL = 'newmtl red\nKd 0.8 0.1 0.1\nd 1.0\nnewmtl nothing\nKd 0.5 0.5 0.5\nd 0.3\n'


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    (tmp_path / 'cube.obj').write_text(CUBE)
    (tmp_path / 'cube.mtl').write_text(MTL)
    return tmp_path / 'cube.obj'


def volume(shape: Shape) -> float:
    a, b, c = (shape[0][shape[1][:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_obj_polygons_negative_indices_and_materials(cube: Path) -> None:
    raw = read_obj(cube)
    assert raw.faces.shape == (12, 3)
    assert raw.faces.min() == 0
    assert raw.faces.max() == 7
    assert raw.faces[8].tolist() == [1, 2, 6]  # f -7 -6 -2 -3
    assert [raw.names[i] for i in raw.material[[0, 8]]] == ['red', 'nothing']
    assert raw.materials['red'].color == (0.8, 0.1, 0.1)
    assert raw.materials['nothing'].opacity == 0.3
    assert (raw.uv_faces[2] == -1).all()


def test_obj_without_triangles_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'empty.obj').write_text('v 0 0 0\n')
    with pytest.raises(SourceError, match='no triangle'):
        read_obj(tmp_path / 'empty.obj')


def test_what_is_inside_is_dropped_and_what_is_doubled_stays_once() -> None:
    shell, core = box((2, 2, 2), (0, 0, 1)), box((0.5, 0.5, 0.5), (0, 0, 1))
    vertices, faces, _ = join(shell, core, shell)
    turned = faces.copy()
    turned[-12:] = turned[-12:, ::-1]  # two-sided cloth: the same surface, seen from inside
    kept, flip = outer_faces(vertices, turned)
    corners = np.where(flip[:, None], turned[kept][:, ::-1], turned[kept])
    assert len(kept) == 12
    assert volume((vertices, corners, vertices)) == pytest.approx(8.0)


def test_decimation_keeps_the_shape_and_the_texture_in_place() -> None:
    pytest.importorskip('pyfqmr', reason='decimation needs pyfqmr')
    vertices, faces, _ = blob((2, 2, 2), (0, 0, 0), sides=40, rings=30)
    uv = vertices[:, :2] * 0.5 + 0.5
    small, fewer, new_uv = simplify(vertices, faces, uv, 500)
    assert new_uv is not None
    assert len(fewer) < 0.4 * len(faces)
    assert np.abs(np.linalg.norm(small, axis=1) - 1).max() < 0.08
    assert np.abs(new_uv - (small[:, :2] * 0.5 + 0.5)).max() < 0.04


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [
        (box((1, 2, 3), (5, 0, 0)), 6.0),
        (lathe([(0.001, 0), (1, 0), (1, 1), (0.001, 1)], 64), np.pi),
        (extrude([(0, 0), (1, 0), (1, 1), (0, 1)], 2.0), 2.0),
        (torus(1.0, 0.2, (0, 0, 0), 64), 2 * np.pi**2 * 0.04),
        (limb((0, 0, 1), (0, 0, 0), (0.1, 0.1), 32), 0.0345),
    ],
)
def test_shapes_are_closed_and_face_outwards(shape: Shape, expected: float) -> None:
    assert volume(shape) == pytest.approx(expected, rel=0.2)


def test_shading_is_smooth_on_a_ball_and_sharp_on_a_box() -> None:
    def normals(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
        part = MeshPart(shape[0][None], shape[1], None, (1, 1, 1))
        vertices, normal, _, _ = shaded(part)
        return vertices[0], normal[0]

    vertices, normal = normals(blob((2, 2, 2), (0, 0, 0), sides=24, rings=18))
    assert np.einsum('vx,vx->v', vertices, normal).min() > 0.97
    _, normal = normals(box((1, 1, 1), (0, 0, 0)))
    assert np.abs(normal).max(axis=1) == pytest.approx(np.ones(len(normal)))


def test_a_walk_keeps_the_feet_on_the_ground_and_returns_to_standing() -> None:
    person = make('man_denim')
    assert person.phases == gait.PHASES + 1
    clouds = np.array([person.points(phase) for phase in range(person.phases)])
    assert np.abs(clouds[:-1, :, 2].min(axis=1)).max() < 1e-6
    reach = np.ptp(clouds[:, :, 0], axis=1)
    assert reach[:-1].max() > 1.3 * reach[-1]  # the legs really swing
    head = clouds[:, clouds[-1, :, 2] > 1.5]
    assert np.ptp(head.mean(axis=1), axis=0).max() < 0.15  # and the head does not


@pytest.mark.parametrize('name', NAMES)
def test_our_own_objects_stand_on_the_ground_at_a_sensible_size(name: str) -> None:
    model = make(name)
    low, high = model.points().min(0), model.points().max(0)
    assert -0.15 < low[2] < 0.06
    assert 0.3 < high[2] < 9.0
    assert np.abs(low + high)[:2].max() < 1.4
    assert 10 < model.triangles < 3200


def test_models_survive_saving(tmp_path: Path) -> None:
    model = make('woman_orange')
    first = model.parts[0]
    first.far = MeshPart(first.vertices[:, :5], np.array([[0, 1, 2]]), None, (1, 0, 0))
    model.parts[1].texture, model.parts[1].role = 'a.png', 'paint'
    model.save(tmp_path / 'woman_orange.npz')
    again = Model3D.load(tmp_path / 'woman_orange.npz')
    assert again.size == pytest.approx(model.size, abs=1e-5)
    assert again.parts[0].far is not None
    assert (again.parts[1].texture, again.parts[1].role) == ('a.png', 'paint')


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make tiny catalogues of the real form, and a cache of their own."""
    folder = tmp_path / 'furniture'
    folder.mkdir()
    for name in LICENSES:
        with zipfile.ZipFile(folder / f'{name}.sh3f', 'w') as archive:
            archive.writestr(
                'PluginFurnitureCatalog.properties',
                'model#1=/x/cube/cube.obj\ncreator#1=Jane Doe\n',
            )
            archive.writestr('x/cube/cube.obj', CUBE)
            archive.writestr('x/cube/cube.mtl', MTL)
    monkeypatch.setenv('FOLLOW_ANYTHING_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setattr(assets, '_SYSTEM_FOLDER', folder)
    entries = (
        Entry('barrel', 'Scopia/cube', 0.9, 200),
        Entry('crate', 'Scopia/lost', 0.9, 200),
    )
    monkeypatch.setattr(assets, 'ENTRIES', entries)
    return tmp_path


def test_the_cache_is_made_once_whoever_asks(
    catalogues: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = assets._convert_all

    def counted(*arguments: object) -> None:
        calls.append(1)
        original(*arguments)

    monkeypatch.setattr(assets, '_convert_all', counted)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: assets.prepare(may_download=False), range(4)))
    assert len(calls) == 1
    assert len(set(folders)) == 1
    assert folders[0] is not None
    page = (folders[0] / 'ATTRIBUTION.md').read_text()
    assert 'Jane Doe' in page
    assert 'creativecommons.org/licenses/by/3.0' in page
    assert 'converted and decimated' in page
    assert not list((catalogues / 'cache' / 'assets').glob('.making-*'))


def test_a_converted_object_has_its_true_height_and_z_up(catalogues: Path) -> None:
    library = assets.open_library('furniture')
    barrel = library.get('barrel')
    assert library.kind == 'furniture'
    assert barrel.size == pytest.approx((0.45, 0.45, 0.9), abs=1e-4)
    assert barrel.points()[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    # What the package lacks is one of ours.
    assert library.get('crate').size == make('crate').size


def test_without_the_package_our_own_objects_take_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FOLLOW_ANYTHING_CACHE', str(tmp_path))
    monkeypatch.setattr(assets, '_SYSTEM_FOLDER', tmp_path / 'nowhere')
    assert assets.open_library('auto').kind == 'primitives'
    with pytest.raises(MissingDependency, match='sweethome3d-furniture'):
        assets.open_library('furniture')


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(BadConfig, match='primitives'):
        assets.open_library('clay')
    with pytest.raises(InvalidInput, match='woman_orange'):
        make('unicorn')
