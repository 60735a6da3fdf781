# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Words as people say them, asked of real detectors on drawn pictures of three balls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('onnxruntime')
cv2 = pytest.importorskip('cv2')

from follow_anything.core.errors import BadQuery
from follow_anything.core.language.colors import COLOR_WORDS
from follow_anything.core.language.parsing import ask
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import Frame, Query
from follow_anything.models.detection.classical.detector import ClassicalDetector
from follow_anything.models.detection.foundation.open_vocabulary import SegmentDetector
from follow_anything.models.detection.tiny.detector import TinyDetector
from follow_anything.models.detection.tiny.embedder import InstanceEmbedder
from scripted import BLUE as PLAIN_BLUE
from scripted import ColorReader, ColorSegmenter, scene
from scripted import GREEN as PLAIN_GREEN
from scripted import RED as PLAIN_RED

pytestmark = [pytest.mark.models, pytest.mark.detection]

RED, BLUE = (205, 25, 20), (25, 50, 200)
PLACES = {'left': (110, 230, 45), 'middle': (320, 290, 75), 'right': (540, 240, 58)}
MIN_SCORE = 0.4


def _balls(right: tuple[int, int, int] = BLUE) -> Frame:
    """Draw three shaded balls: red, small, on the left; red, large; one of a given colour."""
    image = np.full((480, 640, 3), (150, 150, 140), np.uint8)
    colors = (RED, RED, right)
    for (x, y, size), color in zip(PLACES.values(), colors, strict=True):
        for radius in range(size, 0, -1):
            light = 0.65 + 0.45 * (1 - radius / size)
            tone = tuple(int(min(255, light * c)) for c in color)
            shift = int(0.25 * (size - radius))
            cv2.circle(image, (x - shift, y - shift), radius, tone, -1)
    return Frame(0.0, image)


def _which(boxes: np.ndarray) -> str:
    """Return the names of the balls that boxes show."""
    names = list(PLACES)
    middles = np.array([(x, y) for x, y, _ in PLACES.values()])
    centers = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    nearest = np.linalg.norm(centers - middles[None], axis=-1).argmin(1)
    return ' '.join(sorted({names[k] for k in nearest}))


@pytest.fixture(scope='module')
def tiny() -> TinyDetector:
    return TinyDetector()


@pytest.mark.parametrize(
    ('text', 'which'),
    [
        ('a ball', 'left middle right'),
        ('balls', 'left middle right'),
        ('ball . person .', 'left middle right'),
        ('[a red ball, a blue ball]', 'left middle right'),
        ('person or ball', 'left middle right'),
        ('the red ball', 'left middle'),
        ('a ball, not a blue one', 'left middle'),
        ('a ball; no red balls', 'right'),
        ('a ball that is not red', 'right'),
        ('the ball farthest from the blue ball', 'left'),
        ('the ball in the upper left', 'left'),
        ('the ball on the left', 'left'),
        ('the rightmost ball', 'right'),
        ('the second ball from the right', 'middle'),
        ('the ball in the middle', 'middle'),
        ('the largest ball', 'middle'),
        ('the smallest ball', 'left'),
        ('the nearest ball', 'middle'),
        ('the red ball on the right', 'middle'),
        ('the ball left of the blue ball', 'left middle'),
        ('the red ball nearest to the blue ball', 'middle'),
        ('a ball without a hat', 'left middle right'),
        ('the ball behind the bus', ''),
    ],
)
def test_tiny_finds_what_people_say(tiny: TinyDetector, text: str, which: str) -> None:
    frame = _balls()
    parsed = ask(tiny, query_from_text(text), frame)
    chosen, _ = parsed.chosen(tiny.detect(frame), frame, MIN_SCORE)
    assert _which(chosen.boxes) == which


@pytest.mark.parametrize('text', ['a ball, not a red one', 'a ball that is not red'])
def test_words_speak_against_the_refused_colour_in_every_survey(
    tiny: TinyDetector, text: str
) -> None:
    """The judge reads them: what the operator refused must not be likely to be the target."""
    places = np.array([(x - s, y - s, x + s, y + s) for x, y, s in PLACES.values()], np.float32)
    ask(tiny, query_from_text(text))
    words = InstanceEmbedder(tiny).survey(_balls(), places).words
    assert list(words[:3] > 0) == [False, False, True]


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('a man with a hat', 'nothing was made of "hat": tiny looks for man'),
        ('the big dog', 'nothing was made of "big"'),
        ('the man in the blue jacket', '"jacket": tiny looks for man, of that colour'),
        ('a baboon', 'outside what tiny knows'),
        ('a dog, not a zxqvb dog', 'nothing was made of "zxqvb"'),
        ('the nearest person', 'by the boxes: "the person", the nearest'),
        ('a person; ~ a road', 'does not use what else the scene holds'),
    ],
)
def test_tiny_says_what_it_did_not_use(tiny: TinyDetector, text: str, said: str) -> None:
    understood = ask(tiny, query_from_text(text)).understood
    assert said in understood


