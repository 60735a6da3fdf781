# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Orientation of the camera on the robot: from TF, else from the parameters."""

from __future__ import annotations

from collections.abc import Callable

from follow_anything.core.errors import BadQuery
from follow_anything.core.geometry import camera_mount
from follow_anything.core.types import FloatArray
from follow_anything.ros.node import FollowNode
from follow_anything.ros.transforms import ContestedFrame, TransformTree

__all__ = ['CameraMountLookup', 'optical_rotation']

UPRIGHT = 0.7
"""Cosine from which a frame's z axis counts as pointing up, or down."""


class CameraMountLookup:
    """
    Looks up the rotation from the picture's frame to a robot's base while the node is active.

    :param tree: None: by the parameters alone. :param base: frame of the robot.
    :param group: of the parameters camera_roll, camera_pitch and camera_yaw, such as 'servo.'.
    :param required: without a transform `why_not` says so.
    :param take: called with the rotation (3, 3), optical to base_link axes; None: parameters.
    """

    def __init__(
        self,
        node: FollowNode,
        tree: TransformTree | None,
        base: str,
        group: str,
        take: Callable[[FloatArray | None], None],
        *,
        required: bool,
    ) -> None:
        self._node, self._tree, self._base, self._take = node, tree, base, take
        self._is_required = required
        names = (f'{group}camera_{axis}' for axis in ('roll', 'pitch', 'yaw'))
        self._parameters = 'by {}, {} and {}'.format(*names)
        self._known: tuple[str, int] | None = None
        self._said = ''
        self.why_not = ''

    def take_frame_id(self, frame: str) -> None:
        """Take the frame of the newest picture; `why_not` says what is wrong with it, or ''."""
        tree = self._tree
        if tree is None or self._known == (frame, tree.version):
            return
        self._known = frame, tree.version
        rotation, is_contested = None, False
        base = self._base_beside(frame, tree)
        if not frame or frame.lstrip('/') == base:
            problem = f'the picture has the frame {frame!r}, which is not a camera'
        else:
            try:
                rotation, problem = self._rotation(frame, base, tree)
            except ContestedFrame as error:
                is_contested, problem = True, str(error)
        needs_tf = is_contested or self._is_required
        self.why_not = (
            f'no mount of the camera: {problem}' if rotation is None and needs_tf else ''
        )
        if is_contested:
            self._say(f'one way or another: {problem}')
        elif rotation is None:
            self._say(f'{self._parameters}: {problem}')
        else:
            self._say(f'by TF from {base} to {frame}')
        self._take(rotation)

    def _base_beside(self, frame: str, tree: TransformTree) -> str:
        """Return base_frame, with the prefix of the camera's frame where only that is known."""
        prefix, slash, _ = frame.lstrip('/').rpartition('/')
        prefixed = f'{prefix}{slash}{self._base}'
        knows_prefixed = prefixed in tree.frames and self._base not in tree.frames
        return prefixed if knows_prefixed else self._base

    def _rotation(
        self, frame: str, base: str, tree: TransformTree
    ) -> tuple[FloatArray | None, str]:
        try:
            rotation = tree.rotation(frame.lstrip('/'), base)
        except ContestedFrame:
            raise
        except BadQuery as error:
            return None, str(error)
        return optical_rotation(rotation, frame)

    def _say(self, how: str) -> None:
        if how != self._said:
            self._said = how
            self._node.get_logger().info(f'the camera sits {how}')


def optical_rotation(rotation: FloatArray, frame: str) -> tuple[FloatArray | None, str]:
    """
    Return the rotation (3, 3) of a picture's frame to base_link, its axes made optical ones.

    A picture's frame should be optical (z into the view), but many drivers name the camera's body
    (x into the view, z up). One whose z axis points up is taken for a body, unless its name says
    optical: an optical one would look at the sky. One that points down may be either.

    :return: the rotation and '', or None and why it is unknown.
    """
    upwards = float(rotation[2, 2])
    if 'optical' in frame.lower() or abs(upwards) < UPRIGHT:
        return rotation, ''
    if upwards > 0.0:
        return rotation @ camera_mount(0.0, 0.0, 0.0), ''
    return None, (
        f'{frame!r} may be an optical frame that looks down or a body that hangs upside down; '
        'name it ..._optical_frame'
    )
