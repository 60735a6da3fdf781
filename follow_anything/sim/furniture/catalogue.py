# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Which objects of the furniture catalogues make our street, and how they are converted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['ENTRIES', 'LICENSES', 'Entry']

LICENSES = {
    'BlendSwap-CC-0': ('CC0 1.0', 'https://creativecommons.org/publicdomain/zero/1.0/'),
    'BlendSwap-CC-BY': ('CC BY 3.0', 'https://creativecommons.org/licenses/by/3.0/'),
    'KatorLegaz': ('CC BY 3.0 US', 'https://creativecommons.org/licenses/by/3.0/us/'),
    'Reallusion': ('CC BY 3.0 US', 'https://creativecommons.org/licenses/by/3.0/us/'),
    'Scopia': ('CC BY 3.0', 'https://creativecommons.org/licenses/by/3.0/'),
}


@dataclass(frozen=True)
class Entry:
    """
    One object.

    :param name: ours, as the scenarios use it.
    :param source: catalogue and model folder in it.
    :param height: true height in metres; catalogue sizes are not always right.
    :param triangles: budget.
    :param paint: materials a scenario may colour.
    :param gait: 'biped', 'quadruped' or '' for a rigid thing.
    :param turn_deg: turn about z that makes it face x forward.
    """

    name: str
    source: str
    height: float
    triangles: int
    paint: tuple[str, ...] = ()
    gait: str = ''
    turn_deg: float = 0.0

    @property
    def catalogue(self) -> str:
        """Name of the .sh3f file without its suffix."""
        return self.source.split('/')[0]

    @property
    def folder(self) -> str:
        """Folder of the model inside the catalogue."""
        return self.source.split('/')[1]


def _person(name: str, source: str, height: float, triangles: int = 5000) -> Entry:
    return Entry(name, source, height, triangles, gait='biped')


def _car(name: str, source: str, height: float, paint: str, triangles: int = 3200) -> Entry:
    return Entry(name, source, height, triangles, paint=(paint,))


ENTRIES: tuple[Entry, ...] = (
    _person('woman_orange', 'Reallusion/female01', 1.68),
    _person('woman_dress', 'Reallusion/female02', 1.68),
    _person('woman_brown', 'Reallusion/female03', 1.65),
    _person('man_denim', 'Reallusion/male01', 1.82),
    _person('man_coat', 'Reallusion/male02', 1.81),
    _person('man_check', 'Reallusion/male03', 1.80),
    _person('boy', 'Reallusion/boyStanding', 1.45, 5000),
    _person('girl', 'Reallusion/girlStanding', 1.35, 5000),
    _person('woman_skirt', 'KatorLegaz/female-01-casual-clothing', 1.70),
    _person('man_suit', 'KatorLegaz/male-01-suit', 1.84),
    _car('hatchback', 'Scopia/seat_leon', 1.46, 'chapa_roja', 4500),
    _car('suv', 'Scopia/suv', 1.63, 'firstcolor'),
    _car('sports_car', 'Scopia/chevrolet', 1.21, 'firstcolor'),
    _car('city_car', 'Scopia/smart-car', 1.55, 'second-color'),
    _car('family_car', 'Scopia/renault-scenic', 1.62, 'color-beige-green'),
    _car('van', 'Scopia/van', 2.56, 'firstcolor'),
    _car('truck', 'Scopia/truck', 3.30, 'red-cabin', 3000),
    Entry('dog', 'BlendSwap-CC-BY/bulldog', 0.55, 4500, gait='quadruped'),
    Entry('cat', 'BlendSwap-CC-BY/siameseCat', 0.38, 1500, gait='quadruped'),
    Entry('horse', 'BlendSwap-CC-0/horse2', 1.95, 1900, gait='quadruped'),
    Entry('cypress', 'Scopia/cypress', 2.4, 900),
    Entry('hedge', 'Scopia/hedgeTextured', 1.0, 550),
    Entry('bench', 'KatorLegaz/concrete-bench', 0.75, 700),
    Entry('lamp', 'KatorLegaz/classic-lamppost', 3.6, 600),
    Entry('bin', 'KatorLegaz/park-trashcan', 0.86, 600, paint=('Green_plastic', 'Green_paint')),
    Entry('wheelie_bin', 'KatorLegaz/residential-trashcan', 1.05, 800),
    Entry('hydrant', 'KatorLegaz/fire-hydrant', 0.76, 900),
    Entry('barrel', 'BlendSwap-CC-0/barrel', 0.9, 1300),
    Entry('crate', 'BlendSwap-CC-0/crate', 0.9, 500),
    Entry('rock', 'BlendSwap-CC-0/rock3', 0.5, 306),
    Entry('motorbike', 'Scopia/yamaha-yzr-r6', 1.11, 2000),
    Entry('bicycle', 'Scopia/bicycle', 0.98, 1500),
)
