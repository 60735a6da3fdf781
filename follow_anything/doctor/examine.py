# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""All the checks, one after the other."""

from __future__ import annotations

from follow_anything.doctor import hardware, software
from follow_anything.doctor.findings import Finding
from follow_anything.doctor.machine import Machine

__all__ = ['examine']


def examine(
    machine: Machine, device: str = 'auto', camera: str = '', topic: str = ''
) -> list[Finding]:
    """
    Run all checks on a machine.

    :param device: what the nodes are told: 'auto', 'cpu' or 'cuda'.
    :param camera: of this computer, '/dev/video0' or '0'; '': none is looked at.
    :param topic: of pictures; '': none is listened to.
    """
    gpu, has_gpu = hardware.gpu(machine, device)
    findings = [
        software.python(machine),
        software.packages(machine),
        software.extras(machine),
        software.ros(machine),
        gpu,
        software.providers(machine, device, has_gpu),
        software.weights(machine),
        hardware.jetpack(machine),
        hardware.power(machine),
        hardware.clock(machine),
        hardware.shared_memory(machine),
        hardware.disk(machine),
        hardware.display(machine),
    ]
    if camera:
        findings.append(hardware.camera(machine, camera))
    if topic:
        findings.append(hardware.topic(machine, topic))
    return findings
