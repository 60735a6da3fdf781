# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Who the judge thought the target was, over one session: pictures, probabilities, margin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
from follow_anything.core.errors import InvalidInput
from follow_anything.core.geometry import iou
from follow_anything.core.types import Box, Rated, Target, TargetState, UInt8Array
from follow_anything.evaluation.closed_loop.log import FrameRow, WRONG_OVERLAP
from follow_anything.evaluation.closed_loop.plot import shade_states, state_patches
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
import numpy as np

__all__ = ['Decisions', 'choose_pictures']

PICTURES = 6
TILE_PX = 240
AROUND = 3.0
"""A picture shows so many heights of the target around it."""

EVERY_S = 0.5
LEAST = 0.005
"""Probabilities are drawn from here to 1 - LEAST, on a logit axis."""

MARGIN_MOST = 8.0
"""A margin beyond this, in log-odds, is drawn here: nobody else is in question."""

KINDS = ('.png', '.webp', '.svg')
TARGET, OTHER, GREY = '#2b6cb0', '#e53e3e', '#718096'


@dataclass(frozen=True, eq=False)
class _Moment:
    """
    One picture's worth.

    :param rated: who may be the target, as of the newest look, each with whether that box is on
        the true target. :param is_look: this picture was looked at.
    """

    stamp: float
    state: TargetState
    visibility: float
    margin: float
    rated: tuple[tuple[Rated, bool], ...]
    is_look: bool


@dataclass(frozen=True, eq=False)
class _Picture:
    """
    What is around the target.

    :param index: of its moment. :param origin: of the crop in the whole picture, pixels.
    :param scale: tile pixels a pixel of that.
    """

    index: int
    rgb: UInt8Array
    origin: tuple[int, int]
    scale: float


