# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Where torch is, an export is compared with the network itself."""

from __future__ import annotations

from pathlib import Path

import pytest

for package in ('torch', 'safetensors', 'onnxruntime'):
    pytest.importorskip(package)

from follow_anything.models.export import exporting
from follow_anything.models.export.exporting import export, TOLERANCE

pytestmark = [pytest.mark.export, pytest.mark.models]


def test_torch_and_the_export_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, 'SCENES', 2)
    graphs = list(export('tracker_tiny', tmp_path))
    assert [graph.against for graph in graphs] == ['torch'] * 3
    worst = max(each.most for graph in graphs for each in graph.differences)
    assert 0.0 < worst <= TOLERANCE
