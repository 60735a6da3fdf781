# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that measure; figures for the documentation."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
import sys
from typing import Annotated

from follow_anything.cli.common import console, JsonFile, numbers, Robot, Seed, show, show_rows
from follow_anything.core.config import DetectorConfig, TrackerConfig
import typer

__all__ = ['commands']

commands = typer.Typer(help='Measure; figures for the documentation.', no_args_is_help=True)


@commands.command()
def glue(
    tracker: Annotated[str, typer.Option(help='Tracker to measure beside.')] = 'csrt',
    frames: Annotated[int, typer.Option(help='Frames measured.', min=20)] = 300,
    json_file: JsonFile = None,
) -> None:
    """Measure what everything around the tracker costs a frame."""
    from follow_anything.evaluation.speed.glue import bench_glue

    show(bench_glue(tracker, frames), json_file, title='cost of the glue')


@commands.command()
def identity(
    scenario: Annotated[str, typer.Option(help='Of the simulator.')] = 'street',
    robot: Robot = 'drone',
    seed: Seed = 0,
    seconds: Annotated[float, typer.Option(help='Simulated.', min=1.0)] = 20.0,
    json_file: JsonFile = None,
) -> None:
    """Measure what the judge costs, alone and with the looks that it asks for."""
    from follow_anything.evaluation.speed.identity import bench_identity

    show(bench_identity(scenario, robot, seed, seconds), json_file, title='cost of identity')


@commands.command()
def embedders(
    sequences: Annotated[Path | None, typer.Option(help='Folder of sequences.')] = None,
    photos: Annotated[
        Path | None, typer.Option(help='Labelled photographs: labels.jsonl, sources.json.')
    ] = None,
    embedder: Annotated[
        list[str] | None, typer.Option(help='Again for several; without it instance and bands.')
    ] = None,
    layout: Annotated[str, typer.Option('--format', help='Of the sequences.')] = 'folders',
    frames: Annotated[int, typer.Option(help='Pictures of each sequence.', min=2)] = 40,
    split: Annotated[str, typer.Option(help='Of the photographs; all when left empty.')] = 'val',
    limit: Annotated[int, typer.Option(help='Photographs; 0: all.', min=0)] = 0,
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    docs: Annotated[Path | None, typer.Option(help='Write the tables into this page.')] = None,
    json_file: JsonFile = None,
) -> None:
    """Compare embedders on real crops: the same thing again against its like, and the time."""
    from follow_anything.core.protocols import Surveyor
    from follow_anything.evaluation.appearance.bench import bench_embedders, overview, tables
    from follow_anything.evaluation.tables import replace_section
    from follow_anything.models.registry import build_embedder

    built = {
        name: build_embedder(name, device=device)
        for name in dict.fromkeys(embedder or ('instance', 'bands'))
    }
    proposer = built.get('instance') or build_embedder('instance')
    assert isinstance(proposer, Surveyor)
    figures = bench_embedders(
        built, proposer, sequences, photos,
        layout=layout, frames=frames, split=split, limit=limit, say=console.print,
    )  # fmt: skip
    show_rows(*overview(figures), figures, json_file, title='embedders')
    if docs is not None:
        replace_section(docs, 'bench embedders', tables(figures))


@commands.command()
def simulator(
    seconds: Annotated[float, typer.Option(help='Simulated, for each size.', min=0.1)] = 6.0,
    json_file: JsonFile = None,
) -> None:
    """Measure the embedded simulator alone: real-time factor at two sizes."""
    from follow_anything.evaluation.speed.simulator import measure_speed

    show(measure_speed(seconds=seconds), json_file, title='embedded simulator')


@commands.command()
def detector(
    recipe: Annotated[
        list[str] | None, typer.Option(help='Only these; again for several. All without it.')
    ] = None,
    width: Annotated[int, typer.Option(help='Of the picture.', min=64)] = 320,
    height: Annotated[int, typer.Option(help='Of the picture.', min=64)] = 240,
    masks: Annotated[int, typer.Option(help='Masks that are described.', min=1)] = 32,
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    json_file: JsonFile = None,
) -> None:
    """Compare the large detectors with the original recipe: seconds, memory, ratios."""
    from follow_anything.core.errors import BadConfig
    from follow_anything.evaluation.detection.foundation import (
        bench_detectors,
        PRETRAINED,
        RECIPES,
    )

    known = (*RECIPES, *PRETRAINED)
    chosen = recipe or list(known if find_spec('transformers') else RECIPES)
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise BadConfig(f'recipe must be one of {", ".join(known)}; got {unknown[0]!r}')
    show(bench_detectors(chosen, width, height, masks, device), json_file, 'one search')


