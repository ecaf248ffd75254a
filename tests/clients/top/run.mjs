// SPDX-License-Identifier: Apache-2.0
//
// Drives two unmodified clients of the Taobao open platform against a running
// server with the demo world:
//
//	npm ci && node run.mjs --url http://localhost:3000
//
// topsdk posts urlencoded forms and sends GET with a form body; ali-topsdk
// posts multipart. Every run makes an order of its own, so it can be repeated
// on the same server. What was written is looked up through the intents
// dialect: its count of amendments tells whether an update was one change.

// Both clients write the local time where the platform wants China's.
process.env.TZ = 'Asia/Shanghai';

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const TopClient = require('topsdk');
const { ApiClient } = require('ali-topsdk');

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    'app-key': { type: 'string', default: '10000001' },
    secret: { type: 'string', default: 'dev_top_secret' },
    session: { type: 'string', default: 'dev_top_session' },
    'intents-app': { type: 'string', default: 'dev_app_local' },
    'intents-secret': { type: 'string', default: 'dev_secret_local_do_not_use_in_production' },
  },
});
const base = options.url.replace(/\/+$/, '');
const gateway = `${base}/router/rest`;

const UPDATE = 'taobao.itemmarket.order.info.update';
const QUERY = 'taobao.itemmarket.order.info.query';
const CREATE = 'taobao.itemmarket.purchase.distributor.create';

// --- the clients, each as a function (method, parameters) -> answer ----------

function topsdk({ key = options['app-key'], secret = options.secret, type = 'post' } = {}) {
  const client = new TopClient(key, secret, { endpoint: gateway, useValidators: false });
  return (method, args = {}) => client.execute(method, args, type);
}

// Its get() is left out: it sends no parameters at all, to whatever gateway.
function aliTopsdk({ key = options['app-key'], secret = options.secret } = {}) {
  const client = new ApiClient({ appkey: key, appsecret: secret, url: gateway });
  return (method, args = {}) => new Promise((resolve, reject) => {
    client.execute(method, { ...args }, (err, answer) => (err ? reject(err) : resolve(answer)));
  });
}

const clients = {
  'topsdk post': topsdk(),
  'topsdk get': topsdk({ type: 'get' }),
  'ali-topsdk post': aliTopsdk(),
};
const strangers = {
  topsdk: (o) => topsdk(o),
  'ali-topsdk': (o) => aliTopsdk(o),
};

// --- what is stored, by the intents dialect ----------------------------------

