# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that ship, written for other computers: the same answers, or a stated loss."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import sys
from typing import Any

import cv2
import pytest

pytest.importorskip('onnxruntime')

from follow_anything.core.errors import BadConfig, BadWeights, MissingDependency
from follow_anything.core.types import Query
from follow_anything.io.files import shared_file
from follow_anything.models.detection.tiny.detector import GRAPH_FILE, TinyDetector
from follow_anything.models.export import exporting, precision, shipped, trial
from follow_anything.models.export.compare import compare
from follow_anything.models.export.exporting import export, Exported, TOLERANCE
from follow_anything.models.export.shipped import feeds_of, scene_pictures, SHIPPED
from follow_anything.models.runtime import tensorrt
from follow_anything.models.runtime.onnx_session import open_session, TENSORRT
from follow_anything.models.tracking.tiny.tracker import FILES, TEMPLATE_FILE
from follow_anything.testing import SyntheticScene
import numpy as np

pytestmark = [pytest.mark.export, pytest.mark.models]


CUDA = 'CUDAExecutionProvider'


@pytest.fixture(scope='module')
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Exported]]:
    """Export every network that ships in 32 bits, once."""
    folder = tmp_path_factory.mktemp('fp32')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, 'SCENES', 2)
        return folder, [graph for name in SHIPPED for graph in export(name, folder)]


def worst(graph: Exported) -> float:
    return max(each.most for each in graph.differences)


def test_in_32_bits_every_network_says_the_same(plain: tuple[Path, list[Exported]]) -> None:
    folder, graphs = plain
    shipped_graphs = sorted(path.name for path in shared_file('models').glob('*.onnx'))
    assert sorted(graph.path.name for graph in graphs) == shipped_graphs
    for graph in graphs:
        assert graph.path.parent == folder
        assert worst(graph) <= TOLERANCE, graph
        assert all(each.scale > 0.0 for each in graph.differences if 'missed' not in each.output)
        # the 16 bits in which weights ship are widened: other runtimes need not know how
        assert graph.size > 1.5 * shared_file(f'models/{graph.path.name}').stat().st_size


