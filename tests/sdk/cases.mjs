/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TypeScript SDK, as it is installed from its package, against a server and
 * the fault proxy before it. run.py starts both and tells of them in SDK_WORLD.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test as define } from 'node:test';
import { inspect } from 'node:util';

import * as sdk from '@procure-core/sdk';

const { ProcureClient } = sdk;
const world = JSON.parse(process.env.SDK_WORLD);
const realNow = Date.now;

/* One after the other: they share the proxy's queue and the clock. */
const test = (name, run) => define(name, { timeout: 60_000 }, run);

function client(app = 'main', more = {}) {
	const [appId, appSecret] = world.apps[app];

	return new ProcureClient({
		appId,
		appSecret,
		baseURL: world.proxy,
		retryDelayMs: 20,
		...more,
	});
}

let made = 0;

function fields(more = {}) {
	return {
		userId: 'user_001',
		platform: 'TAOBAO',
		productUrl: 'https://item.taobao.com/item.htm?id=123456',
		title: 'Apple iPhone 15 Pro 256GB',
		price: 8999,
		quantity: 1,
		recipientName: '张三',
		address: '北京市朝阳区望京SOHO T1 1001',
		phone: '13800138000',
		remarks: `请在工作日送达 ${++made}`,
		...more,
	};
}

/** Faults for the next requests; what was seen is forgotten. */
async function faults(...list) {
	const told = await fetch(`${world.proxy}/__faults`, {
		method: 'POST',
		body: JSON.stringify(list),
	});

	assert.equal(told.status, 200);
	await told.arrayBuffer();
}

async function seen() {
	const { requests, left } = await (await fetch(`${world.proxy}/__seen`)).json();

	assert.equal(left, 0, 'faults that nobody met');
	return requests;
}

function reply(status, body = '', headers = {}) {
	const lines = Object.entries({ 'Content-Length': Buffer.byteLength(body), ...headers });

	return {
		reply:
			`HTTP/1.1 ${status} Told\r\n` +
			lines.map(([name, value]) => `${name}: ${value}\r\n`).join('') +
			`\r\n${body}`,
	};
}

async function refused(promise, kind, code, status) {
	const error = await promise.then(
		() => assert.fail('nothing was thrown'),
		(fault) => fault,
	);

	assert.equal(error.constructor.name, kind.name, inspect(error));
	assert.ok(error instanceof sdk.ProcureError);
	assert.equal(error.name, kind.name);
	if (code !== undefined) {
		assert.equal(error.code, code);
		assert.equal(error.status, status ?? Math.floor(code / 100));
		assert.match(error.requestId, /^\S+$/);
		assert.ok(error.message.includes(String(code)) && error.message.includes(error.requestId));
	}
	return error;
}

async function versionOf(id) {
	return (await client().intents.get(id)).version;
}

test('signatures are those of the documents', () => {
	const { vectors } = JSON.parse(readFileSync(world.vectors, 'utf8'));

	assert.ok(vectors.length >= 5);
	for (const v of vectors) {
		assert.equal(sdk.sign(v.secret, v.method, v.path, v.timestamp, v.body), v.signature);
		assert.equal(
			sdk.sign(v.secret, v.method, v.path, Number(v.timestamp), Buffer.from(v.body)),
			v.signature,
		);
	}
});

test('create, get, update', async () => {
	const { intents } = client();
	const intent = await intents.create(fields({ title: '键盘 "87" \\ 🎹', price: '00459.90' }));

	assert.equal(intent.title, '键盘 "87" \\ 🎹');
	assert.equal(intent.price, 459.9);
	assert.equal(intent.status, 'SUBMITTED');
	assert.equal(intent.version, 1);
	assert.deepEqual(Object.keys(intent), [
		'id', 'userId', 'platform', 'productUrl', 'title', 'price', 'quantity', 'totalAmount',
		'recipientName', 'address', 'phone', 'remarks', 'status', 'createdAt', 'updatedAt',
	]);
	const changed = await intents.update(intent.id, {
		quantity: 3,
		recipientName: '李四',
		address: '上海市浦东新区陆家嘴环路1000号',
		phone: '13900139000',
		remarks: '门卫\n"代收" 🚪',
	});

	assert.equal(changed.totalAmount, 1379.7);
	assert.equal(changed.remarks, '门卫\n"代收" 🚪');
	assert.equal(changed.version, 2);
	assert.deepEqual(await intents.get(intent.id), changed);
	assert.equal((await intents.update(intent.id, { remarks: null })).remarks, null);
	const dry = await intents.update(intent.id, { quantity: 9 }, { dryRun: true });

	assert.equal(dry.quantity, 9);
	assert.equal(dry.version, undefined);
	assert.equal((await intents.get(intent.id)).quantity, 3);
});

