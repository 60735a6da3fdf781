# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A session recorded from running nodes can be decided on again."""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from graph import DOMAIN, Graph
import pytest

pytest.importorskip('mcap', reason='mcap is not installed: pip install mcap')

from follow_anything.ros.bags.session import replay, TOPICS

pytestmark = [pytest.mark.ros, pytest.mark.replay]


@pytest.mark.parametrize('was_following', [False, True])
def test_recorded_nodes_are_replayed(graph: Graph, tmp_path: Path, was_following: bool) -> None:
    """Also where they follow somebody else already, whom the recorder knows no query of."""
    bag, figures = tmp_path / 'session.mcap', tmp_path / 'figures.json'
    command = [sys.executable, '-m', 'follow_anything', 'record', str(bag)]
    command += ['--namespace', graph.namespace, '--json', str(figures)]
    graph.enable(True)
    if was_following:
        graph.follow()
    else:
        assert graph.trigger('tracker_node/stop').success
        graph.wait_for_state('IDLE')
    topics = [graph.node.resolve_topic_name(topic) for topic in TOPICS]
    before = {topic: graph.node.count_subscribers(topic) for topic in topics}
    recorder = subprocess.Popen(command, env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN)})
    try:
        # There is one click only: it must not be published before the recorder has subscribed.
        def has_subscribed() -> bool:
            return all(graph.node.count_subscribers(topic) > before[topic] for topic in topics)

        graph.wait(has_subscribed, 30.0, 'the recorder')
        time.sleep(1.0)  # the nodes that publish have to know of it, too
        graph.follow()
        since = len(graph.tracks)
        graph.wait(lambda: len(graph.tracks) > since + 45, 30.0, 'tracks')
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(timeout=20.0) == 0
    finally:
        recorder.kill()
        recorder.wait()
    counts = json.loads(figures.read_text())
    assert counts['query/click'] >= 1
    assert min(counts[name] for name in ('image', 'camera_info', 'track', 'state')) > 0
    report = replay(bag, detector='classical')  # as the nodes have it here
    assert report['lock_step'] is False
    names = 'frames', 'frames_missing', 'frames_earlier'
    frames, missing, earlier = (int(str(report[name])) for name in names)
    # Pictures are best effort: on a busy machine the recorder loses some, and says how many.
    assert frames + missing + earlier == counts['track']
    assert earlier == 0 or was_following
    assert frames > 15
    # How fast the detector was is not in the bag: some frames after the click may differ.
    assert int(str(report['decisions_differ'])) <= 0.5 * frames
