# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The page in a real headless Chromium, against a scripted robot.

    python -m pytest -m browser
    FOLLOW_ANYTHING_SCREENSHOTS=out/console python -m pytest -m browser -k screenshots
"""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import time
from typing import Any, TYPE_CHECKING

from console_fake import FakeLink, LOOK_ALIKE, TARGET
from follow_anything.console.link import Mode, Order
from follow_anything.console.serve import ConsoleServer
import pytest
from test_console_rules import picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.console]

Wait = Callable[..., Any]
Open = Callable[..., 'Page']

NOTHING = '\N{EN DASH}'

ACT_MS = 30_000
"""For something to happen, on a very busy machine."""


@pytest.fixture
def server(serve: Callable[..., ConsoleServer]) -> ConsoleServer:
    """Give a console that waits for a browser on a busy machine."""
    return serve(link_timeout=10.0)


def state_is(page: Page, state: str, limit_ms: int = ACT_MS) -> None:
    page.wait_for_selector(f'#state[data-state="{state}"]', timeout=limit_ms)


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return the place on the screen of a place in the picture of 4:3, shares of it."""
    box = page.locator('#picture').bounding_box()
    assert box is not None
    width = min(box['width'], box['height'] * 4 / 3)
    height = width * 3 / 4
    left, top = box['x'] + (box['width'] - width) / 2, box['y'] + (box['height'] - height) / 2
    return left + x * width, top + y * height


def has_picture(page: Page, limit_ms: int = ACT_MS) -> None:
    page.wait_for_selector('#curtain', state='hidden', timeout=limit_ms)


def test_a_click_is_followed_and_the_space_bar_stops(
    open_page: Open, link: FakeLink, wait: Wait
) -> None:
    page = open_page()
    has_picture(page)
    state_is(page, 'IDLE')
    aimed = link.target()
    page.mouse.click(*at(page, *aimed))
    state_is(page, 'TRACKING')
    ((order, place),) = link.orders
    assert order is Order.CLICK
    assert place == pytest.approx(aimed, abs=0.01)
    assert page.inner_text('#presence') == '97 %'
    assert page.inner_text('#range') == '3.4 m'
    assert 'FOLLOWING' in page.inner_text('#motion')
    begin = time.monotonic()
    page.keyboard.press('Space')
    wait(lambda: link.stops, 'STOP')
    assert link.stops[0][0] - begin < 0.3
    page.wait_for_selector('#motion[data-mode="hold"]')
    assert 'STOPPED' in page.inner_text('#motion')
    assert 'STOPPED' in page.inner_text('#assertive')
    assert page.get_attribute('#look', 'aria-checked') == 'false'


def test_the_space_bar_stops_whatever_has_the_focus(
    open_page: Open, link: FakeLink, wait: Wait
) -> None:
    page = open_page()
    has_picture(page)
    link.become('CONFIRMING', 'a candidate was found')
    state_is(page, 'CONFIRMING')
    for focused in ('#confirm', '#look', '#picture', '#stop', 'summary'):
        before = len(link.stops)
        page.focus(focused)
        page.keyboard.press('Space')
        wait(lambda before=before: len(link.stops) > before, f'STOP from {focused}')
    time.sleep(0.2)
    assert link.orders == [], 'and it presses nothing'
    before = len(link.stops)
    page.focus('#words')
    page.keyboard.type('a red car')
    time.sleep(0.2)
    assert len(link.stops) == before, 'in the text field it is a space'
    page.keyboard.press('Escape')
    page.keyboard.press('Space')
    wait(lambda: len(link.stops) > before, 'STOP')


def test_a_drag_is_a_box(open_page: Open, link: FakeLink, wait: Wait) -> None:
    page = open_page()
    has_picture(page)
    page.mouse.move(*at(page, 0.6, 0.7))
    page.mouse.down()
    page.mouse.move(*at(page, 0.3, 0.5))
    page.mouse.move(*at(page, 0.2, 0.3))
    page.mouse.up()
    wait(lambda: link.orders, 'the order')
    order, box = link.orders[0]
    assert order is Order.BOX
    assert box == pytest.approx((0.2, 0.3, 0.4, 0.4), abs=0.01)