test('money keeps its digits', async () => {
	const { intents } = client();
	const intent = await intents.create(fields({ price: '99999999.99', quantity: 99999 }));

	assert.equal(String(intent.price), '99999999.99');
	assert.equal(String(intent.totalAmount), '9999899999000.01');
	assert.equal((await intents.create(fields({ price: 0.1 }))).price, 0.1);
	await assert.rejects(intents.create(fields({ price: '1e3' })), TypeError);
	await refused(intents.create(fields({ price: '1.001' })), sdk.ValidationError, 40001);
});

test('every move', async () => {
	const { intents } = client();
	const draft = await intents.create(fields({ status: 'DRAFT' }));

	assert.equal(draft.status, 'DRAFT');
	assert.equal((await intents.submit(draft.id)).status, 'SUBMITTED');
	assert.equal((await intents.execute(draft.id, { ifMatch: 2 })).status, 'PROCESSING');
	assert.equal((await intents.complete(draft.id)).status, 'COMPLETED');
	const second = await intents.create(fields());

	await intents.execute(second.id);
	assert.equal((await intents.fail(second.id, { reason: '缺货' })).status, 'FAILED');
	const third = await intents.create(fields());
	const cancelled = await intents.cancel(third.id);

	assert.deepEqual(Object.keys(cancelled), ['id', 'status', 'updatedAt', 'cancelledAt']);
	assert.equal(cancelled.status, 'CANCELLED');
	const fourth = await intents.create(fields({ status: 'DRAFT' }));

	assert.equal(await intents.delete(fourth.id), null);
	await refused(intents.get(fourth.id), sdk.NotFoundError, 40401);
	const fifth = await intents.create(fields());

	await intents.execute(fifth.id);
	assert.equal((await intents.fail(fifth.id)).status, 'FAILED');
	const last = (await intents.amendments(second.id)).items.at(-1);

	assert.equal(last.note, '缺货');
});

test('lists by page and by cursor', async () => {
	const { intents } = client();
	const userId = `lister & 李 ${realNow()}`;
	const ids = [];

	for (let i = 0; i < 23; i++) {
		ids.push((await intents.create(fields({ userId }))).id);
	}
	const page = await intents.list({ userId, page: 2, pageSize: 10, order: 'asc' });

	assert.deepEqual(page.items.map((item) => item.id), ids.slice(10, 20));
	assert.deepEqual([page.total, page.page, page.totalPages], [23, 2, 3]);
	await faults();
	const all = [];

	for await (const intent of intents.list({ userId, pageSize: 10, order: 'asc' })) {
		all.push(intent.id);
	}
	assert.deepEqual(all, ids);
	const requests = await seen();

	assert.ok(requests.length >= 3);
	assert.ok(requests.every((r) => r.target.includes('cursor=')));
	const second = [];

	for await (const intent of intents.list({ userId, page: 3, pageSize: 10, order: 'asc' })) {
		second.push(intent.id);
	}
	assert.deepEqual(second, ids.slice(20));
	const few = intents.list({
		userId,
		platform: 'TAOBAO',
		status: 'SUBMITTED',
		startDate: new Date(realNow() - 60_000),
		endDate: '2099-12-31',
		sortBy: 'price',
	});

	assert.equal((await few).total, 23);
	const pages = [];

	for await (const one of intents.list({ userId, pageSize: 20 }).pages()) {
		pages.push(one.items.length);
	}
	assert.equal(pages.reduce((a, b) => a + b), 23);
	assert.equal(await intents.list({ userId }).then((p) => p.items.length), 20);
	await refused(intents.list({ page: 101, pageSize: 100 }), sdk.ValidationError, 40001);
	await assert.rejects(async () => {
		for await (const _ of intents.list({ cursor: 'nonsense' }));
	}, sdk.ValidationError);
});

