# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The tracker stage: one target from the first candidate to the last sight of it.

Every frame the tracker says where the target went. Every few frames (the sentinel), and at once
when anything is in doubt, all candidates of the picture go before the judge, and its verdict is
law: it moves the tracker, stops the robot, and says what may be learnt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math

from follow_anything.core.config import TrackerConfig
from follow_anything.core.errors import BadBox, InvalidInput
from follow_anything.core.geometry import camera_mount, iou, PinholeCamera
from follow_anything.core.identity.extent import Extent
from follow_anything.core.identity.judge import Candidate, Decision, Judge, Verdict
from follow_anything.core.identity.verdict import is_only_pale, SURE
from follow_anything.core.protocols import (
    CameraMotion,
    Embedder,
    Learner,
    Resumable,
    Surveyor,
    Tracker,
)
from follow_anything.core.search.eye import Eye
from follow_anything.core.search.first_find import choose_first, FirstIds
from follow_anything.core.search.proposals import Proposals
from follow_anything.core.search.sentinel import look_rate, NEAR_RIVAL
from follow_anything.core.target import TargetLife
from follow_anything.core.types import (
    Box,
    Detections,
    FloatArray,
    Frame,
    Target,
    TargetState,
    Track,
)
from follow_anything.core.world.chart import chart, Thing
from follow_anything.core.world.ego import CameraPose, Ego
from follow_anything.core.world.history import History
from follow_anything.core.world.ranging import locate
from follow_anything.core.world.shake import Shake
from follow_anything.core.world.steadiness import Steadiness
from follow_anything.core.world.track import NO_TRACK
import numpy as np

__all__ = ['TargetFollower']

ELSEWHERE = 0.6
"""A verdict on a box that overlaps less than this (IoU) with the tracker's moves the tracker."""

LONG_S = 0.6
"""A tracker that has been steady for so long goes on without a break, however it looks."""


