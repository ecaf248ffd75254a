// SPDX-License-Identifier: Apache-2.0
//
// /docs/ in Debian's chromium against a demo server: it opens, asks nobody else
// for anything, says nothing in the console, and the change each dialect is
// known for can be tried and succeeds.
//
//	node browser.mjs --admin http://127.0.0.1:3001 [--plain URL] [--shots FOLDER]
//
// --plain is the admin listener of a server that is no demo: nothing can be
// tried there.

import assert from 'node:assert/strict';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({
  options: { admin: { type: 'string' }, plain: { type: 'string' }, shots: { type: 'string' } },
});
const KNOWN = ['intents/update', 'wangdian/purchase.PurchaseOrder.updatePurchaseInfo', 'franchiser/trade/modify',
  'top/taobao.itemmarket.order.info.update'];

let passed = 0;
let failed = 0;
async function test(name, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok ${name}`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILED ${name}: ${String(fault.message).slice(0, 600)}`);
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
});

// A page that remembers what it asked for and what it complained about.
async function open(url, settings = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 }, ...settings });
  const page = await context.newPage();
  const seen = { foreign: [], complaints: [] };
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) seen.foreign.push(request.url());
  });
  page.on('console', (message) => {
    // A refusal of the API is an answer, and the browser's remark on it no fault of the page.
    if (['error', 'warning'].includes(message.type()) && !message.location().url.includes('/docs/try/')) {
      seen.complaints.push(message.text());
    }
  });
  page.on('pageerror', (fault) => seen.complaints.push(fault.message));
  await page.goto(url);
  await page.waitForSelector('body[data-ready]', { timeout: 10000 });
  return { page, seen, context };
}

async function shoot(page, name) {
  if (options.shots) await page.screenshot({ path: path.join(options.shots, `${name}.png`) });
}

function quiet(seen) {
  assert.deepEqual(seen.foreign, [], 'asked another host');
  assert.deepEqual(seen.complaints, [], 'the console is not empty');
}

// Sends what the page offers; the answer's text.
async function send(page) {
  await page.click('.send button');
  await page.waitForSelector('[data-good]', { timeout: 10000 });
  return {
    good: await page.getAttribute('[data-good]', 'data-good') === 'true',
    text: await page.textContent('.outcome'),
  };
}

await test('the reference opens and lists every call', async () => {
  const { page, seen, context } = await open(`${options.admin}/docs/`);
  const listed = await page.locator('#list li').count();
  const known = await page.evaluate(() => calls.length);
  assert.ok(listed >= 30 && listed === known, `${listed} of ${known}`);
  await shoot(page, 'home-light');
  await page.fill('#filter', 'cancel');
  assert.ok(await page.locator('#list li').count() < 6);
  quiet(seen);
  await context.close();
});