async function readIntents(target) {
  const at = String(Date.now());
  const mac = crypto.createHmac('sha256', options['intents-secret']);
  const answer = await fetch(base + target, {
    headers: {
      'X-App-Id': options['intents-app'],
      'X-Timestamp': at,
      'X-Signature': mac.update(`GET${target}${at}`).digest('hex'),
    },
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text).data;
}

async function amendments(order) {
  const data = await readIntents(`/api/v1/intents/intent_${order}/amendments`);
  return (Array.isArray(data) ? data : data.items).length;
}

// --- the frame ----------------------------------------------------------------

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.stack ?? JSON.stringify(error)}`);
  }
}

/** The error that the call must end with, by the platform's code. */
async function refused(call, code, subCode) {
  let error = null;
  try {
    await call;
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `wanted error ${code}`);
  assert.equal(Number(error.code), code, JSON.stringify(error));
  if (subCode !== undefined) assert.equal(error.sub_code, subCode);
}

let numbers = Date.now() * 1000;

async function newOrder() {
  const answer = await clients['topsdk post'](CREATE, {
    session: options.session,
    vendor_id: 7,
    sub_order_id_list: `${numbers++},${numbers++}`,
  });
  assert.equal(answer.call_success, true);
  const id = String(answer.result.purchase_order_id);
  assert.match(id, /^[1-9]\d{15,18}$/);
  return id;
}

function paid(order) {
  return {
    purchase_order_id: order,
    vendor_order_id: '3047544471326439704',
    event: 'VENDOR_PAID',
    item_id: '643888576658',
    total_quantity: 15,
    total_fee: '10.50',
    alipay_order_id: '2022112222001137391429021979',
    logistics_order_id_list: '["YT175361", "SF534400"]',
    sku_info: '{"sku_list":[{"id":109,"quantity":5}]}',
  };
}

// --- the cases ----------------------------------------------------------------

await check('the same update by every client is one amendment', async () => {
  const order = await newOrder();
  for (const [name, call] of Object.entries(clients)) {
    const answer = await call(UPDATE, paid(order));
    assert.equal(answer.call_success, true, name);
    assert.match(answer.request_id, /^[a-z0-9]{12,14}$/, name);
    assert.equal(await amendments(order), 2, name);
  }
});

for (const [name, call] of Object.entries(clients)) {
  await check(`${name}: paid, delivering, delivered`, async () => {
    const order = await newOrder();
    assert.equal((await call(UPDATE, paid(order))).call_success, true);
    for (const event of ['VENDOR_DELIVERING', 'VENDOR_DELIVERED']) {
      const answer = await call(UPDATE, { ...paid(order), event });
      assert.equal(answer.call_success, true, event);
    }
    assert.equal((await readIntents(`/api/v1/intents/intent_${order}`)).status, 'COMPLETED');
    assert.equal(await amendments(order), 4);
  });

  await check(`${name}: Chinese text and signs are the same on both sides`, async () => {
    const order = await newOrder();
    const vendor = '绿羽订单-2024年/09月 24日#1&a=b+c';
    const answer = await call(UPDATE, { ...paid(order), vendor_order_id: vendor });
    assert.equal(answer.call_success, true);
    const found = await call(QUERY, { purchase_order_id: order });
    const sub = found.result.content_list.im_purchase_order_v_o[0].sub_meta_list;
    assert.equal(sub.im_sub_purchase_order_meta[0].distribution_order_id, vendor);
  });

  await check(`${name}: refusals of the business are answers`, async () => {
    const order = await newOrder();
    assert.equal((await call(UPDATE, paid(order))).call_success, true);
    const other = await call(UPDATE, { ...paid(order), vendor_order_id: '1' });
    assert.equal(other.call_success, false);
    assert.equal(other.call_error_code, '1004');
    const unknown = await call(UPDATE, paid('1'));
    assert.equal(unknown.call_error_code, '1002');
    assert.equal(unknown.call_error_msg, '采购单不存在');
    const refund = await call(UPDATE, { ...paid(order), event: 'VENDOR_REFUND' });
    assert.equal(refund.call_success, true);
    const back = await call(UPDATE, {
      ...paid(order), event: 'VENDOR_DELIVERING', logistics_order_id_list: '["NEW1"]',
    });
    assert.equal(back.call_error_code, '1003');
  });

  await check(`${name}: a bad argument is an error`, async () => {
    const order = await newOrder();
    const { event, ...rest } = paid(order);
    await refused(call(UPDATE, rest), 40, 'isv.missing-parameter:event');
    await refused(call(UPDATE, { ...rest, event, total_quantity: 0 }), 41,
      'isv.invalid-parameter:total_quantity');
    assert.equal(await amendments(order), 1);
  });

  await check(`${name}: methods and sessions that do not exist`, async () => {
    await refused(call('taobao.no.such.method'), 22);
    await refused(call('taobao.time.get', { session: 'x' }), 27);
    await refused(call(CREATE, { sub_order_id_list: '1' }), 26);
  });

  await check(`${name}: the time in China`, async () => {
    const { time } = await call('taobao.time.get');
    const off = Date.parse(`${time.replace(' ', 'T')}+08:00`) - Date.now();
    assert.ok(Math.abs(off) < 5000, time);
  });
}

for (const [name, client] of Object.entries(strangers)) {
  await check(`${name}: a wrong secret and an unknown key`, async () => {
    await refused(client({ secret: 'x' })('taobao.time.get'), 25);
    await refused(client({ key: '99999999' })('taobao.time.get'), 29, 'isv.appkey-not-exists');
  });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
