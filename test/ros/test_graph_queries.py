# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The detector node whole: queries as parameters, masks, views, a profile, starts that fail."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from follow_anything.core.types import Query
from follow_anything.io.query_store import QueryStore
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from graph import Graph
import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String

pytestmark = pytest.mark.ros

HAS_TORCH = importlib.util.find_spec('torch') is not None


def ask(graph: Graph, text: str) -> tuple[bool, str]:
    (answer,) = graph.set('detector_node', query=text)
    return answer


def test_query_as_a_parameter_starts_a_new_target(following: Graph) -> None:
    number = following.tracks[-1].id
    x, y = following.camera.click_target()
    success, reason = ask(following, f'at {x:.0f},{y:.0f}')
    assert success, reason
    following.wait(lambda: following.tracks[-1].id != number, 30.0, 'a new target')
    following.wait_for_state('TRACKING')
    assert ask(following, '') == (True, '')  # asks for nothing, and stops nothing
    following.wait_until_moving()


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('the red car', 'cannot read "the red car"'),
        ('x' * 600, 'at most 512 characters, got 600'),
        ('at 999,5', 'outside the 320 x 240 image'),
        ('at 5', 'expected 2 numbers'),
        ('- a car', 'at least one word'),
        ('@nobody', 'there is no query'),
        ('@../passwd', 'name of a query'),
    ],
)
def test_refused_query_gives_the_reason_and_leaves_the_old_one(
    following: Graph, text: str, reason: str
) -> None:
    queries = following.fresh_count('detector_node', 'query_number')
    number = following.tracks[-1].id
    before = following.get('detector_node', 'query')
    success, given = ask(following, text)
    assert not success
    assert reason in given
    assert following.get('detector_node', 'query') == before
    following.wait_until_moving()
    assert following.tracks[-1].id == number
    assert following.fresh_count('detector_node', 'query_number') == queries


def test_saved_query_is_asked_by_topic(following: Graph) -> None:
    """The node's own folder is the user's; what counts here is that the name is looked for."""
    errors = following.count('detector_node', 'errors')
    texts = following.publisher(String, 'query/text', qos.QUERY)
    following.wait(lambda: texts.get_subscription_count() > 0, 30.0, 'a subscription')
    texts.publish(String(data='@nobody_has_this'))
    following.wait_for_error('detector_node', 'there is no query', errors)


def test_picture_of_one_pixel_is_refused(following: Graph) -> None:
    errors = following.count('detector_node', 'errors')
    pictures = following.publisher(Image, 'query/image', qos.QUERY)
    following.wait(lambda: pictures.get_subscription_count() > 0, 30.0, 'a subscription')
    pixel = conversions.image_to_msg(np.zeros((1, 1, 3), np.uint8), Header())
    pictures.publish(pixel)
    following.wait_for_error('detector_node', 'at least 4 x 4 px, got 1 x 1', errors)
    following.wait_until_moving()


def test_picture_of_the_target_finds_it(following: Graph) -> None:
    scene, number = following.camera.scene, following.tracks[-1].id
    pictures = following.publisher(Image, 'query/image', qos.QUERY)
    following.wait(lambda: pictures.get_subscription_count() > 0, 30.0, 'a subscription')
    crop = scene.frame(0).crop(scene.box(0))
    pictures.publish(conversions.image_to_msg(crop, Header()))
    following.wait(lambda: following.tracks[-1].id != number, 30.0, 'a new target')
    following.wait_for_state('CONFIRMING', 'TRACKING')

    def confirm() -> bool:
        return bool(following.trigger('tracker_node/confirm').success)

    following.wait(confirm, 30.0, 'something to confirm')
    following.wait_for_state('TRACKING')
    following.wait_until_moving()


def test_first_view_is_published_for_whoever_has_to_find_it_again(following: Graph) -> None:
    views: list[Image] = []
    following.subscribe(Image, 'target_view', views.append, qos.LATCHED)
    following.wait(lambda: views, 30.0, 'the view of the target')
    width, height = following.camera.scene.target_size
    assert 0.5 * width < views[-1].width < 2 * width
    assert 0.5 * height < views[-1].height < 2 * height


def test_masks_are_published_when_wanted(following: Graph) -> None:
    masks: list[Image] = []
    following.subscribe(Image, 'detections/masks', masks.append, qos.COMMAND)
    assert following.set('detector_node', masks=True) == [(True, '')]
    following.click(*following.camera.click_target())
    following.wait(lambda: masks, 30.0, 'masks')
    assert (masks[-1].width, masks[-1].height, masks[-1].encoding) == (320, 240, 'mono8')
    assert following.set('detector_node', masks=False) == [(True, '')]
    following.wait_for_state('TRACKING')


def test_diagnostics_say_where_the_time_goes(following: Graph) -> None:
    following.wait(
        lambda: 'profile/search_ms' in following.diagnostics('detector_node'), 30.0, 'a profile'
    )
    assert float(following.diagnostics('detector_node')['profile/search_ms']) >= 0.0


def start(*parameters: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a detector node that cannot start, and return how it ended."""
    arguments = [part for parameter in parameters for part in ('-p', parameter)]
    return subprocess.run(
        [sys.executable, '-m', 'follow_anything.ros.nodes.detector', '--ros-args', *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, 'ROS_DOMAIN_ID': '9', **environment},
    )


@pytest.mark.parametrize(
    ('parameters', 'reason'),
    [
        (['query:=not at 3,4'], 'at least one positive point'),
        (['query:="@nobody"'], 'there is no query'),
        (['detector:=oracle'], 'detector must be one of'),
        (['weights:=sam=x.pth'], 'weights cannot be chosen for tiny'),
    ],
)
def test_start_that_cannot_be_says_why(parameters: list[str], reason: str, tmp_path: Path) -> None:
    done = start(*parameters, FOLLOW_ANYTHING_HOME=str(tmp_path))
    assert done.returncode == 1
    assert reason in done.stdout + done.stderr
    assert 'Traceback' not in done.stdout + done.stderr


@pytest.mark.skipif(not HAS_TORCH, reason='the large models need torch: make setup-heavy')
@pytest.mark.parametrize(
    ('device', 'spoil', 'reason'),
    [
        ('cpu', None, 'models fetch sam_vit_b'),
        ('cpu', b'', 'expected ec2df62732614e57'),
        ('cpu', b'\x80\x04K\x01.', 'expected ec2df62732614e57'),
        ('cuda', None, 'Set device to auto or cpu'),
    ],
)
def test_weights_that_cannot_be_say_why(
    tmp_path: Path, device: str, spoil: bytes | None, reason: str
) -> None:
    import torch

    if device == 'cuda' and torch.cuda.is_available():
        pytest.skip('there is a GPU here')
    if spoil is not None:
        (tmp_path / 'weights').mkdir()
        (tmp_path / 'weights' / 'sam_vit_b_01ec64.pth').write_bytes(spoil)
    done = start('detector:=sam_prompt', f'device:={device}', FOLLOW_ANYTHING_HOME=str(tmp_path))
    assert done.returncode == 1
    assert reason in done.stdout + done.stderr
    assert 'Traceback' not in done.stdout + done.stderr


def test_saved_query_is_one_more_way_to_ask(tmp_path: Path) -> None:
    from follow_anything.ros.queries import query_of_parameter

    QueryStore(tmp_path / 'queries').save('it', Query(texts=('a red car',)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FOLLOW_ANYTHING_HOME', str(tmp_path))
        query: Any = query_of_parameter('@it')
    assert query.texts == ('a red car',)
    assert query_of_parameter('  ') is None
