# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What the log says of an error that nobody expected."""

from __future__ import annotations

import pytest

pytest.importorskip('rclpy', reason='there is no ROS 2 here')

from follow_anything.ros.node import place_of

pytestmark = pytest.mark.ros


def test_the_place_of_an_unexpected_error_is_told() -> None:
    """An operator's log is all that reaches whoever mends it."""
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1.0 / 0.0
    line = caught.traceback[-1].lineno + 1
    assert place_of(caught.value) == f' (test_node_errors.py:{line})'
    assert place_of(ValueError('never raised')) == ''
