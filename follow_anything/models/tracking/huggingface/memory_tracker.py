# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
SAM 2 and EdgeTAM as trackers: masks of the target, with a memory of the last frames.

The classes keep everything of a video; a robot's never ends. After each frame what no later one
looks at is dropped: pictures at once, memories after the seventh frame, pointers after the
sixteenth. What was learnt at the start stays.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from follow_anything.core.errors import NotReady
from follow_anything.core.types import BoolArray, Box, Frame, Track
from follow_anything.models.runtime.device import inference, pick_device, require_torch
from follow_anything.models.tracking.online import part_to_learn
from follow_anything.models.weights.pretrained import load_network, load_processor
import numpy as np

__all__ = ['MemoryTracker']

TARGET = 1
"""Number of the one object of the session."""


class MemoryTracker:
    """
    A video class of transformers, one frame at a time.

    Its presence is what the network says of the object being in the frame; its score is the same.

    :param name: for messages. :param class_name: of transformers. :param folder: of the weights.
    :param device: 'auto', 'cpu' or 'cuda'.
    :raises BadWeights: the folder is not what it should be.
    """

    def __init__(self, name: str, class_name: str, folder: Path, device: str = 'auto') -> None:
        self.name = name
        self._torch = require_torch(name)
        self._device = pick_device(device)
        self._network = load_network(class_name, folder, self._device, name)
        self._processor = load_processor('Sam2VideoProcessor', folder, name)
        config = self._network.config
        self._kept = max(config.num_maskmem, config.max_object_pointers_in_encoder)
        self._session: Any = None
        self._number = 0
        self._box: Box | None = None
        self.mask: BoolArray | None = None
        """The target's mask in the last frame, bool (H, W); None where it is not seen."""

    def initialize(self, frame: Frame, box: Box) -> None:
        """Learn the target; BadBox when less than 3 x 3 px of it are inside the frame."""
        inside = part_to_learn(frame, box)
        self._session = self._processor.init_video_session(
            inference_device=self._device, dtype=self._torch.float32
        )
        self._number = 0
        self._prompt(frame, inside)
        self._step(frame)
        self._box = inside

    def track(self, frame: Frame) -> Track:
        """
        Find the target in the next frame.

        :raises NotReady: initialize() was never called.
        """
        self._require()
        return self._step(frame)

    def resume(self, frame: Frame, box: Box) -> None:
        """
        Go on from a place where the target was found again; what was learnt of it stays.

        The box is believed for as long as a memory lasts: it may be half of the target.

        :raises NotReady: initialize() was never called. :raises BadBox: it is not in the frame.
        """
        self._require()
        inside = part_to_learn(frame, box)
        self._prompt(frame, inside)
        number = self._number
        self._step(frame)
        kept = self._session.output_dict_per_obj[0]
        if number in kept['cond_frame_outputs']:
            kept['non_cond_frame_outputs'][number] = kept['cond_frame_outputs'].pop(number)
        self._box = inside

    @property
    def remembered(self) -> int:
        """Number of frames of which anything is kept; it does not grow with the video."""
        if self._session is None:
            return 0
        kept = self._session.output_dict_per_obj[0]
        return len(kept['cond_frame_outputs']) + len(kept['non_cond_frame_outputs'])

    def _require(self) -> None:
        if self._session is None:
            raise NotReady(f'{self.name} has no target yet: call initialize(frame, box) first')

    def _prompt(self, frame: Frame, box: Box) -> None:
        self._processor.add_inputs_to_inference_session(
            self._session,
            frame_idx=self._number,
            obj_ids=TARGET,
            input_boxes=[[list(box.xyxy)]],
            original_size=(frame.height, frame.width),
        )

    def _step(self, frame: Frame) -> Track:
        picture = self._processor(images=frame.rgb, return_tensors='pt')
        pixels = picture['pixel_values'][0].to(self._device)
        with inference(self._device):
            output = self._network(self._session, frame_idx=self._number, frame=pixels)
            large = self._torch.nn.functional.interpolate(
                output.pred_masks.float(), (frame.height, frame.width), mode='bilinear'
            )
        mask = (large[0, 0] > 0.0).cpu().numpy()
        presence = float(output.object_score_logits.float().sigmoid().reshape(-1)[0])
        self._forget()
        self._number += 1
        return self._answer(mask, presence)

    def _answer(self, mask: BoolArray, presence: float) -> Track:
        columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        if not math.isfinite(presence):
            return Track(None, 0.0, 0.0)
        if len(columns) == 0:
            self.mask = None
            return Track(self._box, 0.0, 0.0)
        self.mask = mask
        self._box = Box(
            float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
        )
        return Track(self._box, presence, presence)

    def _forget(self) -> None:
        """Drop what no later frame looks at."""
        session, oldest = self._session, self._number - self._kept
        session.processed_frames.clear()
        for kept in (
            session.output_dict_per_obj[0]['non_cond_frame_outputs'],
            session.frames_tracked_per_obj[0],
            session.point_inputs_per_obj[0],
        ):
            for number in [number for number in kept if number <= oldest]:
                del kept[number]
