# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The detectors of transformers: the real classes at tiny width, from local folders alone."""

from __future__ import annotations

import json
from pathlib import Path
import shutil
import socket
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='these detectors need torch: make setup-heavy')
transformers = pytest.importorskip(
    'transformers', reason='these detectors need transformers: make setup-heavy'
)

from follow_anything.core.errors import BadConfig, BadQuery, BadWeights, NotReady
from follow_anything.core.language.parsing import ask
from follow_anything.core.protocols import Detector
from follow_anything.core.search.prompts import query_from_text
from follow_anything.core.types import Box, Click, Detections, Frame, Query
from follow_anything.models.detection.huggingface.build import CLASSES
from follow_anything.models.detection.huggingface.prompted import belief_of
from follow_anything.models.detection.huggingface.random_folders import write_random_folder
from follow_anything.models.registry import build_detector

pytestmark = [pytest.mark.models, pytest.mark.detection]

NAMES = sorted(CLASSES)
RGB = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
FRAME = Frame(0.0, RGB)


@pytest.fixture(scope='module')
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp('folders')
    return {name: write_random_folder(name, root / name, small=True) for name in NAMES}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever opens a connection fail: a folder is all that is read."""

    def refuse(*_: object) -> None:
        raise AssertionError('the network was touched')

    monkeypatch.setattr(socket.socket, 'connect', refuse)


def built(folders: dict[str, Path], name: str) -> Any:
    return build_detector(name, 'cpu', f'{name}={folders[name]}')


@pytest.mark.parametrize('name', NAMES)
def test_words_become_boxes_with_their_labels(folders: dict[str, Path], name: str) -> None:
    detector = built(folders, name)
    assert isinstance(detector, Detector)
    with pytest.raises(NotReady):
        detector.detect(FRAME)
    assert detector.set_query(Query(texts=('a red car', 'a dog'))) == (
        'looking for "a red car" or "a dog"'
    )
    found = detector.detect(FRAME)
    assert len(found) > 0, 'random weights believe in something'
    assert set(found.labels) <= {'a red car', 'a dog'}
    assert found.boxes.min() >= 0.0
    assert (found.boxes <= [120, 90, 120, 90]).all()
    assert set(detector.stopwatch.stages_ms) == {'look'}
    again = detector.detect(Frame(1.0, RGB.copy()))
    assert np.allclose(again.boxes, found.boxes, atol=1e-3)
    if name == 'sam3':
        assert found.masks is not None
        assert found.masks.shape == (len(found), 90, 120)


@pytest.mark.parametrize('name', NAMES)
def test_each_prompt_has_a_score_of_its_own(folders: dict[str, Path], name: str) -> None:
    """What is asked beside a text must not change the order of its boxes."""
    detector = built(folders, name)
    detector.set_query(Query(texts=('a cat',)))
    alone = detector.detect(FRAME)
    detector.set_query(Query(texts=('a cat',), landmarks=('a tree',)))
    beside = detector.detect(FRAME)
    assert {'a cat', 'a tree'} >= set(beside.labels)
    mine = np.array([label == 'a cat' for label in beside.labels])
    assert mine.any()
    if name in ('owlv2', 'sam3'):  # in the others all prompts are fused inside the network
        assert np.allclose(beside.boxes[mine], alone.boxes, atol=0.1)
        assert np.allclose(beside.scores[mine], alone.scores, atol=1e-3)


@pytest.mark.parametrize('name', NAMES)
def test_what_fits_a_negative_better_is_dropped(folders: dict[str, Path], name: str) -> None:
    detector = built(folders, name)
    detector.set_query(Query(texts=('a cat',)))
    assert len(detector.detect(FRAME)) > 0
    seen = detector.look(RGB, detector.encode(['a cat', 'a dog'], []))
    detector.set_query(Query(texts=('a cat',), negatives=('a dog',)))
    kept = detector.detect(FRAME)
    rather_cats = seen.boxes[seen.scores[:, 0] >= seen.scores[:, 1]]
    for box in kept.boxes:
        assert np.abs(rather_cats.clip(0) - box).max(1).min() < 1.5


@pytest.mark.parametrize('name', NAMES)
def test_places_are_computed_from_their_boxes(folders: dict[str, Path], name: str) -> None:
    detector = built(folders, name)
    parsed = ask(detector, query_from_text('the leftmost car'), FRAME)
    everything = detector.detect(FRAME)
    chosen, _ = parsed.chosen(everything, FRAME, 0.0)
    centers = (everything.boxes[:, 0] + everything.boxes[:, 2]) / 2
    assert abs((chosen.boxes[0, 0] + chosen.boxes[0, 2]) / 2 - centers.min()) < 0.02 * 120


@pytest.mark.parametrize('name', ['grounding_dino', 'omdet_turbo'])
@pytest.mark.parametrize(
    'query', [Query(images=(RGB[:20, :20],)), Query(clicks=(Click(3, 4),), texts=('a cat',))]
)
def test_who_reads_words_alone_says_so(folders: dict[str, Path], name: str, query: Query) -> None:
    detector = built(folders, name)
    detector.set_query(Query(texts=('a cat',)))
    with pytest.raises(BadQuery, match='reads words alone'):
        detector.set_query(query, FRAME)
    assert len(detector.detect(FRAME)) > 0, 'the old query stays'


@pytest.mark.parametrize(
    'query',
    [
        Query(images=(RGB[10:40, 20:60],)),
        Query(images=(RGB[10:40, 20:60],), masks=(np.eye(30, 40) > 0,)),
        Query(texts=('a cat',), images=(RGB[10:40, 20:60],)),
        Query(box=Box(10, 20, 60, 70)),
    ],
)
@pytest.mark.parametrize('name', ['owlv2', 'sam3'])
def test_pictures_and_boxes_are_looked_for(
    folders: dict[str, Path], name: str, query: Query
) -> None:
    detector = built(folders, name)
    detector.set_query(query, FRAME)
    found = detector.detect(Frame(7.0, RGB))
    assert len(found) > 0
    if query.is_explicit:
        there = detector.detect(FRAME)
        assert there.scores.tolist() == [1.0]
        assert there.box(0) == query.box


def test_owlv2_takes_the_object_around_a_click(folders: dict[str, Path]) -> None:
    detector = built(folders, 'owlv2')
    with torch.no_grad():  # each patch then has a box of its own size around its place
        detector._network.box_head.dense2.weight.zero_()
        detector._network.box_head.dense2.bias.zero_()
    x, y = 62.0, 47.0
    detector.set_query(Query(clicks=(Click(x, y),)), FRAME)
    x1, y1, x2, y2 = detector.detect(FRAME).box(0).xyxy
    assert x1 <= x < x2
    assert y1 <= y < y2
    assert len(detector.detect(Frame(7.0, RGB))) > 0
    with pytest.raises(BadQuery, match='outside'):
        detector.set_query(Query(clicks=(Click(500, 3),)), FRAME)


def test_owlv2_finds_the_patch_that_a_box_shows(folders: dict[str, Path]) -> None:
    """The vector of a patch fits that very patch best, when the frame is searched again."""
    detector = built(folders, 'owlv2')
    patches = detector._patches(RGB)
    seen = detector.look(RGB, detector.encode([], [patches.vectors[5]]))
    network = detector._network
    plain = network.class_predictor(patches.features, patches.vectors[5][None, None])[0]
    assert np.allclose(seen.scores[:, 0], plain[0, :, 0].sigmoid().numpy(), atol=1e-5)
    assert np.allclose(seen.boxes, patches.boxes)


def test_owlv2_answers_as_the_processor_of_transformers_does(folders: dict[str, Path]) -> None:
    """Our boxes and scores beside the library's own way from picture to boxes."""
    folder, texts = folders['owlv2'], ['a cat', 'a dog']
    processor = transformers.Owlv2Processor.from_pretrained(folder)
    network = transformers.Owlv2ForObjectDetection.from_pretrained(folder).eval()
    inputs = processor(text=[texts], images=RGB, return_tensors='pt')
    with torch.no_grad():
        said = network(**inputs)
    (theirs,) = processor.post_process_grounded_object_detection(
        said, threshold=0.0, target_sizes=[(90, 120)]
    )
    detector = built(folders, 'owlv2')
    seen = detector.look(RGB, detector.encode(texts, []))
    assert np.allclose(seen.boxes, theirs['boxes'].numpy(), atol=1e-2)
    assert np.allclose(seen.scores.max(1), theirs['scores'].numpy(), atol=1e-4)