@commands.command()
def gpu(
    json_file: Annotated[Path, typer.Option('--json', help='Written after every stage.')] = Path(
        'out/gpu.json'
    ),
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    minutes: Annotated[float, typer.Option(help='Until it stops.', min=0.1)] = 12.0,
    stage: Annotated[
        list[str] | None, typer.Option(help='Only these; again for several. All without it.')
    ] = None,
    small: Annotated[
        bool, typer.Option(help='Tiny widths, one round: whether it runs, not how fast.')
    ] = False,
) -> None:
    """Measure everything that wants a GPU: frames per second, parity, peak memory."""
    from follow_anything.evaluation.speed.gpu import bench_gpu, STAGES

    chosen = tuple(stage) if stage else STAGES
    bench_gpu(json_file, device, small=small, minutes=minutes, stages=chosen, say=console.print)
    console.print(f'written: {json_file}')


@commands.command()
def tiny(
    scenes: Annotated[Path, typer.Option(help='Made by `train detector --stage test`.')] = Path(
        'out/train/detector/test'
    ),
    weights: Annotated[Path | None, typer.Option(help='Folder; shipped when left out.')] = None,
    photos: Annotated[
        Path | None,
        typer.Option(help='Folder with the pictures of evaluation/detection/photos.json.'),
    ] = None,
    limit: Annotated[int, typer.Option(help='Scenes of each kind; 0: all.', min=0)] = 0,
    docs: Annotated[Path | None, typer.Option(help='Write the tables into this page.')] = None,
    failures: Annotated[Path | None, typer.Option(help='Picture of failures, .jpg.')] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure the tiny detector on scenes that its training never saw."""
    from follow_anything.evaluation.detection.tiny import measure
    from follow_anything.evaluation.detection.tiny_page import docs_tables, failure_sheet
    from follow_anything.evaluation.tables import replace_section

    figures, bench = measure(scenes, weights, limit, photos)
    show(figures, json_file, title='tiny detector')
    if docs is not None:
        replace_section(docs, 'bench tiny', docs_tables(figures))
    if failures is not None:
        failure_sheet(bench, failures)


@commands.command()
def photos(
    folder: Annotated[
        Path, typer.Option(help='Labelled photographs: labels.jsonl, sources.json.')
    ],
    split: Annotated[str, typer.Option(help='Of the pictures; all when left empty.')] = 'val',
    weights: Annotated[Path | None, typer.Option(help='Folder; shipped when left out.')] = None,
    limit: Annotated[int, typer.Option(help='Pictures; 0: all.', min=0)] = 0,
    clicks: Annotated[bool, typer.Option(help='Click, too: that takes longest.')] = True,
    json_file: JsonFile = None,
) -> None:
    """Measure the tiny detector on labelled photographs, and whether its belief is right."""
    from follow_anything.evaluation.detection.photos import measure_photos

    show(measure_photos(folder, split, weights, limit, clicks), json_file, title='photographs')


@commands.command()
def tracker(
    repeats: Annotated[int, typer.Option(help='Calls of each timed function.', min=1)] = 60,
    frames: Annotated[int, typer.Option(help='Of the video that CSRT runs too.', min=2)] = 120,
    rounds: Annotated[int, typer.Option(help='Times it is run through.', min=1)] = 5,
    video: Annotated[str, typer.Option(help='A video of yours instead; needs --box.')] = '',
    box: Annotated[str, typer.Option(help='X,Y,W,H: the target in its first frame.')] = '',
    docs: Annotated[Path | None, typer.Option(help='Write the tables into this page.')] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure the tiny tracker beside CSRT and torch, by templates, and by its arithmetic."""
    from itertools import islice

    from follow_anything.evaluation.speed.tracker import bench_tracker, docs_tables
    from follow_anything.evaluation.tables import replace_section
    from follow_anything.io.sources import open_source

    own = None
    if video:
        from follow_anything.core.types import Box

        target = Box.from_xywh(*numbers('--box X,Y,W,H', box, 4))
        own = (list(islice(open_source(video), frames)), target)
    figures = bench_tracker(repeats, frames, rounds, own)
    show(figures, json_file, title='the tiny tracker')
    if docs is not None:
        replace_section(docs, 'bench tracker', docs_tables(figures))


@commands.command()
def layers(
    dataset: Annotated[Path, typer.Argument(help='Folder of sequences.')],
    layout: Annotated[str, typer.Option('--format', help='Of the dataset.')] = 'folders',
    repeats: Annotated[int, typer.Option(help='Timed searches of each.', min=1)] = 40,
    json_file: JsonFile = None,
) -> None:
    """Leave out each layer of the tiny tracker's attention in turn: accuracy and time."""
    from follow_anything.evaluation.speed.layers import bench_layers

    show(bench_layers(dataset, layout, repeats), json_file, title='without a layer')


@commands.command('console')
def console_attack(
    robot: Robot = 'drone',
    seconds: Annotated[float, typer.Option(help='Simulated.', min=10.0)] = 120.0,
    turn: Annotated[float, typer.Option(help='Wall seconds of a turn.', min=3.0)] = 8.0,
    out: Annotated[Path, typer.Option(help='Folder of the report.')] = Path('out/attack'),
    json_file: JsonFile = None,
) -> None:
    """Follow in the simulator while the operator's page is attacked by turns: loop latency."""
    from follow_anything.demo.attack_bench import bench_attack

    show(bench_attack(robot, seconds, turn, out), json_file, title='the console under attack')


@commands.command()
def drawing(
    robot: Robot = 'drone',
    seconds: Annotated[float, typer.Option(help='Simulated.', min=10.0)] = 120.0,
    turn: Annotated[float, typer.Option(help='Wall seconds of a turn.', min=3.0)] = 8.0,
    out: Annotated[Path, typer.Option(help='Folder of the report.')] = Path('out/drawing'),
    json_file: JsonFile = None,
) -> None:
    """Follow in the simulator while somebody looks at debug_image by turns: loop latency."""
    from follow_anything.demo.drawing import measure_drawing

    show(measure_drawing(robot, seconds, turn, out), json_file, title='drawing')


@commands.command('first-look')
def first_look(
    detector: Annotated[str, typer.Option(help='See `models list`.')] = DetectorConfig.detector,
    tracker: Annotated[str, typer.Option(help='See `models list`.')] = TrackerConfig.tracker,
    device: Annotated[str, typer.Option(help='auto, cpu or cuda.')] = 'auto',
    warm: Annotated[
        bool, typer.Option('--warm-up/--no-warm-up', help='Run the networks once before.')
    ] = True,
    json_file: JsonFile = None,
) -> None:
    """Time the first click of a process and the pictures after it, warmed up or not."""
    from follow_anything.evaluation.speed.first_look import bench_first_look

    show(bench_first_look(detector, tracker, device, warm=warm), json_file, title='first look')


@commands.command()
def memory(
    tracker: Annotated[str, typer.Option(help='Tracker to watch.')] = 'tiny',
    frames: Annotated[int, typer.Option(help='How long.', min=100)] = 100_000,
    json_file: JsonFile = None,
) -> None:
    """Track for a long time and watch whether memory stays flat."""
    from follow_anything.evaluation.speed.memory import bench_memory
    from follow_anything.models.registry import build_tracker

    show(bench_memory(build_tracker(tracker), frames), json_file, title=f'memory of {tracker}')


@commands.command()
def soak(
    minutes: Annotated[float, typer.Option(help='Simulated.', min=0.1)] = 60.0,
    scenario: Annotated[str, typer.Option(help='Of the simulator.')] = 'street',
    robot: Robot = 'ground',
    seed: Seed = 0,
    json_file: JsonFile = None,
) -> None:
    """Follow for a long time in lock step, and watch memory and judge, tenth by tenth."""
    from follow_anything.evaluation.speed.soak import soak as follow_long

    rows = []
    for row in follow_long(scenario, robot, seed, minutes):
        rows.append(row)
        print(f'{row["minutes"]:.1f} of {minutes:g} minutes', file=sys.stderr, flush=True)
    cells = [[f'{value:.4g}' for value in row.values()] for row in rows]
    title = f'{robot} follows in {scenario}, seed {seed}'
    show_rows(list(rows[0]), cells, {'parts': rows}, json_file, title)