await test('every call can be drawn, in both languages', async () => {
  const { page, seen, context } = await open(`${options.admin}/docs/`);
  const hashes = await page.evaluate(() => calls.map((call) => call.at));
  // What the server says stays as it is; what we say of it is in the reader's language.
  const foreign = await page.evaluate(() => calls.flatMap((call) => call['x-errors'])
    .filter((e) => !/[\u4e00-\u9fff]/.test(e['x-zh'])).map((e) => e.name));
  assert.deepEqual([...new Set(foreign)], [], 'errors without a Chinese word');
  for (const language of ['en', 'zh-CN']) {
    const bad = await page.evaluate((all) => all.filter((hash) => {
      history.replaceState(null, '', hash);
      draw();
      const main = document.getElementById('main');
      return main.querySelectorAll('h1').length !== 1 || /undefined|\[object/.test(main.textContent)
        || main.querySelectorAll('table').length < 1 || !document.querySelector(`a[aria-current][href="${hash}"]`);
    }), hashes);
    assert.deepEqual(bad, []);
    assert.equal(await page.getAttribute('html', 'lang'), language);
    await page.click('#language');
  }
  quiet(seen);
  await context.close();
});

for (const known of KNOWN) {
  await test(`${known} is tried and succeeds`, async () => {
    const { page, seen, context } = await open(`${options.admin}/docs/#/${known}`);
    const { good, text } = await send(page);
    assert.ok(good, text);
    const secrets = await page.evaluate(() => Object.values(config.demo).flatMap((keys) => [keys.appSecret, keys.secret])
      .filter(Boolean).map((secret) => secret.split(':')[0]));
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is shown`);
    await shoot(page, `try-${known.split('/')[0]}`);
    await page.click('#language');
    await shoot(page, `zh-${known.split('/')[0]}`);
    quiet(seen);
    await context.close();
  });
}

await test('a wrong field is told as the API tells it', async () => {
  const { page, seen, context } = await open(`${options.admin}/docs/#/intents/update`);
  await page.fill('.try textarea', '{"quantity":0}');
  const { good, text } = await send(page);
  assert.ok(!good && text.includes('40001') && text.includes('quantity'), text);
  quiet(seen);
  await context.close();
});

await test('a wrong secret is no signature', async () => {
  const { page, seen, context } = await open(`${options.admin}/docs/#/franchiser/trade/query`);
  await page.click('.try details summary');
  await page.locator('.keys input').nth(1).fill('another');
  const { good, text } = await send(page);
  assert.ok(!good && text.includes('1001'), text);
  quiet(seen);
  await context.close();
});

await test('ids beyond 2^53 stay what they are', async () => {
  const { page, context } = await open(`${options.admin}/docs/#/top/taobao.itemmarket.order.info.query`);
  const { good, text } = await send(page);
  assert.ok(good && text.includes('3045861756863154425'), text);
  await context.close();
});

await test('its own MD5 and HMAC are right', async () => {
  const { page, context } = await open(`${options.admin}/docs/`);
  const made = await page.evaluate(async () => [md5(utf8('')), md5(utf8('a'.repeat(1000))), md5(utf8('采购单')),
    ...[55, 56, 63, 64, 65].map((n) => md5(utf8('b'.repeat(n)))), await hmacSha256('key', '采购')]);
  const { createHash, createHmac } = await import('node:crypto');
  const hash = (text) => createHash('md5').update(text).digest('hex');
  assert.deepEqual(made, [hash(''), hash('a'.repeat(1000)), hash('采购单'),
    ...[55, 56, 63, 64, 65].map((n) => hash('b'.repeat(n))), createHmac('sha256', 'key').update('采购').digest('hex')]);
  await context.close();
});

await test('on a phone nothing is wider than the screen, and the menu opens', async () => {
  for (const scheme of ['light', 'dark']) {
    const { page, seen, context } = await open(`${options.admin}/docs/#/intents/create`, {
      viewport: { width: 375, height: 720 }, colorScheme: scheme, locale: scheme === 'dark' ? 'zh-CN' : 'en-US',
    });
    for (const at of ['intents/create', 'wangdian/purchase.PurchaseOrder.createOrder', 'top/taobao.itemmarket.order.info.update']) {
      await page.evaluate((hash) => { history.replaceState(null, '', hash); draw(); }, `#/${at}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 375, `${at} is ${wide} wide`);
    }
    await shoot(page, `phone-${scheme}`);
    assert.ok(!await page.isVisible('#nav'));
    await page.click('#menu');
    assert.ok(await page.isVisible('#nav'));
    await shoot(page, `phone-menu-${scheme}`);
    // Another call, and then the one that is shown already.
    for (const link of ['#list li a', '#list a[aria-current]']) {
      if (!await page.isVisible('#nav')) await page.click('#menu');
      await page.click(link);
      await page.waitForSelector('#nav', { state: 'hidden', timeout: 5000 });
    }
    quiet(seen);
    await context.close();
  }
});

await test('light and dark by the system, and by the button', async () => {
  const { page, context } = await open(`${options.admin}/docs/#/intents/update`, { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await shoot(page, 'call-dark');
  await page.click('#theme');
  assert.notEqual(await ground(), dark);
  await shoot(page, 'call-light');
  await page.evaluate(() => scrollTo(0, 900));
  await shoot(page, 'call-light-below');
  await context.close();
});

await test('another origin gets no leave', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  // The same server under its other name is another origin.
  const other = options.admin.replace('127.0.0.1', 'localhost');
  await page.goto(`${other}/docs/`);
  for (const settings of [{ method: 'POST', body: '{}' }, { headers: { 'X-Procured-Docs': '1' } }]) {
    const outcome = await page.evaluate(async ([url, init]) => {
      try { return (await fetch(url, init)).status; } catch (fault) { return 'refused'; }
    }, [`${options.admin}/docs/try/health`, settings]);
    assert.equal(outcome, 'refused');
  }
  await context.close();
});

if (options.plain) {
  await test('without a demo nothing can be tried', async () => {
    const { page, seen, context } = await open(`${options.plain}/docs/#/intents/update`);
    assert.equal(await page.locator('.try').count(), 0);
    assert.ok((await page.textContent('main')).includes('--demo'));
    const reply = await page.evaluate(async () => (await fetch('try/health', { headers: { 'X-Procured-Docs': '1' } })).status);
    assert.equal(reply, 404);
    seen.complaints = seen.complaints.filter((text) => !text.includes('404'));
    quiet(seen);
    await context.close();
  });
}

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