@pytest.mark.parametrize('name', ['grounding_dino', 'omdet_turbo', 'sam3'])
def test_boxes_and_scores_are_those_of_the_library(folders: dict[str, Path], name: str) -> None:
    detector = built(folders, name)
    seen = detector.look(RGB, detector.encode(['a cat'], []))
    theirs = _by_the_library(name, folders[name])
    order = np.argsort(-seen.scores[:, 0], kind='stable')[:5]
    for box, score in zip(seen.boxes[order], seen.scores[order, 0], strict=True):
        same = np.abs(theirs['boxes'].numpy() - box).max(1) < 0.5
        assert same.any()
        apart = theirs['scores'].numpy()[same] - score
        # the library's score of Grounding DINO is that of any token, even of the full stop
        assert apart.max() > -1e-3 if name == 'grounding_dino' else np.abs(apart).min() < 1e-3


def test_the_tokens_of_a_phrase_are_its_own(folders: dict[str, Path]) -> None:
    detector = built(folders, 'grounding_dino')
    texts = ['a Red car', 'dog.', 'the  man']
    caption = detector.encode(texts, [])
    tokens = caption.tokens['input_ids'][0].tolist()
    words = detector._processor.tokenizer.convert_ids_to_tokens(tokens)
    said = [''.join(words[k].removeprefix('##') for k in span) for span in caption.spans]
    assert said == ['aredcar', 'dog', 'theman']


