# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The currency of the house: what flows from camera to robot.

    Frame ─▶ Detections ─▶ Track ─▶ Target ─▶ VelocityCommand

All are frozen and validated when made, so that nobody downstream has to check again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import enum
import math
from typing import Any

from follow_anything.core.errors import BadBox, BadImage, BadQuery, InvalidInput
import numpy as np
import numpy.typing as npt

__all__ = [
    'MAX_PROMPTS',
    'MAX_TEXT_LENGTH',
    'MIN_VIEW_SIDE_PX',
    'BoolArray',
    'Box',
    'Click',
    'Detections',
    'FloatArray',
    'Frame',
    'Query',
    'Rated',
    'Target',
    'TargetState',
    'Track',
    'UInt8Array',
    'VelocityCommand',
]

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]
UInt8Array = npt.NDArray[np.uint8]

MAX_TEXT_LENGTH = 512
"""Characters of one text prompt; longer ones are a mistake, not a description."""

MAX_PROMPTS = 64
"""Texts or pictures of one query; each is compared with every candidate of every frame."""

MIN_VIEW_SIDE_PX = 4
"""A picture of the target with a shorter side shows nothing."""

MAX_IMAGE_SIDE_PX = 16384
"""A side longer than this is a corrupt header, not a camera."""


def _check_rgb(image: UInt8Array, what: str) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        came = f'{image.dtype} array' if isinstance(image, np.ndarray) else type(image).__name__
        raise BadImage(f'{what}: expected a uint8 array (H, W, 3), RGB; got {came}')
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise BadImage(f'{what}: expected shape (H, W, 3) with H, W > 0; got {image.shape}')
    if max(image.shape) > MAX_IMAGE_SIDE_PX:
        raise BadImage(f'{what}: {image.shape} has a side longer than {MAX_IMAGE_SIDE_PX} px')


@dataclass(frozen=True)
class Box:
    """
    An axis-aligned box in pixels: x to the right, y down, (0, 0) the image's upper left corner.

    :raises BadBox: a coordinate is not finite, or the box has no area.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        width, height = self.x2 - self.x1, self.y2 - self.y1
        # only corners that are finite have a finite area; there are dozens of boxes in a picture
        if width > 0.0 and height > 0.0 and 0.0 < width * height < math.inf:
            return
        corners = (self.x1, self.y1, self.x2, self.y2)
        if not all(math.isfinite(value) for value in corners):
            raise BadBox(f'box must be finite, got (x1, y1, x2, y2) = {corners}')
        if self.x2 <= self.x1 or self.y2 <= self.y1:
            raise BadBox(f'box must have x2 > x1 and y2 > y1, got (x1, y1, x2, y2) = {corners}')
        # sides of 1e-200 or 1e200 px
        raise BadBox(f'box must have a finite area, got (x1, y1, x2, y2) = {corners}')

    @classmethod
    def from_xywh(cls, x: float, y: float, width: float, height: float) -> Box:
        """Make a box from its upper left corner and its size, in pixels."""
        return cls(float(x), float(y), float(x) + float(width), float(y) + float(height))

    @classmethod
    def from_center(cls, cx: float, cy: float, width: float, height: float) -> Box:
        """Make a box from its centre and its size, in pixels."""
        return cls.from_xywh(cx - width / 2, cy - height / 2, width, height)

    @property
    def is_in_shares(self) -> bool:
        """
        True for what others give in shares of the picture, and nobody in pixels.

        It need not lie in [0, 1]: some reach out of the picture, and a centre with a size that is
        taken for a corner does.
        """
        is_near = min(self.x1, self.y1) > -1.0 and max(self.x2, self.y2) < 2.0
        return is_near and self.width <= 1.0 and self.height <= 1.0

    @property
    def width(self) -> float:
        """Width in pixels, > 0."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels, > 0."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Area in square pixels, > 0."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """Centre (x, y) in pixels."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Corners (x1, y1, x2, y2) in pixels."""
        return self.x1, self.y1, self.x2, self.y2

    @property
    def xywh(self) -> tuple[float, float, float, float]:
        """Upper left corner and size (x, y, width, height) in pixels."""
        return self.x1, self.y1, self.width, self.height

    def clipped(self, width: int, height: int) -> Box:
        """
        Return the part inside an image of this size.

        :raises BadBox: nothing of the box is inside.
        """
        x1, y1 = max(self.x1, 0.0), max(self.y1, 0.0)
        x2, y2 = min(self.x2, float(width)), min(self.y2, float(height))
        if x2 <= x1 or y2 <= y1:
            raise BadBox(f'box {self.xyxy} lies outside the {width} x {height} image')
        return Box(x1, y1, x2, y2)

    def scaled(self, factor: float) -> Box:
        """Return the box with the same centre and its sides multiplied by a factor > 0."""
        return Box.from_center(*self.center, self.width * factor, self.height * factor)


