/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call: sign, send, judge what came, send again where that is safe.
 *
 * Sending again is safe because the server takes the same signed bytes for the
 * same request for as long as their timestamp is good: one effect, one answer.
 * Afterwards bytes are signed anew only where nothing can have happened yet,
 * where nothing happens at all (reads), or where an Idempotency-Key makes it
 * the same request all the same.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	ApiError,
	ClockError,
	ConnectionError,
	ProcureError,
	TimeoutError,
	refusalError,
} from './errors.js';
import { sign } from './sign.js';
import { VERSION } from './version.js';

/* The server's window is five minutes; the rest is for the way. */
const TIMESTAMP_GOOD_MS = 270_000;
/* How far ahead of the clock timestamps may run to differ from each other. */
const TIMESTAMP_LEAD_MS = 60_000;

export interface TransportSettings {
	origin: string;
	/** Goes before every path; signed with it. */
	prefix: string;
	appId: string;
	secret: string;
	timeoutMs: number;
	maxRetries: number;
	retryDelayMs: number;
	maxRetryDelayMs: number;
	fetch: typeof fetch | undefined;
}

export interface Call {
	method: string;
	/** Behind the prefix, query included. */
	path: string;
	body?: string | undefined;
	headers?: Record<string, string> | undefined;
	/** Nothing is changed by it. */
	isRead: boolean;
	hasKey?: boolean;
	/** False: it needs no credentials. */
	isSigned?: boolean;
	timeoutMs?: number | undefined;
	/** The server may hold the answer back for so long. */
	waitMs?: number;
	signal?: AbortSignal | undefined;
}

export interface Answer {
	data: unknown;
	/** Of ETag. */
	version: number | undefined;
}

interface Signed {
	url: string;
	at: number;
	headers: Record<string, string>;
	body: Uint8Array | undefined;
}

/* What may be done after an attempt that failed. */
type Fate =
	| 'final' /* the answer will not change */
	| 'undone' /* nothing was done; it may work later */
	| 'unsure' /* it may have been done: only the same request again */
	| 'clock'; /* nothing was done; sign with the server's clock */

class Failure {
	constructor(
		readonly fate: Fate,
		readonly error: ProcureError,
		readonly retryAfterMs = 0,
	) {}
}

export class Transport {
	readonly #settings: TransportSettings;
	readonly #key: KeyObject;
	#offsetMs = 0;
	#lastAt = 0;

	constructor(settings: TransportSettings) {
		this.#key = createSecretKey(Buffer.from(settings.secret, 'utf8'));
		this.#settings = { ...settings, secret: '' };
	}

	/** The server's clock minus ours, as far as it is known. */
	get offsetMs(): number {
		return this.#offsetMs;
	}

	async send(call: Call): Promise<Answer> {
		let signed = this.#sign(call);
		let unsure = false;
		let corrected = false;

		for (let again = 0; ; again++) {
			call.signal?.throwIfAborted();
			const outcome = await this.#attempt(call, signed);

			if (!(outcome instanceof Failure)) {
				return outcome;
			}
			unsure ||= outcome.fate === 'unsure' && !call.isRead;
			if (outcome.fate === 'final' || again >= this.#settings.maxRetries) {
				throw outcome.error;
			}
			if (outcome.fate === 'clock') {
				if (corrected || (unsure && call.hasKey !== true)) {
					throw outcome.error;
				}
				corrected = true;
				signed = this.#sign(call);
				continue;
			}
			const delay = this.#delay(again, outcome.retryAfterMs);

			if (delay === undefined) {
				throw outcome.error;
			}
			await pause(delay, call.signal);
			if (!this.#isGood(signed)) {
				if (unsure && call.hasKey !== true) {
					throw outcome.error;
				}
				signed = this.#sign(call);
			}
		}
	}

