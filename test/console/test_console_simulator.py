# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The page on the real thing: simulator, detector, tracker, controller, and a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import json
import os
from pathlib import Path
import time
from typing import Any, TYPE_CHECKING
import urllib.request

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')
pytest.importorskip('mujoco', reason='there is no simulator here')

from console_client import WebPage
from console_world import ended, START_S, started, Watcher
from test_console_browser import ACT_MS, at, has_picture, state_is

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.console, pytest.mark.ros, pytest.mark.sim]

DOMAIN, DOMAIN_OF_DEMO = (10 + (os.getpid() + shift) % 90 for shift in (30, 60))
"""Of the robot with the page, and of the demonstration: neither receives from the other."""

WORLD_MS = 90_000
"""For the first picture of the world."""

Wait = Callable[..., Any]


@pytest.fixture(scope='module')
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the page of a robot in the simulator."""
    folder = tmp_path_factory.mktemp('console')
    patient = folder / 'patient.yaml'  # with a browser on a busy machine
    patient.write_text('/**/console_node:\n  ros__parameters:\n    link_timeout: 6.0\n')
    command = ['console', '--simulator', '--robot', 'ground', '--port', '0']
    command += ['--params-file', str(patient)]
    process, address = started(command, folder / 'log.txt', r'console: (http://\S+)', DOMAIN)
    yield address
    ended(process)


@pytest.fixture(scope='module')
def watcher(address: str) -> Iterator[Watcher]:
    """Give somebody who watches that robot."""
    watcher = Watcher(DOMAIN)
    yield watcher
    watcher.close()


def is_soon(wait: Wait, holds: Callable[[], Any]) -> bool:
    """Tell whether something holds within some seconds."""
    try:
        return bool(wait(holds, 'it', 15.0))
    except AssertionError:
        return False


def begin_anew(page: Page) -> None:
    """Begin the same world once more."""
    page.get_by_label('Scenario').select_option('street')
    page.get_by_label('Robot').select_option('ground')
    page.click('#begin')
    has_picture(page, WORLD_MS)


def follow_the_person(page: Page, watcher: Watcher, wait: Wait) -> None:
    """Click on the person in the page, until the robot moves after her."""
    page.wait_for_selector('#holder >> text=You have the control', timeout=60_000)
    if page.get_attribute('#follow', 'aria-checked') == 'false':
        page.click('#follow')
        page.wait_for_selector('#follow[aria-checked="true"]')
    for _ in range(6):
        if not is_soon(wait, watcher.person):  # she has walked away from the robot that stopped
            begin_anew(page)
        x, y = wait(watcher.person, 'the person to be in view', 60.0)
        page.mouse.click(*at(page, x, y))
        try:
            state_is(page, 'TRACKING')
            wait(watcher.moves, 'the robot to move', 30.0)
            return
        except Exception as error:  # a click that missed: playwright's time-out, or ours
            if 'imeout' not in str(error) and 'waited' not in str(error):
                raise
    raise AssertionError('nothing was followed in six clicks')


def test_click_the_person_and_the_space_bar_stops(
    open_page: Callable[..., Page], address: str, watcher: Watcher, wait: Wait
) -> None:
    page = open_page(address)
    has_picture(page, WORLD_MS)
    follow_the_person(page, watcher, wait)
    assert 'FOLLOWING' in page.inner_text('#motion')
    assert page.inner_text('#presence').endswith('%')
    page.wait_for_function("document.getElementById('range').textContent.endsWith('m')")
    begin = time.monotonic()
    page.keyboard.press('Space')
    page.wait_for_selector('#motion[data-mode="hold"]')
    time.sleep(1.5)
    assert watcher.moved_until() - begin < 0.3, 'zero velocity within 0.3 s'
    assert watcher.commands[-1][0] > begin + 1.0, 'and it is still commanded'
    page.close()


def test_reload_two_viewers_and_a_phone(
    open_page: Callable[..., Page], address: str, watcher: Watcher, wait: Wait
) -> None:
    page = open_page(address)
    has_picture(page, WORLD_MS)
    if page.is_visible('#ask'):
        page.click('#ask')  # the page of the test before has just gone
    follow_the_person(page, watcher, wait)
    page.reload()
    has_picture(page, WORLD_MS)
    page.wait_for_selector('#holder >> text=You have the control')
    wait(watcher.moves, 'the robot to go on')
    phone = open_page(address, phone=True)
    has_picture(phone, WORLD_MS)
    phone.wait_for_selector('#holder >> text=computer')
    begin = time.monotonic()
    phone.tap('#stop')
    page.wait_for_selector('#motion[data-mode="hold"]')
    time.sleep(1.0)
    assert watcher.moved_until() - begin < 2.0, 'a tap of a simulated finger takes its time'
    phone.tap('#ask')
    page.click('#hand-over')
    phone.wait_for_selector('#holder >> text=You have the control')
    phone.tap('#follow')
    wait(watcher.moves, 'the robot to move', 30.0)
    phone.close()
    wait(lambda: not watcher.moves(), 'the robot to hold: the operator went away', 60.0)
    page.wait_for_selector('#motion[data-mode="hold"]')


def test_another_world_is_chosen_on_the_page(
    open_page: Callable[..., Page], address: str, watcher: Watcher, wait: Wait
) -> None:
    """The robot that followed holds, the target is forgotten, and a STOP outlives the change."""
    page = open_page(address)
    has_picture(page, WORLD_MS)
    if page.is_visible('#ask'):
        page.click('#ask')
    follow_the_person(page, watcher, wait)
    page.wait_for_selector('#world >> text=Now: street, ground')
    assert page.locator('#scenario option').count() > 10
    page.get_by_label('Scenario').select_option('cars')
    page.get_by_label('Robot').select_option('drone')
    begin = time.monotonic()
    page.click('#begin')
    page.wait_for_selector('#world >> text=Now: cars, drone', timeout=ACT_MS)
    changed = time.monotonic()
    wait(lambda: not watcher.moves(), 'the robot to hold')
    state_is(page, 'IDLE', WORLD_MS)
    has_picture(page, WORLD_MS)
    page.wait_for_selector('#distance >> text=6.0 m', timeout=WORLD_MS)  # the drone's
    assert page.inner_text('#query') == '', 'nobody is looked for'
    assert watcher.moved_until() < changed + 1.0, f'{changed - begin:.1f} s after the choice'
    assert page.get_attribute('#follow', 'aria-checked') == 'true'
    page.keyboard.press('Space')
    page.wait_for_selector('#motion[data-mode="hold"]')
    page.get_by_label('Robot').select_option('ground')
    page.click('#begin')
    page.wait_for_selector('#world >> text=Now: cars, ground', timeout=ACT_MS)
    state_is(page, 'IDLE', WORLD_MS)
    page.wait_for_selector('#distance >> text=3.0 m', timeout=WORLD_MS)
    page.wait_for_selector('#motion[data-mode="hold"]', timeout=WORLD_MS)
    time.sleep(3.0)
    assert 'STOPPED' in page.inner_text('#motion'), 'and nothing lets it go'
    page.close()


@pytest.mark.skipif(
    'FOLLOW_ANYTHING_SCREENSHOTS' not in os.environ, reason='FOLLOW_ANYTHING_SCREENSHOTS is unset'
)
def test_screenshots_of_the_simulator(
    open_page: Callable[..., Page], address: str, watcher: Watcher, wait: Wait
) -> None:
    """Make console.jpg, the picture of docs/console.md, and what a phone shows."""
    folder = Path(os.environ['FOLLOW_ANYTHING_SCREENSHOTS'])
    folder.mkdir(parents=True, exist_ok=True)
    page = open_page(address)
    page.set_viewport_size({'width': 1280, 'height': 860})
    has_picture(page, WORLD_MS)
    page.wait_for_selector('#holder >> text=You have the control', timeout=60_000)
    page.get_by_label('Scenario').select_option('street')
    page.get_by_label('Robot').select_option('ground')
    page.click('#begin')
    page.wait_for_selector('#distance >> text=3.0 m', timeout=WORLD_MS)
    has_picture(page, WORLD_MS)
    follow_the_person(page, watcher, wait)
    page.wait_for_timeout(4000)
    state_is(page, 'TRACKING')
    page.screenshot(path=folder / 'console.jpg', type='jpeg', quality=85)
    phone = open_page(address, phone=True)
    has_picture(phone, WORLD_MS)
    phone.wait_for_timeout(2000)
    phone.screenshot(path=folder / 'phone_simulator.png', full_page=True)
    page.close()
    phone.close()


def served(address: str) -> bytes:
    """Return the page, once it is there."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f'nobody serves {address}')


