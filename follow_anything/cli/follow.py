# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that follow: on robots, in the simulator, on videos."""

from __future__ import annotations

from contextlib import AbstractContextManager
import json
from pathlib import Path
import signal
import sys
import time
from typing import Annotated

from follow_anything.cli.asking import (
    BoxOption,
    DetectorName,
    DetectorWeights,
    Device,
    Images,
    MinScore,
    Negatives,
    Others,
    Points,
    query_of_options,
    SavedQuery,
    Texts,
)
from follow_anything.cli.common import (
    console,
    JsonFile,
    keep_apart,
    Robot,
    Seed,
    show,
    Tracker,
)
from follow_anything.core.config import ConsoleConfig, DetectorConfig, TrackerConfig
from follow_anything.core.errors import InvalidInput
import typer

__all__ = ['commands']

commands = typer.Typer()


@commands.command()
def demo(
    robot: Robot = 'drone',
    query: Annotated[str, typer.Option(help='Say it instead of clicking on it.')] = '',
    seconds: Annotated[float, typer.Option(help='Simulated seconds.', min=1.0)] = 60.0,
    scenario: Annotated[
        str, typer.Option(help='Name of the scenario; none: the one the query is about.')
    ] = '',
    seed: Seed = 0,
    tracker: Tracker = TrackerConfig.tracker,
    detector: Annotated[str, typer.Option(help='Detector; see `models list`.')] = (
        DetectorConfig.detector
    ),
    auto_confirm: Annotated[
        bool, typer.Option(help='Follow what the words found without asking.')
    ] = False,
    page: Annotated[
        bool, typer.Option('--console/--no-console', help="Serve the operator's page, too.")
    ] = True,
    out: Annotated[Path, typer.Option(help='Folder of the report.')] = Path('out/demo'),
    json_file: JsonFile = None,
) -> None:
    """Let a robot follow a person in the simulator, through real ROS 2 processes."""
    from follow_anything.demo.run import DemoOptions, run

    options = DemoOptions(
        robot, query, seconds, scenario, seed, detector, auto_confirm, tracker, out, page
    )
    interactive = console.is_terminal
    shown = 0.0

    def progress(done: float, state: str) -> None:
        nonlocal shown
        line = f'{done:5.1f} of {seconds:g} s simulated   {state}'
        if interactive:
            print(f'\r{line:<60}', end='', file=sys.stderr, flush=True)
        elif time.monotonic() - shown > 5.0:
            shown = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    # whoever ends it so ends its processes, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print('starting the simulator and the nodes that follow', file=sys.stderr)
    report = run(options, progress)
    if interactive:
        print(file=sys.stderr)
    show(report, json_file, title=f'{robot} follows in {report["scenario"]}')
    written = ', '.join(str(out / name) for name in ('report.json', 'follow.mp4', 'follow.png'))
    print(f'written: {written}', file=sys.stderr)


@commands.command()
def up(
    robot: Robot = 'drone',
    image: Annotated[str, typer.Option(help='Image topic of the camera.')] = 'image',
    camera_info: Annotated[str, typer.Option(help='Its calibration.')] = 'camera_info',
    namespace: Annotated[str, typer.Option(help='Of all nodes, such as /robot1.')] = '',
    depth: Annotated[
        str, typer.Option(help='Depth image that is aligned with the camera.')
    ] = 'depth',
    tf: Annotated[
        str, typer.Option(help='Topic of the transforms; tf: the one in the namespace.')
    ] = '/tf',
    params_file: Annotated[
        Path | None, typer.Option(help='Parameters on top of config/ROBOT.yaml.')
    ] = None,
    simulator: Annotated[bool, typer.Option(help='With the embedded simulator.')] = False,
    scenario: Annotated[
        str, typer.Option(help='Name of the scenario; none: as in the parameters.')
    ] = '',
    seed: Annotated[
        int | None, typer.Option(help='Seed of the world; none: as in the parameters.')
    ] = None,
    log_level: Annotated[str, typer.Option(help='Of all nodes.')] = 'info',
    part: Annotated[
        str, typer.Option(help='What runs here: all, robot or station; docs/two_machines.md.')
    ] = 'all',
    discovery_server: Annotated[
        str, typer.Option(help='HOST:PORT of a Fast DDS discovery server.')
    ] = '',
    mavlink_camera: Annotated[
        bool, typer.Option(help='Be a camera that QGroundControl can click on; docs/robots.md.')
    ] = False,
    dry_run: Annotated[
        bool, typer.Option(help='Everything but motion, until the operator enables it.')
    ] = False,
    robot_adapter: Annotated[
        str,
        typer.Option(help='How the robot is spoken to: twist, mavros, mavlink, nav2 or gimbal.'),
    ] = '',
    address: Annotated[str, typer.Option(help='Of the autopilot (mavlink).')] = '',
    device: Annotated[str, typer.Option(help='Where models run: auto, cpu or cuda.')] = '',
) -> None:
    """Start the nodes, like `ros2 launch follow_anything follow.launch.py`, without launch."""
    from follow_anything.launcher.nodes import remappings
    from follow_anything.launcher.up import run

    of_world = {'scenario': scenario or None, 'seed': seed}
    world = {name: value for name, value in of_world.items() if value is not None}
    if world and not simulator:
        raise InvalidInput(
            f'--{next(iter(world))} is of the simulator: add --simulator, or leave it out'
        )
    given = {
        'adapter.kind': robot_adapter,
        'adapter.address': address,
        'device': device,
        'dry_run': dry_run,
    }
    raise typer.Exit(
        run(
            robot,
            remappings(image, camera_info, depth, tf),
            namespace,
            params_file,
            world if simulator else None,
            log_level,
            part,
            discovery_server,
            mavlink_camera=mavlink_camera,
            chosen={name: value for name, value in given.items() if value},
        )
    )


