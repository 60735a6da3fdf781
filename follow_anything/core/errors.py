# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
All exceptions of the package, as one tree.

    FollowAnythingError
    ├── InvalidInput (ValueError)      somebody handed us something we cannot use
    │   ├── BadImage                   wrong shape, type, encoding or size
    │   ├── BadBox                     not finite, empty, outside the image
    │   ├── BadQuery                   empty, enormous, a click outside the image
    │   └── BadConfig                  a parameter outside its range
    ├── NotReady (RuntimeError)        called in the wrong order: track() before initialize()
    ├── MissingDependency (ImportError)  an optional package; the message has the install line
    └── SourceError (OSError)          a video, folder, camera or file that cannot be read
        └── BadWeights                 missing, cut, changed or no weights; says what to do

Losing the target is not here: it is a state (see target.py), not an exception.
"""

from __future__ import annotations

__all__ = [
    'BadBox',
    'BadConfig',
    'BadImage',
    'BadQuery',
    'BadWeights',
    'FollowAnythingError',
    'InvalidInput',
    'MissingDependency',
    'NotReady',
    'SourceError',
]


class FollowAnythingError(Exception):
    """Root of the tree; a node catches this one at its callback border and nothing wider."""


class InvalidInput(FollowAnythingError, ValueError):
    """An argument that cannot be used, with what was expected and what came."""


class BadImage(InvalidInput):
    """An image of the wrong shape, type, encoding or size."""


class BadBox(InvalidInput):
    """A box that is not finite, has no area or lies outside the image."""


class BadQuery(InvalidInput):
    """A query that is empty, too long, or points outside the image."""


class BadConfig(InvalidInput):
    """A parameter outside its range or of the wrong type."""


class NotReady(FollowAnythingError, RuntimeError):
    """A call that came too early, with the call that has to come first."""


class MissingDependency(FollowAnythingError, ImportError):
    """An optional package is not installed; the message carries the install line."""


class SourceError(FollowAnythingError, OSError):
    """A source of images or a file that cannot be opened or read."""


class BadWeights(SourceError):
    """Weights that are missing, cut, changed or hold code; the message says what to do."""