test('amendments and changes', async () => {
	const { intents } = client();
	const intent = await intents.create(fields());
	let after = 0;

	for await (const change of intents.changes({ limit: 1000 })) {
		assert.ok(change.seq > after);
		after = change.seq;
	}
	for (const quantity of [2, 3, 4]) {
		await intents.update(intent.id, { quantity }, { requestId: `req-${quantity}` });
	}
	const versions = [];

	for await (const amendment of intents.amendments(intent.id, { limit: 1 })) {
		versions.push(amendment.version);
	}
	assert.deepEqual(versions, [1, 2, 3, 4]);
	const page = await intents.amendments(intent.id, { after: 1, limit: 1 });

	assert.equal(page.next, 2);
	assert.equal(page.items[0].requestId, 'req-2');
	assert.deepEqual(page.items[0].changes[0], { field: 'quantity', from: 1, to: 2 });
	const changes = [];

	for await (const change of intents.changes({ after, limit: 2 })) {
		changes.push([change.intentId, change.version]);
	}
	assert.deepEqual(changes, [[intent.id, 2], [intent.id, 3], [intent.id, 4]]);
	assert.deepEqual((await intents.changes({ after: after + 3 })).items, []);
});

test('changes are waited for', async () => {
	/* A wait that outlasts the time of an attempt, and once ends with nothing. */
	const { intents } = client('waiting', { timeoutMs: 3000, maxRetries: 0 });
	const stop = new AbortController();
	const got = [];
	const intent = await intents.create(fields());
	const follow = (async () => {
		const feed = intents.changes({ after: 0, wait: 4 }, { signal: stop.signal });

		for await (const change of feed) {
			got.push(change.version);
			if (got.length < 3) {
				setTimeout(
					() => intents.update(intent.id, { quantity: got.length + 1 }),
					got.length === 2 ? 4500 : 0,
				);
			}
		}
	})();

	while (got.length < 3) {
		await Promise.race([follow, new Promise((go) => setTimeout(go, 10))]);
	}
	assert.deepEqual(got, [1, 2, 3]);
	const at = performance.now();

	stop.abort();
	await assert.rejects(follow, { name: 'AbortError' });
	assert.ok(performance.now() - at < 2000);
});

test('batches', async () => {
	const { intents } = client();
	const [one, two] = [await intents.create(fields()), await intents.create(fields())];
	const { items } = await intents.batch(
		[
			{ id: one.id, quantity: 3, ifMatch: one },
			{ id: two.id, quantity: 0, phone: '1' },
			{ id: 'intent_1', remarks: 'x' },
			{ id: one.id, quantity: 5, ifMatch: 1 },
			{ id: two.id, remarks: '放门卫', ifMatch: '"1"' },
		],
		{ idempotencyKey: `batch-${one.id}` },
	);

	assert.deepEqual(items.map((item) => item.code), [0, 40001, 40401, 40901, 0]);
	assert.equal(items[0].intent.quantity, 3);
	assert.equal(items[0].intent.version, 2);
	assert.equal(items[0].error, undefined);
	assert.ok(items[1].error instanceof sdk.ValidationError);
	assert.deepEqual(items[1].error.fieldErrors.map((f) => f.field), ['quantity', 'phone']);
	assert.ok(items[2].error instanceof sdk.NotFoundError);
	assert.deepEqual(items[3].error.conflicts, [{ field: 'quantity', theirs: 3, yours: 5 }]);
	assert.deepEqual(Object.keys(items[4]), ['id', 'code', 'message', 'version', 'data']);
	const error = await refused(
		intents.batch([{ id: one.id, quantity: 9 }, { id: two.id, quantity: 0 }], { atomic: true }),
		sdk.ValidationError,
		40001,
	);

	assert.deepEqual(error.items.map((item) => item.code), [40008, 40001]);
	assert.equal(await versionOf(one.id), 2);
	const dry = await intents.batch([{ id: one.id, quantity: 9 }], { dryRun: true });

	assert.equal(dry.items[0].intent.quantity, 9);
	assert.equal((await intents.get(one.id)).quantity, 3);
});

