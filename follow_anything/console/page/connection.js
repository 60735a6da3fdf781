// Copyright 2026 The follow_anything authors
// SPDX-License-Identifier: Apache-2.0
// One WebSocket. Each message is acknowledged when it was shown; a lost connection comes back.

const RETRY_MS = 700;
const FINAL = {
  4001: 'This page was opened again elsewhere.',
  4002: 'Too many pages are open. Close one, and reload this.',
  4003: 'The console does not let this page in: open the address that it printed.',
  4004: 'The console closed the connection.',
};

function sessionKey() {
  // It survives a reload, and with it the control; crypto.randomUUID() needs HTTPS.
  let key = sessionStorage.getItem('key');
  if (!/^[0-9a-f]{32}$/.test(key || '')) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    sessionStorage.setItem('key', key);
  }
  return key;
}

export class Connection {
  // on: { message(message, jpeg), open(), closed(text, isFinal) }; message() may return a promise.
  constructor(on) {
    this.on = on;
    this.key = sessionKey();
    this.socket = null;
    this.open();
  }

  get isOpen() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  open() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      const kind = matchMedia('(pointer: coarse)').matches ? 'phone' : 'computer';
      this.send({ type: 'hello', key: this.key, kind });
      this.on.open();
    };
    socket.onmessage = (event) => this.take(socket, event.data);
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  async take(socket, data) {
    let message;
    let jpeg = null;
    if (typeof data === 'string') {
      message = JSON.parse(data);
    } else {
      const length = new DataView(data).getUint32(0);
      message = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      jpeg = new Blob([new Uint8Array(data, 4 + length)], { type: 'image/jpeg' });
    }
    try {
      await this.on.message(message, jpeg);
    } finally {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: 'ack', n: message.n }));
      }
    }
  }

  lost(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    const final = FINAL[code];
    this.on.closed(final || 'No connection to the console. Trying again…', Boolean(final));
    if (!final) setTimeout(() => this.open(), RETRY_MS);
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  order(order, value = null) {
    this.send({ type: 'order', order, value });
  }

  // By two ways at once: whichever is quicker. To stop twice is to stop.
  async stop() {
    this.send({ type: 'stop' });
    const answer = await fetch(`/api/stop?key=${this.key}`, { method: 'POST', keepalive: true });
    if (!answer.ok) throw new Error(`STOP was answered with ${answer.status}`);
  }

  async show(blob) {
    const answer = await fetch(`/api/image?key=${this.key}`, { method: 'POST', body: blob });
    if (!answer.ok) throw new Error((await answer.json()).error);
  }
}
