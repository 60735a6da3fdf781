# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that every node has which looks at the camera's pictures."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import Config, param

__all__ = ['PictureConfig', 'SightConfig']


@dataclass(frozen=True)
class PictureConfig(Config):
    """Where the pictures come from."""

    compressed: bool = param(
        False, 'Subscribe to image/compressed instead of image.', read_only=True
    )


@dataclass(frozen=True)
class SightConfig(PictureConfig):
    """What a node needs that runs a network on them, and that asks where things are."""

    device: str = param(
        'auto', 'Where models run.', choices=('auto', 'cpu', 'cuda'), read_only=True
    )
    camera_matrix: str = param(
        'auto',
        'Matrix of camera_info for the image: K (with the distortion) as the sensor took it, P '
        "when it is rectified; auto: P when the topic's name says rect.",
        choices=('auto', 'K', 'P'),
        read_only=True,
    )
    horizontal_fov: float = param(
        0.0,
        'Horizontal field of view of a camera that nobody calibrated; 0: then the robot holds.',
        unit='rad',
        lo=0.0,
        hi=3.0,
        read_only=True,
    )
