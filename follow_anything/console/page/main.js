// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// Wires the connection, the picture and the panel together.

import { Connection } from './connection.js';
import { Panel } from './panel.js';
import { Picture } from './picture.js';
import { Plots } from './plots.js';

const NO_PICTURE_MS = 1500;
const LARGEST_SIDE = 1024;
const DISTANCE_STEP = 0.5;
const SIDE_STEP = 0.25;
const byId = (id) => document.getElementById(id);

const panel = new Panel();
const plots = new Plots(byId('plots'));
let isFinal = false;

const connection = new Connection({
  open: () => panel.curtain('Waiting for the first picture…'),
  closed(text, final) {
    isFinal = final;
    panel.curtain(text, final);
    panel.speak(text, true);
  },
  async message(message, jpeg) {
    if (message.type === 'picture') {
      picture.numbers = panel.takeCandidates(message.candidates);
      await picture.show(message, jpeg);
    } else if (message.type === 'report') {
      panel.take(message);
      plots.add(message.sample);
      picture.state = message.state;
      picture.mayPoint = message.mine;
    } else if (message.type === 'notice') {
      panel.notice(message.text, message.good);
    } else if (message.type === 'hello') {
      panel.name = message.name;
      plots.begin(message.history);
    }
  },
});

const picture = new Picture(byId('picture'), {
  click: (x, y) => connection.order('click', [x, y]),
  box: (x, y, width, height) => connection.order('box', [x, y, width, height]),
  pick: (number) => connection.order('pick', number),
});

// A picture that stands still must not be taken for a world that does.
setInterval(() => {
  if (!connection.isOpen || isFinal) return;
  const age = performance.now() - picture.shownAt;
  if (age < NO_PICTURE_MS) panel.curtain('');
  else if (picture.bitmap) panel.curtain(`No new picture for ${Math.floor(age / 1000)} s`);
}, 250);

// STOP: on the way down, not when the finger leaves.
let stoppedAt = -Infinity;
async function stop() {
  stoppedAt = performance.now();
  panel.speak('STOP', true);
  try {
    await connection.stop();
  } catch (error) {
    panel.notice(`STOP may not have arrived: ${error.message}`, false);
  }
}
byId('stop').addEventListener('pointerdown', stop);
byId('stop').addEventListener('click', () => {
  if (performance.now() - stoppedAt > 700) stop();
});

const isTyping = () => document.activeElement === byId('words');
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && isTyping()) byId('picture').focus();
  if (event.key !== ' ' || isTyping()) return;
  event.preventDefault();
  if (!event.repeat) stop();
}, true);
addEventListener('keyup', (event) => {
  // Or the button that has the focus would be pressed, too.
  if (event.key === ' ' && !isTyping()) event.preventDefault();
}, true);

// Orders.
const on = (id, act) => byId(id).addEventListener('click', act);
const mode = () => (panel.report ? panel.report.mode : null);
const toggleLook = () => connection.order('mode', mode() === 'hold' ? 'look' : 'hold');
const toggleFollow = () => connection.order('mode', mode() === 'follow' ? 'look' : 'follow');
on('look', toggleLook);
on('follow', toggleFollow);
on('confirm', () => connection.order('confirm'));
on('reject', () => connection.order('reject'));
on('forget', () => connection.order('forget'));
on('ask', () => connection.send({ type: 'ask' }));
on('hand-over', () => connection.send({ type: 'answer', yes: true }));
on('keep', () => connection.send({ type: 'answer', yes: false }));
on('again', () => location.reload());
panel.onPick = (id) => connection.order('pick', id);

function changeDistance(step) {
  const { report } = panel;
  if (!report || report.distance_m === null) return;
  const [least, most] = report.distance_limits;
  const wanted = Math.round((report.distance_m + step) / DISTANCE_STEP) * DISTANCE_STEP;
  connection.order('distance', Math.min(most, Math.max(least, wanted)));
}
on('nearer', () => changeDistance(-DISTANCE_STEP));
on('farther', () => changeDistance(DISTANCE_STEP));

function changeSide(step) {
  const { report } = panel;
  if (!report || report.side_m === null) return;
  connection.order('side', Math.round((report.side_m + step) / SIDE_STEP) * SIDE_STEP);
}
on('more-left', () => changeSide(SIDE_STEP));
on('more-right', () => changeSide(-SIDE_STEP));

byId('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = byId('words').value.trim();
  if (!words) return;
  connection.order('text', words);
  byId('picture').focus(); // so that the space bar stops again
});

byId('world').addEventListener('submit', (event) => {
  event.preventDefault();
  connection.order('world', [byId('scenario').value, byId('robot').value]);
});

byId('picture').addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const candidate = /^[1-9]$/.test(event.key) ? panel.candidateOf(Number(event.key)) : null;
  const acts = { c: 'confirm', n: 'reject' };
  const key = event.key.toLowerCase();
  if (candidate !== null) connection.order('pick', candidate);
  else if (acts[key]) byId(acts[key]).click();
  else if (key === 'l') toggleLook();
  else if (key === 'f') toggleFollow();
});

// A picture as the query: chosen, dropped or pasted, and made smaller here.
async function show(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    await connection.show(blob);
    panel.notice('The picture is the query now', true);
  } catch (error) {
    panel.notice(error.name === 'InvalidStateError' ? 'That is no picture' : error.message, false);
  }
}
on('show', () => byId('file').click());
byId('file').addEventListener('change', (event) => {
  if (event.target.files.length) show(event.target.files[0]);
  event.target.value = '';
});
const filesOf = (event) => Array.from(event.dataTransfer ? event.dataTransfer.files : []);
addEventListener('dragover', (event) => {
  event.preventDefault();
  byId('drop').hidden = !panel.mine;
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) byId('drop').hidden = true;
});
addEventListener('drop', (event) => {
  event.preventDefault();
  byId('drop').hidden = true;
  const [file] = filesOf(event);
  if (file && panel.mine) show(file);
});
addEventListener('paste', (event) => {
  const [file] = event.clipboardData.files;
  if (file && panel.mine) show(file);
});
