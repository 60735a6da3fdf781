# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that ship: their files, and inputs such as they get at run time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
from follow_anything.core.errors import BadConfig, FollowAnythingError
from follow_anything.core.types import FloatArray, UInt8Array
from follow_anything.io.files import shared_file
from follow_anything.models.detection.tiny.close_up import CLICK_FILE
from follow_anything.models.detection.tiny.detector import GRAPH_FILE, TEXT_FILE
from follow_anything.models.detection.tiny.image import CLOSE_UP_PX, letterbox
from follow_anything.models.runtime.onnx_session import open_session
from follow_anything.models.tracking.online import OnlineConfig
from follow_anything.models.tracking.tiny.tracker import (
    CELL_PX,
    FILES,
    SEARCH_CELLS,
    TEMPLATE_FILE,
    TRUNK_FILE,
)
from follow_anything.testing import SyntheticScene
import numpy as np

__all__ = ['SHIPPED', 'Feed', 'Shipped', 'feeds_of', 'network', 'scene_pictures', 'try_all']

Feed = dict[str, np.ndarray[Any, Any]]
"""The inputs of one run, by name."""

Opener = Callable[[str], Any]
"""Gives the session of a graph, by its file."""

REGION = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
"""A box in shares of a picture: the target, and what the detector is asked to describe."""


@dataclass(frozen=True)
class Shipped:
    """
    A network that ships.

    :param graphs: its files, in the order in which they can be run. :param beside: other files.
    :param feed: makes the inputs of one of them from a picture, RGB: one for each size it takes.
    """

    graphs: tuple[str, ...]
    beside: tuple[str, ...]
    feed: Callable[[str, UInt8Array, Opener], list[Feed]]


def _square(picture: UInt8Array, side: int) -> UInt8Array:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA))[None]


def _of_tracker(file: str, picture: UInt8Array, session: Opener) -> list[Feed]:
    """Return every size that there is at run time: an engine is built for the range seen."""
    small = CELL_PX * session(TEMPLATE_FILE).get_inputs()[0].shape[2]
    regions = [CELL_PX * cells for cells in SEARCH_CELLS]
    if file == TRUNK_FILE:
        return [{'image': _square(picture, side)} for side in (small, *regions)]

    def features(side: int) -> np.ndarray[Any, Any]:
        return np.asarray(session(TRUNK_FILE).run(None, {'image': _square(picture, side)})[0])

    template: Feed = {'features': features(small), 'box': REGION}
    if file == TEMPLATE_FILE:
        return [template]
    keys, values, _ = session(TEMPLATE_FILE).run(None, template)
    return [
        {
            'features': features(side),
            'keys': np.tile(keys, (1, 1, 1, count, 1)),
            'values': np.tile(values, (1, 1, 1, count, 1)),
        }
        for side in regions
        for count in (1, 1 + OnlineConfig.templates)
    ]


def _of_detector(file: str, picture: UInt8Array, session: Opener) -> list[Feed]:
    canvas = letterbox(picture).canvas
    height, width = canvas.shape[:2]
    interest = REGION * np.array([width, height] * 2, np.float32)
    return [{'image': canvas[None], 'interest': interest}]


def _of_click(file: str, picture: UInt8Array, session: Opener) -> list[Feed]:
    return [{'images': _square(picture, CLOSE_UP_PX)}]


SHIPPED = {
    'tracker_tiny': Shipped(FILES, (), _of_tracker),
    'detector_tiny': Shipped((GRAPH_FILE,), (TEXT_FILE,), _of_detector),
    'detector_tiny_click': Shipped((CLICK_FILE,), (), _of_click),
}
"""Every network that ships with the package."""


def network(name: str) -> Shipped:
    """Return a network by name; BadConfig when none has it."""
    if name not in SHIPPED:
        raise BadConfig(f'network must be one of {", ".join(SHIPPED)}; got {name!r}')
    return SHIPPED[name]


def scene_pictures(count: int) -> list[UInt8Array]:
    """Return pictures that are always here: of the synthetic scene, RGB."""
    scene = SyntheticScene(seed=3)
    return [scene.frame(5 * index).rgb for index in range(count)]


def feeds_of(name: str, pictures: Sequence[UInt8Array]) -> dict[str, list[Feed]]:
    """Return what each graph of a network is fed with for these pictures, by its file."""
    about = network(name)
    sessions: dict[str, Any] = {}

    def session(file: str) -> Any:
        if file not in sessions:
            sessions[file] = open_session(shared_file(f'models/{file}'))
        return sessions[file]

    return {
        file: [feed for picture in pictures for feed in about.feed(file, picture, session)]
        for file in about.graphs
    }


def try_all() -> dict[str, str]:
    """
    Open and run every network that ships, once.

    :return: what is wrong, by file of models/; '' where nothing is.
    """
    wrong: dict[str, str] = {}
    for name, about in SHIPPED.items():
        for file in (*about.graphs, *about.beside):
            wrong[file] = ''
        try:
            for file in about.beside:
                with np.load(shared_file(f'models/{file}')) as tables:
                    wrong[file] = '' if tables.files else 'is empty'
            for file, feeds in feeds_of(name, scene_pictures(1)).items():
                wrong[file] = _why_not(file, feeds[0])
        except (FollowAnythingError, OSError, ValueError) as error:
            wrong[name] = str(error)
    return wrong


def _why_not(file: str, feed: Feed) -> str:
    outputs: list[FloatArray] = open_session(shared_file(f'models/{file}')).run(None, feed)
    is_finite = all(np.isfinite(output).all() for output in outputs)
    return '' if is_finite else 'gives numbers that are not finite'
