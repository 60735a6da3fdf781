# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The weights that can be fetched by name, from those who trained them.

Digests: those of SAM, MobileSAM and DINOv2 are what three or two independent public mirrors of
each file state in their Git LFS pointers (the six digits in SAM's file names are of its MD5,
not of its SHA-256). The owners publish none for the others: they are pinned at the first
download, and the store says so.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['KNOWN_WEIGHTS', 'Weights']

SAM = 'https://dl.fbaipublicfiles.com/segment_anything'
DINO = 'https://dl.fbaipublicfiles.com'
LAION = 'https://huggingface.co/laion'
MOBILE_SAM = 'https://raw.githubusercontent.com/ChaoningZhang/MobileSAM'


@dataclass(frozen=True)
class Weights:
    """
    One file of weights.

    :param name: what commands and parameters call it.
    :param kind: 'sam', 'clip' or 'dino': which reader understands it.
    :param architecture: what open_clip or timm call the network; '' where the file itself says.
    :param file: its name in the store. :param url: its official source.
    :param size: bytes; 0 when only the server knows.
    :param sha256: hexadecimal digest, or its first digits where the source gives no more, or ''.
    :param licence: SPDX. :param purpose: what it is good for.
    """

    name: str
    kind: str
    architecture: str
    file: str
    url: str
    size: int
    sha256: str
    licence: str
    purpose: str


def _sam(size_name: str, digits: str, size: int, sha256: str, purpose: str) -> Weights:
    file = f'sam_{size_name}_{digits}.pth'
    name = f'sam_{size_name}'
    return Weights(name, 'sam', '', file, f'{SAM}/{file}', size, sha256, 'Apache-2.0', purpose)


def _dinov2(letter: str, width: str, size: int, sha256: str, purpose: str) -> Weights:
    file = f'dinov2_vit{letter}14_pretrain.pth'
    return Weights(
        f'dinov2_vit_{letter}',
        'dino',
        f'vit_{width}_patch14_dinov2',
        file,
        f'{DINO}/dinov2/dinov2_vit{letter}14/{file}',
        size,
        sha256,
        'Apache-2.0',
        purpose,
    )


def _laion(name: str, architecture: str, repository: str, purpose: str) -> Weights:
    return Weights(
        name,
        'clip',
        architecture,
        f'{name}.safetensors',
        f'{LAION}/{repository}/resolve/main/open_clip_model.safetensors',
        0,
        '',
        'MIT',
        purpose,
    )


ENTRIES = (
    _sam(
        'vit_b', '01ec64', 375_042_383,
        'ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912',
        'masks of everything; the default',
    ),
    _sam(
        'vit_l', '0b3195', 1_249_524_607,
        '3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622',
        'masks, finer',
    ),
    _sam(
        'vit_h', '4b8939', 2_564_550_879,
        'a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e',
        'masks, finest',
    ),
    Weights(
        'mobile_sam', 'sam', '', 'mobile_sam.pt', f'{MOBILE_SAM}/master/weights/mobile_sam.pt',
        40_728_226, '6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f',
        'Apache-2.0', 'masks on a CPU or a Jetson',
    ),
    _dinov2(
        's', 'small', 88_283_115,
        'b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9',
        'what looks alike; the default',
    ),
    _dinov2(
        'b', 'base', 346_378_731,
        '0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73',
        'what looks alike, finer',
    ),
    _dinov2(
        'l', 'large', 1_217_586_395,
        'd5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428',
        'what looks alike, finest',
    ),
    Weights(
        'dino_vit_s8', 'dino', 'vit_small_patch8_224.dino', 'dino_deitsmall8_pretrain.pth',
        f'{DINO}/dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth', 0, '',
        'Apache-2.0', "the original Follow Anything's features",
    ),
    _laion(
        'clip_vit_b32', 'ViT-B-32', 'CLIP-ViT-B-32-laion2B-s34B-b79K',
        'words to pictures; the default',
    ),
    _laion(
        'clip_vit_b16', 'ViT-B-16', 'CLIP-ViT-B-16-laion2B-s34B-b88K', 'words to pictures, finer'
    ),
    _laion(
        'clip_vit_l14', 'ViT-L-14', 'CLIP-ViT-L-14-laion2B-s32B-b82K', 'words to pictures, finest'
    ),
)  # fmt: skip

KNOWN_WEIGHTS: dict[str, Weights] = {entry.name: entry for entry in ENTRIES}
"""Every file the store can fetch, by name."""
