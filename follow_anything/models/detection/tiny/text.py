# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Text embeddings of the tiny detector: tables of words and concepts, no text encoder.

A phrase becomes colours and a thing. A thing that was taught has its own vector; any other word
gets one from a table of common words, and the answer says that it was not taught.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
import re
from typing import Any

from follow_anything.core.geometry import unit
from follow_anything.core.language.colors import COLOR_WORDS
from follow_anything.core.types import FloatArray
import numpy as np

__all__ = ['Meaning', 'TextTables']

_FILLERS = {
    'a', 'an', 'the', 'my', 'that', 'this', 'please', 'follow', 'find', 'some', 'one', 'photo',
    'picture', 'of', 'colored', 'coloured', 'color', 'colour', 'light', 'dark', 'bright', 'big',
    'small', 'little', 'large', 'tall', 'any', 'all', 'each', 'every', 'both',
}  # fmt: skip
_IN_NAMES = {'light', 'picture', 'photo'}
"""Fillers that end or begin a name as well: 'traffic light', 'picture frame'."""
_ARTICLES = {
    'a', 'an', 'the', 'his', 'her', 'its', 'their', 'my', 'your', 'our', 'some', 'another',
}  # fmt: skip
_OF_ITS_LOOKS = {
    'in', 'with', 'wearing', 'dressed', 'on', 'who', 'which', 'that', 'whose', 'standing',
    'walking', 'sitting', 'running', 'waiting', 'lying', 'leaning', 'moving',
}  # fmt: skip
"""Words that end the name of a thing, after which its own colours may still be said."""
_OF_ANOTHER = {
    'at', 'near', 'beside', 'behind', 'under', 'next', 'by', 'inside', 'outside', 'within',
    'among', 'between', 'opposite', 'around', 'across', 'against', 'along', 'through', 'toward',
    'towards', 'into', 'onto', 'off', 'over', 'above', 'below', 'beneath', 'atop', 'aboard',
    'from', 'of', 'away', 'far', 'carrying', 'holding', 'riding', 'pushing', 'pulling',
    'driving', 'leading', 'using', 'eating', 'leaving', 'crossing', 'playing', 'chasing',
}  # fmt: skip
"""Words that lead to another thing, whose name and colours are not those of the first."""
_AMOUNTS = {
    'pair', 'couple', 'group', 'crowd', 'team', 'herd', 'flock', 'pack', 'bunch', 'row', 'line',
    'kind', 'type', 'sort', 'piece', 'sheet', 'means',
}  # fmt: skip
"""Words before an 'of' that is followed by the thing itself."""
_SIZES = {'light', 'dark', 'bright', 'big', 'small', 'little', 'large', 'tall'}
_SILENT = (_FILLERS - _SIZES) | {
    'in', 'with', 'wearing', 'on', 'at', 'and', 'is', 'are', 'who', 'which', 'that', 'his', 'her',
    'its', 'their', 'to', 'from', 'for', 'me', 'i',
}  # fmt: skip
"""Words that say nothing of how a thing looks: leaving them out is not worth a remark."""

SYNONYMS = {
    **dict.fromkeys(('someone', 'anyone', 'anybody', 'folks', 'passerby', 'figure'), 'person'),
    **dict.fromkeys(('bloke', 'chap', 'dude', 'fellow', 'lad'), 'man'),
    **dict.fromkeys(('gal', 'madam', 'ladies'), 'woman'),
    **dict.fromkeys(('toddler', 'youngster', 'kiddo'), 'child'),
    **dict.fromkeys(('policeman', 'policewoman', 'cop', 'constable'), 'police officer'),
    **dict.fromkeys(('puppy', 'pup', 'doggie', 'canine'), 'dog'),
    **dict.fromkeys(('kitten', 'kittycat', 'feline'), 'cat'),
    **dict.fromkeys(('jeep', '4x4'), 'suv'),
    **dict.fromkeys(('cycle', 'velocipede'), 'bicycle'),
    **dict.fromkeys(('semi', 'juggernaut', 'hgv'), 'truck'),
    **dict.fromkeys(('foal', 'mare', 'stallion'), 'horse'),
    **dict.fromkeys(('calf', 'bull'), 'cow'),
    **dict.fromkeys(('quadrotor', 'uav'), 'drone'),
    **dict.fromkeys(('brolly',), 'umbrella'),
}
"""Everyday words for taught things that the tables lack; what they have is not renamed."""

_PLURALS = {'people': 'person', 'men': 'man', 'women': 'woman', 'children': 'child'}