test('health', async () => {
	await faults();
	const health = await client().health();
	const [request] = await seen();

	assert.equal(health.status, 'healthy');
	assert.equal(request.headers['x-signature'], undefined);
});

test('every error has its class', async () => {
	const { intents } = client();
	const { id } = await intents.create(fields());
	const invalid = await refused(
		intents.update(id, { quantity: 0, phone: '1' }),
		sdk.ValidationError,
		40001,
	);

	assert.deepEqual(invalid.fieldErrors[0], { field: 'quantity', message: '数量必须为正整数' });
	assert.equal(invalid.fieldErrors.length, 2);
	assert.match(invalid.message, /参数验证失败.*quantity: 数量必须为正整数/);
	await refused(intents.submit(id), sdk.StateError, 40005);
	await refused(intents.complete(id), sdk.StateError, 40006);
	await refused(intents.fail(id), sdk.StateError, 40006);
	await refused(intents.delete(id), sdk.StateError, 40007);
	await intents.cancel(id);
	const state = await refused(intents.update(id, { quantity: 2 }), sdk.StateError, 40002);

	assert.equal(state.currentStatus, 'CANCELLED');
	assert.deepEqual(state.allowedStatuses, ['DRAFT', 'SUBMITTED']);
	await refused(intents.cancel(id), sdk.StateError, 40003);
	await refused(intents.execute(id), sdk.StateError, 40004);
	await refused(intents.get('intent_1'), sdk.NotFoundError, 40401);
	await refused(intents.get('a/b?c#d 号'), sdk.NotFoundError, 40401);
	await refused(
		client('main', { baseURL: `${world.proxy}/elsewhere/` }).intents.get(id),
		sdk.NotFoundError,
		40400,
	);
	await refused(client('other').intents.get(id), sdk.PermissionDeniedError, 40301);
	await refused(client('shut').intents.get(id), sdk.PermissionDeniedError, 40302);
	await refused(client('disabled').intents.get(id), sdk.PermissionDeniedError, 40301);
	await refused(
		client('main', { appSecret: 'not_the_secret' }).intents.get(id),
		sdk.AuthenticationError,
		40101,
	);
	await refused(client('nobody').intents.get(id), sdk.AuthenticationError, 40101);
	await refused(
		intents.update(id, { remarks: 'x'.repeat(2 << 20) }),
		sdk.ApiError,
		41301,
	);
	await assert.rejects(intents.get(''), TypeError);
	await assert.rejects(intents.get('..'), TypeError);
});

