# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the tracker node: the target's life, and who it is."""

from __future__ import annotations

from dataclasses import dataclass

from follow_anything.core.config.base import Config, param
from follow_anything.core.config.sight import SightConfig
from follow_anything.core.errors import BadConfig

__all__ = ['IdentityConfig', 'TrackerConfig']


@dataclass(frozen=True)
class IdentityConfig(Config):
    """Is it still the same one? Weights of the judge (docs/identity.md); log-odds are natural."""

    group = 'identity'

    embedder: str = param(
        'instance',
        'What describes the appearance: the tiny detector, colours in bands, or DINOv2 or CLIP, '
        'which need torch and weights.',
        choices=('instance', 'bands', 'dinov2', 'clip'),
        read_only=True,
    )
    embedder_weights: str = param(
        '',
        "DINOv2's or CLIP's weights instead of the usual ones, such as dino=dinov2_vit_b.",
        read_only=True,
    )
    sentinel_rate: float = param(
        5.0,
        'How often the whole picture is compared while the target is tracked; 0: only in doubt.',
        unit='Hz',
        lo=0.0,
        hi=60.0,
    )
    doubt_rate: float = param(
        20.0, 'How often, at most, while the target is in doubt.', unit='Hz', lo=0.1, hi=60.0
    )
    memory: int = param(
        12, 'Views of the target that stay (anchors); the first one for ever.', lo=1, hi=256
    )
    adaptive_memory: int = param(
        24, 'Newest sure views of the target beside the anchors.', lo=0, hi=256
    )
    negative_memory: int = param(64, 'Views of other things that are remembered.', lo=0, hi=512)
    likeness_even: float = param(
        0.62, 'Likeness at which target and something else are even.', lo=0.0, hi=1.0
    )
    likeness_slope: float = param(20.0, 'Log-odds for a likeness of 1.', lo=0.0, hi=200.0)
    motion_weight: float = param(
        0.5, 'Log-odds for a squared Mahalanobis distance of 1.', lo=0.0, hi=5.0
    )
    words_weight: float = param(
        0.5, "What the query's words count, once it is followed.", lo=0.0, hi=10.0
    )
    continuity: float = param(
        2.5, 'Log-odds of the box that the tracker has held without a jump.', lo=0.0, hi=10.0
    )
    tracker_first: float = param(
        0.5,
        "A box of the same thing replaces the tracker's when it is better by these log-odds.",
        lo=0.0,
        hi=20.0,
    )
    margin: float = param(
        1.0,
        'The best must beat the next one by these log-odds, or it is ambiguous.',
        lo=0.0,
        hi=20.0,
    )
    doubt_margin: float = param(
        3.5,
        'Where a distractor may be the one that is seen: log-odds by which it must rather be the '
        'target.',
        lo=0.0,
        hi=20.0,
    )
    evidence_time: float = param(
        0.25, 'Time over which evidence is averaged.', unit='s', lo=0.01, hi=10.0
    )
    exclusion: bool = param(True, 'Who was seen beside the target is never the target.')
    learn_from: float = param(0.8, 'Probability from which a view is learnt.', lo=0.5, hi=1.0)
    learn_margin: float = param(4.0, 'Margin from which a view is learnt.', lo=0.0, hi=20.0)
    learn_presence: float = param(
        0.9, "The tracker's presence from which a view is learnt.", lo=0.0, hi=1.0
    )
    shown_probability: float = param(
        0.02, 'Candidates less likely than this are not shown to the operator.', lo=0.0, hi=1.0
    )


@dataclass(frozen=True)
class TrackerConfig(SightConfig):
    """Where is it now? Runs on every frame, owns the target's life and its appearance memory."""

    node = 'tracker_node'

    tracker: str = param(
        'tiny',
        'Tracker to use: `python -m follow_anything models list` shows them.',
        read_only=True,
    )
    use_depth: bool = param(
        True, 'Take the range from the depth image when one arrives.', read_only=True
    )
    auto_confirm: bool = param(
        False,
        'Follow what a text or an image query found without asking. '
        'A click or a box is its own confirmation.',
    )
    confirm_time: float = param(
        0.2,
        'The target must be seen for so long before the robot may move.',
        unit='s',
        lo=0.0,
        hi=10.0,
    )
    presence_low: float = param(
        0.5, 'Probability of the target below which it counts as hidden.', lo=0.0, hi=1.0
    )
    presence_high: float = param(
        0.7, 'Probability above which it counts as visible again.', lo=0.0, hi=1.0
    )
    presence_after_lost: float = param(
        0.9,
        'The same for a target that was lost; presence_high where that is larger.',
        lo=0.0,
        hi=1.0,
        was=None,
    )
    reconfirm_after: float = param(
        10.0,
        'A target that was lost for longer is followed again only when the operator confirms it; '
        '0: never ask.',
        unit='s',
        lo=0.0,
        hi=3600.0,
    )
    base_frame: str = param(
        'base_link', 'Frame of the robot, which odom and imu are of.', read_only=True, was=None
    )
    camera_mount: str = param(
        'auto',
        "How the camera sits, as controller_node's parameter of that name says: by camera_roll, "
        'camera_pitch and camera_yaw, by TF, or auto.',
        choices=('auto', 'parameters', 'tf'),
        read_only=True,
        was=None,
    )
    camera_roll: float = param(
        0.0,
        'How far the camera is turned clockwise about its view; 3.1416: it hangs upside down.',
        unit='rad',
        lo=-3.2,
        hi=3.2,
        was=None,
    )
    camera_pitch: float = param(
        -0.35, 'How far the camera looks up, against base_link.', unit='rad', lo=-1.6, hi=1.6
    )
    camera_yaw: float = param(
        0.0,
        'How far the camera looks to the left, against base_link.',
        unit='rad',
        lo=-3.2,
        hi=3.2,
        was=None,
    )
    occlusion_timeout: float = param(
        3.0,
        'A target hidden for longer is lost, and searched everywhere.',
        unit='s',
        lo=0.1,
        hi=60.0,
    )
    ambiguity_margin: float = param(
        0.1,
        'The best candidate must beat the next one by this score, or the robot holds or asks.',
        lo=0.0,
        hi=1.0,
    )
    history: float = param(
        1.0,
        'Frames kept to start on the very frame a detector saw; a slower one raises it.',
        unit='s',
        lo=0.0,
        hi=30.0,
    )
    target_height: float = param(
        0.0,
        'Height of the target, for its range without a depth image; 0: as the query tells, '
        'else unknown: turn only.',
        unit='m',
        lo=0.0,
        hi=50.0,
    )

    segmenter: str = param(
        'grabcut',
        'What outlines the target for track/mask: colours alone, or SAM.',
        choices=('grabcut', 'sam'),
        read_only=True,
    )
    segmenter_weights: str = param(
        '', "SAM's weights instead of the usual ones, such as sam=mobile_sam.", read_only=True
    )
    mask_every: int = param(
        0,
        'Frames from one mask to the next; 0: only when ~/mask asks.',
        lo=0,
        hi=10000,
    )

    identity: IdentityConfig = IdentityConfig()

    def __post_init__(self) -> None:
        """Check the fields, and that the two presence thresholds make a hysteresis."""
        super().__post_init__()
        if self.presence_low > self.presence_high:
            raise BadConfig(
                f'presence_low ({self.presence_low}) must not exceed '
                f'presence_high ({self.presence_high})'
            )