@pytest.mark.slow
def test_on_the_page_of_the_demonstration_a_click_is_followed_and_the_space_bar_stops(
    open_page: Callable[..., Page], tmp_path: Path, wait: Wait
) -> None:
    command = ['demo', '--robot', 'ground', '--seconds', '600', '--out', str(tmp_path / 'out')]
    log = tmp_path / 'log.txt'
    process, address = started(command, log, r"operator's page: (http://\S+)", DOMAIN_OF_DEMO)
    watcher = Watcher(DOMAIN_OF_DEMO)
    try:
        served(address)
        page = open_page(address)
        has_picture(page, WORLD_MS)
        follow_the_person(page, watcher, wait)
        begin = time.monotonic()
        page.keyboard.press('Space')
        page.wait_for_selector('#motion[data-mode="hold"]')
        time.sleep(1.0)
        assert watcher.moved_until() - begin < 0.3, 'zero velocity within 0.3 s'
    finally:
        watcher.close()
        ended(process)


@pytest.mark.slow
def test_the_demonstration_serves_a_page_with_a_choice_of_worlds(
    tmp_path: Path, wait: Wait
) -> None:
    command = ['demo', '--robot', 'ground', '--seconds', '6', '--out', str(tmp_path / 'out')]
    log = tmp_path / 'log.txt'
    process, address = started(command, log, r"operator's page: (http://\S+)", DOMAIN_OF_DEMO)
    try:
        assert b'follow_anything' in served(address)
        with WebPage(int(address.rstrip('/').rpartition(':')[2])) as viewer:
            wait(lambda: viewer.report.get('world') and viewer.report['mine'], 'the choice')
            assert viewer.report['world']['scenario'] == 'street'
            viewer.order('world', ['dog', 'ground'])
            wait(lambda: viewer.report['world']['scenario'] == 'dog', 'the other world')
        assert process.wait(timeout=240) == 0, log.read_text()
        report = json.loads((tmp_path / 'out' / 'report.json').read_text(encoding='utf-8'))
        assert (report['scenario'], report['robot']) == ('dog', 'ground')
    finally:
        if process.poll() is None:
            ended(process)
