// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// The live picture: what was found is drawn on the very picture it was found in.

import { stateOf } from './states.js';

const STEP = 0.01;
const LARGE_STEP = 0.08;
const LEAST_DRAG = 0.012;

export class Picture {
  // on: { click(x, y), box(x, y, width, height), pick(number) }; shares of the picture.
  constructor(canvas, on) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.on = on;
    this.bitmap = null;
    this.about = null;
    this.state = '';
    this.numbers = new Map();
    this.cross = { x: 0.5, y: 0.5 };
    this.corner = null;
    this.drag = null;
    this.mayPoint = false;
    this.shownAt = -Infinity;
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  async show(about, jpeg) {
    this.shownAt = performance.now();
    if (document.hidden) return; // acknowledged, and not decoded: nobody looks
    const bitmap = await createImageBitmap(jpeg);
    if (this.bitmap) this.bitmap.close();
    this.bitmap = bitmap;
    this.about = about;
    this.draw();
  }

  // Where the picture lies on the canvas: without the margins beside or above it.
  frame() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [w, h] = this.bitmap ? [this.bitmap.width, this.bitmap.height] : [4, 3];
    const scale = Math.min(width / w, height / h);
    return { x: (width - w * scale) / 2, y: (height - h * scale) / 2, width: w * scale, height: h * scale };
  }

  place(event) {
    const bounds = this.canvas.getBoundingClientRect();
    const frame = this.frame();
    return {
      x: (event.clientX - bounds.left - frame.x) / frame.width,
      y: (event.clientY - bounds.top - frame.y) / frame.height,
    };
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !this.mayPoint) return;
      const at = this.place(event);
      if (!isInside(at)) return;
      canvas.setPointerCapture(event.pointerId);
      this.drag = { from: at, to: at };
      this.corner = null;
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.drag) return;
      this.drag.to = clamped(this.place(event));
      this.draw();
    });
    canvas.addEventListener('pointerup', () => this.endDrag());
    canvas.addEventListener('pointercancel', () => {
      this.drag = null;
      this.draw();
    });
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('focus', () => this.draw());
    canvas.addEventListener('blur', () => this.draw());
  }

  endDrag() {
    if (!this.drag) return;
    const { from, to } = this.drag;
    this.drag = null;
    const box = boxOf(from, to);
    if (Math.max(box.width, box.height) < LEAST_DRAG) this.point(from);
    else this.on.box(box.x, box.y, box.width, box.height);
    this.cross = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    this.draw();
  }

  key(event) {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const move = moves[event.key];
    if (move) {
      this.cross = clamped({ x: this.cross.x + move[0], y: this.cross.y + move[1] });
    } else if (event.key === 'Escape') {
      this.corner = null;
      this.drag = null;
    } else if (event.key === 'Enter' && this.mayPoint) {
      this.point(this.cross);
    } else if (event.key.toLowerCase() === 'b' && this.mayPoint) {
      this.markCorner();
    } else {
      return;
    }
    event.preventDefault();
    this.draw();
  }

  // Where candidates are offered, one of them is meant; elsewhere, whatever is there.
  point({ x, y }) {
    const offered = (this.about ? this.about.candidates : []).filter(({ box }) => (
      x >= box[0] && x <= box[0] + box[2] && y >= box[1] && y <= box[1] + box[3]));
    offered.sort((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3]);
    if (offered.length) this.on.pick(offered[0].number);
    else this.on.click(x, y);
  }

  markCorner() {
    if (!this.corner) {
      this.corner = { ...this.cross };
      return;
    }
    const box = boxOf(this.corner, this.cross);
    this.corner = null;
    this.on.box(box.x, box.y, box.width, box.height);
  }

  draw() {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    if (!this.bitmap) return;
    const frame = this.frame();
    context.drawImage(this.bitmap, frame.x, frame.y, frame.width, frame.height);
    const { color } = stateOf(this.state);
    if (this.about.box) this.brackets(onFrame(this.about.box, frame), color);
    for (const candidate of this.about.candidates) {
      const number = this.numbers.get(candidate.number);
      const label = `${number || '?'}  ${Math.round(candidate.probability * 100)} %`;
      this.outlined(onFrame(candidate.box, frame), stateOf('AMBIGUOUS').color, label);
    }
    this.drawPointing(frame);
  }

  drawPointing(frame) {
    const { context } = this;
    const from = this.drag ? this.drag.from : this.corner;
    const to = this.drag ? this.drag.to : this.cross;
    if (from) {
      const box = boxOf(from, to);
      this.outlined(onFrame([box.x, box.y, box.width, box.height], frame), '#ffffff', '');
    }
    if (document.activeElement !== this.canvas || this.drag) return;
    const x = frame.x + this.cross.x * frame.width;
    const y = frame.y + this.cross.y * frame.height;
    for (const [style, line] of [['#000000', 4], ['#ffffff', 1.8]]) {
      context.strokeStyle = style;
      context.lineWidth = line;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + dx * 5, y + dy * 5);
        context.lineTo(x + dx * 18, y + dy * 18);
      }
      context.stroke();
    }
  }

  brackets(box, color) {
    const { context } = this;
    const arm = Math.max(8, Math.min(box.width, box.height) / 4);
    const [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
    for (const [style, line] of [['#000000b0', 6], [color, 3]]) {
      context.strokeStyle = style;
      context.lineWidth = line;
      context.lineJoin = 'round';
      context.beginPath();
      for (const [x, y, dx, dy] of [[left, top, 1, 1], [right, top, -1, 1], [right, bottom, -1, -1], [left, bottom, 1, -1]]) {
        context.moveTo(x + dx * arm, y);
        context.lineTo(x, y);
        context.lineTo(x, y + dy * arm);
      }
      context.stroke();
    }
  }

  outlined(box, color, label) {
    const { context } = this;
    for (const [style, line] of [['#000000b0', 5], [color, 2.5]]) {
      context.strokeStyle = style;
      context.lineWidth = line;
      context.strokeRect(box.x, box.y, box.width, box.height);
    }
    if (!label) return;
    context.font = '600 16px system-ui, "DejaVu Sans", sans-serif';
    const width = context.measureText(label).width + 14;
    const top = box.y >= 30 ? box.y - 28 : box.y + 2;
    context.fillStyle = color;
    context.fillRect(box.x - 1, top, width, 26);
    context.fillStyle = '#14051f';
    context.fillText(label, box.x + 6, top + 18.5);
  }
}

function boxOf(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

function onFrame([x, y, width, height], frame) {
  return {
    x: frame.x + x * frame.width,
    y: frame.y + y * frame.height,
    width: width * frame.width,
    height: height * frame.height,
  };
}

function isInside(at) {
  return at.x >= 0 && at.x <= 1 && at.y >= 0 && at.y <= 1;
}

function clamped(at) {
  return { x: Math.min(1, Math.max(0, at.x)), y: Math.min(1, Math.max(0, at.y)) };
}