def test_a_page_that_goes_in_mid_drag_orders_nothing(
    open_page: Open, serve: Callable[..., ConsoleServer], link: FakeLink, wait: Wait
) -> None:
    page = open_page(serve(link_timeout=1.0).address)
    has_picture(page)
    page.mouse.move(*at(page, 0.2, 0.3))
    page.mouse.down()
    page.mouse.move(*at(page, 0.6, 0.7))
    page.close()
    wait(lambda: link.stops, 'the robot to hold')
    assert link.orders == []


def test_the_keyboard_alone_is_enough(open_page: Open, link: FakeLink, wait: Wait) -> None:
    page = open_page()
    has_picture(page)
    for _ in range(40):
        if page.evaluate('document.activeElement.id') == 'picture':
            break
        page.keyboard.press('Tab')
    for _ in range(10):
        page.keyboard.press('ArrowRight')
    page.keyboard.press('Shift+ArrowUp')
    page.keyboard.press('Enter')
    wait(lambda: link.orders, 'the click')
    assert link.orders[-1] == (Order.CLICK, pytest.approx((0.6, 0.42)))
    page.keyboard.press('b')
    page.keyboard.press('Shift+ArrowRight')
    page.keyboard.press('Shift+ArrowDown')
    page.keyboard.press('b')
    wait(lambda: len(link.orders) == 2, 'the box')
    assert link.orders[-1] == (Order.BOX, pytest.approx((0.6, 0.42, 0.08, 0.08)))
    page.keyboard.press('l')
    wait(lambda: len(link.stops) == 1, 'look off: hold')
    page.wait_for_selector('#look[aria-checked="false"]')
    page.keyboard.press('f')
    wait(lambda: link.mode is Mode.FOLLOW, 'follow')
    page.wait_for_selector('#follow[aria-checked="true"]')
    page.keyboard.press('f')
    wait(lambda: link.mode is Mode.LOOK, 'look')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'stop'
    page.keyboard.press('Enter')
    wait(lambda: len(link.stops) >= 2, 'STOP by Enter')


@pytest.mark.parametrize('how', ['button', 'digit', 'tap'])
def test_the_right_one_of_two_is_picked(
    open_page: Open, link: FakeLink, wait: Wait, how: str
) -> None:
    page = open_page()
    has_picture(page)
    link.become('AMBIGUOUS', 'two candidates may be the target')
    state_is(page, 'AMBIGUOUS')
    page.wait_for_selector('#choices button >> nth=1')
    assert 'AMBIGUOUS' in page.inner_text('#assertive')
    shown = page.locator('#choices button').all_inner_texts()
    assert [text.split()[0] for text in shown] == ['1', '2']
    if how == 'button':
        page.locator('#choices button').nth(1).click()
    elif how == 'digit':
        page.focus('#picture')
        page.keyboard.press('2')
    else:
        box = link.scene.look_alike_box()
        x, y = box.center
        page.mouse.click(*at(page, x / link.scene.width, y / link.scene.height))
    wait(lambda: link.orders, 'the pick')
    assert link.orders == [(Order.PICK, LOOK_ALIKE)]
    assert LOOK_ALIKE != TARGET
    state_is(page, 'TRACKING')
    page.wait_for_selector('#candidates', state='hidden')


def test_confirm_and_not_this_one(open_page: Open, link: FakeLink, wait: Wait) -> None:
    page = open_page()
    has_picture(page)
    page.fill('#words', 'the red car')
    page.keyboard.press('Enter')
    wait(lambda: link.orders == [(Order.TEXT, 'the red car')], 'the text')
    state_is(page, 'CONFIRMING')
    page.click('#reject')
    wait(lambda: link.orders[-1][0] is Order.REJECT, 'not this one')
    state_is(page, 'SEARCHING')
    assert page.is_disabled('#confirm')
    link.become('CONFIRMING', 'waiting for the operator to confirm')
    page.wait_for_selector('#confirm.wanted:not(:disabled)')
    page.click('#confirm')
    state_is(page, 'TRACKING')
    page.click('#farther')
    wait(lambda: link.distance == 3.5, 'the distance')
    page.click('#forget')
    state_is(page, 'IDLE')


