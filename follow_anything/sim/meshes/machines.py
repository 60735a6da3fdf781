# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Generated vehicles: cars, lorries and two-wheelers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from follow_anything.sim.meshes.model3d import MeshPart
from follow_anything.sim.meshes.shapes import blob, box, extrude, join, limb, Shape, torus

__all__ = ['BLACK', 'MAKERS', 'colored']

Color = tuple[float, float, float]
BLACK, STEEL, GLASS = (0.06, 0.06, 0.065), (0.55, 0.56, 0.58), (0.09, 0.11, 0.13)


def colored(
    shape: Shape, color: Color, texture: str = '', role: str = '', shininess: float = 0.0
) -> MeshPart:
    """Return a part of a rigid object, one mesh of one colour."""
    vertices, faces, uv = shape
    return MeshPart(
        vertices[None], faces, uv if texture else None, color, texture, role, shininess
    )


def _car(
    length: float, width: float, height: float, nose: float, tail: float, color: Color
) -> list[MeshPart]:
    """Make a car of an extruded body, a glass house, a roof and wheels; nose, tail: shares."""
    front, back = length / 2, -length / 2
    sill, waist = 0.17 * height, 0.60 * height
    arch = 0.20 * length
    body = extrude(
        [
            (back + 0.05, sill),
            (front - 0.05, sill),
            (front, 0.34 * height),
            (front - 0.06, 0.50 * height),
            (front - nose * length, waist),
            (back + 0.03, waist + 0.02),
            (back, 0.40 * height),
        ],
        width,
        0.05,
    )
    screen, rear = front - nose * length, back + tail * length
    house = extrude(
        [
            (rear - 0.06 * length, waist - 0.01),
            (screen, waist - 0.01),
            (screen - 0.13 * length, height - 0.05),
            (rear + 0.04 * length, height - 0.05),
        ],
        width - 0.16,
        0.17,
    )
    roof = extrude(
        [
            (rear + 0.02 * length, height - 0.07),
            (screen - 0.11 * length, height - 0.07),
            (screen - 0.15 * length, height),
            (rear + 0.06 * length, height - 0.01),
        ],
        width - 0.44,
        0.04,
    )
    pillars = [
        box((0.07, width - 0.2 - 0.12 * k, 0.42 * height), (x, 0, 0.78 * height))
        for k, x in enumerate((0.02 * length, rear + 0.05 * length))
    ]
    wheel = 0.21 * height
    places = [(x, y) for x in (front - arch, back + arch) for y in (-1, 1)]
    tyres = [torus(wheel - 0.07, 0.09, (x, y * (width / 2 - 0.1), wheel)) for x, y in places]
    hubs = [
        blob((2 * wheel - 0.2, 0.12, 2 * wheel - 0.2), (x, y * (width / 2 - 0.1), wheel), sides=10)
        for x, y in places
    ]
    wells = [
        blob(
            (2 * wheel + 0.16, 0.05, 2 * wheel + 0.16),
            (x, y * (width / 2 - 0.02), wheel + 0.03),
            sides=12,
        )
        for x, y in places
    ]
    lamp = (0.06, 0.34, 0.12)
    heads = [box(lamp, (front - 0.03, y * (width / 2 - 0.28), 0.44 * height)) for y in (-1, 1)]
    tails = [box(lamp, (back + 0.02, y * (width / 2 - 0.22), 0.50 * height)) for y in (-1, 1)]
    trim = [box((length - 0.25, width + 0.01, 0.09), (0, 0, sill + 0.03))]
    plate = [box((length + 0.02, 0.5, 0.11), (0, 0, 0.30 * height))]
    return [
        colored(join(body, roof, *pillars), color, role='paint', shininess=0.5),
        colored(house, GLASS, shininess=0.6),
        colored(join(*tyres, *wells, *trim), BLACK),
        colored(join(*hubs), STEEL, shininess=0.3),
        colored(join(*heads, *plate), (0.92, 0.92, 0.88)),
        colored(join(*tails), (0.75, 0.05, 0.05)),
    ]


