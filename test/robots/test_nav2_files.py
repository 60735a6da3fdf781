# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The examples for Nav2 name topics and ports that exist."""

from __future__ import annotations

from pathlib import Path
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

CONFIG = Path(__file__).resolve().parents[2] / 'config'

# Nav2's documentation of the behaviour tree node FollowObject.
PORTS = {'name', 'pose_topic', 'max_duration', 'tracked_frame', 'server_name', 'server_timeout'}

pytestmark = pytest.mark.nav2


def test_behaviour_tree_follows_the_topic_we_publish() -> None:
    root = ElementTree.parse(CONFIG / 'nav2_follow.xml').getroot()
    assert root.get('BTCPP_format') == '4'
    assert root.get('main_tree_to_execute') in {t.get('ID') for t in root.iter('BehaviorTree')}
    (follow,) = root.iter('FollowObject')
    assert set(follow.attrib) <= PORTS
    source = (CONFIG.parent / 'follow_anything/ros/robots/wiring.py').read_text(encoding='utf-8')
    assert f"'{follow.get('pose_topic', '').lstrip('/')}'" in source


def test_collision_monitor_is_complete() -> None:
    file = yaml.safe_load((CONFIG / 'nav2_collision_monitor.yaml').read_text(encoding='utf-8'))
    parameters = file['collision_monitor']['ros__parameters']
    for name in parameters['polygons'] + parameters['observation_sources']:
        assert 'type' in parameters[name], name
    assert parameters['cmd_vel_in_topic'] != parameters['cmd_vel_out_topic']
    zones = [yaml.safe_load(parameters[name]['points']) for name in parameters['polygons']]
    stop, slow = ([max(p[0] for p in zone), min(p[0] for p in zone)] for zone in zones)
    assert slow[0] > stop[0]
    assert slow[1] < stop[1]