def test_scenario_and_robot_are_chosen_by_keyboard(
    open_page: Open, link: FakeLink, wait: Wait
) -> None:
    link.begin('street', 'drone')
    page = open_page()
    has_picture(page)
    page.wait_for_selector('#world >> text=Now: street, drone')
    link.become('TRACKING', '')
    state_is(page, 'TRACKING')
    page.get_by_label('Scenario').focus()
    page.keyboard.press('ArrowDown')
    page.keyboard.press('Tab')
    page.keyboard.press('ArrowDown')
    assert link.orders == [], 'to choose begins nothing'
    page.keyboard.press('Space')
    wait(lambda: link.stops, 'the space bar stops here, too')
    page.keyboard.press('Tab')
    page.keyboard.press('Enter')
    wait(lambda: link.orders, 'the order')
    assert link.orders == [(Order.WORLD, ('cars', 'ground'))]
    page.wait_for_selector('#world >> text=Now: cars, ground')
    state_is(page, 'IDLE')
    second = open_page()
    second.wait_for_selector('#world')
    assert second.is_disabled('#scenario')
    assert second.is_disabled('#begin')


def test_without_a_simulator_there_is_nothing_to_choose(open_page: Open, link: FakeLink) -> None:
    page = open_page()
    has_picture(page)
    state_is(page, 'IDLE')
    assert not page.is_visible('#world')
    link.begin('street', 'drone')
    page.wait_for_selector('#world')
    link.world = None
    page.wait_for_selector('#world', state='hidden')


def test_a_picture_is_shown(open_page: Open, link: FakeLink, wait: Wait, tmp_path: Path) -> None:
    page = open_page()
    has_picture(page)
    file = tmp_path / 'what.png'
    file.write_bytes(picture('.png', 2400, 1200))
    page.set_input_files('#file', file)
    wait(lambda: link.orders, 'the picture')
    order, rgb = link.orders[0]
    assert order is Order.IMAGE
    assert rgb.shape == (512, 1024, 3)
    assert tuple(rgb[100, 100]) == pytest.approx((200, 0, 0), abs=4)
    file.write_bytes(b'this is no picture')
    page.set_input_files('#file', file)
    page.wait_for_selector('.notice.bad >> text=no picture')


