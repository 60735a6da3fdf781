# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
Common words of other languages: no detector reads them, so that they are refused by name.

Words that are English too ('chat', 'rot', 'bus', 'auto', 'taxi') are left out.
"""

from __future__ import annotations

import re
import unicodedata

from follow_anything.core.errors import BadQuery

__all__ = ['refuse_other_languages']

WORDS = {
    'German': {
        'person': 'mensch menschen leute', 'man': 'mann männer', 'woman': 'frau frauen',
        'child': 'kind kinder', 'dog': 'hund hunde', 'cat': 'katze katzen', 'car': 'autos wagen',
        'truck': 'lastwagen lkw',
        'bicycle': 'fahrrad fahrräder', 'motorcycle': 'motorrad',
        'horse': 'pferd', 'bird': 'vogel', 'tree': 'baum', 'house': 'haus', 'chair': 'stuhl',
        'backpack': 'rucksack', 'red': 'rote roter rotes roten', 'blue': 'blau blaue blauer',
        'green': 'grün grüne', 'white': 'weiß weiße', 'black': 'schwarz schwarze',
        'left': 'links', 'right': 'rechts',
    },
    'French': {
        'person': 'personne personnes gens', 'man': 'homme hommes', 'woman': 'femme femmes',
        'child': 'enfant enfants', 'dog': 'chien chiens', 'cat': 'chats',
        'car': 'voiture voitures', 'truck': 'camion', 'bicycle': 'vélo vélos',
        'pedestrian': 'piéton piétons',
        'horse': 'cheval', 'bird': 'oiseau', 'tree': 'arbre', 'house': 'maison', 'chair': 'chaise',
        'red': 'rouge', 'blue': 'bleu bleue', 'green': 'vert verte', 'white': 'blanc blanche',
        'black': 'noir noire', 'left': 'gauche', 'right': 'droite',
    },
    'Spanish': {
        'person': 'persona personas', 'man': 'hombre hombres', 'woman': 'mujer mujeres',
        'child': 'niño niña niños', 'dog': 'perro perros', 'cat': 'gato gatos',
        'car': 'coche coches carro', 'truck': 'camión', 'bicycle': 'bicicleta', 'horse': 'caballo',
        'bird': 'pájaro', 'tree': 'árbol', 'house': 'casa', 'chair': 'silla', 'red': 'rojo roja',
        'blue': 'azul', 'green': 'verde', 'white': 'blanco blanca', 'black': 'negro negra',
        'left': 'izquierda', 'right': 'derecha',
    },
    'Italian': {
        'person': 'persone', 'man': 'uomo uomini', 'woman': 'donna donne',
        'child': 'bambino bambina', 'dog': 'cane cani', 'cat': 'gatto gatti',
        'car': 'macchina automobile', 'bicycle': 'bici', 'horse': 'cavallo', 'tree': 'albero',
        'red': 'rosso rossa', 'left': 'sinistra', 'right': 'destra',
    },
    'Portuguese': {
        'person': 'pessoa pessoas', 'man': 'homem', 'woman': 'mulher', 'child': 'criança',
        'dog': 'cachorro cão', 'red': 'vermelho vermelha', 'left': 'esquerda', 'right': 'direita',
    },
    'Dutch': {
        'man': 'mannen', 'woman': 'vrouw vrouwen', 'dog': 'hond', 'bicycle': 'fiets',
        'person': 'mens mensen', 'tree': 'boom',
    },
    'Polish': {
        'person': 'osoba człowiek', 'woman': 'kobieta', 'dog': 'pies', 'car': 'samochód',
    },
    'Turkish': {'person': 'insan kişi', 'man': 'adam', 'woman': 'kad\u0131n', 'dog': 'köpek',
                'car': 'araba'},
    'Russian': {
        'person': 'человек люди', 'man': 'мужчина', 'woman': 'женщина', 'dog': 'собака',
        'car': 'машина автомобиль', 'cat': 'кошка', 'red': 'красный красная',
    },
    'Chinese': {'person': '人 行人', 'man': '男人', 'woman': '女人', 'dog': '狗', 'car': '车 汽车',
                'cat': '猫', 'red': '红色'},
    'Japanese': {'person': 'ひと 歩行者', 'dog': '犬', 'car': '車', 'red': '赤い'},
    'Korean': {'person': '사람', 'dog': '개', 'car': '자동차', 'red': '빨간'},
    'Arabic': {'person': 'شخص', 'man': 'رجل', 'woman': 'امرأة', 'dog': 'كلب', 'car': 'سيارة'},
    'Hindi': {'person': 'व्यक्ति', 'dog': 'कुत्ता', 'car': 'कार'},
}  # fmt: skip

ENGLISH_TOO = {
    'adam', 'automobile', 'boom', 'cane', 'casa', 'kind', 'links', 'mens', 'pies', 'rote',
    'rucksack', 'wagen',
}  # fmt: skip
"""Words of the table that stand in English texts as well."""

MEANINGS = {
    word: (english, language)
    for language, words in WORDS.items()
    for english, forms in words.items()
    for word in forms.split()
    if word not in ENGLISH_TOO
}


def refuse_other_languages(text: str) -> None:
    """Raise BadQuery when a text holds a word that is not English, with the English one."""
    words = [word.strip('.,;:!?()[]"').lower() for word in re.split(r"[\s'\u2019]+", text)]
    known = [(word, *MEANINGS[word]) for word in words if word in MEANINGS]
    if known:
        said = ', '.join(f'"{word}" is {language} for "{en}"' for word, en, language in known)
        raise BadQuery(f'{text!r}: {said}; the detectors read English: say it in English')
    foreign = [word for word in words if not _is_latin(word)]
    if foreign:
        raise BadQuery(
            f'{text!r}: the detectors read English, and {", ".join(map(repr, foreign))} is not; '
            'say it in English, or click on the target or show a picture of it'
        )


def _is_latin(word: str) -> bool:
    """Tell whether all letters are Latin ones; 'café' is, and so are digits and signs."""
    letters = [letter for letter in word if letter.isalpha()]
    return all(unicodedata.name(letter, '').startswith('LATIN') for letter in letters)
