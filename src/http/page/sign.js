// SPDX-License-Identifier: Apache-2.0
//
// What a client of each dialect signs, in the browser: nothing that is typed
// into this page leaves it but what is signed. HMAC-SHA256 is the browser's;
// MD5, which no browser has, is here.
'use strict';

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

const MD5_SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const MD5_SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

function md5(bytes) {
  const padded = new Uint8Array(((bytes.length + 8 >> 6) + 1) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length * 8, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) {
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i += 1) {
      const round = i >> 4;
      let mix;
      let word;
      if (round === 0) { mix = (b & c) | (~b & d); word = i; }
      else if (round === 1) { mix = (d & b) | (~d & c); word = (5 * i + 1) & 15; }
      else if (round === 2) { mix = b ^ c ^ d; word = (3 * i + 5) & 15; }
      else { mix = c ^ (b | ~d); word = (7 * i) & 15; }
      const sum = (a + mix + MD5_SINES[i] + view.getInt32(at + word * 4, true)) | 0;
      const turn = MD5_SHIFTS[round][i & 3];
      [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
    }
    state = [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
  }
  const out = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => out.setInt32(i * 4, word, true));
  return hex(new Uint8Array(out.buffer));
}

async function hmacSha256(secret, text) {
  const key = await crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text))));
}

const byName = (fields) => Object.keys(fields).sort().map((name) => name + fields[name]).join('');
const form = (fields) => new URLSearchParams(fields).toString();
const MASK = '••••';

// "yyyy-MM-dd HH:mm:ss" in China, whatever the zone here.
const chinaTime = (ms) => new Date(ms + 8 * 3600e3).toISOString().slice(0, 19).replace('T', ' ');

// dialect -> (what is to be sent, the keys) -> what goes over the wire, and the
// string that was signed with the secret masked.
const signers = {
  async intents({ method, target, body }, keys) {
    const at = String(Date.now());
    const text = method + target + at + body;
    return {
      method, target, body: body || undefined, string: text,
      headers: {
        'X-App-Id': keys.appId, 'X-Timestamp': at, 'X-Signature': await hmacSha256(keys.appSecret, text),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
    };
  },
  async wangdian({ target, body }, keys) {
    const [path, query = ''] = target.split('?');
    const colon = keys.appSecret.indexOf(':');
    const secret = keys.appSecret.slice(0, colon);
    const fields = {
      ...Object.fromEntries(new URLSearchParams(query)),
      sid: keys.sid, key: keys.key, salt: keys.appSecret.slice(colon + 1),
      timestamp: String(Math.floor(Date.now() / 1000) - 1325347200),
    };
    const text = byName({ ...fields, body });
    fields.sign = md5(utf8(secret + text + secret));
    return {
      method: 'POST', target: `${path}?${form(fields)}`, body, string: MASK + text + MASK,
      headers: { 'Content-Type': 'application/json' },
    };
  },
  async franchiser({ target, body }, keys) {
    const fields = { appid: keys.appid, timestamp: String(Math.floor(Date.now() / 1000)), request_data: body };
    const text = byName(fields);
    fields.sign = md5(utf8(keys.secret + text + keys.secret));
    return {
      method: 'POST', target, body: form(fields), string: MASK + text + MASK,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    };
  },
  async top({ target, body }, keys) {
    const fields = {
      v: '2.0', ...Object.fromEntries(new URLSearchParams(body)),
      app_key: keys.appKey, timestamp: chinaTime(Date.now()),
      ...(keys.session ? { session: keys.session } : {}),
    };
    const text = byName(fields);
    fields.sign = md5(utf8(keys.appSecret + text + keys.appSecret)).toUpperCase();
    return {
      method: 'POST', target, body: form(fields), string: MASK + text + MASK,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    };
  },
};