class TargetFollower:
    """
    Runs the tracker on every frame, asks the judge of identity, and keeps the target's state.

    :param tracker: finds the box again. :param embedder: describes what is in a box.
    :param config: thresholds and times.
    :param camera: for positions; None until camera_info arrived.
    :param camera_motion: steadies the picture where no camera is known.
    """

    # what is known of one target; _forget() gives the values
    has_target: bool
    _candidates: list[Candidate]
    _seen: tuple[Candidate, float] | None
    _verdict: Verdict
    _learnt_at: float | None
    _extent: Extent
    _box: Box | None
    _last: Target | None
    _first: Frame | None

    def __init__(
        self,
        tracker: Tracker,
        embedder: Embedder,
        config: TrackerConfig,
        camera: PinholeCamera | None = None,
        camera_motion: CameraMotion | None = None,
    ) -> None:
        self._tracker, self.embedder = tracker, embedder
        self.surveys = isinstance(embedder, Surveyor)
        """True when the embedder proposes the boxes of everything in view by itself."""
        self._camera_motion = camera_motion
        self.camera = camera
        self.config = config
        self.life = TargetLife(config)
        self.judge = Judge(config.identity)
        self.ego = Ego()
        self.take_mount(None)
        self.history = History(config.history)
        self.height_m = config.target_height
        self._proposals = Proposals(embedder)
        self._first_ids = FirstIds(self.judge.tracks.take_number)
        self._steadiness = Steadiness()
        self._shake = Shake()
        self._forget()

    @property
    def late_frames(self) -> int:
        """Frames that came out of order, and were left out."""
        return self.history.late

    @property
    def first_view(self) -> Frame | None:
        """The target's pixels where it was first found, once it has been followed."""
        return self._first if self.life.was_followed else None

    def configure(self, config: TrackerConfig) -> None:
        """Take new thresholds; the target stays."""
        if config.target_height != self.config.target_height:
            self.height_m = config.target_height
        self.config = self.life.config = config
        self.take_mount(self._mount)
        self.history.span = max(self.history.span, config.history)
        self.judge.configure(config.identity)

    def take_mount(self, rotation: FloatArray | None) -> None:
        """Take how the camera sits (3, 3), optical to base_link axes; None: by the parameters."""
        self._mount, config = rotation, self.config
        if rotation is None:
            rotation = camera_mount(config.camera_roll, config.camera_pitch, config.camera_yaw)
        self.ego.mount = rotation

    def query(self, *, explicit: bool, height_m: float = 0.0) -> int:
        """
        Begin a new target; return its id.

        :param explicit: the operator pointed at it.
        :param height_m: its true height as far as the query tells it; 0: unknown.
        """
        self._forget()
        self._explicit = explicit
        self.height_m = self.config.target_height or height_m
        self.life.on_query(explicit=explicit)
        return self.life.target_id

    def stop(self) -> None:
        """Forget the target."""
        self._forget()
        self.life.on_stop()

    def reject(self) -> bool:
        """
        Take the operator's 'not this one'; False when no candidate is there to be refused.

        While nothing is offered it means the one that was followed, not a passer-by whom the last
        look found likelier than others.
        """
        refused = self._offered or self._seen
        if refused is None:
            return False
        self.judge.refuse(*refused)
        self._seen = None
        self.life.on_reject(self._stamp)
        # what was believed of it is void until the next look, which is due now
        self._presence, self._unbroken, self._looked_at = 0.0, False, -math.inf
        return True

    def pick(self, number: int) -> bool:
        """Take the operator's choice among the candidates shown, by id; False when it is gone."""
        if number == NO_TRACK:
            return False  # shared by all that have no track yet
        chosen = next((r for r in self._verdict.rated if r.number == number), None)
        found = None if chosen is None else self._candidate_at(chosen.box)
        seen_in = self.history.at(self._stamp)
        if found is None or seen_in is None or not self.life.on_pick(self._stamp):
            return False
        if not self.has_target:
            return self._start(*seen_in, found.box) > 0.0
        self._move_tracker(seen_in[0], found.box)
        if found.view is not None:
            self.judge.gallery.adapt(found.view)
        self.judge.choose(found, self._candidates, self._stamp)
        self._seen = found, self._stamp
        self._box, self._unbroken, self._presence = found.box, True, 1.0
        self._verdict = Verdict(Decision.NONE)
        return True

    @property
    def _offered(self) -> tuple[Candidate, float] | None:
        """The likeliest candidate of the last look and its stamp, where the operator sees it."""
        state = self.life.state
        is_shown = state.is_visible or state is TargetState.AMBIGUOUS
        if not is_shown or not self._candidates or self._verdict.best < 0:
            return None
        return self._candidates[self._verdict.best], self._stamp

    def _candidate_at(self, box: Box) -> Candidate | None:
        return next((c for c in self._candidates if c.box == box), None)

    # --- one frame ---------------------------------------------------------------------------

    def step(
        self,
        frame: Frame,
        detections: Detections | None = None,
        pose: CameraPose | None = None,
        on_tracked: Callable[[Target], None] | None = None,
    ) -> Target:
        """
        Look at the next frame.

        :param detections: candidates from this frame or from a recent one, when there are new.
        :param pose: of the camera at this frame; None: as the own ego motion has it.
        :param on_tracked: called with the target by the tracker and the verdict in force, before a
            look at the whole picture, which takes longer, while nothing about it is in doubt.
        :return: the target as of this frame; a frame older than the last changes nothing.
        """
        if self.history.is_late(frame):
            return self._last or self._report(frame, 0.0)
        if self.history.jumped:
            self._after_clock_jump(frame.stamp)
        if self.camera is None and self._camera_motion is not None:
            self.ego.take_image_motion(self._camera_motion.motion(frame))
        pose = pose or self.ego.pose_at(frame.stamp)
        self.history.add(frame, pose)
        presence = 0.0
        if self.has_target:
            presence = self._go_on(frame, pose, detections, on_tracked)
        elif detections is not None and self.life.wants_detection:
            presence = self._begin(detections)
        self._last = self._report(frame, presence)
        return self._last

    def _go_on(
        self,
        frame: Frame,
        pose: CameraPose,
        detections: Detections | None,
        on_tracked: Callable[[Target], None] | None,
    ) -> float:
        """Follow a target that was seen before; return the probability that it is seen now."""
        just_learnt = self._learnt_at == frame.stamp
        current = detections
        if detections is not None and abs(detections.stamp - frame.stamp) >= 1e-6:
            current = None
            self._consider_older(detections)
        track = self._tracker.track(frame)
        self._box = track.box
        eye = self._eye(frame, pose)
        self._feel_shake(eye, track)
        steady = self._steadiness.check(track, self._depth_of(frame, track), frame.stamp, pose)
        self._unbroken = self._unbroken and steady and track.presence >= self.config.presence_low
        if self._is_look_due(frame.stamp, track, current):
            if on_tracked is not None and self._is_calm(track):
                on_tracked(self._report(frame, self._presence))
            self._look(eye, track, current)
        elif self._unbroken:
            self._coast(eye, track)
        if just_learnt:
            self._presence = max(self._presence, 1.0)
        self._update_life(frame.stamp)
        if self.life.state is TargetState.SEARCHING and not self._explicit:
            # only a find of the detector: the next one may look different
            self._forget(keep_refused=True)
        return self._presence

    def _feel_shake(self, eye: Eye, track: Track) -> None:
        """Update the estimate of camera shake from a box that the tracker surely holds."""
        target = self.judge.tracks.target
        if self.camera is not None or target is None or track.box is None:
            return
        place = eye.place(track.box)
        if track.presence >= SURE and place is not None:
            self._shake.take(target.distance2(place, eye.frame.stamp))

    def _is_look_due(self, stamp: float, track: Track, detections: Detections | None) -> bool:
        """Return whether the judge is due to weigh everything in the picture."""
        if detections is not None:
            return True
        if not self.surveys and self.life.state is TargetState.AMBIGUOUS:
            return False  # its own box alone would end the ambiguity
        calm = self._is_calm(track)
        rate = look_rate(self.config.identity, self._verdict, calm=calm, surveys=self.surveys)
        elapsed = stamp - self._looked_at
        return rate > 0.0 and not 0.0 <= elapsed < 1.0 / rate - 1e-6

    def _waits_for_certainty(self, frame: Frame) -> bool:
        """
        Tell whether one clear look moves the target's track nowhere before the state has changed.

        In doubt it may be at whoever the target is confused with; without depth, where one look
        tells little, both explanations go on instead (core/identity/swaps.py).
        """
        if self.life.state is TargetState.AMBIGUOUS:
            return frame.depth is not None
        return self.life.state in (TargetState.OCCLUDED, TargetState.LOST)

    def _is_calm(self, track: Track) -> bool:
        """Return whether the tracker holds the target, and its track is unbroken."""
        return (
            self.life.state is TargetState.TRACKING
            and self._unbroken
            and track.box is not None
            and track.presence >= self.config.presence_low
        )

    def _look(self, eye: Eye, track: Track, detections: Detections | None) -> None:
        """Let the judge weigh all candidates of the picture, and act on its verdict."""
        frame = eye.frame
        self._looked_at = self._stamp = frame.stamp
        self._candidates = self._proposals.gather(
            eye,
            track,
            detections,
            self._extent.box,
            self._depth_before(),
            words=not self._explicit,
            tracks=self.judge.tracks,
        )
        self._verdict = self.judge.judge(
            self._candidates,
            frame.stamp,
            unbroken=self._unbroken,
            usual=self._extent.size,
            learn=self.life.state is TargetState.TRACKING,
            lost=self._waits_for_certainty(frame),
            outlook=eye.outlook,
            visibility=eye.visibility,
        )
        if self._verdict.knows_twin and isinstance(self._tracker, Learner):
            self._tracker.unlearn()  # the more views it knows, the easier it takes that one
        if self._verdict.decision is not Decision.TARGET:
            self._presence = 0.0
            self._unbroken = self._unbroken and is_only_pale(self._candidates, self._verdict)
            return
        chosen = self._candidates[self._verdict.best]
        self._seen = chosen, frame.stamp
        self._presence = self._verdict.probability
        is_elsewhere = track.box is None or iou(track.box, chosen.box) < ELSEWHERE
        if not is_elsewhere:
            self._unbroken = self._unbroken or self._is_whole_again(track.presence, frame.stamp)
        if is_elsewhere:
            self._move_tracker(frame, chosen.box)
            self._steadiness.reset()
        elif self._verdict.is_learnt and not self._verdict.knows_twin:
            self._learn(frame, chosen.box)
        if self._presence < self.config.identity.learn_from:
            self._box = chosen.box  # shown, not learnt from
            return
        self._sighted(chosen.box, frame)
        # beside a distractor a box may hold both: its size is not the target's then
        is_alone = not self._verdict.is_alike_near and not self._verdict.in_question
        self._extent.sized(chosen.size if is_alone else None, frame.stamp)

    def _learn(self, frame: Frame, box: Box) -> None:
        if isinstance(self._tracker, Learner):
            self._tracker.learn(frame, box)

    def _is_whole_again(self, presence: float, stamp: float) -> bool:
        """
        Tell whether the tracker's box, where the verdict is, is the target's without a break.

        Looks that were never learnt keep the probability low; a tracker that has been sure and
        steady for long, while nothing else comes near, makes up for that. Not where the target is
        looked for: a tracker is as steady on the bin that it was last seen beside.

        :param presence: of the tracker, now.
        """
        if self._presence >= SURE:
            return self._steadiness.is_long(stamp)
        is_clear = self._verdict.margin >= self.config.identity.learn_margin
        is_clear &= self.life.state is TargetState.TRACKING
        return is_clear and presence >= SURE and self._steadiness.lasts(stamp) >= LONG_S

    def _coast(self, eye: Eye, track: Track) -> None:
        """Use the tracker's presence between two verdicts; the track follows its box."""
        target = self.judge.tracks.target
        if track.box is None or target is None:
            return
        place = eye.place(track.box, self._depth_before())
        if place is not None and target.distance2(place, eye.frame.stamp) < 9.0:
            target.update(place, eye.frame.stamp)
        self._sighted(track.box, eye.frame)

    def _sighted(self, box: Box, frame: Frame) -> None:
        self._box = box
        self._extent.sighted(box)
        depth = self._depth_of(frame, Track(box, 1.0, 1.0))
        if depth is None or self.camera is None:
            return
        self._extent.ranged(depth, frame.stamp)
        is_whole = box.y1 > 1 and box.y2 < frame.height - 1
        if is_whole and self._presence >= SURE:
            self._extent.learn_height(box.height * depth / self.camera.fy)

    def _update_life(self, stamp: float) -> None:
        """Turn the verdict in force into the target's state."""
        if self._verdict.decision is Decision.AMBIGUOUS:
            count = sum(r.probability >= NEAR_RIVAL for r in self._verdict.rated)
            self.life.on_unclear(f'ambiguous: {max(2, count)} candidates look alike', stamp)
            return
        self.life.on_presence(self._presence, stamp)

    def _move_tracker(self, frame: Frame, box: Box) -> None:
        """Move the tracker to another box; it keeps its templates where it can."""
        try:
            if isinstance(self._tracker, Resumable):
                self._tracker.resume(frame, box)
            else:
                self._tracker.initialize(frame, box)
        except BadBox as error:
            self.life.on_hold(str(error))
            self._presence = 0.0

    # --- candidates of the detector ----------------------------------------------------------

    def _begin(self, detections: Detections) -> float:
        """Start on the best candidate, unless there is none, or two that could be it."""
        seen_in = self.history.at(detections.stamp)
        if len(detections) == 0 or seen_in is None:
            too_old = len(detections) > 0 and self.history.widen_for(detections.stamp)
            self.life.on_presence(0.0, self.history.newest)  # what was ambiguous is gone
            self._candidates, self._verdict = [], Verdict(Decision.NONE)
            self._first_ids.forget()
            older = 'the answer was too old; more frames are kept from now on'
            self.life.on_hold(older if too_old else 'not found yet')
            return 0.0
        find = choose_first(
            detections,
            seen_in[0],
            self.embedder,
            self.judge.gallery.refused,
            self.config.ambiguity_margin,
            ids=self._first_ids,
            ask=self.life.needs_word,
        )
        self._stamp = detections.stamp
        self._candidates = [Candidate(rival.box) for rival in find.rivals]
        self._verdict = Verdict(Decision.AMBIGUOUS, rated=find.rivals, margin=0.0)
        if find.rivals:
            self.life.on_unclear(find.reason, detections.stamp)
        elif find.box is None:
            self._verdict = Verdict(Decision.NONE)
            self.life.on_hold(find.reason)
        else:
            return self._start(*seen_in, find.box)
        return 0.0

    def _start(self, frame: Frame, pose: CameraPose, box: Box) -> float:
        """Learn the target from its first view; return the probability that it is seen."""
        self._verdict = Verdict(Decision.NONE)
        try:
            view = self.embedder.embed(frame, box)
            self._tracker.initialize(frame, box)
        except BadBox as error:
            self.life.on_hold(str(error))
            return 0.0
        eye = self._eye(frame, pose)
        first = Candidate(box, np.asarray(view), eye.place(box), size=eye.size(box))
        self._seen = first, frame.stamp
        around = self._proposals.gather(eye, Track(box, 1.0, 1.0), None, box)
        self.judge.begin(first, frame.stamp, around[1:])
        self.has_target, self._unbroken = True, True
        self._learnt_at, self._presence = frame.stamp, 1.0
        self._extent.begin(first.size)
        self._sighted(box, frame)
        self._first = Frame(frame.stamp, frame.crop(box).copy())
        self.life.on_found(frame.stamp)
        self._steadiness.reset()
        self._catch_up(frame.stamp, math.inf)
        self.life.on_presence(1.0, self.history.newest)
        return 1.0

    def _catch_up(self, since: float, until: float) -> None:
        """Track through the frames that passed while the detector was looking."""
        for later, _ in self.history.since(since):
            if later.stamp < until:
                self._box = self._tracker.track(later).box

    def _consider_older(self, detections: Detections) -> None:
        """Judge what a slow detector found in an earlier frame, while the target is hidden."""
        if self.life.state.is_visible or len(detections) == 0:
            return
        seen_in = self.history.at(detections.stamp)
        if seen_in is None:
            self.history.widen_for(detections.stamp)
            return
        frame = seen_in[0]
        eye = self._eye(frame, seen_in[1])
        candidates = self._proposals.gather(
            eye, None, detections, self._extent.box, words=not self._explicit
        )
        verdict = self.judge.judge(
            candidates,
            frame.stamp,
            unbroken=False,
            usual=self._extent.size,
            learn=False,
            lost=True,
        )
        if verdict.decision is not Decision.TARGET:
            return
        self._move_tracker(frame, candidates[verdict.best].box)
        self._catch_up(frame.stamp, self.history.newest)

    # --- memory ------------------------------------------------------------------------------

    def _forget(self, *, keep_refused: bool = False) -> None:
        """Drop all that is known of the target, its last report included."""
        self.judge.clear(keep_refused=keep_refused)
        self._steadiness.reset()
        self._shake.reset()
        self._proposals.forget()
        self._candidates = []
        self._seen = None
        self._verdict = Verdict(Decision.NONE)
        self.has_target = self._unbroken = self._explicit = False
        self._presence = 0.0
        self._looked_at = self._stamp = -math.inf
        self._learnt_at = None
        self._extent = Extent()
        self._box = None
        self._last = None
        self._first = None
        self._first_ids.forget()

    def _after_clock_jump(self, stamp: float) -> None:
        """Reset what depends on time after the clock was set back."""
        self.life.on_clock_jump(stamp)
        self.judge.after_clock_jump()
        self.ego.reset()
        self._steadiness.reset()
        self._unbroken, self._presence = False, 0.0
        self._looked_at = -math.inf
        self._extent.after_clock_jump()

    def _depth_before(self) -> float | None:
        """Return the depth the target had a moment ago, metres; None when that says nothing."""
        return self._extent.depth_before(self.history.newest)

    def _depth_of(self, frame: Frame, track: Track) -> float | None:
        """Return the depth of the tracker's box by the depth image alone."""
        if frame.depth is None or track.box is None or self.camera is None:
            return None
        point, std = locate(frame, track.box, self.camera, 0.0, self._depth_before())
        return float(point[2]) if math.isfinite(std) else None

    def _eye(self, frame: Frame, pose: CameraPose) -> Eye:
        return Eye(frame, self.camera, pose, self._height, self._shake.factor)

    @property
    def _height(self) -> float:
        """The target's height from the query, else from depth, metres; 0: unknown."""
        return self.height_m or self._extent.height

    def chart(self) -> tuple[Thing, ...]:
        """Return everything that is known of, where it is believed to be at the newest frame."""
        newest = self.history.at(self.history.newest)
        return () if newest is None else chart(self.judge.tracks, newest[1], newest[0].stamp)

    def _report(self, frame: Frame, presence: float) -> Target:
        life = self.life
        target = Target(
            frame.stamp,
            life.state,
            life.target_id,
            self._box,
            presence if life.state.is_visible else 0.0,
            reason=life.reason,
            margin=self._verdict.margin,
            candidates=self._verdict.rated,
            alike_near=self._verdict.alike_near,
        )
        if not life.state.is_visible or self.camera is None or self._box is None:
            return target
        try:
            position, std = locate(
                frame, self._box, self.camera, self._height, self._depth_before()
            )
        except InvalidInput:
            return target
        return replace(target, position=position, range_std=std)
