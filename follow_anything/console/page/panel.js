// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// What stands beside the picture: the report in words and figures, and the buttons.

import { MODES, stateOf } from './states.js';

const KEEP_CANDIDATES_MS = 1200;
const NOTICE_MS = 6000;
const SLOW_MS = 500;
const STEERS = [
  'look', 'follow', 'nearer', 'farther', 'more-left', 'more-right', 'words', 'search', 'show',
  'scenario', 'robot', 'begin',
];
const byId = (id) => document.getElementById(id);

function set(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function choose(id, names, chosen) {
  byId(id).replaceChildren(...names.map((name) => new Option(name.replaceAll('_', ' '), name)));
  byId(id).value = chosen;
}

function figure(value, digits, unit = '') {
  return value === null || value === undefined ? '–' : `${value.toFixed(digits)}${unit}`;
}

function side(metres) {
  if (metres === null || metres === undefined) return '–';
  if (metres === 0) return 'middle';
  return `${Math.abs(metres).toFixed(2)} m ${metres > 0 ? 'left' : 'right'}`;
}

export class Panel {
  constructor() {
    this.report = null;
    this.numbers = new Map();
    this.buttons = new Map();
    this.seenAt = -Infinity;
    this.said = { state: '', mode: '', mine: null };
    this.world = null;
    this.onPick = () => {};
  }

  get mine() {
    return Boolean(this.report && this.report.mine);
  }

  take(report) {
    this.report = report;
    this.takeState(report);
    this.takeMotion(report);
    this.takeControl(report);
    this.takeWorld(report.world);
    set('presence', report.presence === null ? '–' : `${Math.round(report.presence * 100)} %`);
    set('margin', figure(report.margin, 1));
    set('range', figure(report.range_m, 1, ' m'));
    set('speed', report.speed ? figure(report.speed[0], 2, ' m/s') : '–');
    set('battery', report.battery === null ? '–' : `${Math.round(report.battery * 100)} %`);
    const slow = report.latency_ms > SLOW_MS ? ' ⚠ slow' : '';
    set('latency', report.latency_ms === null ? '–' : `${report.latency_ms} ms${slow}`);
    set('viewers', String(report.viewers));
    set('query', report.query ? `Asked for: ${report.query.replace(/^looking for /, '')}` : '');
    const silent = report.silent.length ? `no message from: ${report.silent.join(', ')}` : '';
    const limits = [report.limits, silent].filter(Boolean).join('; ');
    byId('limits').hidden = !limits;
    set('limits', limits);
    this.enable();
  }

  takeState(report) {
    const known = stateOf(report.state);
    const pill = byId('state');
    if (pill.dataset.state !== report.state) {
      pill.dataset.state = report.state;
      pill.style.color = known.color;
      pill.querySelector('.glyph').textContent = known.glyph;
      pill.querySelector('.word').textContent = report.state || 'NO TRACKER';
    }
    const reason = report.reason || known.says;
    set('reason', reason);
    if (report.state !== this.said.state) {
      this.said.state = report.state;
      const isUrgent = report.state === 'AMBIGUOUS';
      this.speak(`${report.state || 'no tracker'}: ${known.says}`, isUrgent);
    }
  }

  takeMotion(report) {
    const { mode } = report;
    byId('look').setAttribute('aria-checked', String(mode === 'look' || mode === 'follow'));
    byId('follow').setAttribute('aria-checked', String(mode === 'follow'));
    const badge = byId('motion');
    badge.hidden = !mode;
    badge.dataset.mode = byId('stage').dataset.mode = mode || '';
    const moving = mode === 'follow' && !report.holding ? '▶ FOLLOWING' : MODES[mode];
    set('motion', moving || '');
    set('distance', figure(report.distance_m, 1, ' m'));
    set('side', side(report.side_m));
    set('holding', report.holding && mode !== 'hold' ? `Stands still: ${report.holding}` : '');
    if (mode && mode !== this.said.mode) {
      this.speak(MODES[mode].slice(2), mode === 'hold');
      this.said.mode = mode;
    }
  }

  takeControl(report) {
    const holder = report.holder || 'nobody';
    const away = report.is_away ? ' (away)' : '';
    set('holder', report.mine ? 'You have the control' : `${holder}${away} has the control`);
    const isAsking = Boolean(report.asker);
    byId('ask').hidden = report.mine || (isAsking && report.asker !== this.name);
    byId('ask').disabled = isAsking;
    set('ask', isAsking && report.asker === this.name ? 'Asked…' : 'Ask for the control');
    byId('asked').hidden = !(report.mine && isAsking);
    set('asker', `${report.asker} asks for the control`);
    if (report.mine !== this.said.mine && this.said.mine !== null) {
      this.speak(report.mine ? 'You have the control' : `${holder} has the control`, true);
    }
    this.said.mine = report.mine;
  }

  // The choice exists where a simulator does; what was chosen and not begun is left alone.
  takeWorld(world) {
    byId('world').hidden = !world;
    const isNew = Boolean(world) && (!this.world || this.world.number !== world.number);
    if (isNew) {
      choose('scenario', world.scenarios, world.scenario);
      choose('robot', world.robots, world.robot);
      set('now', `Now: ${world.scenario}, ${world.robot}`);
      if (this.world) this.speak(`${world.scenario}, ${world.robot}: the target is forgotten`, false);
    }
    this.world = world;
  }

  enable() {
    const { mine, report } = this;
    const has = report && !['', 'IDLE'].includes(report.state);
    for (const id of STEERS) byId(id).disabled = !mine;
    const isAsked = has && report.state === 'CONFIRMING';
    byId('confirm').disabled = !(mine && isAsked);
    byId('confirm').classList.toggle('wanted', Boolean(isAsked && report.reason.includes('confirm')));
    byId('reject').disabled = !(mine && has && report.state !== 'SEARCHING');
    byId('forget').disabled = !(mine && has);
    for (const button of this.buttons.values()) button.disabled = !mine;
  }

  // Numbers stay with their candidates while there are any: nothing jumps under a finger.
  takeCandidates(candidates) {
    const now = performance.now();
    if (candidates.length) this.seenAt = now;
    else if (now - this.seenAt < KEEP_CANDIDATES_MS) return this.numbers;
    const present = new Set(candidates.map((candidate) => candidate.number));
    for (const [id, button] of this.buttons) {
      if (!present.has(id)) {
        button.remove();
        this.buttons.delete(id);
        this.numbers.delete(id);
      }
    }
    for (const candidate of candidates) this.showCandidate(candidate);
    byId('candidates').hidden = candidates.length === 0;
    return this.numbers;
  }

  showCandidate({ number: id, probability }) {
    let button = this.buttons.get(id);
    if (!button) {
      const taken = new Set(this.numbers.values());
      let number = 1;
      while (taken.has(number)) number += 1;
      this.numbers.set(id, number);
      button = document.createElement('button');
      button.type = 'button';
      button.dataset.candidate = id;
      button.append(document.createElement('b'), ' ', document.createElement('span'));
      button.firstChild.textContent = String(number);
      button.addEventListener('click', () => this.onPick(id));
      button.disabled = !this.mine;
      this.buttons.set(id, button);
      byId('choices').append(button);
    }
    const text = `${Math.round(probability * 100)} %`;
    if (button.lastChild.textContent === text) return;
    button.lastChild.textContent = text;
    button.setAttribute('aria-label', `Candidate ${this.numbers.get(id)}, ${text}`);
  }

  candidateOf(number) {
    for (const [id, shown] of this.numbers) if (shown === number) return id;
    return null;
  }

  notice(text, isGood) {
    if (!text) return;
    const notice = document.createElement('p');
    notice.className = isGood ? 'notice' : 'notice bad';
    notice.textContent = `${isGood ? '' : '⚠ '}${text}`;
    const box = byId('notices');
    box.append(notice);
    while (box.children.length > 4) box.firstChild.remove();
    setTimeout(() => notice.remove(), NOTICE_MS);
  }

  curtain(text, hasButton = false) {
    byId('curtain').hidden = !text;
    byId('again').hidden = !hasButton;
    set('curtain-text', text);
  }

  speak(text, isUrgent) {
    set(isUrgent ? 'assertive' : 'polite', text);
    if (isUrgent) set('polite', '');
  }
}
