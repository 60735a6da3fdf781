# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Time of the first query in a process; each process gives one measurement."""

from __future__ import annotations

from itertools import pairwise
import time

from follow_anything.core.config import DetectorConfig, IdentityConfig, TrackerConfig
from follow_anything.core.follower import TargetFollower
from follow_anything.core.geometry import PinholeCamera
from follow_anything.core.search.searcher import Searcher
from follow_anything.core.types import Click, Query, TargetState
from follow_anything.models.registry import build_detector, build_embedder, build_tracker
from follow_anything.models.runtime.warm_up import warm_up
from follow_anything.testing import SyntheticScene

__all__ = ['bench_first_look']

LATER = 8
"""Frames after which everything has run more than once."""


def bench_first_look(
    detector: str, tracker: str, device: str = 'auto', *, warm: bool = True
) -> dict[str, float | str]:
    """
    Time a click and the first pictures after it, as the nodes take them; then once more.

    :param warm: run the networks before, as the nodes do when they start.
    :return: flat keys, milliseconds of processor time, which a busy machine disturbs less than
        wall time: build_ms, warm_up_ms, then click_ms (what is meant), search_ms (the detector's
        look), learn_ms (the tracker's first picture), track_ms (its second), first_ms (all four),
        and the same of another click with again_ in front.
    """
    began = time.process_time()
    searcher = Searcher(build_detector(detector, device), DetectorConfig())
    learner, embedder = build_tracker(tracker, device), build_embedder(IdentityConfig.embedder)
    scene = SyntheticScene(width=640, height=480, target_size=(48, 96))
    camera = PinholeCamera.from_horizontal_fov(scene.width, scene.height, 1.2)
    follower = TargetFollower(learner, embedder, TrackerConfig(), camera)
    took = {'build_ms': 1e3 * (time.process_time() - began)}
    if warm:
        began = time.process_time()
        warm_up(searcher.detector, learner, embedder)
        took['warm_up_ms'] = 1e3 * (time.process_time() - began)
    first = _ask(searcher, follower, scene, 0)
    again = _ask(searcher, follower, scene, LATER)
    took |= first | {f'again_{name}': value for name, value in again.items()}
    return {'detector': detector, 'tracker': tracker, **took}


def _ask(
    searcher: Searcher, follower: TargetFollower, scene: SyntheticScene, index: int
) -> dict[str, float]:
    """Click on the target of a frame, and go on to the next query's; milliseconds of each part."""
    frame = scene.frame(index)
    query = Query(clicks=(Click(*scene.box(index).center),))
    marks = [time.process_time()]
    searcher.take(query, frame, frame.stamp)
    marks.append(time.process_time())
    found = searcher.look(frame, TargetState.SEARCHING, frame.stamp)
    marks.append(time.process_time())
    follower.query(explicit=True)
    follower.step(frame, found)
    marks.append(time.process_time())
    pictures = [scene.frame(number) for number in range(index + 1, index + LATER)]
    drawn = time.process_time()
    follower.step(pictures[0])
    end = time.process_time()
    for picture in pictures[1:]:
        follower.step(picture)
    spent = [*(after - before for before, after in pairwise(marks)), end - drawn]
    names = ('click_ms', 'search_ms', 'learn_ms', 'track_ms')
    parts = {name: 1e3 * value for name, value in zip(names, spent, strict=True)}
    return {**parts, 'first_ms': sum(parts.values())}
