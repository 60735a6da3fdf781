# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The attackers of `bench console`: they reach a console that serves others all the while."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import json
import signal
import subprocess
import sys
import threading
from typing import Any

from console_client import WebPage
from console_fake import FakeLink
from follow_anything.console.serve import ConsoleServer
from follow_anything.demo import attack
import pytest

pytestmark = pytest.mark.console


def test_all_attacks_at_once_leave_the_console_to_its_operator(
    server: ConsoleServer, link: FakeLink, wait: Callable[..., Any]
) -> None:
    with WebPage(server.port) as page:
        wait(lambda: page.report.get('mine'), 'the control')
        command = [sys.executable, '-m', 'follow_anything.demo.attack', str(server.port)]
        attackers = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            wait(lambda: page.report['viewers'] > 2, 'the attackers')
            before = len(page.pictures)
            wait(lambda: len(page.pictures) > before + 20, 'pictures to go on', 60.0)
            page.order('distance', 4.0)
            wait(lambda: link.distance == 4.0, 'an order to arrive')
            page.send(type='stop')
            wait(lambda: link.stops, 'STOP to arrive')
        finally:
            attackers.send_signal(signal.SIGTERM)
            said, errors = attackers.communicate(timeout=10)
        assert page.report['mine'], 'nobody took the control'
    sent = json.loads(said)
    assert set(sent) >= {each.__name__ for each in attack.ATTACKS}, (sent, errors)
    assert sent['flood'] > 100
    assert {order.value for order, _ in link.orders} == {'distance'}, 'no click of theirs'


@pytest.mark.parametrize('each', sorted(set(attack.ATTACKS), key=lambda each: each.__name__))
def test_each_attack_reaches_the_console(
    server: ConsoleServer, wait: Callable[..., Any], each: Callable[[int], None]
) -> None:
    def again() -> None:
        while not ended.is_set():
            with contextlib.suppress(*attack.REFUSALS):
                each(server.port)

    ended, before = threading.Event(), attack.done[each.__name__]
    threading.Thread(target=again, daemon=True).start()
    wait(lambda: attack.done[each.__name__] > before, 'an attack')
    ended.set()
