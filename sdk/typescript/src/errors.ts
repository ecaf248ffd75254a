/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything this package throws besides TypeError for a wrong argument. An
 * error never holds a header that was sent, nor the secret.
 */

export interface FieldError {
	field: string;
	message: string;
}

export interface FieldConflict {
	field: string;
	theirs: unknown;
	yours: unknown;
}

export class ProcureError extends Error {
	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = new.target.name;
	}
}

/**
 * No answer came, or not all of it.
 */
export class ConnectionError extends ProcureError {
	/** Whether the server may have carried the call out all the same. */
	readonly maybeDone: boolean;

	constructor(message: string, maybeDone: boolean, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.maybeDone = maybeDone;
	}
}

/** No answer came in time. */
export class TimeoutError extends ConnectionError {}

export interface Refusal {
	status: number;
	/** Undefined: the answer was not the server's own (a proxy's). */
	code?: number | undefined;
	message: string;
	requestId?: string | undefined;
	data?: unknown;
	retryAfterMs?: number | undefined;
}

/** The server said no. */
export class ApiError extends ProcureError {
	/** The server's code, such as 40002; undefined where a proxy answered. */
	readonly code: number | undefined;
	/** Of HTTP. */
	readonly status: number;
	readonly requestId: string | undefined;
	/** The answer's `data`, as it came. */
	readonly data: unknown;
	/** Every field that was wrong. */
	readonly fieldErrors: readonly FieldError[];
	/** How long the server asks to wait. */
	readonly retryAfterMs: number | undefined;
	/** One result an item, where a whole batch was refused. */
	readonly items: readonly unknown[] | undefined;

	constructor(refusal: Refusal) {
		const fields = part(refusal.data, 'errors') ?? [];
		const details = fields.map(
			(fault) => `${String(fault['field'])}: ${String(fault['message'])}`,
		);

		super(describe(refusal, details));
		this.code = refusal.code;
		this.status = refusal.status;
		this.requestId = refusal.requestId;
		this.data = refusal.data ?? null;
		this.retryAfterMs = refusal.retryAfterMs;
		this.fieldErrors = fields as unknown as FieldError[];
		this.items = part(refusal.data, 'items');
	}
}

function describe(refusal: Refusal, details: string[]): string {
	const code = refusal.code === undefined ? '' : `/${refusal.code}`;
	const tail = details.length === 0 ? '' : ` (${details.join('; ')})`;
	const id =
		refusal.requestId === undefined ? '' : ` [request ${refusal.requestId}]`;

	return `${refusal.status}${code} ${refusal.message}${tail}${id}`;
}

/** data[name] where that is a list of objects. */
function part(data: unknown, name: string): Record<string, unknown>[] | undefined {
	const list = value(data, name);

	return Array.isArray(list)
		? list.filter((entry) => typeof entry === 'object' && entry !== null)
		: undefined;
}

function value(data: unknown, name: string): unknown {
	return typeof data === 'object' && data !== null
		? (data as Record<string, unknown>)[name]
		: undefined;
}

/** 40001: `fieldErrors` has every failing field. */
export class ValidationError extends ApiError {}

/** 40002 to 40007: the intent's status does not allow it. */
export class StateError extends ApiError {
	get currentStatus(): string {
		return value(this.data, 'currentStatus') as string;
	}

	get allowedStatuses(): readonly string[] {
		return (value(this.data, 'allowedStatuses') ?? []) as string[];
	}
}

/** 40101, 40102: the signature does not hold, or there is none. */
export class AuthenticationError extends ApiError {}

/** 40103: the clocks still differ after they were compared. */
export class ClockError extends AuthenticationError {
	/** Unix milliseconds. */
	get serverTime(): number | undefined {
		const time = value(this.data, 'serverTime');

		return typeof time === 'number' && Number.isFinite(time)
			? time
			: undefined;
	}
}

/** 40301, 40302: not yours, the app is disabled, or the address is not allowed. */
export class PermissionDeniedError extends ApiError {}

/** 40401, 40400: there is no such intent, or no such call. */
export class NotFoundError extends ApiError {}

/** 40901: somebody else has changed the intent meanwhile. */
export class ConflictError extends ApiError {
	get currentVersion(): number {
		return value(this.data, 'currentVersion') as number;
	}

	get yourVersion(): number {
		return value(this.data, 'yourVersion') as number;
	}

	/** What you would have changed that they have changed. */
	get conflicts(): readonly FieldConflict[] {
		return (value(this.data, 'conflicts') ?? []) as FieldConflict[];
	}
}

/** 42201: the idempotency key was used for another request. */
export class IdempotencyKeyError extends ApiError {}

/** 42801: the app's policy wants `ifMatch`. */
export class VersionRequiredError extends ApiError {}

/** 42901: too many requests; `retryAfterMs` says when to come back. */
export class RateLimitError extends ApiError {}

/** 5xx: the server, or a proxy before it, could not. */
export class ServerError extends ApiError {}

const BY_CODE = new Map<number, typeof ApiError>([
	[40001, ValidationError],
	[40002, StateError],
	[40003, StateError],
	[40004, StateError],
	[40005, StateError],
	[40006, StateError],
	[40007, StateError],
	[40101, AuthenticationError],
	[40102, AuthenticationError],
	[40103, ClockError],
	[40301, PermissionDeniedError],
	[40302, PermissionDeniedError],
	[40400, NotFoundError],
	[40401, NotFoundError],
	[40901, ConflictError],
	[42201, IdempotencyKeyError],
	[42801, VersionRequiredError],
	[42901, RateLimitError],
]);

const BY_STATUS = new Map<number, typeof ApiError>([
	[401, AuthenticationError],
	[403, PermissionDeniedError],
	[404, NotFoundError],
	[429, RateLimitError],
]);

/** The error of the class that fits the refusal's code. */
export function refusalError(refusal: Refusal): ApiError {
	const fallback = refusal.status >= 500 ? ServerError : ApiError;
	const kind =
		(refusal.code === undefined
			? BY_STATUS.get(refusal.status)
			: BY_CODE.get(refusal.code)) ?? fallback;

	return new kind(refusal);
}
