# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Folders of weights for the classes of transformers, from those who trained or converted them.

Nobody publishes digests for whole folders: the commit that the revision names is written down
at the download, and every file is pinned by its sha256 then. Sizes are the parameters of the
class of transformers at the published config.json, four bytes each; the files are a little larger
where tables are stored beside them (grounding_dino_base: 933 MB).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['KNOWN_FOLDERS', 'WeightsFolder']


@dataclass(frozen=True)
class WeightsFolder:
    """
    One repository of weights.

    :param name: what commands and parameters call it. :param reader: detector or tracker.
    :param repository: where it comes from, on huggingface.co. :param revision: of it.
    :param size_mb: of the weights, 4 bytes a parameter; 0 when only the source knows.
    :param licence: SPDX, or its name. :param gated: its source asks for consent first.
    :param purpose: what it is good for.
    """

    name: str
    reader: str
    repository: str
    size_mb: int
    licence: str
    purpose: str
    gated: bool = False
    revision: str = 'main'

    @property
    def url(self) -> str:
        """Return the page people read, where a licence is accepted too."""
        return f'https://huggingface.co/{self.repository}'


_APACHE = 'Apache-2.0'

ENTRIES = (
    WeightsFolder(
        'owlv2', 'owlv2', 'google/owlv2-base-patch16-ensemble', 620, _APACHE,
        'any words and pictures to boxes; the first to fetch',
    ),
    WeightsFolder(
        'owlv2_large', 'owlv2', 'google/owlv2-large-patch14-ensemble', 1750, _APACHE,
        'the same, finer and slower',
    ),
    WeightsFolder(
        'grounding_dino', 'grounding_dino', 'IDEA-Research/grounding-dino-tiny', 689, _APACHE,
        'whole phrases to boxes',
    ),
    WeightsFolder(
        'grounding_dino_base', 'grounding_dino', 'IDEA-Research/grounding-dino-base', 929,
        _APACHE, 'the same, finer and slower',
    ),
    WeightsFolder(
        'omdet_turbo', 'omdet_turbo', 'omlab/omdet-turbo-swin-tiny-hf', 462, _APACHE,
        'words to boxes, the fastest of these',
    ),
    WeightsFolder(
        'sam3', 'sam3', 'facebook/sam3', 3362, 'SAM License',
        'phrases to masks of all instances', gated=True,
    ),
    WeightsFolder(
        'sam2', 'sam2', 'facebook/sam2.1-hiera-tiny', 156, _APACHE,
        'tracker: masks with a memory',
    ),
    WeightsFolder(
        'sam2_large', 'sam2', 'facebook/sam2.1-hiera-large', 898, _APACHE, 'the same, finer',
    ),
    WeightsFolder(
        'edgetam', 'edgetam', 'yonigozlan/EdgeTAM-hf', 56, _APACHE,
        'tracker: masks with a memory, for small machines',
    ),
)  # fmt: skip

KNOWN_FOLDERS: dict[str, WeightsFolder] = {entry.name: entry for entry in ENTRIES}
"""Every folder the store can fetch, by name."""
