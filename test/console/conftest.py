# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A console on a free port, with a scripted robot behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import importlib.util
import shutil
import time
from typing import Any, TYPE_CHECKING

import pytest

NEEDED = ('starlette', 'uvicorn', 'websockets', 'cv2')
if any(importlib.util.find_spec(name) is None for name in NEEDED):
    collect_ignore_glob = ['test_*.py']

if TYPE_CHECKING:
    from console_fake import FakeLink
    from follow_anything.console.serve import ConsoleServer
    from playwright.sync_api import Browser, Page


@pytest.fixture
def link() -> Iterator[FakeLink]:
    """Give a scripted robot that runs."""
    from console_fake import FakeLink, playing

    with playing(FakeLink()) as link:
        yield link


@pytest.fixture
def serve(link: FakeLink) -> Iterator[Callable[..., ConsoleServer]]:
    """Give a function that starts a console with some parameters."""
    from follow_anything.console.serve import ConsoleServer
    from follow_anything.core.config import ConsoleConfig

    with contextlib.ExitStack() as stack:

        def start(token: str = '', **parameters: Any) -> ConsoleServer:
            parameters = {'port': 0, 'link_timeout': 0.5, 'rate': 30.0, **parameters}
            server = ConsoleServer(link, ConsoleConfig(**parameters), token)
            server.start()
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def server(serve: Callable[..., ConsoleServer]) -> ConsoleServer:
    """Give a console."""
    return serve()


@pytest.fixture
def wait() -> Callable[..., Any]:
    """Give a function that waits until something is so."""

    def until(condition: Callable[[], Any], what: str, limit_s: float = 30.0) -> Any:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.01)
        raise AssertionError(f'waited {limit_s} s for {what}')

    return until


BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    """
    Give a headless Chromium of this machine, or skip with the reason.

    Not for the whole session: while playwright runs, asyncio.run() is refused in this thread.
    """
    playwright = pytest.importorskip(
        'playwright.sync_api', reason='playwright is not installed: requirements/browser.txt'
    )
    paths = [path for name in BROWSERS if (path := shutil.which(name))]
    if not paths:
        pytest.skip('there is no Chromium: apt install chromium')
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(
                executable_path=paths[0], args=['--no-sandbox', '--disable-gpu']
            )
        except playwright.Error as error:
            pytest.skip(f'{paths[0]} does not start: {str(error).splitlines()[0]}')
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Give a function that opens the console's page."""
    contexts = []

    def open_it(
        address: str = '', *, phone: bool = False, errors: list[str] | None = None
    ) -> Page:
        address = address or request.getfixturevalue('server').address
        options: dict[str, Any] = {'viewport': {'width': 1280, 'height': 800}}
        if phone:
            options = {
                'viewport': {'width': 390, 'height': 760},
                'device_scale_factor': 2,
                'has_touch': True,
                'is_mobile': True,
            }
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(40_000)
        if errors is not None:
            page.on('pageerror', lambda error: errors.append(str(error)))
            page.on('console', lambda m: errors.append(m.text) if m.type == 'error' else None)
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
