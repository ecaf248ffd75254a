/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls on purchase intents. Each gives the answer's `data`.
 */
import { ApiError, refusalError } from './errors.js';
import { Listing } from './listing.js';
import type { Answer, Call, Transport } from './transport.js';
import type {
	AmendmentPage,
	AmendmentQuery,
	Amendment,
	BatchItem,
	BatchOptions,
	CancelledIntent,
	Change,
	ChangeOptions,
	ChangePage,
	ChangeQuery,
	CreateIntent,
	IfMatch,
	Intent,
	IntentPage,
	ListQuery,
	RequestOptions,
	UpdateIntent,
	UpdateOptions,
	WriteOptions,
} from './types.js';

const DECIMAL = /^\d{1,15}(\.\d{1,15})?$/;

/** What became of one item of a batch. */
export interface BatchResult {
	id: string;
	code: number;
	message: string;
	/** Of a success. */
	version?: number;
	/** The intent; of a refusal its details. */
	data: unknown;
	/** The intent of a success. Not enumerable, as are the next. */
	readonly intent?: Intent;
	/** What a call of its own would have thrown. */
	readonly error?: ApiError;
}

export interface BatchAnswer {
	items: BatchResult[];
}

type Query = Record<string, string | number | boolean | Date | undefined>;

export class Intents {
	readonly #transport: Transport;

	constructor(transport: Transport) {
		this.#transport = transport;
	}

	async create(intent: CreateIntent, options: WriteOptions = {}): Promise<Intent> {
		return this.#intent({
			...written('POST', '/intents', options),
			body: encodeIntent(intent),
		});
	}

	async get(id: string, options: RequestOptions = {}): Promise<Intent> {
		return this.#intent(read(`/intents/${word(id)}`, options));
	}

	/** Awaited: one page. Iterated: every intent that fits. */
	list(
		query: ListQuery = {},
		options: RequestOptions = {},
	): Listing<IntentPage, Intent> {
		const page = async (part: ListQuery) =>
			(await this.#data(
				read(`/intents${search({ ...query, ...part })}`, options),
			)) as IntentPage;

		return new Listing(
			() => page({}),
			async function* () {
				/* A page by number is all that was asked for. */
				if (query.page !== undefined) {
					yield await page({});
					return;
				}
				let cursor: string | null | undefined = query.cursor ?? '';

				while (cursor !== null && cursor !== undefined) {
					const got: IntentPage = await page({ cursor });

					yield got;
					cursor = got.nextCursor;
				}
			},
			(got) => got.items,
		);
	}

	/** Changes what is sent, and nothing else. */
	async update(
		id: string,
		fields: UpdateIntent,
		options: UpdateOptions = {},
	): Promise<Intent> {
		const { dryRun } = options;

		return this.#intent({
			...written('PUT', `/intents/${word(id)}${search({ dryRun })}`, options),
			body: JSON.stringify(fields),
			isRead: dryRun === true,
		});
	}

	async cancel(id: string, options: ChangeOptions = {}): Promise<CancelledIntent> {
		return (await this.#move(id, 'cancel', options)) as CancelledIntent;
	}

	async submit(id: string, options: ChangeOptions = {}): Promise<Intent> {
		return (await this.#move(id, 'submit', options)) as Intent;
	}

	async execute(id: string, options: ChangeOptions = {}): Promise<Intent> {
		return (await this.#move(id, 'execute', options)) as Intent;
	}

	async complete(id: string, options: ChangeOptions = {}): Promise<Intent> {
		return (await this.#move(id, 'complete', options)) as Intent;
	}

	async fail(
		id: string,
		details: { reason?: string | null | undefined } = {},
		options: ChangeOptions = {},
	): Promise<Intent> {
		const { reason } = details;

		return (await this.#move(
			id,
			'fail',
			options,
			reason === undefined ? undefined : JSON.stringify({ reason }),
		)) as Intent;
	}

	/** Of a draft only; its amendments stay. */
	async delete(id: string, options: ChangeOptions = {}): Promise<null> {
		await this.#data(written('DELETE', `/intents/${word(id)}`, options));
		return null;
	}

	/** Up to 500 updates in one call; one result an item. */
	async batch(
		items: readonly BatchItem[],
		options: BatchOptions = {},
	): Promise<BatchAnswer> {
		const { atomic, dryRun } = options;
		const body = JSON.stringify({
			items: items.map((item) =>
				item.ifMatch === undefined
					? item
					: { ...item, ifMatch: version(item.ifMatch) },
			),
			atomic,
		});
		const answer = (await this.#data({
			...written('POST', `/intents/batch${search({ dryRun })}`, options),
			body,
			isRead: dryRun === true,
		})) as BatchAnswer;

		answer.items.forEach(finishResult);
		return answer;
	}

	/** The audit trail of an intent, oldest first. */
	amendments(
		id: string,
		query: AmendmentQuery = {},
		options: RequestOptions = {},
	): Listing<AmendmentPage, Amendment> {
		const path = `/intents/${word(id)}/amendments`;
		const page = async (part: AmendmentQuery) =>
			(await this.#data(
				read(`${path}${search({ ...query, ...part })}`, options),
			)) as AmendmentPage;

		return new Listing(
			() => page({}),
			async function* () {
				let after: number | null | undefined = query.after;

				do {
					const got: AmendmentPage = await page({ after });

					yield got;
					after = got.next;
				} while (after !== null);
			},
			(got) => got.items,
		);
	}

	/**
	 * The app's change feed. Awaited: what is there (`wait`: or comes).
	 * Iterated: change after change; with `wait` it goes on for ever, without
	 * it ends when it has caught up.
	 */
	changes(
		query: ChangeQuery = {},
		options: RequestOptions = {},
	): Listing<ChangePage, Change> {
		const page = async (part: ChangeQuery) =>
			(await this.#data({
				...read(`/changes${search({ ...query, ...part })}`, options),
				waitMs: (query.wait ?? 0) * 1000,
			})) as ChangePage;

		return new Listing(
			() => page({}),
			async function* () {
				let after = query.after ?? 0;

				for (;;) {
					const got = await page({ after });

					if (got.items.length === 0 && !query.wait) {
						return;
					}
					yield got;
					after = got.next;
				}
			},
			(got) => got.items,
		);
	}

	async #move(
		id: string,
		move: string,
		options: ChangeOptions,
		body?: string,
	): Promise<unknown> {
		return this.#intent({
			...written('POST', `/intents/${word(id)}/${move}`, options),
			body,
		});
	}

	async #data(call: Call): Promise<unknown> {
		return (await this.#transport.send(call)).data;
	}

	async #intent(call: Call): Promise<Intent> {
		const answer: Answer = await this.#transport.send(call);

		return withVersion(answer.data as Intent, answer.version);
	}
}

