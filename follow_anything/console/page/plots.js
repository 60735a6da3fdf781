// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// The last minute: probability, range, forward speed, and the state as a band below.

import { stateOf } from './states.js';

const MINUTE_S = 60;
const LANES = [
  { index: 2, name: 'Probability', unit: '', least: 1, color: '#79b8ff' },
  { index: 3, name: 'Range', unit: ' m', least: 4, color: '#ffd23c' },
  { index: 4, name: 'Speed', unit: ' m/s', least: 1, color: '#46dc6e' },
];

export class Plots {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.rows = [];
  }

  begin(rows) {
    this.rows = rows;
    this.draw();
  }

  add(row) {
    const last = this.rows[this.rows.length - 1];
    if (last && row[0] <= last[0]) return;
    this.rows.push(row);
    while (this.rows.length && this.rows[0][0] < row[0] - MINUTE_S) this.rows.shift();
    if (!document.hidden) this.draw();
  }

  draw() {
    const { canvas, context, rows } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = '12px system-ui, "DejaVu Sans", sans-serif';
    const end = rows.length ? rows[rows.length - 1][0] : 0;
    const across = (time) => width * (1 - (end - time) / MINUTE_S);
    const tall = (height - 16) / LANES.length;
    LANES.forEach((lane, number) => this.lane(lane, number * tall, tall - 8, width, across));
    for (let i = 1; i < rows.length; i += 1) {
      context.fillStyle = stateOf(rows[i][1]).color;
      const from = across(rows[i - 1][0]);
      context.fillRect(from, height - 10, across(rows[i][0]) - from + 0.5, 8);
    }
  }

  lane(lane, top, tall, width, across) {
    const { context, rows } = this;
    const values = rows.map((row) => row[lane.index]).filter((value) => value !== null);
    const high = Math.max(lane.least, ...values) * 1.05;
    const low = Math.min(0, ...values) * 1.05;
    const up = (value) => top + tall - (tall * (value - low)) / (high - low);
    context.fillStyle = '#0d1117';
    context.fillRect(0, top, width, tall);
    context.strokeStyle = lane.color;
    context.lineWidth = 1.6;
    context.beginPath();
    let isDown = false;
    for (const row of rows) {
      const value = row[lane.index];
      if (value !== null) {
        if (isDown) context.lineTo(across(row[0]), up(value));
        else context.moveTo(across(row[0]), up(value));
      }
      isDown = value !== null;
    }
    context.stroke();
    context.fillStyle = '#a3b0bd';
    context.fillText(lane.name, 6, top + 14);
    const most = `${(high / 1.05).toFixed(lane.least > 1 ? 0 : 1)}${lane.unit}`;
    context.textAlign = 'right';
    context.fillText(most, width - 6, top + 14);
    context.textAlign = 'left';
  }
}
