# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
A work list on more than one machine: Ray.

    ray start --head                                  on one machine
    ray start --address HEAD:6379                     on every other one
    python -m follow_anything scenario run --all --ray HEAD:6379 ...

Every machine has this package installed, in the same version; the folders that a job writes to
must be shared by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import socket
from typing import Any, TypeVar

from follow_anything.core.errors import FollowAnythingError, MissingDependency

__all__ = ['LOCAL', 'on_ray']

LOCAL = 'local'
"""Instead of an address: a cluster on this machine alone, for as long as the work lasts."""

ATTEMPTS = 3
"""The job of a worker that dies is done again elsewhere, so often."""

Job = TypeVar('Job')
Result = TypeVar('Result')


def _load() -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingDependency(
            'a cluster needs Ray: pip install -r requirements/cluster.txt, on every machine'
        ) from error
    return ray


def on_ray(
    work: Callable[[Job], Result], jobs: Sequence[Job], address: str, workers: int = 1
) -> Iterator[Result]:
    """
    Do jobs on a Ray cluster; yield what each gave, as soon as it is there.

    :param work: a function that every machine can import; one CPU each.
    :param address: of the head, HOST:PORT, or LOCAL. :param workers: CPUs of a LOCAL one.
    :raises MissingDependency: Ray is not installed.
    :raises FollowAnythingError: there is no cluster at the address, or a job killed its workers
        again and again.
    """
    ray = _load()
    _join(ray, address, workers)
    try:
        task = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(work)
        pending = {task.remote(job): job for job in jobs}
        while pending:
            (ready, *_), _ = ray.wait(list(pending), num_returns=1)
            job = pending.pop(ready)
            try:
                result = ray.get(ready)
            except ray.exceptions.RaySystemError as error:
                raise FollowAnythingError(f'{job}: the cluster failed: {error}') from error
            except ray.exceptions.WorkerCrashedError as error:
                raise FollowAnythingError(
                    f'{job}: its worker died {ATTEMPTS} times; out of memory?'
                ) from error
            yield result
    finally:
        ray.shutdown()


def _join(ray: Any, address: str, workers: int) -> None:
    """Join a cluster, or begin one."""
    where: dict[str, Any] = {'num_cpus': workers, 'include_dashboard': False}
    if address != LOCAL:
        _check_reachable(address)
        where = {'address': address}
    for attempt in range(1, ATTEMPTS + 1):  # Ray gives a busy machine 30 s, no more
        try:
            ray.init(**where, log_to_driver=False, logging_level='warning')
            return
        except Exception as error:  # it raises bare ones, too
            ray.shutdown()
            if attempt == ATTEMPTS:
                raise FollowAnythingError(f'Ray ({address}) does not start: {error}') from error


def _check_reachable(address: str) -> None:
    """Try to connect first: Ray itself retries for minutes before it gives up."""
    host, _, port = address.rpartition(':')
    if not host or not port.isdigit():
        raise FollowAnythingError(f'--ray: expected HOST:PORT or {LOCAL}, got {address!r}')
    try:
        socket.create_connection((host, int(port)), timeout=10.0).close()
    except OSError as error:
        raise FollowAnythingError(
            f'no Ray cluster answers at {address} ({error}); begin one with `ray start --head`, '
            f'or use --ray {LOCAL}'
        ) from error
