# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Schedule, region and threshold of the detector, shared by the pipeline and the node."""

from __future__ import annotations

import contextlib
import math

from follow_anything.core.config import DetectorConfig
from follow_anything.core.errors import BadBox, BadQuery
from follow_anything.core.language.parsing import ask, ParsedQuery
from follow_anything.core.protocols import Detector
from follow_anything.core.search.recall import Recall
from follow_anything.core.search.region import search_near
from follow_anything.core.types import Box, Detections, Frame, Query, TargetState

__all__ = ['GONE_STATES', 'SEARCHED_STATES', 'Searcher']

GONE_STATES = (TargetState.OCCLUDED, TargetState.AMBIGUOUS, TargetState.LOST)
SEARCHED_STATES = (TargetState.SEARCHING, *GONE_STATES)
FIRST_STATES = (TargetState.SEARCHING, TargetState.AMBIGUOUS)


class Searcher:
    """
    A detector with a query: threshold, rate, region, and what to look for when the target is gone.

    :param detector: does the looking. :param config: thresholds and rates.
    """

    def __init__(self, detector: Detector, config: DetectorConfig) -> None:
        self.detector, self.config = detector, config
        self.recall = Recall()
        self.query: Query | None = None
        self.understood = ''
        self.places = ''
        """How the last look decided who stands where it was said, or why nobody does."""
        self._parsed: ParsedQuery | None = None
        self.last_box: Box | None = None
        self._looked_at = -math.inf

    def take(self, query: Query, frame: Frame | None, stamp: float) -> str:
        """
        Set the detector's query.

        :param frame: the picture that clicks and boxes refer to. :param stamp: now, s.
        :return: what was understood.
        :raises BadQuery: it cannot be used; the old query stays in force.
        """
        parsed = ask(self.detector, query, frame)
        self.query, self.understood, self.last_box = parsed.query, parsed.understood, None
        self._parsed, self.places = parsed, ''
        self.recall.asked(parsed.query, stamp)
        self._looked_at = -math.inf
        return self.understood

    def forget(self) -> None:
        """Drop the query."""
        self.query, self.understood, self.last_box = None, '', None
        self._parsed = None
        self.recall = Recall()

    def is_due(self, state: TargetState, now: float) -> bool:
        """
        Return whether the detector is due.

        :param now: seconds, on a clock that only rises, or that of the frames.
        """
        rate = self.rate(state)
        elapsed = now - self._looked_at
        # a clock that was set back must not end the search
        return rate > 0.0 and not -1.0 <= elapsed < 1.0 / rate - 1e-6

    def rate(self, state: TargetState) -> float:
        """Return how often the detector looks in a state, Hz; 0: not at all."""
        if state in SEARCHED_STATES:
            return self.config.rate
        if state in (TargetState.TRACKING, TargetState.CONFIRMING):
            return self.config.sentinel_rate
        return 0.0

    def adopt(self, state: TargetState) -> Query | None:
        """Look by its picture for a target that somebody misses whose query we never parsed."""
        query = self.recall.adopted() if state in GONE_STATES else None
        if query is not None:
            self.understood = self.detector.set_query(query)
            self.query, self._parsed = query, None
        return query

    def accept(self, detections: Detections) -> Detections:
        """Keep the candidates that reach the threshold of what they answer."""
        query = self.query  # another thread may forget it meanwhile
        if query is None:
            return detections.above(math.inf)
        return query.accepted(detections, self.config.min_score)

    def look(self, frame: Frame, state: TargetState, now: float) -> Detections:
        """Return the accepted candidates of a frame."""
        self._looked_at = now
        again = self.recall.next_query() if state in GONE_STATES else None
        if again is not None:
            # Not every detector takes words and a picture: it goes on with what was asked for.
            with contextlib.suppress(BadQuery, BadBox):
                self.understood = self.detector.set_query(again, frame)
        is_near = self.config.search_near and state is TargetState.OCCLUDED
        if is_near and self.last_box is not None:
            return self.accept(search_near(self.detector, frame, self.last_box, self.accept))
        found = self.detector.detect(frame)
        # Where it was said to be counts until it was followed: then it may go where it likes.
        is_first = self.last_box is None and state in FIRST_STATES
        if self._parsed is not None and self._parsed.has_places and is_first:
            chosen, self.places = self._parsed.chosen(found, frame, self.config.min_score)
            return chosen
        return self.accept(found)
