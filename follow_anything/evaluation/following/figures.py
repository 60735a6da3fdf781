# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""From the rows of an episode to its figures, and from many episodes to their summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from follow_anything.evaluation.calibration import calibration_error, merged, reliability
from follow_anything.evaluation.closed_loop.log import FollowLog
from follow_anything.evaluation.following.protocols import (
    amr,
    dat_tsr,
    evt,
    EVT_SPLITS,
    identity_failures,
    unreal,
)
from follow_anything.evaluation.following.rows import (
    FollowRow,
    is_wrong,
    RIGHT_OVERLAP,
    seconds,
    spells,
)
from follow_anything.evaluation.following.trust import (
    commands_while_unsure,
    id_changes,
    id_switches,
    reappearances,
    stops,
    time_to_failure,
)
import numpy as np

__all__ = [
    'GLIMPSE_S',
    'MEANING',
    'SHORT_S',
    'episode_figures',
    'is_failure',
    'report',
    'summarize',
]

SHORT_S = 4.5
"""Hidden for up to so long: a wall of four seconds hides for half a second more or less."""

GLIMPSE_S = 0.5
"""In view for less than this, between two people who pass, nobody can be found again in time."""

WRONG_SHARE = 0.005
"""An episode with more wrong-target time than this is shown as a failure."""

Row = dict[str, Any]

MEANING = {
    'episodes': 'episodes that were scored',
    'errors': 'episodes that could not be run; their rows say why',
    'seconds': 'simulated time, from the question on',
    'visible_fraction': 'share of the time in which at least a quarter of the target is in view',
    'centre_error_median': "median distance of the target's centre from the picture's, / width",
    'range_error_median': 'median | distance to its near side - follow_distance |, level, m',
    'tracking_fraction': 'share of the time in state TRACKING',
    'reacquired_events': 'times the target was half visible again after it had been hidden',
    'reacquired_rate': 'share of them after which it was followed again, the right one',
    'reacquired_rate_short': f'the same after being hidden for up to {SHORT_S} s',
    'reacquired_rate_seen': f'of these, the same where it stays in view for {GLIMPSE_S} s or more',
    'reacquired_rate_long': 'the same after being hidden for longer',
    'recovery_s_median': 'median time from half visible until it is followed again, s',
    'recovery_s_p90': 'its 90th percentile, s',
    'same_id_rate': 'share of the re-acquisitions that keep the id',
    'wrong_target_s': 'time in which something else was followed, s',
    'wrong_target_fraction': 'share of the time in which something else was followed',
    'id_switches': 'times what is followed changes from the target to something else',
    'id_changes': 'times the reported id changes',
    'false_follow_after_gone': 'times something was followed after the target had gone for good',
    'false_follow_after_gone_s': 'how long in all, s',
    'stops_per_minute': 'times a minute the robot may no longer move',
    'needless_stops_per_minute': 'those of them while the target is half visible',
    'time_to_failure': 'share of an episode before its first failure of two seconds, mean',
    'collisions': 'times the robot touched something',
    'commands_while_unsure': 'commands that moved it while not TRACKING and not searching: 0',
    'commands_while_ambiguous': 'commands that moved it while AMBIGUOUS: must be 0',
    'commands_while_stale': 'non-zero commands made of a picture older than 0.3 s: must be 0',
    'evt_sr': 'EVT-style success rate',
    'evt_tr': 'EVT-style tracking rate: share of the time in which it is followed',
    'evt_cr': 'EVT-style collision rate',
    'unreal_ar': 'UnrealCV-style accumulated reward, at most 500',
    'unreal_el': 'UnrealCV-style episode length, at most 500',
    'unreal_sr': 'UnrealCV-style success rate',
    'dat_tsr': 'DAT-style tracking success rate, drone',
    'identity_failures': 'Follow-Bench identity failures: another one for 5 s, 7 m away',
    'amr': 'TPT-Bench-style average maximal recall without a mistake, over the presence',
    'reliability': 'rows, right ones and summed probability in ten bins of the probability',
    'calibration_error': 'expected calibration error of the probability that is reported',
    'real_time_factor': 'simulated seconds a second of one process, median',
}
"""Every figure of a summary."""


def episode_figures(
    rows: Sequence[FollowRow], log: FollowLog, robot: str, touched_at: float | None = None
) -> Row:
    """
    Return the figures of one episode.

    :param log: the same rows with their commands. :param touched_at: the robot ran into the
        target then, s.
    """
    unsure, ambiguous = commands_while_unsure(rows, log.commands)
    basic = log.summary()
    after = [s for s in spells(rows, lambda row: row.gone and row.followed is not None)]
    evt_row = evt(rows, log.follow_distance, log.width * log.height, touched_at)
    unreal_row = unreal(rows, log.follow_distance)
    return {
        'seconds': seconds(rows, lambda _: True),
        **{
            key: basic[key]
            for key in (
                'visible_fraction',
                'centre_error_median',
                'range_error_median',
                'tracking_fraction',
                'wrong_target_fraction',
                'commands_while_stale',
                'collisions',
            )
        },
        'reappearances': [asdict(event) for event in reappearances(rows)],
        'wrong_target_s': seconds(rows, is_wrong),
        'id_switches': id_switches(rows),
        'id_changes': id_changes(rows),
        'gone_s': seconds(rows, lambda row: row.gone),
        'false_follow_after_gone': len(after),
        'false_follow_after_gone_s': sum(spell.seconds for spell in after),
        'stops': stops(rows),
        'needless_stops': stops(rows, needless=True),
        'time_to_failure': time_to_failure(rows),
        'commands_while_unsure': unsure,
        'commands_while_ambiguous': ambiguous,
        'evt_success': evt_row.success,
        'evt_followed_s': evt_row.followed_s,
        'evt_collision': evt_row.collision,
        'unreal_reward': unreal_row.reward,
        'unreal_length': unreal_row.length,
        'unreal_success': unreal_row.success,
        'dat_tsr': dat_tsr(rows, log.width) if robot == 'drone' else None,
        'identity_failures': identity_failures(rows),
        'amr': amr(rows),
        'reliability': reliability(
            (row.presence, row.overlap >= RIGHT_OVERLAP)
            for row in rows
            if row.presence > 0.0 and row.reported is not None
        ),
    }