LIKES = 0.65
"""Cosine from which a taught name means about the same as another word."""

NEARNESS, DOUBT = 0.08, 3.0
"""How much nearer a word must be to count e times as much (cosine); temperature of ImageNet."""


@dataclass(frozen=True)
class Meaning:
    """
    The meaning of a phrase: embedding, colours, and its unknown words.

    :param thing: the name looked for; '' when only a colour was said.
    :param concept: its number among the taught concepts, -1 when it was not taught.
    :param vector: (D,), of unit length, to compare with what the network says; None without.
    :param colors: numbers of the colours that must be there.
    :param unknown: words that mean nothing to the tables.
    :param word: (E,), the sentence embedding, for the ImageNet second opinion; None without.
    :param unread: words that say something which nothing is made of: 'a hat' in 'with a hat'.
    """

    thing: str
    concept: int
    vector: FloatArray | None
    colors: tuple[int, ...]
    unknown: tuple[str, ...]
    word: FloatArray | None
    unread: tuple[str, ...] = ()

    @property
    def is_taught(self) -> bool:
        """True when pictures of it were shown in training."""
        return self.concept >= 0


class TextTables:
    """
    The shipped tables.

    :param path: .npz made by the training's export.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as saved:
            data: dict[str, Any] = {key: saved[key] for key in saved.files}
        self.names: list[str] = [str(name) for name in data['names']]
        self.vectors: FloatArray = data['vectors'].astype(np.float32)
        self.taught = data['taught'].astype(bool)
        """bool (V,): there were pictures of the concept in training."""
        self.related = np.unpackbits(data['related'], axis=1)[:, : len(self.names)].astype(bool)
        """bool (V, V): one concept is the other, or may be."""
        self.scale, self.bias = (float(v) for v in data['logit'])
        self.calibration: FloatArray = data['calibration'].astype(np.float32)
        """(4,): factors of a logit, of its lead over all others and of the logarithm of the
        objectness, and an offset: the belief in a text, as a logit."""
        self.class_words: FloatArray = data['class_words'].astype(np.float32)
        self.class_names: list[str] = [str(name) for name in data['class_names']]
        self._concepts = {name: number for number, name in enumerate(self.names)}
        self._words = {str(word): k for k, word in enumerate(data['words'])}
        self._word_vectors, self._word_scale = data['word_vectors'], data['word_scale']
        self._word_means, self._mean_scale = data['word_means'], data['mean_scale']
        self._concept_means = data['concept_means'].astype(np.float32)
        taught = self._concept_means[self.taught]
        likeness = np.exp(self.class_words @ taught.T / NEARNESS)
        self._usual_likeness: FloatArray = likeness.mean(1)

    def understand(self, text: str) -> Meaning:
        """Parse a phrase: 'the man in the blue jacket' is a man, blue; 'jacket' is unused."""
        meaning = self._understand(text)
        said = re.findall(r"[a-z0-9'-]+", text.lower())
        used = {w for name in (meaning.thing, *meaning.unknown) for w in name.split()}
        used |= {
            w for w in said if used & {*_singulars(w), *_everyday(w).split(), _PLURALS.get(w)}
        }
        unread = (
            w
            for w in said
            if w not in used and COLOR_WORDS.get(w) not in meaning.colors and w not in _SILENT
        )
        return replace(meaning, unread=tuple(dict.fromkeys(unread)))

    def _understand(self, text: str) -> Meaning:
        words = re.findall(r"[a-z0-9'-]+", text.lower())
        name_end, looks_end = _ends(words)
        colors = tuple(
            dict.fromkeys(COLOR_WORDS[w] for w in words[:looks_end] if w in COLOR_WORDS)
        )
        main = words[:name_end]
        named = [_PLURALS.get(w, w) for w in main if w not in _FILLERS - _IN_NAMES]
        whole = [_everyday(w) for w in named if w not in _FILLERS]
        # 'orange' and 'oranges': a colour before a thing, a fruit alone
        nouns = [w for w in whole if w not in COLOR_WORDS]
        for phrase in (named, whole, nouns):
            found = self._concept(phrase)
            if found >= 0:
                spent = COLOR_WORDS.get(self.names[found].split()[0])
                left = tuple(c for c in colors if c != spent)
                return Meaning(
                    self.names[found],
                    found,
                    self.vectors[found],
                    left,
                    (),
                    self._concept_means[found],
                )
        if not nouns:
            return Meaning('', -1, None, colors, (), None)
        numbers = [self._word(word) for word in nouns]
        known = [number for number in numbers if number >= 0]
        unknown = tuple(w for w, number in zip(nouns, numbers, strict=True) if number < 0)
        if not known:
            return Meaning(' '.join(nouns), -1, None, colors, unknown, None)
        # the last noun says what a thing is, those before which kind
        weight = np.array([1.0] * (len(known) - 1) + [2.0], np.float32)[:, None]
        return Meaning(
            ' '.join(nouns),
            -1,
            unit((self._word_vectors[known] * self._word_scale[known, None] * weight).sum(0)),
            colors,
            unknown,
            unit((self._word_means[known] * self._mean_scale[known, None] * weight).sum(0)),
        )

    def _concept(self, words: list[str]) -> int:
        """Return the taught concept that the last words name, the longest one, or -1."""
        for start in range(len(words)):
            for last in _singulars(words[-1]):
                number = self._concepts.get(' '.join([*words[start:-1], last]), -1)
                if number >= 0 and self.taught[number]:
                    return number
        return -1

    def _word(self, word: str) -> int:
        """Return the number of a common word, or of its singular; -1 without."""
        found = (self._words[w] for w in _singulars(word) if w in self._words)
        return next(found, -1)

    def nearest(self, word: FloatArray, count: int = 3) -> list[str]:
        """Return the taught names that mean about the same as a sentence embedding."""
        likeness = self._concept_means @ word
        likeness[~self.taught] = -1.0
        return [self.names[k] for k in np.argsort(-likeness)[:count]]

    def logits(self, text: FloatArray, vector: FloatArray) -> FloatArray:
        """Return how well boxes (N, D) fit a vector, (N,), logits."""
        return np.asarray(self.scale * (text @ vector) + self.bias, np.float32)

    def rivals(self, text: FloatArray, meaning: Meaning) -> FloatArray:
        """Return the logit of the taught concept that fits each box best and is another, (N,)."""
        logits = self.scale * (text @ self.vectors.T) + self.bias
        hidden = ~self.taught
        if meaning.is_taught:
            hidden = hidden | self.related[meaning.concept]
        elif meaning.word is not None:
            # a word that was not taught must not compete with its own likes
            hidden = hidden | (self._concept_means @ meaning.word > LIKES)
        return np.asarray(np.where(hidden[None], -30.0, logits).max(1), np.float32)

    def opinion(self, classes: FloatArray, word: FloatArray) -> FloatArray:
        """
        Compare boxes with a word by way of ImageNet's classes (after ConSE, Norouzi et al. 2013).

        :param classes: (N, 1000), logits. :param word: sentence embedding.
        :returns: (N,), how much likelier the word is than a taught name in the mean, a logarithm.
        """
        share = np.exp((classes - classes.max(1, keepdims=True)) / DOUBT)
        share /= share.sum(1, keepdims=True)
        likeness = np.exp(self.class_words @ word / NEARNESS) / self._usual_likeness
        return np.asarray(np.log(share @ likeness), np.float32)


def _ends(words: list[str]) -> tuple[int, int]:
    """
    Return where the name of a thing ends, and where what is said of its own looks does.

    A man riding a red bicycle is a man, and not red; a man in a red coat near a bus is red.
    """
    name_end = len(words)
    for k in range(1, len(words)):
        if not any(w == 'one' or w not in _FILLERS | COLOR_WORDS.keys() for w in words[:k]):
            continue  # 'a red walking stick': no thing has been named yet
        if _leads_to_another(words, k):
            return min(k, name_end), k
        if words[k] in _OF_ITS_LOOKS:
            name_end = min(k, name_end)
    return name_end, len(words)


def _leads_to_another(words: list[str], k: int) -> bool:
    """Tell whether another thing than the one named before follows a word."""
    if words[k] == 'of':
        return words[k - 1] not in _AMOUNTS
    is_verb = words[k].endswith('ing') and words[k] != 'wearing'
    return words[k] in _OF_ANOTHER or (is_verb and not _ARTICLES.isdisjoint(words[k + 1 : k + 2]))


def _everyday(word: str) -> str:
    """Return the taught name of an everyday word, or the word."""
    return next((SYNONYMS[w] for w in _singulars(word) if w in SYNONYMS), word)


def _singulars(word: str) -> Iterator[str]:
    """Yield a word and what it may be the plural of."""
    yield word
    yield word.removesuffix('s')
    yield word.removesuffix('es')
    if word.endswith('ies'):
        yield word[:-3] + 'y'
