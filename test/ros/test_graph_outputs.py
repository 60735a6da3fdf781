# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What else comes out of the graph: pictures for people, stamped commands, a range from depth."""

from __future__ import annotations

from collections.abc import Iterator
import signal

from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.testing import SyntheticScene
from geometry_msgs.msg import PoseStamped
from graph import Graph, NODES
import pytest
from sensor_msgs.msg import Image
from visualization_msgs.msg import ImageMarker, Marker, MarkerArray

pytestmark = pytest.mark.ros

DEPTH_M = 4.25


@pytest.fixture(scope='module')
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """Give a graph with a depth camera, whose controller stamps its commands."""
    folder = tmp_path_factory.mktemp('outputs')
    graph = Graph(folder, '/t6', SyntheticScene(seed=3, rate=10.0), stamped=True)
    try:
        graph.camera.depth_m = DEPTH_M
        graph.start(*NODES, stamped=True)
        yield graph
    finally:
        graph.close()


def test_visualizer_draws_what_the_others_say(following: Graph) -> None:
    pictures: list[Image] = []
    markers: list[MarkerArray] = []
    following.subscribe(MarkerArray, 'markers', markers.append, qos.COMMAND)
    following.start('visualizer_node')
    try:
        # The cores are the tracker's as long as nobody looks.
        following.wait(
            lambda: following.count('visualizer_node', 'frames_received') > 10, 30.0, 'pictures'
        )
        assert following.count('visualizer_node', 'frames_done') == 0
        assert following.diagnostics('visualizer_node')['message'] == 'nobody looks at debug_image'
        following.subscribe(Image, 'debug_image', pictures.append, qos.IMAGE)
        following.wait(lambda: pictures and markers, 30.0, 'a drawn picture and a marker')
    finally:
        following.end('visualizer_node', signal.SIGTERM)
    drawn, shown = conversions.rgb_from_msg(pictures[-1]), following.camera.picture()
    plain = conversions.rgb_from_msg(shown)
    assert drawn.shape == plain.shape
    known = {tuple(color) for color in plain.reshape(-1, 3)}
    added = {tuple(color) for color in drawn.reshape(-1, 3)} - known
    assert added, 'nothing was drawn'
    assert markers[-1].markers[0].header.frame_id == 'camera'


def test_a_mask_comes_when_asked_for_and_only_then(following: Graph) -> None:
    masks: list[Image] = []
    following.subscribe(Image, 'track/mask', masks.append, qos.COMMAND)
    assert following.trigger('tracker_node/mask').success
    following.wait(lambda: masks, 30.0, 'a mask')
    assert following.state == 'TRACKING'
    shown = following.camera.picture()
    mask = masks[0]
    assert (mask.encoding, mask.width, mask.height) == ('mono8', shown.width, shown.height)
    assert set(bytes(mask.data)) == {0, 255}
    following.wait_for_state('TRACKING')
    assert len(masks) == 1
    assert following.set('tracker_node', mask_every=2) == [(True, '')]
    following.wait(lambda: len(masks) > 2, 30.0, 'masks every other frame')
    following.set('tracker_node', mask_every=0)


def test_stamped_commands_and_range_from_depth(other: Graph) -> None:
    poses: list[PoseStamped] = []
    other.subscribe(PoseStamped, 'target_pose', poses.append, qos.COMMAND)
    other.follow()
    assert {header.frame_id for header in other.headers} == {'base_link'}
    stamps = [conversions.seconds(header.stamp) for header in other.headers]
    assert stamps == sorted(stamps)
    assert stamps[-1] == pytest.approx(other.now(), abs=2.0)
    other.wait(lambda: len(poses) > 5, 30.0, 'poses')
    assert poses[-1].pose.position.z == pytest.approx(DEPTH_M, abs=0.05)
    assert poses[-1].header.frame_id == 'camera'


def test_people_see_where_it_goes_who_else_there_is_and_why_it_holds(other: Graph) -> None:
    lines: list[ImageMarker] = []
    shown: dict[str, Marker] = {}
    fence: list[MarkerArray] = []

    def on_markers(message: MarkerArray) -> None:
        shown.update({marker.ns: marker for marker in message.markers})

    other.follow()
    other.subscribe(MarkerArray, 'markers', on_markers, qos.COMMAND)
    other.subscribe(ImageMarker, 'annotations', lines.append, qos.COMMAND)
    other.subscribe(MarkerArray, 'controller_node/fence', fence.append, qos.LATCHED)
    other.start('visualizer_node')
    try:
        other.wait(lambda: {'target', 'prediction', 'way'} <= set(shown), 30.0, 'markers')
        place = shown['prediction'].pose.position
        assert place.z == pytest.approx(DEPTH_M, rel=0.2)  # drawn targets float up and down
        assert shown['way'].lifetime.sec > 10
        other.wait(lambda: lines and lines[-1].points, 30.0, 'lines for the picture')
        assert lines[-1].header.frame_id == 'camera'
        assert other.trigger('controller_node/stop').success
        other.wait(
            lambda: 'why it holds' in shown and 'stopped by' in shown['why it holds'].text,
            30.0,
            'the reason',
        )
        assert shown['why it holds'].header.frame_id == 'base_link'
        other.wait(lambda: fence, 30.0, 'the fence')
        assert [marker.action for marker in fence[-1].markers] == [Marker.DELETEALL]
        assert other.set('controller_node', supervisor__fence_radius=30.0) == [(True, '')]
        other.wait(lambda: len(fence[-1].markers) == 2, 30.0, 'the fence')
        circle = fence[-1].markers[1]
        assert (circle.ns, circle.header.frame_id) == ('fence circle', 'odom')
        assert max(point.x for point in circle.points) == pytest.approx(30.0)
    finally:
        other.set('controller_node', supervisor__fence_radius=0.0)
        other.enable(True)
        other.end('visualizer_node', signal.SIGTERM)