@pytest.mark.parametrize(
    ('text', 'thing'),
    [
        ('a bloke', 'man'),
        ('the puppies', 'dog'),
        ('somebody', 'somebody'),
        ('kittens', 'cat'),
        ('two people', 'person'),
        ('a policewoman', 'police officer'),
        ('a jeep', 'suv'),
        ('a motor cycle', 'motor cycle'),
        ('a traffic light', 'traffic light'),
        ('the picture frame', 'picture frame'),
    ],
)
def test_tiny_knows_everyday_words(tiny: TinyDetector, text: str, thing: str) -> None:
    meaning = tiny.texts.understand(text)
    assert (meaning.thing, meaning.is_taught) == (thing, True)


@pytest.mark.parametrize(
    ('text', 'thing', 'colors', 'unread'),
    [
        ('a man riding a red bicycle', 'man', [], ['riding', 'red', 'bicycle']),
        ('a man in a red coat near a blue bus', 'man', ['red'], ['coat', 'near', 'blue', 'bus']),
        ('a woman carrying bags', 'woman', [], ['carrying', 'bags']),
        ('a child feeding the dog', 'child', [], ['feeding', 'dog']),
        ('the person by the car', 'person', [], ['by', 'car']),
        ('the dog of the woman', 'dog', [], ['woman']),
        ('a group of people', 'person', [], ['group']),
        ('a red flying saucer', 'flying saucer', ['red'], []),
        ('any car', 'car', [], []),
    ],
)
def test_tiny_looks_for_the_first_thing_that_is_named(
    tiny: TinyDetector, text: str, thing: str, colors: list[str], unread: list[str]
) -> None:
    meaning = tiny.texts.understand(text)
    assert meaning.thing == thing
    assert list(meaning.colors) == [COLOR_WORDS[color] for color in colors]
    assert list(meaning.unread) == unread


@pytest.mark.parametrize('text', ['ein Hund', 'une voiture', 'a ball, not a qqqzx'])
def test_tiny_refuses_what_it_cannot_read(tiny: TinyDetector, text: str) -> None:
    """An unknown word among the negatives would speak against everything."""
    tiny.set_query(Query(texts=('a ball',)))
    with pytest.raises(BadQuery):
        ask(tiny, query_from_text(text))
    assert tiny.query.texts == ('a ball',)


@pytest.mark.parametrize(
    ('text', 'which'),
    [
        ('the one on the left', 'left'),
        ('the rightmost one', 'right'),
        ('the second from the right', 'middle'),
        ('the third one from the right', 'left'),
        ('the fourth from the right', ''),
        ('the smallest', 'left'),
        ('the largest', 'middle right'),  # its boxes are as rough as its sizes: a tie
        ('the middle one', 'middle'),
    ],
)
def test_classical_takes_places_beside_a_picture(text: str, which: str) -> None:
    frame = _balls(right=RED)
    x, y, size = PLACES['right']
    view = np.ascontiguousarray(frame.rgb[y - size : y + size, x - size : x + size])
    detector = ClassicalDetector()
    parsed = ask(detector, replace(query_from_text(text), images=(view,)), frame)
    chosen, _ = parsed.chosen(detector.detect(frame), frame, MIN_SCORE)
    assert _which(chosen.boxes) == which


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('person, car', 'cannot read "person", "car"'),
        ('person . car .', 'cannot read "person", "car"'),
        ('a person without a hat', 'cannot read "a person", "a hat"'),
        ('the person on the left', 'cannot read "the person"'),
        ('at 320,290; not a dog', 'cannot read "a dog"'),
        ('at 320,290; ~ a road', 'cannot read "a road"'),
        ('un perro', 'Spanish for "dog"'),
        ('the one on the left', 'show a picture'),
    ],
)
def test_classical_drops_no_word_in_silence(text: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        ask(ClassicalDetector(), query_from_text(text), _balls())


@pytest.mark.parametrize(
    ('text', 'count'),
    [
        ('car', 3),
        ('the leftmost car', 1),
        ('the car left of the blue car', 1),
        ('the second car from the right', 1),
        ('a car, not a green car', 2),
        ('the car nearest to the red car', 1),
    ],
)
def test_a_large_reader_gets_places_from_the_boxes(text: str, count: int) -> None:
    frame = scene(
        (PLAIN_RED, (10, 40, 40, 55)),
        (PLAIN_BLUE, (60, 40, 90, 55)),
        (PLAIN_GREEN, (110, 40, 140, 55)),
    )
    reader = ColorReader()
    detector = SegmentDetector('scripted', ColorSegmenter(), reader, reader)
    parsed = ask(detector, query_from_text(text), frame)
    chosen, _ = parsed.chosen(detector.detect(frame), frame, 0.3)
    assert len(chosen) == count