def _by_the_library(name: str, folder: Path) -> dict[str, Any]:
    """Return boxes and scores as the examples of transformers make them."""
    kinds = {
        'grounding_dino': ('GroundingDinoForObjectDetection', 'GroundingDinoProcessor'),
        'omdet_turbo': ('OmDetTurboForObjectDetection', 'OmDetTurboProcessor'),
        'sam3': ('Sam3Model', 'Sam3Processor'),
    }
    model, processing = (
        getattr(transformers, kind).from_pretrained(folder) for kind in kinds[name]
    )
    text: Any = {'grounding_dino': 'a cat.', 'omdet_turbo': ['a cat'], 'sam3': 'a cat'}[name]
    inputs = processing(images=RGB, text=text, return_tensors='pt')
    wanted = {key: value for key, value in inputs.items() if key != 'original_sizes'}
    if name != 'grounding_dino':
        wanted.pop('pixel_mask', None)
    with torch.no_grad():
        said = model.eval()(**wanted)
    sizes = [(90, 120)]
    if name == 'sam3':
        return processing.post_process_object_detection(said, 0.0, sizes)[0]
    options = {'nms_threshold': 1.0} if name == 'omdet_turbo' else {'text_threshold': 0.0}
    return processing.post_process_grounded_object_detection(
        said, threshold=0.0, target_sizes=sizes, **options
    )[0]


TOKENS = {'grounding_dino': 48, 'omdet_turbo': 77, 'owlv2': 16, 'sam3': 32}
"""That the tiny folders read at once; each tokenizer there makes one of every letter."""


@pytest.mark.parametrize('part', ['texts', 'negatives', 'landmarks'])
@pytest.mark.parametrize('name', NAMES)
def test_a_text_that_is_too_long_is_refused(
    folders: dict[str, Path], name: str, part: str
) -> None:
    """Cut, it would ask for something else; that an old query is left as it was is seen too."""
    detector = built(folders, name)
    detector.set_query(Query(texts=('a cat',)))
    before = detector.detect(FRAME)
    long = {part: ('b' * TOKENS[name],)}
    with pytest.raises(BadQuery, match=f'{name} reads {TOKENS[name]} tokens .* use fewer words'):
        detector.set_query(Query(**{'texts': ('a dog',), **long}))
    after = detector.detect(FRAME)
    assert after.label == before.label
    assert np.allclose(after.boxes, before.boxes, atol=1e-3)