class Decisions:
    """
    Keeps what the judge decided, picture by picture, and draws it.

    :param path: of the picture to draw. :param margin: the parameter `identity.margin`: below it
        the robot holds.
    :raises InvalidInput: the name or the folder cannot be that of a picture.
    """

    def __init__(self, path: Path, margin: float) -> None:
        if path.suffix.lower() not in KINDS:
            raise InvalidInput(f'{path} needs a name of a picture; expected {", ".join(KINDS)}')
        if not path.parent.is_dir():
            raise InvalidInput(f'{path} cannot be written: there is no folder {path.parent}')
        self._path, self._margin = path, margin
        self._moments: list[_Moment] = []
        self._pictures: list[_Picture] = []
        self._around: Box | None = None
        self._last: tuple[Rated, ...] | None = None

    def add(self, rgb: UInt8Array, target: Target, truth: FrameRow) -> None:
        """Take a picture, (H, W, 3), what was decided about it, and the truth."""
        is_look = target.candidates is not self._last
        self._last = target.candidates
        if is_look:
            rated = tuple((one, _is_on(one.box, truth.box)) for one in target.candidates)
        else:
            rated = self._moments[-1].rated
        is_change = not self._moments or target.state is not self._moments[-1].state
        self._moments.append(
            _Moment(truth.stamp, target.state, truth.visibility, target.margin, rated, is_look)
        )
        self._around = truth.box or target.box or self._around
        taken = self._moments[self._pictures[-1].index].stamp if self._pictures else -np.inf
        if is_change or truth.stamp - taken >= EVERY_S:
            self._pictures.append(self._crop(rgb))

    def _crop(self, rgb: UInt8Array) -> _Picture:
        """Cut out what is around the target; the whole height where nothing is known of it."""
        height, width = rgb.shape[:2]
        x, y = (width / 2, height / 2) if self._around is None else self._around.center
        tall = height if self._around is None else AROUND * (self._around.y2 - self._around.y1)
        side = int(np.clip(tall, TILE_PX / 2, min(height, width)))
        left = int(np.clip(x - side / 2, 0, width - side))
        upper = int(np.clip(y - side / 2, 0, height - side))
        part = rgb[upper : upper + side, left : left + side]
        tile = cv2.resize(part, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
        return _Picture(len(self._moments) - 1, tile, (left, upper), TILE_PX / side)

    def points(self, of_target: bool) -> np.ndarray:
        """
        Return what every look thought of whom.

        :param of_target: of the boxes on the true target, or else of all others.
        :return: (N, 2), seconds since the first picture, probability.
        """
        found = [
            (moment.stamp - self._moments[0].stamp, one.probability)
            for moment in self._moments
            if moment.is_look
            for one, is_target in moment.rated
            if is_target is of_target
        ]
        return np.array(found).reshape(-1, 2)

    def save(self, title: str) -> None:
        """Draw the session; nothing where there was none."""
        if not self._moments:
            return
        mpl.use('Agg')
        from matplotlib import pyplot as plt

        start = self._moments[0].stamp
        time = np.array([moment.stamp for moment in self._moments]) - start
        states = [moment.state for moment in self._moments]
        figure = plt.figure(figsize=(11, 7.2))
        grid = figure.add_gridspec(4, PICTURES, height_ratios=(1.9, 1.6, 0.9, 0.5))
        chosen = choose_pictures([one.index for one in self._pictures], states, PICTURES)
        for column, number in enumerate(chosen):
            self._draw_picture(figure.add_subplot(grid[0, column]), number, start)
        rows = [figure.add_subplot(grid[row, :]) for row in (1, 2, 3)]
        self._draw_probabilities(rows[0])
        self._draw_margins(rows[1], time)
        self._draw_view(rows[2], time)
        for axes in rows:
            shade_states(axes, time, states)
            axes.grid(alpha=0.25)
            axes.set_xlim(0, float(time[-1]) or 1.0)
            axes.tick_params(labelbottom=axes is rows[-1])
            for number in chosen:
                at = time[self._pictures[number].index]
                axes.axvline(at, color='black', linestyle=':', linewidth=0.8)
        figure.suptitle(title)
        figure.legend(
            handles=state_patches(), ncols=len(TargetState), loc='lower center', frameon=False
        )
        figure.align_ylabels(rows)
        figure.tight_layout(rect=(0, 0.04, 1, 1))
        figure.savefig(self._path, dpi=110)
        plt.close(figure)

    def _draw_picture(self, axes: Axes, number: int, start: float) -> None:
        picture = self._pictures[number]
        moment = self._moments[picture.index]
        axes.imshow(picture.rgb)
        axes.set_axis_off()
        axes.set_title(f'{moment.stamp - start:.1f} s, {moment.state.value}', fontsize=8)
        for one, is_target in moment.rated:
            x1, y1, x2, y2 = one.box.xyxy
            left, upper = picture.origin
            corner = (x1 - left) * picture.scale, (y1 - upper) * picture.scale
            size = (x2 - x1) * picture.scale, (y2 - y1) * picture.scale
            color = TARGET if is_target else OTHER
            axes.add_patch(
                Rectangle(corner, *size, fill=False, color=color, linewidth=1.5, clip_on=True)
            )

    def _draw_probabilities(self, axes: Axes) -> None:
        kinds = ((OTHER, False, 'something else'), (TARGET, True, 'the target'))
        for color, of_target, label in kinds:
            time, probability = self.points(of_target).T
            probability = probability.clip(LEAST, 1 - LEAST)
            axes.plot(time, probability, '.', color=color, markersize=4, label=label)
        axes.set_yscale('logit')
        axes.set_ylim(0.8 * LEAST, 1 - 0.8 * LEAST)
        axes.set_yticks([0.01, 0.1, 0.5, 0.9, 0.99], ['.01', '.1', '.5', '.9', '.99'])
        axes.minorticks_off()
        axes.set_ylabel('probability')
        axes.legend(loc='center left', fontsize=8)

    def _draw_margins(self, axes: Axes, time: np.ndarray) -> None:
        margin = np.clip([moment.margin for moment in self._moments], 0.0, MARGIN_MOST)
        axes.plot(time, margin, color=TARGET, linewidth=1.2, drawstyle='steps-post')
        axes.axhline(self._margin, color=GREY, linestyle='--', linewidth=1)
        axes.set(ylabel='margin\n[log-odds]', ylim=(0, MARGIN_MOST + 0.3))

    def _draw_view(self, axes: Axes, time: np.ndarray) -> None:
        seen = [moment.visibility for moment in self._moments]
        axes.fill_between(time, 0, seen, color=GREY, alpha=0.5, linewidth=0)
        axes.set(ylabel='in view', xlabel='time [s]', ylim=(0, 1.05))


def _is_on(box: Box, true: Box | None) -> bool:
    return true is not None and iou(box, true) >= WRONG_OVERLAP


def choose_pictures(at: list[int], states: list[TargetState], count: int) -> list[int]:
    """
    Choose pictures: the first, those at which the state changed, then the largest gaps.

    :param at: index of each picture among the states, rising. :return: indices into `at`.
    """
    changes = [k for k, i in enumerate(at) if i == 0 or states[i] is not states[i - 1]]
    keep = np.linspace(0, len(changes) - 1, min(count, len(changes))).round().astype(int)
    chosen = {changes[k] for k in keep}
    while len(chosen) < min(count, len(at)):
        apart = [min(abs(at[k] - at[one]) for one in chosen) for k in range(len(at))]
        chosen.add(int(np.argmax(apart)))
    return sorted(chosen)