	#now(): number {
		return Date.now() + this.#offsetMs;
	}

	#isGood(signed: Signed): boolean {
		return Math.abs(this.#now() - signed.at) < TIMESTAMP_GOOD_MS;
	}

	/*
	 * Two changes with the same bytes in the same millisecond would be one
	 * request to the server; a caller that makes two means two.
	 */
	#timestamp(call: Call): number {
		let at = Math.floor(this.#now());

		if (call.isRead) {
			return at;
		}
		if (this.#lastAt >= at && this.#lastAt - at < TIMESTAMP_LEAD_MS) {
			at = this.#lastAt + 1;
		}
		this.#lastAt = at;
		return at;
	}

	#sign(call: Call): Signed {
		const { origin, prefix, appId } = this.#settings;
		/* What fetch will send, so that what is signed is what is sent. */
		const url = new URL(prefix + call.path, origin);
		const at = this.#timestamp(call);
		const body =
			call.body === undefined ? undefined : Buffer.from(call.body, 'utf8');
		const headers: Record<string, string> = {
			...call.headers,
			Accept: 'application/json',
			'User-Agent': `procure-core-sdk-typescript/${VERSION}`,
		};

		if (call.isSigned !== false) {
			headers['X-App-Id'] = appId;
			headers['X-Timestamp'] = String(at);
			headers['X-Signature'] = sign(
				this.#key,
				call.method,
				url.pathname + url.search,
				at,
				body,
			);
		}
		if (body !== undefined) {
			headers['Content-Type'] = 'application/json';
		}
		return { url: url.href, at, headers, body };
	}

	async #attempt(call: Call, signed: Signed): Promise<Answer | Failure> {
		const limitMs =
			(call.timeoutMs ?? this.#settings.timeoutMs) + (call.waitMs ?? 0);
		const clock = new AbortController();
		const timer = setTimeout(() => clock.abort(), limitMs);
		const onAbort = () => clock.abort();
		const started = this.#settings.fetch ?? globalThis.fetch;
		const sentAt = Date.now();

		call.signal?.addEventListener('abort', onAbort, { once: true });
		try {
			const response = await started(signed.url, {
				method: call.method,
				headers: signed.headers,
				body: signed.body ?? null,
				/* A redirect would need another signature. */
				redirect: 'manual',
				signal: clock.signal,
			});
			const text = await response.text();

			return this.#judge(response, text, sentAt);
		} catch (fault) {
			call.signal?.throwIfAborted();
			return lost(call, signed, fault, clock.signal.aborted ? limitMs : 0);
		} finally {
			clearTimeout(timer);
			call.signal?.removeEventListener('abort', onAbort);
		}
	}

	#judge(response: Response, text: string, sentAt: number): Answer | Failure {
		const answer = envelope(text);

		if (response.ok && answer?.code === 0) {
			return { data: answer.data, version: etag(response) };
		}
		const retryAfterMs = retryAfter(response.headers.get('retry-after'));
		const error = refusalError({
			status: response.status,
			code: answer?.code,
			message: answer?.message ?? unreadable(response),
			requestId: response.headers.get('x-request-id') ?? undefined,
			data: answer?.data,
			retryAfterMs,
		});

		if (error instanceof ClockError && error.serverTime !== undefined) {
			/* The answer was written half way between, at best guess. */
			this.#offsetMs =
				error.serverTime - Math.round((sentAt + Date.now()) / 2);
			this.#lastAt = 0;
			return new Failure('clock', error);
		}
		return new Failure(fateOf(error), error, retryAfterMs);
	}

	/** Milliseconds until the next attempt; undefined: not worth the wait. */
	#delay(again: number, retryAfterMs: number): number | undefined {
		const { retryDelayMs, maxRetryDelayMs } = this.#settings;
		const grown = Math.min(retryDelayMs * 2 ** again, maxRetryDelayMs);
		const jittered = grown * (0.5 + Math.random() / 2);

		if (retryAfterMs > maxRetryDelayMs) {
			return undefined;
		}
		/* Those who were told the same moment must not all come at it. */
		return retryAfterMs > 0
			? retryAfterMs + Math.random() * Math.min(grown, retryAfterMs / 4)
			: jittered;
	}
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
	try {
		await sleep(ms, undefined, signal === undefined ? {} : { signal });
	} catch (fault) {
		signal?.throwIfAborted();
		throw fault;
	}
}

interface Envelope {
	code: number;
	message: string;
	data: unknown;
}

/** Undefined: this is no answer of the server. */
function envelope(text: string): Envelope | undefined {
	let answer: unknown;

	try {
		answer = JSON.parse(text);
	} catch {
		return undefined;
	}
	if (typeof answer !== 'object' || answer === null) {
		return undefined;
	}
	const { code, message, data } = answer as Record<string, unknown>;

	return typeof code === 'number' && typeof message === 'string'
		? { code, message, data: data ?? null }
		: undefined;
}

function unreadable(response: Response): string {
	// From 500 on and at 429 it is a proxy's: somebody else's fault, and not the address.
	if (response.status < 500 && response.status !== 429) {
		const said = !response.ok && response.statusText ? `${response.statusText}: ` : '';

		return `${said}the answer is not the API's: is baseURL right?`;
	}
	return response.statusText || 'the answer is not the API\'s';
}

function etag(response: Response): number | undefined {
	const found = /^"(\d{1,16})"$/.exec(response.headers.get('etag') ?? '');

	return found ? Number(found[1]) : undefined;
}

function fateOf(error: ApiError): Fate {
	if (error.status === 429) {
		return 'undone';
	}
	/* Only the server itself can say that nothing was done. */
	if (error.status === 503 && error.code !== undefined) {
		return 'undone';
	}
	return error.status >= 500 || error.status === 408 ? 'unsure' : 'final';
}

/** Seconds or a date, in milliseconds from now; 0 where there is none. */
function retryAfter(header: string | null): number {
	if (header === null) {
		return 0;
	}
	const ms = /^\d+$/.test(header)
		? Number(header) * 1000
		: Date.parse(header) - Date.now();

	return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/* Failures before a byte was sent. */
const NOT_SENT = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'UND_ERR_CONNECT_TIMEOUT',
]);

/** The first `code` of an error and its causes, in Node's own words. */
function codeOf(fault: unknown): string | undefined {
	for (let at = fault; at instanceof Error; at = at.cause) {
		const inner = at instanceof AggregateError ? at.errors[0] : undefined;
		const code = (at as { code?: unknown }).code ??
			(inner as { code?: unknown } | undefined)?.code;

		if (typeof code === 'string') {
			return code;
		}
	}
	return undefined;
}

/** What the last of an error's causes says: fetch itself says "fetch failed". */
function innermost(fault: unknown): string {
	let at = fault;

	while (at instanceof Error && at.cause instanceof Error) {
		at = at.cause;
	}
	return String((at as Error)?.message ?? at);
}

function lost(
	call: Call,
	signed: Signed,
	fault: unknown,
	timedOutMs: number,
): Failure {
	const where = `${call.method} ${new URL(signed.url).origin}`;

	if (timedOutMs > 0) {
		return new Failure(
			'unsure',
			new TimeoutError(`${where}: no answer in ${timedOutMs} ms`, !call.isRead),
		);
	}
	const code = codeOf(fault);
	const isTls = code !== undefined && /CERT|TLS|SSL|ALTNAME/.test(code);
	const isSent = !isTls && !(code !== undefined && NOT_SENT.has(code));
	const error = new ConnectionError(
		`${where}: ${code ?? innermost(fault)}`,
		isSent && !call.isRead,
		fault,
	);

	if (isTls) {
		return new Failure('final', error);
	}
	return new Failure(isSent ? 'unsure' : 'undone', error);
}