@pytest.mark.parametrize('name', ['owlv2', 'sam3'])
def test_the_longest_text_is_read_to_its_end(folders: dict[str, Path], name: str) -> None:
    """Begin and end are two tokens; of the rest each letter counts, the last one too."""
    detector = built(folders, name)
    longest = 'b' * (TOKENS[name] - 2)
    seen = detector.look(RGB, detector.encode([longest], []))
    other = detector.look(RGB, detector.encode([f'{longest[:-1]}c'], []))
    assert np.isfinite(seen.scores).all()
    assert np.abs(np.sort(seen.scores[:, 0]) - np.sort(other.scores[:, 0])).max() > 1e-7
    with pytest.raises(BadQuery, match=f'makes {TOKENS[name] + 1}: '):
        detector.encode([f'{longest}b'], [])


@pytest.mark.parametrize('name', ['grounding_dino', 'omdet_turbo'])
def test_many_texts_that_are_one_sentence_are_counted_together(
    folders: dict[str, Path], name: str
) -> None:
    detector = built(folders, name)
    texts = tuple(f'thing {k}' for k in range(20))
    detector.set_query(Query(texts=texts[:4]))
    with pytest.raises(BadQuery, match=f'{TOKENS[name]} tokens at once'):
        detector.set_query(Query(texts=texts))


def test_the_usual_threshold_becomes_the_default_min_score() -> None:
    assert belief_of(np.array([0.2, 0.05, 0.9]), 0.2) == pytest.approx(
        [0.6, 0.24, 0.982], abs=0.01
    )
    assert belief_of(np.array([0.0, 1.0]), 0.3) == pytest.approx([0.0, 1.0], abs=1e-4)


@pytest.mark.parametrize('name', NAMES)
def test_spoilt_folders_are_refused(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    spoilt = tmp_path / name
    shutil.copytree(folders[name], spoilt)
    (weights,) = spoilt.glob('*.safetensors')
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(BadWeights, match='cannot be read as'):
        build_detector(name, 'cpu', f'{name}={spoilt}')
    other = next(each for each in NAMES if each != name)
    shutil.copy(next(folders[other].glob('*.safetensors')), weights)
    with pytest.raises(BadWeights, match=r'another network|cannot be read'):
        build_detector(name, 'cpu', f'{name}={spoilt}')


def test_a_folder_without_its_processor_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    bare = tmp_path / 'bare'
    bare.mkdir()
    for file in ('config.json', 'model.safetensors'):
        shutil.copy(folders['owlv2'] / file, bare / file)
    with pytest.raises(BadWeights, match='files of the tokenizer'):
        build_detector('owlv2', 'cpu', f'owlv2={bare}')


@pytest.mark.parametrize(
    ('weights', 'said'),
    [('sam=x', 'expected owlv2=NAME_OR_FOLDER'), ('owlv2=sam3', 'weights of sam3, not of owlv2')],
)
def test_weights_of_another_part_are_refused(weights: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        build_detector('owlv2', 'cpu', weights)


def test_no_code_of_a_folder_is_run(folders: dict[str, Path], tmp_path: Path) -> None:
    sly = tmp_path / 'sly'
    shutil.copytree(folders['owlv2'], sly)
    config = json.loads((sly / 'config.json').read_text())
    config['auto_map'] = {'AutoModel': 'sly.Model'}
    (sly / 'config.json').write_text(json.dumps(config))
    (sly / 'sly.py').write_text('raise SystemExit("code of the weights ran")')
    assert isinstance(build_detector('owlv2', 'cpu', f'owlv2={sly}'), Detector)


def test_nothing_that_is_not_a_number_reaches_a_robot(folders: dict[str, Path]) -> None:
    detector = built(folders, 'owlv2')
    detector.set_query(Query(texts=('a cat',)))
    with torch.no_grad():
        detector._network.box_head.dense0.weight.fill_(float('nan'))
    found = detector.detect(FRAME)
    assert isinstance(found, Detections)
    assert len(found) == 0
