# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Two women in the same clothes, in the simulator: the operator picks the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')
pytest.importorskip('mujoco', reason='there is no simulator here')

from console_world import ended, started, Watcher
from follow_anything.sim.scenarios import make_scenario
from test_console_browser import has_picture, state_is

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.console,
    pytest.mark.ros,
    pytest.mark.sim,
    pytest.mark.identity,
]

DOMAIN = 10 + (os.getpid() + 45) % 90
SCENARIO, ROBOT = 'twin_first', 'ground'
PARAMETERS = """
/**/console_node: {ros__parameters: {link_timeout: 20.0}}
/**/tracker_node: {ros__parameters: {auto_confirm: true}}
/**/sim_node: {ros__parameters: {speed: 0.2}}
"""
"""One of two is asked about, one alone is not. Six simulated seconds, in which both are in view,
are half a minute for browser and operator."""

WORLD_MS, CHOICE_MS = 90_000, 60_000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Give the address of the page of a robot that has two women before it."""
    mine = tmp_path / 'mine.yaml'
    mine.write_text(PARAMETERS, encoding='utf-8')
    command = ['console', '--simulator', '--robot', ROBOT, '--scenario', SCENARIO, '--port', '0']
    command += ['--params-file', str(mine)]
    process, address = started(command, tmp_path / 'log.txt', r'console: (http://\S+)', DOMAIN)
    yield address
    ended(process)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """Give somebody who knows who is meant."""
    watcher = Watcher(DOMAIN)
    yield watcher
    watcher.close()


def test_the_right_one_of_two_is_picked_by_its_button_and_then_refused(
    open_page: Callable[..., Page], address: str, watcher: Watcher, wait: Callable[..., object]
) -> None:
    page = open_page(address)
    has_picture(page, WORLD_MS)
    page.wait_for_selector('#holder >> text=You have the control', timeout=WORLD_MS)
    page.fill('#words', make_scenario(SCENARIO, ROBOT, 0).query)
    page.keyboard.press('Enter')
    state_is(page, 'AMBIGUOUS', CHOICE_MS)
    page.wait_for_selector('#choices button >> nth=1', timeout=CHOICE_MS)
    assert 'AMBIGUOUS' in page.inner_text('#assertive')
    assert watcher.moved_until() == 0.0, 'the robot holds'
    right = wait(watcher.right_candidate, 'the target among the candidates')
    page.click(f'#choices button[data-candidate="{right}"]')
    state_is(page, 'TRACKING')
    page.wait_for_selector('#candidates', state='hidden')
    wait(watcher.follows_the_right_one, 'the track to be of the one that was picked')
    watcher.let_time_run(1.0)
    wait(watcher.moves, 'the robot to move', 60.0)
    assert watcher.follows_the_right_one()
    page.click('#reject')
    page.wait_for_selector('#state:not([data-state="TRACKING"])')
    wait(lambda: not watcher.moves(), 'the robot to stand still')
    end = time.monotonic() + 4.0
    while time.monotonic() < end:  # refused for ever
        still = page.get_attribute('#state', 'data-state') != 'TRACKING'
        assert still or not watcher.follows_the_right_one()
        time.sleep(0.1)
