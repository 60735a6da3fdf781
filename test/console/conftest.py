# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""A console on a free port, with a scripted robot behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import importlib.util
import time
from typing import Any, TYPE_CHECKING

import pytest

NEEDED = ('starlette', 'uvicorn', 'websockets', 'cv2')
if any(importlib.util.find_spec(name) is None for name in NEEDED):
    collect_ignore_glob = ['test_*.py']

if TYPE_CHECKING:
    from console_fake import FakeLink
    from follow_anything.console.serve import ConsoleServer


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

    def until(condition: Callable[[], Any], what: str, limit_s: float = 10.0) -> Any:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.01)
        raise AssertionError(f'waited {limit_s} s for {what}')

    return until