function hidden(target: object, name: string, value: unknown): void {
	Object.defineProperty(target, name, { value, configurable: true });
}

function withVersion(intent: Intent, number: number | undefined): Intent {
	if (number !== undefined) {
		hidden(intent, 'version', number);
	}
	return intent;
}

/** Gives a result its `intent` or `error`. */
export function finishResult(result: BatchResult): void {
	if (result.code === 0) {
		hidden(
			result,
			'intent',
			withVersion(result.data as Intent, result.version),
		);
		return;
	}
	hidden(
		result,
		'error',
		refusalError({
			status: Math.floor(result.code / 100),
			code: result.code,
			message: result.message,
			data: result.data,
		}),
	);
}

/* A price in words keeps its digits: it is written as the number it spells. */
function encodeIntent(intent: CreateIntent): string {
	const { price } = intent;

	if (typeof price !== 'string') {
		return JSON.stringify(intent);
	}
	if (!DECIMAL.test(price)) {
		throw new TypeError(`price must be a decimal number, not "${price}"`);
	}
	const parts = Object.entries(intent)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) =>
			`${JSON.stringify(name)}:${name === 'price' ? plain(price) : JSON.stringify(value)}`,
		);

	return `{${parts.join(',')}}`;
}

/** JSON knows no leading zeros. */
function plain(digits: string): string {
	return digits.replace(/^0+(?=\d)/, '');
}

function word(id: string): string {
	if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
		throw new TypeError(`an intent's id must be a text, not ${JSON.stringify(id)}`);
	}
	return encodeURIComponent(id);
}

function search(query: Query): string {
	const parts = Object.entries(query)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => {
			const text = value instanceof Date ? value.toISOString() : String(value);

			return `${name}=${encodeURIComponent(text)}`;
		});

	return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function version(match: IfMatch): number | string {
	if (typeof match === 'object') {
		if (match.version === undefined) {
			throw new TypeError(
				'ifMatch: this intent has no version; read it with get()',
			);
		}
		return match.version;
	}
	return match;
}

/** `3` and `'3'` become `"3"`; what is quoted already, and `*`, stay. */
function ifMatchHeader(match: IfMatch): string {
	const text = String(version(match));

	return /^\d+$/.test(text) ? `"${text}"` : text;
}

function read(path: string, options: RequestOptions): Call {
	return { ...common(options), method: 'GET', path, isRead: true };
}

function written(method: string, path: string, options: ChangeOptions): Call {
	const call = { ...common(options), method, path, isRead: false };

	if (options.ifMatch !== undefined) {
		const match = ifMatchHeader(options.ifMatch);

		call.headers['If-Match'] = headerText('ifMatch', match);
	}
	if (options.idempotencyKey !== undefined) {
		call.headers['Idempotency-Key'] = headerText(
			'idempotencyKey',
			options.idempotencyKey,
		);
	}
	return { ...call, hasKey: options.idempotencyKey !== undefined };
}

function common(options: RequestOptions) {
	const headers: Record<string, string> = {};

	if (options.requestId !== undefined) {
		headers['X-Request-Id'] = headerText('requestId', options.requestId);
	}
	return { headers, timeoutMs: options.timeoutMs, signal: options.signal };
}

function headerText(name: string, text: string): string {
	if (!/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(text)) {
		throw new TypeError(`${name} must be 1 to 255 visible ASCII characters`);
	}
	return text;
}
