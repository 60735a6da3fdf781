# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Run a slow call of a service in a thread, so that it does not block the executor."""

from __future__ import annotations

from collections.abc import Callable
import threading

from rclpy.node import Node
from rclpy.task import Future

__all__ = ['answer_in_thread']


async def answer_in_thread(node: Node, question: Callable[[], str]) -> str:
    """Return what a function returns, which is run in a thread of its own."""
    future: Future[str] = Future(executor=node.executor)

    def ask() -> None:
        try:
            future.set_result(question())
        except Exception as error:  # the border of the thread: it comes out where it is awaited
            future.set_exception(error)

    threading.Thread(target=ask, name='asking', daemon=True).start()
    return str(await future)