@dataclass(frozen=True, eq=False)
class Frame:
    """
    One picture.

    :param stamp: when it was taken, seconds.
    :param rgb: uint8 (H, W, 3), RGB.
    :param depth: float32 (H, W), metres along the optical axis, aligned with rgb; 0 or NaN
        where unknown. None without a depth camera.
    :raises BadImage: a shape or a type is wrong, or the stamp is not finite.
    """

    stamp: float
    rgb: UInt8Array
    depth: FloatArray | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.stamp):
            raise BadImage(f'frame stamp must be finite, got {self.stamp}')
        _check_rgb(self.rgb, 'frame')
        if self.depth is None:
            return
        if not isinstance(self.depth, np.ndarray) or self.depth.dtype.kind != 'f':
            came = getattr(self.depth, 'dtype', type(self.depth).__name__)
            raise BadImage(f'depth must be a float array (H, W) in metres, got {came}')
        if self.depth.shape != self.rgb.shape[:2]:
            raise BadImage(
                f'depth must be aligned with the image: expected shape {self.rgb.shape[:2]}, '
                f'got {self.depth.shape}'
            )

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    def crop(self, box: Box) -> UInt8Array:
        """Return the pixels of the box, (h, w, 3), at least one pixel; BadBox if it is outside."""
        inside = box.clipped(self.width, self.height)
        x1, y1 = min(int(inside.x1), self.width - 1), min(int(inside.y1), self.height - 1)
        x2, y2 = max(math.ceil(inside.x2), x1 + 1), max(math.ceil(inside.y2), y1 + 1)
        return self.rgb[y1:y2, x1:x2]


@dataclass(frozen=True)
class Click:
    """A point in pixels; positive: on the target, negative: not this."""

    x: float
    y: float
    positive: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise BadQuery(f'click must be finite, got ({self.x}, {self.y})')

    def check_inside(self, width: int, height: int) -> None:
        """Raise BadQuery unless the point lies inside an image of this size."""
        if not (0 <= self.x < width and 0 <= self.y < height):
            raise BadQuery(
                f'click ({self.x:g}, {self.y:g}) lies outside the {width} x {height} image; '
                'clicks are in pixels of the image topic the detector listens to'
            )
        if 0.0 < self.x < 1.0 and 0.0 < self.y < 1.0:
            raise BadQuery(
                f'click ({self.x:g}, {self.y:g}) lies in the corner pixel of the {width} x '
                f'{height} image: is it a share of the picture? Expected pixels'
            )