def _truck(length: float, width: float, height: float, color: Color) -> list[MeshPart]:
    """Make a lorry: cabin, cargo box, wheels."""
    cabin = 1.9 if length > 6.0 else 2.0
    front = length / 2
    cargo = length - cabin - 0.15
    places = [(x, y) for x in (front - 0.9, -front + 1.1, -front + 2.0) for y in (-1, 1)]
    wheels = [torus(0.33, 0.15, (x, y * (width / 2 - 0.2), 0.48)) for x, y in places]
    return [
        colored(
            box(
                (cabin, width - 0.1, 0.62 * height),
                (front - cabin / 2, 0, 0.16 * height + 0.31 * height),
            ),
            color,
            role='paint',
        ),
        colored(
            box((cargo, width, 0.76 * height), (-front + cargo / 2, 0, 0.62 * height)),
            (0.86, 0.87, 0.85),
        ),
        colored(box((0.06, width - 0.3, 0.22 * height), (front + 0.01, 0, 0.62 * height)), GLASS),
        colored(box((0.8, width - 0.06, 0.2 * height), (front - 0.7, 0, 0.62 * height)), GLASS),
        colored(
            join(
                *wheels,
                box((length - 0.2, width - 0.5, 0.25), (0, 0, 0.6)),
                box((0.05, width - 0.2, 0.35), (front, 0, 0.5)),
            ),
            BLACK,
        ),
    ]


def _two_wheeler(
    radius: float, tube: float, length: float, height: float, color: Color, bulk: float
) -> list[MeshPart]:
    x = length / 2 - radius - tube
    tyres = [torus(radius, tube, (sign * x, 0, radius + tube)) for sign in (-1, 1)]
    axle = radius + tube
    saddle, bars = (-0.45 * x, 0, 0.9 * height), (0.72 * x, 0, height)
    frame = [
        limb((-x, 0, axle), (0, 0, axle), (bulk, bulk), 6),
        limb((0, 0, axle), (saddle[0], 0, saddle[2]), (bulk, bulk), 6),
        limb((0, 0, axle), (0.66 * x, 0, 0.85 * height), (bulk, bulk), 6),
        limb((saddle[0] * 0.8, 0, 0.78 * height), (0.66 * x, 0, 0.8 * height), (bulk, bulk), 6),
        limb((x, 0, axle), bars, (bulk, bulk), 6),
    ]
    dark = [blob((0.3, 0.16, 0.1), saddle), box((0.05, 0.55, 0.05), bars)]
    return [colored(join(*frame), color, role='paint'), colored(join(*tyres, *dark), BLACK)]


MAKERS: dict[str, Callable[[], list[MeshPart]]] = {
    'hatchback': partial(_car, 4.05, 1.74, 1.46, 0.24, 0.06, (0.72, 0.06, 0.06)),
    'suv': partial(_car, 4.6, 1.88, 1.68, 0.24, 0.05, (0.55, 0.56, 0.58)),
    'sports_car': partial(_car, 4.4, 1.84, 1.21, 0.32, 0.16, (0.75, 0.05, 0.05)),
    'city_car': partial(_car, 2.6, 1.62, 1.54, 0.20, 0.06, (0.82, 0.82, 0.80)),
    'family_car': partial(_car, 4.3, 1.80, 1.62, 0.20, 0.05, (0.62, 0.58, 0.42)),
    'van': partial(_truck, 5.9, 2.2, 2.56, (0.88, 0.88, 0.86)),
    'truck': partial(_truck, 6.3, 2.45, 3.3, (0.55, 0.08, 0.08)),
    'motorbike': partial(_two_wheeler, 0.22, 0.09, 2.0, 0.95, (0.7, 0.08, 0.08), 0.1),
    'bicycle': partial(_two_wheeler, 0.30, 0.03, 1.7, 0.98, (0.1, 0.25, 0.5), 0.022),
}