test('If-Match', async () => {
	const { intents } = client('strict');
	const mine = await intents.create(fields());

	await refused(intents.update(mine.id, { quantity: 2 }), sdk.VersionRequiredError, 42801);
	assert.equal((await intents.update(mine.id, { quantity: 2 }, { ifMatch: mine })).version, 2);
	const conflict = await refused(
		intents.update(mine.id, { quantity: 7, remarks: 'x' }, { ifMatch: mine }),
		sdk.ConflictError,
		40901,
	);

	assert.equal(conflict.currentVersion, 2);
	assert.equal(conflict.yourVersion, 1);
	assert.deepEqual(conflict.conflicts[0], { field: 'quantity', theirs: 2, yours: 7 });
	await faults();
	for (const ifMatch of [2, '3', '"4"']) {
		await intents.update(mine.id, { quantity: Number(String(ifMatch).replace(/"/g, '')) + 9 }, { ifMatch });
	}
	assert.deepEqual(
		(await seen()).map((r) => r.headers['if-match']),
		['"2"', '"3"', '"4"'],
	);
	await assert.rejects(
		intents.update(mine.id, { quantity: 1 }, { ifMatch: { id: mine.id } }),
		TypeError,
	);
	await assert.rejects(intents.cancel(mine.id, { ifMatch: '"5"\r\nX: y' }), TypeError);
});

test('Idempotency-Key', async () => {
	const { intents } = client();
	const sent = fields();
	const options = { idempotencyKey: `key-${realNow()}` };
	const first = await intents.create(sent, options);

	assert.equal((await intents.create(sent, options)).id, first.id);
	await refused(
		intents.create({ ...sent, quantity: 2 }, options),
		sdk.IdempotencyKeyError,
		42201,
	);
	await assert.rejects(intents.create(sent, { idempotencyKey: '钥匙' }), TypeError);
});

test('equal calls at once are as many changes', async () => {
	const { intents } = client();
	const sent = fields();
	const all = await Promise.all(Array.from({ length: 20 }, () => intents.create(sent)));

	assert.equal(new Set(all.map((intent) => intent.id)).size, 20);
});

test('connections are used again', async () => {
	const { intents } = client();
	const { id } = await intents.create(fields());

	await faults();
	for (let i = 0; i < 10; i++) {
		await intents.get(id);
	}
	/* Which one of the idle ones is fetch's business. */
	assert.ok(new Set((await seen()).map((r) => r.connection)).size <= 3);
});

for (const fault of ['drop-after', 'half', 'drop-before', 'close-after']) {
	test(`${fault}: one effect, the same bytes again`, async () => {
		const { intents } = client();
		const { id } = await intents.create(fields());

		await faults(fault, fault === 'close-after' ? 'pass' : fault);
		const changed = await intents.update(id, { quantity: 2 });

		if (fault === 'close-after') {
			await intents.update(id, { quantity: 3 });
			assert.equal(await versionOf(id), 3);
			return;
		}
		assert.equal(changed.quantity, 2);
		const requests = await seen();
		const strip = ({ connection, at, ...rest }) => rest;

		assert.equal(requests.length, 3);
		assert.deepEqual(requests.map(strip), Array(3).fill(strip(requests[0])));
		assert.equal(await versionOf(id), 2);
	});
}

test('a create whose answer is lost makes one intent', async () => {
	const { intents } = client();
	const userId = `lost ${realNow()}`;

	await faults('drop-after');
	await intents.create(fields({ userId }));
	assert.equal((await intents.list({ userId })).total, 1);
});

test('an answer that never comes', async () => {
	const { intents } = client('main', { timeoutMs: 300, maxRetries: 1 });
	const { id } = await intents.create(fields());

	await faults('stall-after');
	assert.equal((await intents.update(id, { quantity: 2 })).version, 2);
	await faults('stall-after', 'stall-after');
	const error = await refused(intents.update(id, { quantity: 3 }), sdk.TimeoutError);

	assert.equal(error.maybeDone, true);
	assert.equal((await seen()).length, 2);
	assert.equal(await versionOf(id), 3);
	await faults('stall-after', 'stall-after');
	assert.equal((await refused(intents.get(id), sdk.TimeoutError)).maybeDone, false);
	await faults('stall-after');
	await assert.rejects(
		intents.get(id, { signal: AbortSignal.timeout(50), timeoutMs: 5000 }),
		{ name: 'TimeoutError', code: 23 },
	);
	assert.equal((await seen()).length, 1);
});

test('answers of servers that are busy', async () => {
	const { intents } = client('main', { maxRetryDelayMs: 3000 });
	const { id } = await intents.create(fields());
	const busy = JSON.stringify({ code: 50301, message: '忙', data: { requestId: 'r' } });

	await faults(reply(503, busy), reply(502, '<html>'), reply(504), reply(500, busy));
	const error = await refused(intents.update(id, { quantity: 2 }), sdk.ServerError);

	assert.equal(error.status, 500);
	assert.equal((await seen()).length, 4);
	await faults(reply(503, busy, { 'Retry-After': 1 }));
	const at = performance.now();

	await intents.update(id, { quantity: 2 });
	assert.ok(performance.now() - at >= 1000);
	await faults(reply(503, busy, { 'Retry-After': 3600 }));
	assert.equal((await refused(intents.get(id), sdk.ServerError)).retryAfterMs, 3_600_000);
	assert.equal((await seen()).length, 1);
	await faults(reply(404, '<html>not here</html>'));
	const html = await refused(intents.get(id), sdk.NotFoundError);

	assert.equal(html.code, undefined);
	assert.match(html.message, /is baseURL right\?/);
	await faults(reply(200, '<html>a portal</html>'));
	assert.match((await refused(intents.get(id), sdk.ApiError)).message, /baseURL/);
	await faults(reply(302, '', { Location: '/api/v1/intents/intent_1' }));
	assert.equal((await refused(intents.get(id), sdk.ApiError)).status, 302);
	assert.equal((await seen()).length, 1);
	await faults(reply(400, JSON.stringify({ code: 40001, message: 'm', data: null })));
	await refused(intents.get(id), sdk.ValidationError);
	assert.equal((await seen()).length, 1, 'a refusal was sent again');
	await faults('chunked', 'bytes');
	assert.deepEqual(await intents.get(id), await intents.get(id));
});

test('too many requests', async () => {
	const { intents } = client('slow');
	const { id } = await intents.create(fields());

	await intents.update(id, { quantity: 2 });
	await faults();
	const at = performance.now();

	assert.equal((await intents.update(id, { quantity: 3 })).version, 3);
	const requests = await seen();

	assert.equal(requests.length, 2);
	assert.ok(performance.now() - at >= 1000, 'Retry-After was not waited for');
	const hasty = client('slow', { maxRetries: 0 });
	const error = await refused(
		hasty.intents.update(id, { quantity: 4 }),
		sdk.RateLimitError,
		42901,
	);

	assert.equal(error.retryAfterMs, 1000);
});

test('a server that is not there', async () => {
	const nobody = client('main', { baseURL: world.closed, maxRetries: 1 });
	const error = await refused(nobody.intents.update('intent_1', { quantity: 1 }), sdk.ConnectionError);

	assert.equal(error.maybeDone, false);
	assert.match(error.message, /ECONNREFUSED/);
});

test('a certificate that does not hold', async () => {
	const one = client('main', { baseURL: world.tls, retryDelayMs: 20_000 });
	const at = performance.now();
	const error = await refused(one.intents.update('intent_1', { quantity: 1 }), sdk.ConnectionError);

	assert.equal(error.maybeDone, false);
	assert.ok(performance.now() - at < 5000, 'it was tried again');
});

for (const minutes of [-11, 11]) {
	test(`our clock is ${minutes} minutes off`, async () => {
		Date.now = () => realNow() + minutes * 60_000;
		try {
			const one = client();

			await faults();
			const intent = await one.intents.create(fields());

			assert.equal((await seen()).length, 2);
			assert.ok(Math.abs(one.clockOffsetMs + minutes * 60_000) < 2000);
			await one.intents.update(intent.id, { quantity: 2 });
			assert.equal((await seen()).length, 3, 'the clock was corrected once and for all');
			const error = await refused(
				client('main', { maxRetries: 0 }).intents.get(intent.id),
				sdk.ClockError,
				40103,
			);

			assert.ok(Math.abs(error.serverTime - realNow()) < 2000);
		} finally {
			Date.now = realNow;
		}
	});
}

/* The clock goes on by 280 s between the first attempt and the second. */
async function late(options, outcome) {
	const { intents } = client('main', {
		fetch: async (...request) => {
			try {
				return await fetch(...request);
			} finally {
				Date.now = realNow;
			}
		},
	});
	const { id } = await client().intents.create(fields());

	await faults(outcome);
	Date.now = () => realNow() - 280_000;
	try {
		return [await intents.update(id, { quantity: 2 }, options).catch((e) => e), id];
	} finally {
		Date.now = realNow;
	}
}

test('old bytes are signed anew only where that is safe', async () => {
	const busy = reply(503, JSON.stringify({ code: 50301, message: 'm', data: null }));
	let [result, id] = await late({}, 'drop-after');

	assert.ok(result instanceof sdk.ConnectionError, inspect(result));
	assert.equal(result.maybeDone, true);
	assert.equal((await seen()).length, 1);
	[result, id] = await late({ idempotencyKey: `late-${realNow()}` }, 'drop-after');
	assert.equal(result.quantity, 2);
	let requests = await seen();

	assert.equal(requests.length, 2);
	assert.notEqual(requests[0].headers['x-timestamp'], requests[1].headers['x-timestamp']);
	assert.equal(await versionOf(id), 2);
	[result] = await late({ dryRun: true }, 'drop-after');
	assert.equal(result.quantity, 2, 'what changes nothing is safe');
	[result] = await late({}, busy);
	assert.equal(result.version, 2);
	requests = await seen();
	assert.notEqual(requests[0].headers['x-timestamp'], requests[1].headers['x-timestamp']);
});

test('what may have been done is not signed anew for the clock either', async () => {
	const { id } = await client().intents.create(fields());

	Date.now = () => realNow() + 11 * 60_000;
	try {
		await faults('drop-before');
		await refused(client().intents.update(id, { quantity: 2 }), sdk.ClockError, 40103);
		assert.equal((await seen()).length, 2);
		await faults('drop-before');
		const options = { idempotencyKey: `clock-${realNow()}` };

		assert.equal((await client().intents.update(id, { quantity: 2 }, options)).version, 2);
		assert.equal((await seen()).length, 3);
	} finally {
		Date.now = realNow;
	}
});

test('the secret is told nowhere', async () => {
	const secret = world.apps.main[1];
	const one = client();
	const errors = [
		await one.intents.get('intent_1').catch((e) => e),
		await client('main', { baseURL: world.closed, maxRetries: 0 }).intents.get('x').catch((e) => e),
	];

	await faults('drop-before');
	errors.push(await client('main', { maxRetries: 0 }).intents.get('x').catch((e) => e));
	for (const thing of [one, one.intents, ...errors]) {
		const text = inspect(thing, { depth: 9, showHidden: true }) + JSON.stringify(thing) + String(thing);

		assert.ok(!text.includes(secret), text);
		assert.ok(!/[0-9a-f]{64}/.test(text), text);
	}
});

test('wrong settings are refused at once', () => {
	const wrong = [
		{ appSecret: 'secret_with_break\n' },
		{ appSecret: ' secret_with_break' },
		{ appSecret: 'secret_with_break ' },
		{ appSecret: '' },
		{ appSecret: undefined },
		{ appId: '应用' },
		{ baseURL: 'api.procure-core.com' },
		{ baseURL: 'ftp://host' },
		{ baseURL: 'https://user:pass@host' },
		{ timeoutMs: 0 },
		{ maxRetries: NaN },
	];

	for (const more of wrong) {
		assert.throws(() => client('main', more), (error) => {
			assert.ok(error instanceof TypeError);
			assert.ok(!error.message.includes('secret_with_break'));
			return true;
		});
	}
	assert.equal(client('main', { baseURL: 'https://h/gw/api/v1/' }).baseURL, 'https://h/gw');
});

test('a base URL with /api/v1 is the same one', async () => {
	const one = client('main', { baseURL: `${world.proxy}/api/v1` });

	assert.equal((await one.intents.create(fields())).version, 1);
});

test('a browser is refused', () => {
	globalThis.window = { document: {} };
	try {
		assert.throws(() => client(), /must not run in a browser/);
	} finally {
		delete globalThis.window;
	}
	const { versions } = process;

	Object.defineProperty(process, 'versions', { value: {}, configurable: true });
	try {
		assert.throws(() => client(), /must not run in a browser/);
	} finally {
		Object.defineProperty(process, 'versions', { value: versions, configurable: true });
	}
});

test('the version is the package\'s', async () => {
	await faults();
	await client().intents.list();
	const [request] = await seen();

	assert.equal(sdk.VERSION, world.version);
	assert.equal(request.headers['user-agent'], `procure-core-sdk-typescript/${world.version}`);
});
