# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded session gives the same decisions again; what is no session is a clear error."""

from __future__ import annotations

import json
from pathlib import Path

from follow_anything.core.config import (
    ControllerConfig,
    old_names,
    ServoConfig,
    TrackerConfig,
    with_values,
)
from follow_anything.core.errors import SourceError
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.types import Click, Query
from follow_anything.testing import SyntheticScene
import numpy as np
import pytest

pytest.importorskip('mcap', reason='mcap is not installed: pip install mcap')
pytest.importorskip('rclpy', reason='ROS 2 is not installed: run `make setup`')
pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not compiled: run `make setup`')

from follow_anything.models.pipeline import build_pipeline
from follow_anything.ros.bags import session
from follow_anything.ros.bags.mcap import BagWriter, read_bag
from follow_anything.ros.bags.session import MEANING, replay, SessionWriter
from std_msgs.msg import String

pytestmark = [pytest.mark.ros, pytest.mark.replay]

CAMERA = PinholeCamera.from_horizontal_fov(320, 240, 1.22)
FRAMES = 60


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a session of three seconds in which the target is hidden for a while, with depth."""
    path = tmp_path_factory.mktemp('bag') / 'session.mcap'
    scene = SyntheticScene(seed=3, rate=20.0, start=100.0 + 1 / 3, hidden=(1.2, 1.7))
    control, tracking = ControllerConfig(servo=ServoConfig(rate=20.0)), TrackerConfig()
    pipeline = build_pipeline(CAMERA, tracking=tracking, control=control.servo)
    writer = SessionWriter(path, CAMERA, control, tracking, 'tiny')
    moved = 0
    for index in range(FRAMES):
        plain = scene.frame(index)
        depth = np.full((240, 320), 7.0 + 0.01 * index, np.float32)
        frame = writer.stamped(type(plain)(plain.stamp, plain.rgb, depth))
        click = Click(*scene.box(index).center) if index == 0 else None
        if click is not None:
            pipeline.query(Query(clicks=(click,)), frame)
        result = pipeline.step(frame, frame.stamp)
        writer.write(frame, click, result)
        moved += not result.command.is_zero
    writer.close()
    assert moved > 15, 'a session in which nothing moves proves nothing'
    return path


def test_same_decisions_to_the_last_digit(bag: Path) -> None:
    report = replay(bag)
    assert set(report) == set(MEANING)
    assert report.pop('lock_step') is True
    assert report.pop('frames') == FRAMES
    assert float(report.pop('command_error_max')) <= 1e-9  # type: ignore[arg-type]
    assert set(report.values()) == {0}


def test_ids_count_on_from_queries_before_the_bag_began(bag: Path, tmp_path: Path) -> None:
    """A node that had followed three targets before gives the next one the id 4."""
    notes, messages = read_bag(bag)
    later = tmp_path / 'later.mcap'
    with BagWriter(later, notes) as writer:
        for count, (topic, message) in enumerate(messages):
            if topic == 'track' and message.id:
                message.id = str(int(message.id) + 3)
            writer.write(topic, message, count)
    assert replay(later)['decisions_differ'] == 0


@pytest.mark.parametrize(('before', 'late'), [(4, 0), (4, 2), (1, 5)])
def test_target_of_before_the_bag_is_not_compared(
    bag: Path, tmp_path: Path, before: int, late: int
) -> None:
    """
    A node that follows already when the recorder begins, and goes on with it for some frames.

    :param before: frames of the earlier target before the click. :param late: after it.
    """
    notes, read = read_bag(bag)
    messages = list(read)
    (click,) = [message for topic, message in messages if topic == 'query/click']
    later, seen = tmp_path / 'later.mcap', 0
    with BagWriter(later, {**notes, 'lock_step': 'false'}) as writer:
        for count, (topic, message) in enumerate(messages):
            if topic == 'track':
                message.id = '1' if seen < before + late else '2'
                seen += 1
            if topic != 'query/click':
                writer.write(topic, message, count)
            if topic == 'track' and seen == before:
                writer.write('query/click', click, count)
    report = replay(later)
    assert report['frames_earlier'] == before + late
    assert report['frames'] == FRAMES - before - late
    assert int(str(report['decisions_differ'])) <= 12


def test_another_tracker_decides_otherwise(bag: Path) -> None:
    """The comparison does see a difference."""
    report = replay(bag, tracker='csrt')
    assert report['frames'] == FRAMES
    assert float(report['box_error_max_px']) > 0.5  # type: ignore[arg-type]
    assert float(report['command_error_max']) > 1e-6  # type: ignore[arg-type]


def test_foreign_tools_can_read_it(bag: Path) -> None:
    """Decoded from the definitions in the file alone, without ROS."""
    reader = pytest.importorskip('mcap.reader')
    decoder = pytest.importorskip('mcap_ros2.decoder')
    with bag.open('rb') as file:
        messages = reader.make_reader(file, decoder_factories=[decoder.DecoderFactory()])
        decoded = [(c.topic, m) for _, c, _, m in messages.iter_decoded_messages()]
    images = [message for topic, message in decoded if topic == 'image']
    assert (len(images), images[0].width, images[0].encoding) == (FRAMES, 320, 'rgb8')
    states = {message.data for topic, message in decoded if topic == 'state'}
    assert {'CONFIRMING', 'TRACKING', 'OCCLUDED'} <= states


@pytest.mark.parametrize('share', [0.0, 0.3, 0.7, 0.999])
def test_truncated_bag_is_a_clear_error(bag: Path, tmp_path: Path, share: float) -> None:
    cut = tmp_path / 'cut.mcap'
    data = bag.read_bytes()
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=r'cut\.mcap'):
        replay(cut)


def test_damaged_bag_is_a_clear_error(bag: Path, tmp_path: Path) -> None:
    bent = tmp_path / 'bent.mcap'
    data = bytearray(bag.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    bent.write_bytes(data)
    with pytest.raises(SourceError, match=r'bent\.mcap'):
        replay(bent)


def test_what_is_no_bag_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='nowhere'):
        replay(tmp_path / 'nowhere.mcap')
    with pytest.raises(SourceError, match=r'Is a directory: it holds no \.mcap file'):
        replay(tmp_path)
    text = tmp_path / 'notes.txt'
    text.write_text('not a bag')
    with pytest.raises(SourceError, match=r'notes\.txt'):
        replay(text)


@pytest.mark.field
def test_what_is_no_bag_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / 'notes.txt'
    path.write_text('of a year')
    with pytest.raises(SourceError, match='is no bag, and would be lost'):
        BagWriter(path, {})
    assert path.read_text() == 'of a year'
    path.write_bytes(b'')
    for _ in range(2):  # an empty file, then a bag
        with BagWriter(path, {'round': 'one'}):
            pass
    assert read_bag(path)[0] == {'round': 'one'}


@pytest.mark.field
def test_a_folder_of_rosbag2_names_its_file(tmp_path: Path) -> None:
    (tmp_path / 'walk_0.mcap').touch()
    with pytest.raises(SourceError, match=r'Is a directory: give .*walk_0\.mcap'):
        replay(tmp_path)


def test_bag_of_something_else_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / 'other.mcap'
    with BagWriter(path, {}) as other:
        other.write('/chatter', String(data='hello'), 1)
    notes, messages = read_bag(path)
    assert notes == {}
    assert [(topic, message.data) for topic, message in messages] == [('/chatter', 'hello')]
    with pytest.raises(SourceError, match='no follow session: there is no camera_info, track'):
        replay(path)


@pytest.mark.parametrize('is_old', [True, False])
def test_notes_of_before_there_were_groups_are_read(is_old: bool) -> None:
    values = {
        'servo.lag': 0.125,
        'supervisor.braking': 2.0,
        'adapter.kind': 'nav2',
        'dry_run': True,
    }
    old = {new: old for old, new in old_names(ControllerConfig).items()} if is_old else {}
    flat = {old.get(name, name): value for name, value in values.items()}
    config = session._noted(ControllerConfig, {'controller_node': json.dumps(flat)})
    assert config == with_values(ControllerConfig(), values)


@pytest.mark.parametrize('noted', ['', '{', '3', '[1]', 'null'])
def test_notes_that_hold_something_else_are_refused(tmp_path: Path, noted: str) -> None:
    path = tmp_path / 'cut.mcap'
    with BagWriter(path, {'lock_step': 'true', **({'controller_node': noted} if noted else {})}):
        pass
    with pytest.raises(SourceError, match='its notes lack controller_node'):
        replay(path)
