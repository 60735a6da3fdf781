# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: a budget of processor minutes, cosine schedule, checkpoints, log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
import json
import math
from pathlib import Path
import time
from typing import Any

from follow_anything.io.files import replaced
import numpy as np
import torch
from torch import nn, Tensor

__all__ = ['Loop']

SLOW = 0.2
"""Share of the learning rate for what was taught before."""

Step = Callable[[np.random.Generator], tuple[Tensor, dict[str, float]]]


@dataclass
class Loop:
    """
    Trains a model until its budget is spent; resumes from a checkpoint where there is one.

    What was spent before an interruption counts, and what else the machine does changes nothing:
    the schedule is over minutes of processor time, so that a run always ends annealed. On a GPU,
    which is paid by the hour, it is over minutes of the clock.

    :param out: folder of NAME.pt, the checkpoint, and NAME.jsonl, a line for each report.
    :param minutes: the budget. :param rate: of learning, at its highest.
    :param report: minutes of the clock between two checkpoints.
    :param slow: parameters whose names begin so were taught before, and learn slowly.
    :param average: takes the moving average of the parameters; the same kind as `model`.
    :param warm_up: steps. :param clip: norm of the gradient. :param batch: samples of a step.
    :param device: where the model is: 'cpu' or 'cuda'.
    """

    model: nn.Module
    out: Path
    name: str
    minutes: float
    rate: float
    report: float = 1.5
    slow: tuple[str, ...] = ()
    average: nn.Module | None = None
    warm_up: float = 200.0
    decay: float = 0.02
    clip: float = 5.0
    batch: int = 1
    seed: int = 11
    device: str = 'cpu'

    def run(self, step: Step, validate: Callable[[], dict[str, float]]) -> None:
        """
        Train until the budget is spent.

        :param step: gives the loss of one batch, and its parts for the log.
        :param validate: measures on what was held out.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98))
        spent, steps = self._resume(optimizer)
        rng = np.random.default_rng([self.seed, steps])
        clock = time.monotonic if self.device == 'cuda' else time.process_time
        begin, watched = clock() - 60 * spent, []
        report_at = time.monotonic() + 60 * self.report
        self.model.train()
        while spent < self.minutes:
            self._set_rate(optimizer, steps, spent)
            with self._place():
                loss, parts = step(rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if torch.isfinite(nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)):
                optimizer.step()
            steps += 1
            self._follow(steps)
            watched.append({'loss': loss.item(), **parts})
            spent = (clock() - begin) / 60
            if time.monotonic() < report_at and spent < self.minutes:
                continue
            row: dict[str, Any] = {'minutes': round(spent, 2), 'steps': steps}
            row |= {k: round(float(np.mean([w[k] for w in watched])), 4) for k in watched[0]}
            self.model.eval()
            with self._place():
                row |= {k: round(v, 4) for k, v in validate().items()}
            self.model.train()
            print(json.dumps(row), flush=True)
            with (self.out / f'{self.name}.jsonl').open('a', encoding='utf-8') as file:
                file.write(json.dumps(row) + '\n')
            self._save(optimizer, spent, steps)
            watched, report_at = [], time.monotonic() + 60 * self.report
        self.model.eval()

    def _place(self) -> AbstractContextManager[object]:
        """Let what a loss makes for itself be where the model is."""
        return nullcontext() if self.device == 'cpu' else torch.device(self.device)

    @property
    def steps_done(self) -> int:
        """Steps of the runs before this one."""
        path = self.out / f'{self.name}.pt'
        if not path.exists():
            return 0
        return int(torch.load(path, map_location='cpu', weights_only=True)['steps'])

    def _groups(self) -> list[dict[str, Any]]:
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        slow = [p for n, p in named if n.startswith(self.slow)]
        matrices = [p for n, p in named if p.ndim >= 2 and not n.startswith(self.slow)]
        vectors = [p for n, p in named if p.ndim < 2 and not n.startswith(self.slow)]
        groups = [
            {'params': matrices, 'weight_decay': self.decay, 'share': 1.0},
            {'params': vectors, 'weight_decay': 0.0, 'share': 1.0},
            {'params': slow, 'weight_decay': 0.01, 'share': SLOW},
        ]
        return [group for group in groups if group['params']]

    def _set_rate(self, optimizer: torch.optim.Optimizer, steps: int, spent: float) -> None:
        rate = self.rate * min(1.0, (steps + 1) / self.warm_up)
        rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(spent / self.minutes, 1.0)))
        for group in optimizer.param_groups:
            group['lr'] = rate * group['share']

    @torch.no_grad()
    def _follow(self, steps: int) -> None:
        if self.average is None:
            return
        keep = min(0.998, (steps + 1) / (steps + 20))
        pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
        for averaged, newest in pairs:
            averaged.lerp_(newest, 1 - keep)

    def _resume(self, optimizer: torch.optim.Optimizer) -> tuple[float, int]:
        path = self.out / f'{self.name}.pt'
        if not path.exists():
            return 0.0, 0
        state = torch.load(path, map_location='cpu', weights_only=True)
        self.model.load_state_dict(state['model'])
        optimizer.load_state_dict(state['optimizer'])
        if self.average is not None:
            self.average.load_state_dict(state['average'])
        return state['minutes'], state['steps']

    def _save(self, optimizer: torch.optim.Optimizer, spent: float, steps: int) -> None:
        state = {
            'model': self.model.state_dict(),
            'optimizer': optimizer.state_dict(),
            'minutes': spent,
            'steps': steps,
            'samples': steps * self.batch,
        }
        if self.average is not None:
            state['average'] = self.average.state_dict()
        with replaced(self.out / f'{self.name}.pt') as fresh:
            torch.save(state, fresh)
