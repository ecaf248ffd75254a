/* SPDX-License-Identifier: Apache-2.0 */
/* The client: settings in, resources out. */
import { NOT_IN_A_BROWSER, isBrowser } from './browser.js';
import { ProcureError } from './errors.js';
import { Intents } from './intents.js';
import { Transport } from './transport.js';
import type { Health, RequestOptions } from './types.js';

export interface ClientOptions {
	appId: string;
	appSecret: string;
	/** https://host, with or without /api/v1 behind it. */
	baseURL: string;
	/** Of one attempt; 30,000. */
	timeoutMs?: number | undefined;
	/** After the first attempt; 3. */
	maxRetries?: number | undefined;
	/** Before the first retry, doubled for each further one; 250. */
	retryDelayMs?: number | undefined;
	/** A longer Retry-After is not waited for; 20,000. */
	maxRetryDelayMs?: number | undefined;
	/** In place of the global one: for proxies, tracing, tests. */
	fetch?: typeof fetch | undefined;
}

export class ProcureClient {
	readonly appId: string;
	readonly baseURL: string;
	readonly intents: Intents;
	readonly #transport: Transport;

	constructor(options: ClientOptions) {
		if (isBrowser()) {
			throw new ProcureError(NOT_IN_A_BROWSER);
		}
		const { origin, prefix } = base(options.baseURL);

		this.appId = token('appId', options.appId);
		if (!/^[\x21-\x7e]+$/.test(this.appId)) {
			throw new TypeError('appId must be visible ASCII characters');
		}
		this.baseURL = origin + prefix;
		this.#transport = new Transport({
			origin,
			prefix: `${prefix}/api/v1`,
			appId: this.appId,
			secret: token('appSecret', options.appSecret),
			timeoutMs: least('timeoutMs', options.timeoutMs, 30_000, 1),
			maxRetries: least('maxRetries', options.maxRetries, 3, 0),
			retryDelayMs: least('retryDelayMs', options.retryDelayMs, 250, 0),
			maxRetryDelayMs: least(
				'maxRetryDelayMs',
				options.maxRetryDelayMs,
				20_000,
				0,
			),
			fetch: options.fetch,
		});
		this.intents = new Intents(this.#transport);
	}

	/** What the server's clock is ahead of ours; 0 until it had to be asked. */
	get clockOffsetMs(): number {
		return this.#transport.offsetMs;
	}

	/** Needs no credentials; throws ServerError when the store is down. */
	async health(options: RequestOptions = {}): Promise<Health> {
		const answer = await this.#transport.send({
			method: 'GET',
			path: '/health',
			isRead: true,
			isSigned: false,
			timeoutMs: options.timeoutMs,
			signal: options.signal,
		});

		return answer.data as Health;
	}
}

/* A secret read from a file often has its line break still. */
function token(name: string, value: unknown): string {
	if (typeof value !== 'string' || value === '') {
		throw new TypeError(`${name} is missing`);
	}
	if (/^\s|\s$|[\x00-\x1f\x7f]/.test(value)) {
		throw new TypeError(
			`${name} has a blank or a line break around it, or a control character in it`,
		);
	}
	return value;
}

function least(
	name: string,
	value: number | undefined,
	fallback: number,
	lowest: number,
): number {
	const number = value ?? fallback;

	if (!(number >= lowest && Number.isFinite(number))) {
		throw new TypeError(`${name} must be a number from ${lowest} on`);
	}
	return number;
}

function base(text: unknown): { origin: string; prefix: string } {
	let url: URL;

	try {
		url = new URL(text as string);
	} catch {
		throw new TypeError('baseURL must be a URL such as https://host');
	}
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new TypeError('baseURL must begin with https:// or http://');
	}
	if (url.username || url.password || url.search || url.hash) {
		throw new TypeError('baseURL must be without user, query and fragment');
	}
	return {
		origin: url.origin,
		prefix: url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, ''),
	};
}