@commands.command()
def track(
    source: Annotated[str, typer.Argument(help='Video, folder of images, camera or address.')],
    text: Texts = None,
    image: Images = None,
    click: Points = None,
    not_click: Others = None,
    box: BoxOption = '',
    negative: Negatives = None,
    query: SavedQuery = '',
    detector: DetectorName = DetectorConfig.detector,
    weights: DetectorWeights = '',
    device: Device = 'auto',
    min_score: MinScore = DetectorConfig.min_score,
    tracker: Tracker = TrackerConfig.tracker,
    json_file: JsonFile = None,
    save: Annotated[Path | None, typer.Option(help='Write an annotated MP4.')] = None,
    masks: Annotated[
        Path | None, typer.Option(help='Write masks of the target to this folder, NUMBER.png.')
    ] = None,
    mask_every: Annotated[int, typer.Option(help='Frames between masks.', min=1)] = 1,
    segmenter: Annotated[
        str, typer.Option(help='What makes the masks: grabcut or sam.')
    ] = TrackerConfig.segmenter,
) -> None:
    """
    Follow what is said, shown, clicked on or in a box through a video; one JSON object a frame.

    Clicks and boxes are of the first frame; words and pictures are looked for until found.
    """
    from follow_anything.evaluation.tracking.video import VideoFollower
    from follow_anything.io.movie import Movie
    from follow_anything.io.overlay import annotate
    from follow_anything.io.sources import open_source, paths_of, write_picture
    from follow_anything.models.registry import build_segmenter

    keep_apart(
        [*paths_of(source), *(image or ())],
        {'--save': save, '--json': json_file, '--masks': masks},
    )
    outline = None if masks is None else build_segmenter(segmenter, device)
    asked = query_of_options(
        texts=text,
        images=image,
        clicks=click,
        others=not_click,
        box=box,
        negatives=negative,
        name=query,
    )
    follower = VideoFollower(asked, tracker, detector, device, weights, min_score)
    frames = open_source(source)
    if frames.remark:
        console.print(f'{source}: {frames.remark}', highlight=False, soft_wrap=True)
    if masks is not None:
        masks.mkdir(parents=True, exist_ok=True)
    movie = None if save is None else Movie(save, frames.rate)
    output = sys.stdout if json_file is None or str(json_file) == '-' else json_file.open('w')
    try:
        for frame, target, row in follower.follow(frames):
            print(json.dumps(row.as_dict()), file=output, flush=True)
            seen = target.box if target.state.may_move else None
            if outline and masks and seen is not None and row.frame % mask_every == 0:
                mask = outline.segment(frame, seen)
                write_picture(masks / f'{row.frame:06d}.png', mask.astype('uint8') * 255)
            if movie is not None:
                drawn = annotate(frame.rgb, target.state, target.box, target.presence)
                movie.add(drawn, frame.stamp)
    finally:
        if movie is not None:
            movie.close()
        if output is not sys.stdout:
            output.close()
    console.print(follower.summary(), highlight=False, soft_wrap=True)


@commands.command('console')
def console_page(
    host: Annotated[
        str, typer.Option(help='Address to serve it on; 0.0.0.0: every one, with a token.')
    ] = ConsoleConfig.host,
    port: Annotated[
        int, typer.Option(help='Port; 0: any that is free.', min=0, max=65535)
    ] = ConsoleConfig.port,
    link: Annotated[
        str, typer.Option(help="When the operator's page goes away: hold or continue.")
    ] = ConsoleConfig.link,
    image: Annotated[str, typer.Option(help='Image topic of the camera.')] = 'image',
    compressed: Annotated[bool, typer.Option(help='Hear IMAGE/compressed instead.')] = False,
    namespace: Annotated[str, typer.Option(help='Of the robot, such as /robot1.')] = '',
    simulator: Annotated[
        bool, typer.Option(help='Start the embedded simulator and all the nodes, too.')
    ] = False,
    robot: Robot = 'drone',
    scenario: Annotated[str, typer.Option(help='Of the simulator.')] = 'street',
    seed: Seed = 0,
    params_file: Annotated[
        Path | None, typer.Option(help='Parameters on top of config/ROBOT.yaml.')
    ] = None,
) -> None:
    """Serve the operator's page in the browser; docs/console.md."""
    from follow_anything.launcher.nodes import remappings

    if not simulator and (robot, scenario, seed) != ('drone', 'street', 0):
        raise InvalidInput('--robot, --scenario and --seed are of the simulator; add --simulator')
    given = {'host': host, 'port': port, 'link': link, 'compressed': compressed}
    topics = remappings(image, 'camera_info', 'depth')
    if simulator:
        from follow_anything.launcher.up import run, WorldChooser

        def worlds() -> AbstractContextManager[WorldChooser]:
            from follow_anything.demo.worlds import serve_worlds  # run() looks for ROS first

            return serve_worlds(namespace)

        world = {'scenario': scenario, 'seed': seed}
        raise typer.Exit(
            run(robot, topics, namespace, params_file, world, console=given, worlds=worlds)
        )
    from follow_anything.launcher.processes import use_shared_memory
    from follow_anything.ros.nodes.console import main

    use_shared_memory()
    arguments = ['console_node', '--ros-args']
    if params_file is not None:
        arguments += ['--params-file', str(params_file)]
    if namespace:
        arguments += ['-r', f'__ns:={namespace}']
    for ours, theirs in topics.items():
        arguments += ['-r', f'{ours}:={theirs}'] if ours != theirs else []
    for name, value in given.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ['-p', f'{name}:={text}']
    raise typer.Exit(main(arguments))
