# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The outline of the target, every so many frames or when asked for, beside the tracking."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from follow_anything.core.protocols import Segmenter
from follow_anything.core.types import Box, Frame, Target
from follow_anything.models.registry import build_segmenter
from follow_anything.ros import qos
from follow_anything.ros.messages import conversions
from follow_anything.ros.node import FollowNode
from follow_anything.ros.worker import NewestOnly
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

__all__ = ['Masking']


@dataclass(frozen=True)
class _Job:
    frame: Frame
    box: Box
    header: Header


class Masking:
    """
    Publishes track/mask and serves ~/mask.

    A thread of its own: SAM takes longer than a frame, and following must not wait for it. The
    segmenter is built when the first mask is wanted: nobody pays for what he does not use.
    """

    def __init__(self, node: FollowNode, name: str, device: str, weights: str) -> None:
        self._build = partial(build_segmenter, name, device, weights)
        self._segmenter: Segmenter | None = None
        self._publisher = node.advertise(Image, 'track/mask', qos.COMMAND)
        self._node = node
        self._since, self._is_asked = 0, False

    def start(self) -> None:
        """Listen until the node is deactivated."""
        self._worker = NewestOnly(self._work, self._node.complain)
        self._node.until_deactivated(self._worker.close)
        self._node.serve(Trigger, '~/mask', self._on_ask)

    def see(self, frame: Frame, target: Target, header: Header, every: int) -> None:
        """Take a frame and where the target is in it; every: frames between masks, 0: none."""
        self._since += 1
        is_due = self._is_asked or (every > 0 and self._since >= every)
        if not is_due or not target.state.may_move or target.box is None:
            return
        self._since, self._is_asked = 0, False
        self._worker.offer(_Job(frame, target.box, header))

    def _work(self, job: _Job) -> None:
        if self._segmenter is None:
            self._segmenter = self._build()
        mask = self._segmenter.segment(job.frame, job.box)
        self._publisher.publish(conversions.mask_to_msg(mask, job.header))

    def _on_ask(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._is_asked = True
        response.success = True
        response.message = 'track/mask will have it when the target is seen'
        return response