@dataclass(frozen=True, eq=False)
class Query:
    """
    What the operator wants followed: words, pictures, points or a box, alone or combined.

    Several texts are alternatives (any of them will do), and so are several views: the images,
    and what was pointed at. Texts and views together are conditions: both must hold.

    :param texts: prompts, each 1 to MAX_TEXT_LENGTH characters.
    :param images: pictures of the target, each uint8 (H, W, 3), RGB.
    :param clicks: points on the live image.
    :param box: a box on the live image.
    :param thresholds: scores, [0, 1], that count instead of the detector's for each text, None
        for the detector's own; empty, or one a text.
    :param masks: bool (H, W), which pixels of each image are the target, None for all of them;
        empty, or one an image.
    :param negatives: what it is not: a candidate that one of these fits better is not reported.
    :param background: what else the scene holds; empty: what the detector expects anywhere.
    :param landmarks: other things to be reported, called by these texts, that places refer to
        (language/parsing.py); they are never the target.
    :raises BadQuery: nothing was asked, or a part of it is unusable.
    """

    texts: tuple[str, ...] = ()
    images: tuple[UInt8Array, ...] = ()
    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    thresholds: tuple[float | None, ...] = ()
    masks: tuple[BoolArray | None, ...] = ()
    negatives: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.texts or self.images or self.clicks or self.box):
            raise BadQuery('a query needs a text, an image, a click or a box; got none of them')
        if self.clicks and not any(click.positive for click in self.clicks):
            raise BadQuery('clicks need at least one positive point, got negative ones only')
        if self.box is not None and self.box.is_in_shares:
            corners = ', '.join(f'{value:g}' for value in self.box.xyxy)
            raise BadQuery(
                f'box ({corners}) (x1, y1, x2, y2) is no larger than a pixel, in the '
                'corner of the image: are these shares of the picture? Expected pixels'
            )
        self._check_texts()
        self._check_images()

    def _check_texts(self) -> None:
        texts = (*self.texts, *self.negatives, *self.background, *self.landmarks)
        if len(texts) > MAX_PROMPTS:
            raise BadQuery(f'a query has at most {MAX_PROMPTS} texts, got {len(texts)}')
        for text in texts:
            if not text.strip():
                raise BadQuery('a text query needs at least one word, got an empty text')
            if len(text) > MAX_TEXT_LENGTH:
                raise BadQuery(
                    f'a text query has at most {MAX_TEXT_LENGTH} characters, got {len(text)}'
                )
        if len(self.thresholds) not in (0, len(self.texts)):
            raise BadQuery(
                f'a query needs one threshold a text, or none: {len(self.thresholds)} for '
                f'{len(self.texts)} texts'
            )
        for threshold in self.thresholds:
            if threshold is not None and not 0.0 <= threshold <= 1.0:  # false for NaN too
                raise BadQuery(f'a threshold of a text must be in [0, 1], got {threshold}')

    def _check_images(self) -> None:
        if len(self.images) > MAX_PROMPTS:
            raise BadQuery(f'a query has at most {MAX_PROMPTS} images, got {len(self.images)}')
        if len(self.masks) not in (0, len(self.images)):
            raise BadQuery(
                f'a query needs one mask an image, or none: {len(self.masks)} for '
                f'{len(self.images)} images'
            )
        for index, image in enumerate(self.images):
            _check_rgb(image, 'image query')
            if min(image.shape[:2]) < MIN_VIEW_SIDE_PX:
                raise BadQuery(
                    f'an image query needs at least {MIN_VIEW_SIDE_PX} x {MIN_VIEW_SIDE_PX} px, '
                    f'got {image.shape[1]} x {image.shape[0]}: send a picture of the target'
                )
            mask = self.masks[index] if self.masks else None
            if mask is None:
                continue
            if mask.dtype != np.bool_ or mask.shape != image.shape[:2] or not mask.any():
                raise BadQuery(
                    f'a mask of an image query must be bool {image.shape[:2]} and not empty, '
                    f'got {mask.dtype} {mask.shape}'
                )

    @property
    def is_explicit(self) -> bool:
        """True for a click or a box: the operator pointed at the very object."""
        return self.box is not None or bool(self.clicks)

    def mask(self, index: int) -> BoolArray:
        """Return which pixels of an image are the target, bool (H, W)."""
        given = self.masks[index] if self.masks else None
        return np.ones(self.images[index].shape[:2], np.bool_) if given is None else given

    def threshold(self, text: str, default: float) -> float:
        """Return the score from which a candidate for one of the texts is believed."""
        thresholds = dict(zip(self.texts, self.thresholds, strict=False))
        if len(thresholds) == 1:  # whatever a detector calls it, there is nothing else
            (own,) = thresholds.values()
        else:
            own = thresholds.get(text)
        return default if own is None else own

    def accepted(self, detections: Detections, default: float) -> Detections:
        """Return the candidates that reach the threshold of the text they answer."""
        label = detections.labels or (detections.label,) * len(detections)
        wanted = [
            np.inf
            if text in self.landmarks and text not in self.texts
            else self.threshold(text, default)
            for text in label
        ]
        return detections.kept(detections.scores >= np.array(wanted))

    def remembering(self, view: UInt8Array) -> Query:
        """
        Return the query to find a target again: as it was asked, and as it looked.

        :param view: the target when it was first seen, uint8 (H, W, 3), RGB.

        Points and boxes go: they meant a place in a picture that is past.
        """
        masks = (*self.masks, None) if self.masks else ()
        images = (*self.images, view)
        return replace(self, images=images, masks=masks, clicks=(), box=None, landmarks=())

    def __str__(self) -> str:
        """Return what was understood, in words an operator can check."""
        quoted = []
        for index, text in enumerate(self.texts):
            own = self.thresholds[index] if self.thresholds else None
            quoted.append(f'"{text}"' + ('' if own is None else f' from {own:g}'))
        parts = [' or '.join(quoted)] if quoted else []
        parts += [f'image {image.shape[1]} x {image.shape[0]}' for image in self.images]
        parts += [f'{"" if c.positive else "not "}({c.x:.0f}, {c.y:.0f})' for c in self.clicks]
        if self.box is not None:
            parts.append('box x {:.0f}, y {:.0f}, {:.0f} x {:.0f}'.format(*self.box.xywh))
        parts += [f'not "{text}"' for text in self.negatives]
        return ' and '.join(parts)