def test_the_folder_of_an_export_is_one_that_runs(
    plain: tuple[Path, list[Exported]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = plain
    monkeypatch.setattr(trial, 'SEEDS', (11,))
    monkeypatch.setattr(trial, 'FRAMES', 8)
    assert min(trial.mean_overlap(folder)) > 0.7
    detector = TinyDetector(folder=folder)
    detector.set_query(Query(texts=('a person',)))
    assert len(detector.detect(SyntheticScene(seed=5).frame(0)).boxes) > 5


def test_in_16_bits_little_is_lost_and_half_is_saved(
    tmp_path: Path, plain: tuple[Path, list[Exported]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('onnx')
    monkeypatch.setattr(exporting, 'SCENES', 2)
    (graph,) = export('detector_tiny_click', tmp_path, precision='fp16')
    (before,) = [each for each in plain[1] if each.path.name == graph.path.name]
    assert graph.size < 0.65 * before.size
    assert worst(graph) > 0.0
    assert all(each.mean < 0.005 * each.scale for each in graph.differences)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Write a few pictures."""
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for index, picture in enumerate(scene_pictures(4)):
        cv2.imwrite(str(folder / f'{index}.png'), picture[::2, ::2, ::-1])
    return folder


def test_in_8_bits_the_loss_is_measured_on_pictures_held_back(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('onnx')
    about = SHIPPED['tracker_tiny']
    one = shipped.Shipped((TEMPLATE_FILE,), (), about.feed)
    monkeypatch.setitem(SHIPPED, 'tracker_tiny', one)
    monkeypatch.setattr(exporting, 'FEWEST', 4)
    asked: list[int] = []
    write = exporting.write_eight_bits

    def noted(exact: Path, path: Path, feeds: list[Any]) -> None:
        asked.append(len(feeds))
        write(exact, path, feeds)

    monkeypatch.setattr(exporting, 'write_eight_bits', noted)
    (graph,) = export('tracker_tiny', tmp_path, precision='int8', calibration=pictures)
    assert asked == [3]
    assert graph.size < 2.6e6
    keys = next(each for each in graph.differences if each.output == 'keys')
    assert 0.0 < keys.mean < 0.1 * keys.scale
    assert keys.mean < keys.most


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        ({'name': 'yolo'}, 'one of tracker_tiny, .*yolo'),
        ({'form': 'ncnn'}, 'one of onnx, tensorrt.*ncnn'),
        ({'precision': 'fp8'}, 'one of fp32, fp16, int8.*fp8'),
        ({'precision': 'int8'}, 'int8 needs --calibration'),
        ({'form': 'tensorrt'}, 'has only .*CPUExecutionProvider.*docs/jetson.md'),
    ],
)
def test_what_cannot_be_is_refused(arguments: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=says):
        list(export(**{'name': 'tracker_tiny', 'out': tmp_path, **arguments}))
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(BadConfig, match='expected a folder'):
        list(export('tracker_tiny', tmp_path / 'file' / 'fp32'))


def test_too_few_pictures_are_refused(tmp_path: Path, pictures: Path) -> None:
    with pytest.raises(BadConfig, match='holds 4 pictures; calibration needs 16'):
        list(export('detector_tiny_click', tmp_path, 'onnx', 'int8', pictures))


def test_what_is_in_8_bits_already_is_refused(tmp_path: Path) -> None:
    pytest.importorskip('onnx')
    with pytest.raises(BadConfig, match=r'detector_tiny.onnx computes in 8 bits already'):
        precision.write_eight_bits(shared_file(f'models/{GRAPH_FILE}'), tmp_path / 'x.onnx', [])


def test_without_onnx_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'onnx', None)
    with pytest.raises(MissingDependency, match='pip install onnx'):
        precision.require_onnx()


@pytest.mark.parametrize('broken', [float('nan'), 0.01])
def test_what_came_out_wrong_is_not_left_behind(
    broken: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph that answers something else is refused, and its file deleted."""
    runner = exporting._runner

    def spoilt(session: Any) -> Any:
        run = runner(session)
        if not Path(session._model_path).is_relative_to(tmp_path):
            return run
        return lambda feed: {name: value + broken for name, value in run(feed).items()}

    monkeypatch.setattr(exporting, '_runner', spoilt)
    with pytest.raises(BadWeights, match='differs from the original'):
        list(export('detector_tiny_click', tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_boxes_that_are_gone_are_counted() -> None:
    (feed,) = feeds_of('detector_tiny', scene_pictures(1))[GRAPH_FILE]
    boxes = np.array([[0, 0, 10, 10], [20, 20, 40, 40], [50, 0, 60, 10]], np.float32)
    found = compare(lambda _: {'boxes': boxes}, lambda _: {'boxes': boxes[:1]}, [feed])
    assert [each.output for each in found] == ['boxes', 'boxes missed']
    assert (found[0].most, found[1].most) == (0.0, pytest.approx(2 / 3))


# TensorRT, as far as it goes without a GPU: keys of the engines, options, the way through.


@pytest.fixture
def orin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Make the machine a Jetson; what it is can be changed."""
    machine = {'device': 'NVIDIA Jetson Orin Nano', 'tensorrt': '10.3.0'}
    monkeypatch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path / 'home'))
    monkeypatch.setattr(tensorrt, 'device_name', lambda: machine['device'])
    monkeypatch.setattr(tensorrt, 'tensorrt_version', lambda: machine['tensorrt'])
    return machine


def test_every_engine_has_its_own_folder(orin: dict[str, str], tmp_path: Path) -> None:
    graphs = [shared_file(f'models/{file}') for file in FILES]
    folders = {tensorrt.engine_folder(graph, 'fp16') for graph in graphs}
    assert len(folders) == 3
    assert any('tracker_tiny_search_' in folder.name for folder in folders)
    assert {folder.parent.name for folder in folders} == {
        'NVIDIA_Jetson_Orin_Nano_TensorRT_10.3.0'
    }
    first = tensorrt.engine_folder(graphs[0], 'fp16')
    other = tmp_path / graphs[0].name
    other.write_bytes(graphs[0].read_bytes()[:-1] + b'x')
    elsewhere = {first, tensorrt.engine_folder(graphs[0], 'int8')}
    elsewhere.add(tensorrt.engine_folder(other, 'fp16'))
    orin['tensorrt'] = '10.16.2'
    elsewhere.add(tensorrt.engine_folder(graphs[0], 'fp16'))
    orin['device'] = 'NVIDIA Jetson AGX Thor'
    elsewhere.add(tensorrt.engine_folder(graphs[0], 'fp16'))
    assert len(elsewhere) == 5


@pytest.mark.parametrize(
    ('wanted', 'half', 'eight'),
    [('fp32', False, False), ('fp16', True, False), ('int8', True, True)],
)
def test_options_of_tensorrt(orin: Any, wanted: str, half: bool, eight: bool) -> None:
    graph = shared_file(f'models/{TEMPLATE_FILE}')
    options = tensorrt.tensorrt_options(graph, wanted)
    assert (options['trt_fp16_enable'], options['trt_int8_enable']) == (half, eight)
    assert options['trt_engine_cache_enable']
    assert Path(options['trt_engine_cache_path']).is_dir()
    with pytest.raises(BadConfig, match='one of fp32'):
        tensorrt.tensorrt_options(graph, 'fp64')


@pytest.mark.parametrize(
    ('number', 'version'), [(100300, '10.3.0'), (101602, '10.16.2'), (8601, '8.6.1')]
)
def test_versions_of_tensorrt(number: int, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, name: str) -> None:
            self.getInferLibVersion = lambda: number

    monkeypatch.setattr(tensorrt.ctypes, 'CDLL', Library)
    assert tensorrt.tensorrt_version.__wrapped__() == version


def test_an_engine_is_built_by_the_first_run_and_compared(
    orin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []
    starts: list[str] = []

    class Session:
        """The graph on the CPU, in TensorRT's clothes."""

        def __init__(self, path: Path, device: str, precision: str) -> None:
            asked.append((path.name, device, precision))
            self._real = open_session(path)
            options = tensorrt.tensorrt_options(path, precision)
            self._engine = Path(options['trt_engine_cache_path']) / 'graph.engine'

        def get_outputs(self) -> Any:
            return self._real.get_outputs()

        def get_providers(self) -> list[str]:
            return [*starts, 'CPUExecutionProvider']

        def run(self, names: list[str], feed: Any) -> Any:
            self._engine.write_bytes(bytes(1000))
            return self._real.run(names, feed)

    def opened(path: Path, device: str = 'auto', precision: str = '') -> Any:
        return Session(path, device, precision) if device == 'cuda' else open_session(path)

    there = {'onnxruntime_providers': [TENSORRT, 'CPUExecutionProvider']}
    monkeypatch.setattr(exporting, 'describe_onnxruntime', lambda: there)
    monkeypatch.setattr(exporting, 'open_session', opened)
    starts[:] = [CUDA]  # the provider is there, and its library is not
    with pytest.raises(BadConfig, match='could not start it for detector_tiny_click'):
        list(export('detector_tiny_click', tmp_path, 'tensorrt', 'fp16'))
    asked.clear()
    starts[:] = [TENSORRT, CUDA]
    (graph,) = export('detector_tiny_click', tmp_path, 'tensorrt', 'fp16')
    assert asked == [('detector_tiny_click.onnx', 'cuda', 'fp16')]
    assert (graph.runs_on, graph.size) == ('Tensorrt', 1000)
    assert graph.path.parent.parent == tmp_path / 'home' / 'engines'
    assert worst(graph) == 0.0


def test_the_command_prints_what_it_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing = pytest.importorskip('typer.testing')
    from follow_anything.cli import app

    about = SHIPPED['tracker_tiny']
    one = shipped.Shipped((TEMPLATE_FILE,), (), about.feed)
    monkeypatch.setitem(SHIPPED, 'tracker_tiny', one)
    monkeypatch.setattr(trial, 'mean_overlap', lambda folder=None: [0.9 if folder else 0.8])
    file = tmp_path / 'report.json'
    arguments = ['export', 'tracker_tiny', '--out', str(tmp_path), '--json', str(file)]
    done = testing.CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert 'keys          at most' in done.stdout
    assert 'overlap on the synthetic scene: 0.900; as it ships: 0.800' in done.stdout
    report = json.loads(file.read_text())
    (graph,) = report['graphs']
    assert Path(graph['path']) == tmp_path / 'fp32' / TEMPLATE_FILE
    assert [each['output'] for each in graph['differences']] == ['keys', 'values', 'descriptor']
    assert (report['overlap_exported'], report['overlap_shipped']) == ([0.9], [0.8])
