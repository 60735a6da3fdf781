# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Export a shipped network for another computer, and measure the difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
import shutil
import tempfile
import time
from typing import Any

from follow_anything.core.errors import BadConfig, BadWeights
from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.io.files import shared_file
from follow_anything.io.sources import open_source
from follow_anything.models.export.compare import compare, Difference, Runner
from follow_anything.models.export.eager import eager_runner
from follow_anything.models.export.precision import write_eight_bits, write_halves, write_plain
from follow_anything.models.export.shipped import Feed, feeds_of, network, scene_pictures
from follow_anything.models.runtime.onnx_session import (
    describe_onnxruntime,
    open_session,
    TENSORRT,
)
from follow_anything.models.runtime.tensorrt import engine_folder, PRECISIONS

__all__ = ['FORMATS', 'TOLERANCE', 'Exported', 'export']

FORMATS = ('onnx', 'tensorrt')

TOLERANCE = 1e-3
"""Most that an output in 32 bits may differ from the original."""

FEWEST, MOST, HELD_BACK = 16, 128, 4
"""Pictures for int8, and every which one measures the loss instead of being calibrated on. A
handful of pictures has cost others half of their accuracy."""

SCENES = 4
"""Pictures of the synthetic scene that measure the loss where no folder is given."""


@dataclass(frozen=True)
class Exported:
    """
    One graph.

    :param path: where it is now: a file, or the folder of an engine. :param size: bytes.
    :param runs_on: onnxruntime's provider, such as 'CPU'. :param against: what it was compared
        with. :param seconds: to write it, or to build its engine.
    :param differences: of its outputs.
    """

    path: Path
    size: int
    runs_on: str
    against: str
    seconds: float
    differences: list[Difference]

    def __str__(self) -> str:
        """Return what was written, and a line for each output."""
        about = f'{self.size / 1e6:.1f} MB in {self.seconds:.1f} s, runs on {self.runs_on}'
        lines = [f'{self.path}: {about}; against {self.against}:']
        for apart in self.differences:
            figures = f'at most {apart.most:.2g}, mean {apart.mean:.2g}, of {apart.scale:.3g}'
            lines.append(f'  {apart.output:<14}{figures}')
        return '\n'.join(lines)


def export(
    name: str,
    out: Path,
    form: str = 'onnx',
    precision: str = 'fp32',
    calibration: Path | None = None,
) -> Iterator[Exported]:
    """
    Export every graph of a network, one after the other.

    :param name: of SHIPPED. :param out: folder of the files; they keep their names.
    :param form: of FORMATS. :param precision: of PRECISIONS.
    :param calibration: folder of pictures, or a video: int8 needs them, and they measure the loss.
    :raises BadConfig: there is no such name, form or precision, too few pictures, a graph in 8
        bits already, or no TensorRT.
    :raises BadWeights: what came out is not finite, or not within TOLERANCE in 32 bits.
    :raises MissingDependency: fp16 and int8 without onnx.
    """
    about = network(name)
    _check(form, precision, calibration)
    pictures = scene_pictures(SCENES) if calibration is None else _pictures(calibration)
    seen: list[UInt8Array] = []
    if precision == 'int8':
        seen = [each for index, each in enumerate(pictures) if index % HELD_BACK]
        pictures = pictures[::HELD_BACK]
    feeds, ranges = feeds_of(name, pictures), feeds_of(name, seen)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadConfig(f'--out {out}: expected a folder, but a file is in its way') from error
    for file in about.beside:
        shutil.copyfile(shared_file(f'models/{file}'), out / file)
    for file in about.graphs:
        began = time.perf_counter()
        graph = shared_file(f'models/{file}')
        if form == 'onnx' or precision == 'int8':
            graph = _write(graph, out / file, precision, ranges[file])
        on_gpu = form == 'tensorrt'
        session = open_session(graph, device='cuda' if on_gpu else 'cpu', precision=precision)
        if on_gpu and TENSORRT not in session.get_providers():
            raise BadConfig(
                f'onnxruntime has {TENSORRT}, but could not start it for {file}: the library of '
                'TensorRT is missing, or of another version than this onnxruntime was built with'
            )
        if on_gpu:
            _runner(session)(feeds[file][0])  # builds the engine
        spent = time.perf_counter() - began
        try:
            found = _compare(name, file, session, feeds[file], precision)
        except BadWeights:
            (out / file).unlink(missing_ok=True)  # nobody shall use it
            raise
        place = engine_folder(graph, precision) if on_gpu else graph
        parts = [place] if place.is_file() else [each for each in place.iterdir()]
        size = sum(each.stat().st_size for each in parts)
        runs_on = session.get_providers()[0].removesuffix('ExecutionProvider')
        yield Exported(place, size, runs_on, found[0], spent, found[1])


def _check(form: str, precision: str, calibration: Path | None) -> None:
    if form not in FORMATS:
        raise BadConfig(f'format must be one of {", ".join(FORMATS)}; got {form!r}')
    if precision not in PRECISIONS:
        raise BadConfig(f'precision must be one of {", ".join(PRECISIONS)}; got {precision!r}')
    if precision == 'int8' and calibration is None:
        raise BadConfig(
            'int8 needs --calibration: a folder of pictures, or a video, of the place where it '
            'will run; the ranges of the 8 bits come from them'
        )
    there = describe_onnxruntime().get('onnxruntime_providers', [])
    if form == 'tensorrt' and TENSORRT not in there:
        raise BadConfig(
            f'tensorrt needs an onnxruntime with {TENSORRT}; the one here has only '
            f'{", ".join(there) or "nothing"}. Engines are built on the very machine that runs '
            'them: install onnxruntime-gpu and TensorRT there; on a Jetson docs/jetson.md'
        )


def _pictures(folder: Path) -> list[UInt8Array]:
    found = [frame.rgb for frame in islice(open_source(str(folder)), MOST)]
    if len(found) < FEWEST:
        raise BadConfig(
            f'{folder} holds {len(found)} pictures; calibration needs {FEWEST} at the very least, '
            'of the place, the light and the targets it will see'
        )
    return found


def _write(graph: Path, out: Path, precision: str, ranges: list[Feed]) -> Path:
    """Write a graph in another precision; return where."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / graph.name
        write_plain(graph, plain)
        if precision == 'fp16':
            write_halves(plain, out)
        elif precision == 'int8':
            write_eight_bits(plain, out, ranges)
        else:
            shutil.copyfile(plain, out)
    return out


def _compare(
    name: str, file: str, session: Any, feeds: list[Feed], precision: str
) -> tuple[str, list[Difference]]:
    """Return what a graph was compared with, and the differences; BadWeights if it is none."""
    eager = eager_runner(name, file)
    original = eager or _runner(open_session(shared_file(f'models/{file}')))
    differences = compare(original, _runner(session), feeds)
    worst = max(differences, key=lambda difference: difference.most)
    limit = TOLERANCE if precision == 'fp32' else float('inf')
    if not worst.most <= limit or worst.most == float('inf'):
        raise BadWeights(
            f'{file} in {precision} differs from the original by {worst.most:g} in '
            f'{worst.output}; expected {TOLERANCE:g} at most in 32 bits, and finite numbers always'
        )
    return ('torch' if eager else 'the shipped graph'), differences


def _runner(session: Any) -> Runner:
    names = [output.name for output in session.get_outputs()]

    def run(feed: Feed) -> dict[str, FloatArray]:
        return dict(zip(names, session.run(names, feed), strict=True))

    return run