@dataclass(frozen=True, eq=False)
class Detections:
    """
    Candidates in one frame, best first.

    :param stamp: of the frame they were found in, seconds.
    :param boxes: float (N, 4), xyxy, pixels; N may be 0.
    :param scores: float (N,), calibrated to [0, 1], not rising.
    :param label: what was looked for, for people to read.
    :param labels: what each candidate is, in the words of the query; N of them, or none.
    :param masks: bool (N, H, W) or None.
    :param embeddings: float (N, D), unit length, or None.
    :raises InvalidInput: shapes disagree, a box is not a box, or the scores are not sorted.
    """

    stamp: float
    boxes: FloatArray
    scores: FloatArray
    label: str = ''
    masks: BoolArray | None = None
    embeddings: FloatArray | None = None
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.scores.shape != (count,):
            raise InvalidInput(
                'detections need boxes (N, 4) and scores (N,), '
                f'got {self.boxes.shape} and {self.scores.shape}'
            )
        for name in ('masks', 'embeddings'):
            extra = getattr(self, name)
            if extra is not None and len(extra) != count:
                raise InvalidInput(f'{name} must have one row a box: {len(extra)} for {count}')
        if len(self.labels) not in (0, count):
            raise InvalidInput(f'labels must be one a box, or none: {len(self.labels)}, {count}')
        if not (np.isfinite(self.boxes).all() and np.isfinite(self.scores).all()):
            raise InvalidInput('detections must be finite')
        if (self.boxes[:, 2:] <= self.boxes[:, :2]).any():
            raise InvalidInput('detections need boxes with x2 > x1 and y2 > y1')
        if (np.diff(self.scores) > 0).any():
            raise InvalidInput('detections must be sorted by score, best first')

    @classmethod
    def empty(cls, stamp: float, label: str = '') -> Detections:
        """Return a valid answer that holds nothing: not here."""
        return cls(stamp, np.zeros((0, 4), np.float32), np.zeros(0, np.float32), label)

    @classmethod
    def single(cls, stamp: float, box: Box, score: float = 1.0, label: str = '') -> Detections:
        """Return the answer that holds one candidate."""
        boxes, scores = np.array([box.xyxy]), np.array([score])
        return cls(stamp, boxes, scores, label)

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.scores)

    def above(self, score: float) -> Detections:
        """Return the candidates with at least this score."""
        return self.kept(self.scores >= score)

    def kept(self, keep: BoolArray) -> Detections:
        """Return the candidates for which keep, bool (N,), is true."""
        return replace(
            self,
            boxes=self.boxes[keep],
            scores=self.scores[keep],
            masks=None if self.masks is None else self.masks[keep],
            embeddings=None if self.embeddings is None else self.embeddings[keep],
            labels=tuple(label for label, kept in zip(self.labels, keep, strict=False) if kept),
        )

    def joined(self, more: Detections) -> Detections:
        """Return these candidates and others of the same frame; both or none have masks etc."""
        order = np.argsort(-np.concatenate([self.scores, more.scores]), kind='stable')
        labels = [own.label_of(k) for own in (self, more) for k in range(len(own))]

        def both(name: str) -> Any:
            mine, theirs = getattr(self, name), getattr(more, name)
            if mine is None or theirs is None:
                return None
            return np.concatenate([mine, theirs])[order]

        return replace(
            self,
            boxes=both('boxes'),
            scores=both('scores'),
            masks=both('masks'),
            embeddings=both('embeddings'),
            labels=tuple(labels[k] for k in order),
        )

    def label_of(self, index: int) -> str:
        """Return what one candidate is said to be."""
        return self.labels[index] if self.labels else self.label

    def box(self, index: int) -> Box:
        """Return one candidate's box."""
        x1, y1, x2, y2 = (float(value) for value in self.boxes[index])
        return Box(x1, y1, x2, y2)


