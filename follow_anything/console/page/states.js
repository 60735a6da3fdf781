// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// The states of a target: colour, sign and words. Never the colour alone.

export const STATES = {
  IDLE: { color: '#c8c8c8', glyph: '○', says: 'no target yet: click on it, or say what it is' },
  SEARCHING: { color: '#50aaff', glyph: '…', says: 'looking for the target' },
  CONFIRMING: { color: '#ffd23c', glyph: '?', says: 'is it this one?' },
  TRACKING: { color: '#46dc6e', glyph: '●', says: 'the target is in view' },
  OCCLUDED: { color: '#ff9628', glyph: '◐', says: 'the target is hidden' },
  AMBIGUOUS: { color: '#d9a3ff', glyph: '≠', says: 'several may be the target: pick one' },
  LOST: { color: '#ff7b72', glyph: '×', says: 'the target is lost' },
};

const UNKNOWN = { color: '#a3b0bd', glyph: '–', says: 'no message from the tracker' };

export function stateOf(name) {
  return STATES[name] || UNKNOWN;
}

export const MODES = {
  hold: '■ STOPPED: the robot holds',
  look: '◎ LOOKING: turns, does not drive',
  follow: '▶ FOLLOWING is allowed',
};
