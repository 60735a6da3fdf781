# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The work list: every episode that is to be run, and the journal of those that are done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path
from typing import Any

from follow_anything.core.config import PRESETS, TrackerConfig, with_values
from follow_anything.core.errors import BadConfig
from follow_anything.models.registry import TRACKERS
from follow_anything.sim.scenarios import SCENARIOS

__all__ = ['ASKS', 'PARTS', 'Episode', 'Journal', 'work_list']

PARTS: dict[str, dict[str, Any]] = {
    'sentinel': {'identity.sentinel_rate': 0.0},
    'negatives': {'identity.negative_memory': 0},
    'tracks and exclusion': {'identity.exclusion': False, 'identity.motion_weight': 0.0},
    'motion compensation': {},
    'instance embedder': {'identity.embedder': 'bands'},
    'words': {'identity.words_weight': 0.0},
}
"""Parts of identity, and the parameters that leave each out; without motion compensation the
odometry says that the robot stands."""

ASKS = ('click', 'text')
"""How the target is pointed out."""


@dataclass(frozen=True)
class Episode:
    """
    One episode; small, because it travels to a worker.

    :param seconds: simulated, from the question on; 0: as long as the scenario says.
    :param depth: with a depth camera.
    :param ask: 'click' or 'text'. :param width: of the picture, pixels; height, too.
    :param assets: what the world is made of. :param films: folder for filmstrips; '': none.
    :param without: part of identity that is left out, see PARTS; '': none.
    :param setting: a parameter of the tracker with another value, such as identity.margin=2;
        '': none.
    """

    scenario: str
    robot: str
    seed: int
    seconds: float = 0.0
    depth: bool = True
    ask: str = 'click'
    tracker: str = 'tiny'
    width: int = 640
    height: int = 480
    assets: str = 'auto'
    films: str = ''
    without: str = ''
    setting: str = ''

    @property
    def name(self) -> str:
        """Return what it is called: scenario, robot, seed, and what is other than usual."""
        other = f'-without-{self.without}' if self.without else ''
        other += f'-{self.setting}' if self.setting else ''
        return f'{self.scenario}-{self.robot}-{self.seed}{other}'.replace(' ', '_')

    @property
    def key(self) -> str:
        """Return everything that its result depends on, as text."""
        fields = {name: value for name, value in asdict(self).items() if name != 'films'}
        if not self.setting:  # rows from before there were settings are found again
            del fields['setting']
        return json.dumps(fields, sort_keys=True)

    def changes(self) -> dict[str, Any]:
        """
        Return the parameters of the tracker that have other values than usual.

        :raises BadConfig: the setting is not NAME=VALUE, with a value as JSON has them.
        """
        values = dict(PARTS.get(self.without, {}))
        if self.setting:
            name, _, text = self.setting.partition('=')
            try:
                values[name] = json.loads(text)
            except ValueError as error:
                raise BadConfig(
                    f'expected NAME=VALUE, such as identity.margin=2; got {self.setting!r}'
                ) from error
        return values


def work_list(
    names: Sequence[str], robots: Sequence[str], seeds: Sequence[int], template: Episode
) -> list[Episode]:
    """
    Return every episode; all scenarios of one seed before the next seed.

    :param template: what is the same for all.
    :raises BadConfig: a scenario, a robot, a tracker, a way to ask or a parameter does not exist.
    """
    for what, given, known in (
        ('scenario', names, SCENARIOS),
        ('robot', robots, PRESETS),
        ('ask', (template.ask,), ASKS),
        ('without', (template.without,), ('', *PARTS)),
        ('tracker', (template.tracker,), TRACKERS),
    ):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise BadConfig(f'{what} must be one of {", ".join(known)}; got {", ".join(unknown)}')
    with_values(TrackerConfig(), template.changes())  # refuses what is no parameter, or no value
    fixed = asdict(template)
    return [
        Episode(**{**fixed, 'scenario': name, 'robot': robot, 'seed': seed})
        for seed in seeds
        for name in names
        for robot in robots
    ]


class Journal:
    """
    Rows of finished episodes, one JSON object a line; a run that was stopped goes on there.

    :param path: of the file. :param resume: keep what it holds; else it begins empty.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.write_text('', encoding='utf-8')
        elif path.is_file() and path.read_bytes()[-1:] not in (b'', b'\n'):
            with path.open('a', encoding='utf-8') as file:
                file.write('\n')  # after a line that was cut short, a new one begins

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return what is done, by the key of the episode; a spoilt line is left out."""
        found: dict[str, dict[str, Any]] = {}
        if not self.path.is_file():
            return found
        # a line that a killed process or a bad disk spoilt is one episode to run again
        for line in self.path.read_text(encoding='utf-8', errors='replace').splitlines():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict) and isinstance(row.get('key'), str):
                found[row['key']] = row
        return found

    def add(self, row: dict[str, Any]) -> None:
        """Append one row, and see to it that it is on the disk."""
        with self.path.open('a', encoding='utf-8') as file:
            file.write(json.dumps(row) + '\n')
            file.flush()
            os.fsync(file.fileno())

    def collect(self, episodes: Iterable[Episode]) -> list[dict[str, Any]]:
        """Return the rows of these episodes, in their order; those not done are left out."""
        done = self.rows()
        return [done[episode.key] for episode in episodes if episode.key in done]