def is_failure(row: Row) -> bool:
    """Tell whether an episode belongs on the page of failures."""
    return bool(
        'error' in row
        or row['wrong_target_fraction'] > WRONG_SHARE
        or row['false_follow_after_gone']
        or row['commands_while_unsure']
        or row['collisions']
        or row['time_to_failure'] < 1.0
        or any(event['recovery_s'] is None for event in row['reappearances'])
    )


def _mean(values: Iterable[Any]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _median(values: Iterable[Any]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return float(np.median(known)) if known else None


def _recovered(rows: Sequence[Row]) -> Row:
    """Return the figures about reappearances, all episodes together."""
    events = [event for row in rows for event in row['reappearances']]
    short = [event for event in events if event['hidden_s'] <= SHORT_S]
    long = [event for event in events if event['hidden_s'] > SHORT_S]
    found = [event for event in events if event['recovery_s'] is not None]
    times = [event['recovery_s'] for event in found]

    def rate(chosen: list[Row]) -> float | None:
        return _mean(event['recovery_s'] is not None for event in chosen)

    return {
        'reacquired_events': len(events),
        'reacquired_rate': rate(events),
        'reacquired_rate_short': rate(short),
        'reacquired_rate_seen': rate([e for e in short if e['seen_s'] >= GLIMPSE_S]),
        'reacquired_rate_long': rate(long),
        'recovery_s_median': _median(times),
        'recovery_s_p90': float(np.percentile(times, 90)) if times else None,
        'same_id_rate': _mean(event['same_id'] for event in found),
    }


def summarize(rows: Sequence[Row]) -> Row:
    """Return the figures of many episodes: of all their time, or means over episodes."""
    known = [row for row in rows if 'error' not in row]
    if not known:
        return {'episodes': 0, 'errors': len(rows)}
    total = sum(row['seconds'] for row in known)

    counts = merged([row['reliability'] for row in known])

    def share(key: str) -> float:
        return float(sum(row[key] * row['seconds'] for row in known) / total)

    def count(key: str) -> int:
        return int(sum(row[key] for row in known))

    return {
        'episodes': len(known),
        'errors': len(rows) - len(known),
        'seconds': total,
        'visible_fraction': share('visible_fraction'),
        'centre_error_median': _median(row['centre_error_median'] for row in known),
        'range_error_median': _median(row['range_error_median'] for row in known),
        'tracking_fraction': share('tracking_fraction'),
        **_recovered(known),
        'wrong_target_s': float(sum(row['wrong_target_s'] for row in known)),
        'wrong_target_fraction': float(sum(row['wrong_target_s'] for row in known) / total),
        'id_switches': count('id_switches'),
        'id_changes': count('id_changes'),
        'false_follow_after_gone': count('false_follow_after_gone'),
        'false_follow_after_gone_s': float(sum(r['false_follow_after_gone_s'] for r in known)),
        'stops_per_minute': 60.0 * count('stops') / total,
        'needless_stops_per_minute': 60.0 * count('needless_stops') / total,
        'time_to_failure': _mean(row['time_to_failure'] for row in known),
        'collisions': count('collisions'),
        'commands_while_unsure': count('commands_while_unsure'),
        'commands_while_ambiguous': count('commands_while_ambiguous'),
        'commands_while_stale': count('commands_while_stale'),
        'evt_sr': _mean(row['evt_success'] for row in known),
        'evt_tr': float(sum(row['evt_followed_s'] for row in known) / total),
        'evt_cr': _mean(row['evt_collision'] for row in known),
        'unreal_ar': _mean(row['unreal_reward'] for row in known),
        'unreal_el': _mean(row['unreal_length'] for row in known),
        'unreal_sr': _mean(row['unreal_success'] for row in known),
        'dat_tsr': _mean(row['dat_tsr'] for row in known),
        'identity_failures': count('identity_failures'),
        'amr': _mean(row['amr'] for row in known),
        'reliability': counts,
        'calibration_error': calibration_error(counts),
        'real_time_factor': _median(row['real_time_factor'] for row in known),
    }


def report(rows: Sequence[Row], meta: Row) -> Row:
    """
    Return everything: meta, total, by scenario, by robot, by both, EVT's splits, episodes.

    :param meta: how the episodes were made.
    """
    names = list(dict.fromkeys(row['scenario'] for row in rows))
    robots = list(dict.fromkeys(row['robot'] for row in rows))
    cells = {
        f'{name} {robot}': [r for r in rows if (r['scenario'], r['robot']) == (name, robot)]
        for name in names
        for robot in robots
    }
    splits = {
        split: [row for row in rows if row['scenario'] in scenarios]
        for split, scenarios in EVT_SPLITS.items()
    }
    return {
        'meta': meta,
        'total': summarize(rows),
        'scenarios': {
            name: summarize([row for row in rows if row['scenario'] == name]) for name in names
        },
        'robots': {
            robot: summarize([row for row in rows if row['robot'] == robot]) for robot in robots
        },
        'cells': {name: summarize(chosen) for name, chosen in cells.items() if chosen},
        'evt': {split: summarize(chosen) for split, chosen in splits.items() if chosen},
        'episodes': list(rows),
    }