@pytest.mark.parametrize('how', ['drop', 'paste'])
def test_a_picture_is_dropped_or_pasted(
    open_page: Open, link: FakeLink, wait: Wait, how: str
) -> None:
    page, viewer = open_page(), open_page()
    has_picture(page)
    page.wait_for_selector('#holder >> text=You have the control')
    data = list(picture('.png', 64, 48))
    code = """([how, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], 'what.png', { type: 'image/png' }));
        const at = document.getElementById('stage');
        if (how === 'paste') at.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
        else for (const name of ['dragover', 'drop']) at.dispatchEvent(
            new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    viewer.wait_for_selector('#holder >> text=computer 1 has the control')
    viewer.evaluate(code, [how, data])
    viewer.wait_for_timeout(300)
    assert link.orders == [], 'a viewer asks for nothing'
    page.evaluate(code, [how, data])
    wait(lambda: link.orders, 'the picture')
    ((order, rgb),) = link.orders
    assert order is Order.IMAGE
    assert rgb.shape == (48, 64, 3)
    assert not page.is_visible('#drop')


def test_figures_limits_side_and_a_minute_of_plots(
    open_page: Open, link: FakeLink, wait: Wait
) -> None:
    page = open_page()
    has_picture(page)
    page.wait_for_selector('#battery >> text=82 %')
    assert page.inner_text('#margin') == NOTHING
    ink = """() => {
        const canvas = document.getElementById('plots');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colors = new Set();
        for (let i = 0; i < data.length; i += 4) colors.add(data.slice(i, i + 3).join());
        return [...colors];
    }"""
    yellow = '255,210,60'  # the range
    assert yellow not in page.evaluate(ink)
    link.limits = 'fence: slower near it'
    link.become('TRACKING', 'the operator chose')
    page.wait_for_selector('#margin >> text=4.2')
    assert page.inner_text('#speed') == '0.60 m/s'
    assert page.inner_text('#reason') == 'the operator chose'
    assert page.inner_text('#limits') == 'fence: slower near it'
    page.wait_for_timeout(1000)
    assert yellow in page.evaluate(ink)
    page.reload()
    has_picture(page)
    page.wait_for_function(f'({ink})().includes("{yellow}")')  # the minute before is still there
    link.battery, link.limits = None, ''
    page.wait_for_selector('#limits', state='hidden')
    assert page.inner_text('#battery') == NOTHING
    for name, expected in (('more-left', 0.25), ('more-left', 0.5), ('more-right', 0.25)):
        page.click(f'#{name}')
        wait(lambda expected=expected: link.side == expected, f'{name} to arrive')
        page.wait_for_selector(f'#side >> text={expected:.2f} m left')


def test_a_reload_keeps_the_control(open_page: Open, link: FakeLink) -> None:
    page = open_page()
    has_picture(page)
    page.wait_for_selector('#holder >> text=You have the control')
    page.reload()
    has_picture(page)
    page.wait_for_selector('#holder >> text=You have the control')
    assert page.inner_text('#viewers') == '1'
    assert link.stops == []


def test_two_viewers_one_operator(open_page: Open, link: FakeLink, wait: Wait) -> None:
    first, second = open_page(), open_page(phone=True)
    has_picture(second)
    second.wait_for_selector('#holder >> text=computer 1 has the control')
    for name in ('words', 'look', 'nearer', 'more-left', 'more-right', 'reject'):
        assert second.is_disabled(f'#{name}'), name
    second.touchscreen.tap(*at(second, 0.5, 0.5))
    second.tap('#stop')
    wait(lambda: link.stops, 'STOP from a viewer')
    first.wait_for_selector('.notice >> text=STOP from phone 2')
    assert first.locator('.notice >> text=STOP from phone 2').count() == 1
    assert link.orders == []
    second.tap('#ask')
    first.click('#hand-over')
    second.wait_for_selector('#holder >> text=You have the control')
    first.wait_for_selector('#holder >> text=phone 2 has the control')
    second.tap('#follow')
    wait(lambda: link.mode is Mode.FOLLOW, 'the order')


def test_on_a_phone_the_choice_of_one_of_several_is_in_view(
    open_page: Open, link: FakeLink, wait: Wait
) -> None:
    """Below the picture, above STOP, and before the choice of worlds."""
    link.begin('street', 'drone')
    page = open_page(phone=True)
    has_picture(page)
    link.become('AMBIGUOUS', 'two candidates may be the target')
    second = page.locator('#choices button').nth(1)
    second.wait_for()
    box, stop = second.bounding_box(), page.locator('#stop').bounding_box()
    assert box is not None
    assert stop is not None
    assert box['y'] + box['height'] < stop['y']
    second.tap()
    wait(lambda: link.orders, 'the pick')
    assert link.orders == [(Order.PICK, LOOK_ALIKE)]


def test_a_phone_has_everything_within_reach(open_page: Open, link: FakeLink) -> None:
    page = open_page(phone=True)
    has_picture(page)
    width = page.evaluate('document.documentElement.clientWidth')
    assert page.evaluate('document.documentElement.scrollWidth') <= width, 'nothing sticks out'
    stop = page.locator('#stop').bounding_box()
    shown = page.viewport_size
    assert stop is not None
    assert shown is not None
    assert stop['y'] + stop['height'] <= shown['height'], 'STOP is there without scrolling'
    assert stop['width'] > 0.9 * width
    sizes = {
        name: page.locator(f'#{name}').bounding_box()
        for name in ('look', 'follow', 'nearer', 'farther', 'search', 'confirm', 'reject', 'show')
    }
    for name, box in sizes.items():
        assert box is not None
        assert min(box['width'], box['height']) >= 44, f'{name} is too small for a thumb'
        assert box['width'] * box['height'] < stop['width'] * stop['height']
    aimed = link.target()
    page.touchscreen.tap(*at(page, *aimed))
    state_is(page, 'TRACKING')


def test_a_picture_that_stands_still_is_said_to(open_page: Open, link: FakeLink) -> None:
    page = open_page()
    has_picture(page)
    link.end()
    page.wait_for_selector('#curtain >> text=No new picture for', timeout=ACT_MS)


def test_a_console_that_ends_is_said_to(
    open_page: Open, link: FakeLink, server: ConsoleServer
) -> None:
    page = open_page()
    has_picture(page)
    server.close()
    page.wait_for_selector('#curtain >> text=No connection', timeout=ACT_MS)
    assert 'No connection' in page.inner_text('#assertive')


AXE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """Return the serious and critical findings of axe-core: the rule, and where."""
    axe = pytest.importorskip('axe_playwright_python.sync_playwright', reason='axe is not here')
    options = {'runOnly': {'type': 'tag', 'values': AXE}, 'resultTypes': ['violations']}
    found = axe.Axe().run(page, options=options).response
    assert found['testEngine']['version'] == '4.12.1', 'pinned in requirements/browser.txt'
    assert len(found['passes']) > 10
    bad = [each for each in found['violations'] if each['impact'] in ('serious', 'critical')]
    return [(each['id'], [node['html'][:120] for node in each['nodes']]) for each in bad]


@pytest.mark.parametrize('phone', [False, True], ids=['desktop', 'phone'])
@pytest.mark.parametrize('state', ['IDLE', 'TRACKING', 'AMBIGUOUS', 'stopped', 'asked', 'world'])
def test_axe_finds_nothing_serious(
    open_page: Open, link: FakeLink, state: str, phone: bool
) -> None:
    page = open_page(phone=phone)
    has_picture(page)
    if state == 'stopped':
        link.stop('a test')
        page.wait_for_selector('#motion[data-mode="hold"]')
    elif state == 'asked':
        open_page().click('#ask')
        page.wait_for_selector('#asked')
    elif state == 'world':
        link.begin('street', 'drone')
        page.wait_for_selector('#world')
    else:
        link.become(state, 'a test')
        state_is(page, state)
    page.evaluate("document.querySelector('details').open = true")
    assert serious(page) == []


def test_axe_would_find_something(open_page: Open) -> None:
    page = open_page()
    has_picture(page)
    page.evaluate("document.getElementById('reason').style.color = '#30363d'")
    page.evaluate("document.getElementById('words').placeholder = ''")
    page.evaluate("document.querySelector('label[for=words]').remove()")
    assert {rule for rule, _ in serious(page)} == {'color-contrast', 'label'}


def test_nothing_on_the_page_is_an_error(open_page: Open, link: FakeLink) -> None:
    errors: list[str] = []
    page = open_page(errors=errors)
    has_picture(page)
    link.become('AMBIGUOUS', '<img src=x onerror=alert(1)>')
    state_is(page, 'AMBIGUOUS')
    assert page.inner_text('#reason') == '<img src=x onerror=alert(1)>'
    page.wait_for_timeout(500)
    assert errors == []


@pytest.mark.skipif(
    'FOLLOW_ANYTHING_SCREENSHOTS' not in os.environ, reason='FOLLOW_ANYTHING_SCREENSHOTS is unset'
)
def test_screenshots(open_page: Open, link: FakeLink) -> None:
    folder = Path(os.environ['FOLLOW_ANYTHING_SCREENSHOTS'])
    folder.mkdir(parents=True, exist_ok=True)
    link.begin('street', 'drone')
    for kind in ('desktop', 'phone'):
        link.mode = Mode.FOLLOW
        page = open_page(phone=kind == 'phone')
        has_picture(page)
        if page.is_visible('#ask'):
            page.click('#ask')  # the page before has just gone
        page.wait_for_selector('#holder >> text=You have the control', timeout=ACT_MS)
        for state in ('TRACKING', 'AMBIGUOUS'):
            link.become(state, 'two candidates' if state == 'AMBIGUOUS' else '')
            state_is(page, state)
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f'{kind}_{state.lower()}.png')
        link.stop('a test')
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f'{kind}_stopped.png')
        page.close()
        page.context.close()