@dataclass(frozen=True)
class Track:
    """
    What a tracker says about one frame.

    :param box: where the target is, or was last; None when there is nothing to say.
    :param score: how well the best place matches, [0, 1]; for ranking, not for belief.
    :param presence: belief that the target is visible in this frame, [0, 1].
    """

    box: Box | None
    score: float
    presence: float

    def __post_init__(self) -> None:
        for name in ('score', 'presence'):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:  # false for NaN too
                raise InvalidInput(f'track {name} must be in [0, 1], got {value}')


class TargetState(str, enum.Enum):
    """The life of a target; target.py holds the edges."""

    IDLE = 'IDLE'
    SEARCHING = 'SEARCHING'
    CONFIRMING = 'CONFIRMING'
    TRACKING = 'TRACKING'
    OCCLUDED = 'OCCLUDED'
    AMBIGUOUS = 'AMBIGUOUS'
    LOST = 'LOST'

    @classmethod
    def named(cls, name: str) -> TargetState:
        """Return the state of a name; InvalidInput when there is none."""
        if name not in cls.__members__:
            raise InvalidInput(f'state must be one of {", ".join(cls.__members__)}; got {name!r}')
        return cls[name]

    @property
    def is_visible(self) -> bool:
        """True when the tracker believes to see it."""
        return self in (TargetState.CONFIRMING, TargetState.TRACKING)

    @property
    def may_move(self) -> bool:
        """True in the one state in which a robot may follow."""
        return self is TargetState.TRACKING


@dataclass(frozen=True)
class Rated:
    """
    A candidate as people see it.

    :param number: id of its track, 0 without one.
    :param probability: that it is the target, [0, 1].
    """

    number: int
    box: Box
    probability: float


@dataclass(frozen=True, eq=False)
class Target:
    """
    All that is known of the target at one frame: what the tracker stage tells the controller.

    :param stamp: of the frame, seconds.
    :param state: of the target's life.
    :param target_id: counts up with every new query, and when the operator says that this is not
        the one; survives occlusion. 0: never had one.
    :param box: where the tracker thinks it is, believed or not: the state says which.
    :param presence: probability that the box shows the target, [0, 1].
    :param position: (3,) metres in the camera's optical frame (x right, y down, z forward);
        when the range is unknown, the direction at 1 m. None unless it is believed to be visible.
    :param range_std: metres; inf when only the direction is known.
    :param reason: why the state is what it is, for people to read.
    :param margin: log-odds between the likeliest candidate and the next; inf when it is alone.
    :param candidates: the candidates of the last look that may be the target, likeliest first.
    :param alike_near: how near to it something is that looks like it, in the picture, [0, 1].
    :raises InvalidInput: a share is outside [0, 1], or the position has another shape.
    """

    stamp: float
    state: TargetState
    target_id: int = 0
    box: Box | None = None
    presence: float = 0.0
    position: FloatArray | None = None
    range_std: float = math.inf
    reason: str = ''
    margin: float = math.inf
    candidates: tuple[Rated, ...] = ()
    alike_near: float = 0.0

    def __post_init__(self) -> None:
        for name in ('presence', 'alike_near'):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:  # false for NaN too
                raise InvalidInput(f'target {name} must be in [0, 1], got {value}')
        if self.position is not None and self.position.shape != (3,):
            raise InvalidInput(f'target position must be (3,), got {self.position.shape}')


@dataclass(frozen=True)
class VelocityCommand:
    """
    A velocity in base_link axes (REP 103: x forward, y left, z up).

    :param vx: m/s. :param vy: m/s. :param vz: m/s. :param yaw_rate: rad/s, left positive.
    :raises InvalidInput: a value is not finite; such a command must never reach a robot.
    """

    vx: float = 0.0
    vy: float = 0.0
    vz: float = 0.0
    yaw_rate: float = 0.0
    reason: str = field(default='', compare=False)

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in self.axes):
            raise InvalidInput(f'velocity command must be finite, got {self.axes}')

    @property
    def axes(self) -> tuple[float, float, float, float]:
        """The four values (vx, vy, vz, yaw_rate)."""
        return self.vx, self.vy, self.vz, self.yaw_rate

    @property
    def is_zero(self) -> bool:
        """True when the command is to stand still."""
        return self.axes == (0.0, 0.0, 0.0, 0.0)

    @classmethod
    def stop(cls, reason: str) -> VelocityCommand:
        """Return zero, with the reason that goes to the log and to diagnostics."""
        return cls(reason=reason)
