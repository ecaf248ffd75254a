/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is sent and what comes back, under the names that the wire has. Money
 * is yuan in a number: the server keeps to 15 significant digits, which a
 * number holds exactly enough to print them back.
 */

export type IntentStatus =
	| 'DRAFT'
	| 'SUBMITTED'
	| 'PROCESSING'
	| 'COMPLETED'
	| 'FAILED'
	| 'CANCELLED';

export type Platform = 'TAOBAO' | 'JD' | 'PDD';

/** A purchase intent. What an order of another system lacks is null. */
export interface Intent {
	id: string;
	userId: string | null;
	platform: Platform | null;
	productUrl: string | null;
	title: string | null;
	/** Yuan; null where there are several lines. */
	price: number | null;
	quantity: number;
	/** Yuan; price × quantity, reckoned by the server. */
	totalAmount: number;
	recipientName: string | null;
	address: string | null;
	phone: string | null;
	remarks: string | null;
	status: IntentStatus;
	/** UTC, with milliseconds. */
	createdAt: string;
	updatedAt: string;
	/**
	 * What `ifMatch` takes. Not enumerable, so that the object has the
	 * keys of the documents; absent in lists and dry runs.
	 */
	readonly version?: number;
}

export interface CreateIntent {
	userId: string;
	platform: Platform;
	productUrl: string;
	title: string;
	/** Yuan; a string keeps its digits as they are: '99.90'. */
	price: number | string;
	quantity: number;
	recipientName: string;
	address: string;
	phone: string;
	remarks?: string | null | undefined;
	/** SUBMITTED unless it says DRAFT. */
	status?: 'DRAFT' | 'SUBMITTED' | undefined;
}

/** Only what is sent changes; `remarks: null` clears the remarks. */
export interface UpdateIntent {
	quantity?: number | undefined;
	recipientName?: string | undefined;
	address?: string | undefined;
	phone?: string | undefined;
	remarks?: string | null | undefined;
}

/** A version, `"<version>"`, `*`, or an intent that was read before. */
export type IfMatch = number | string | { readonly version?: number };

export interface RequestOptions {
	/** Of one attempt, in milliseconds. */
	timeoutMs?: number | undefined;
	signal?: AbortSignal | undefined;
	/** Becomes X-Request-Id; the server makes one otherwise. */
	requestId?: string | undefined;
}

export interface WriteOptions extends RequestOptions {
	/** Kept for 24 hours: the same key has one effect and one answer. */
	idempotencyKey?: string | undefined;
}

export interface ChangeOptions extends WriteOptions {
	/** Refuses with ConflictError when the intent is no longer this one. */
	ifMatch?: IfMatch | undefined;
}

export interface UpdateOptions extends ChangeOptions {
	/** All checks, nothing stored. */
	dryRun?: boolean | undefined;
}

export interface ListQuery {
	/** A page by number; leave it out to page by cursor. */
	page?: number | undefined;
	pageSize?: number | undefined;
	/** '' begins paging by cursor; a page's `nextCursor` goes on. */
	cursor?: string | undefined;
	status?: IntentStatus | undefined;
	userId?: string | undefined;
	platform?: Platform | undefined;
	startDate?: string | Date | undefined;
	endDate?: string | Date | undefined;
	sortBy?: 'createdAt' | 'updatedAt' | 'price' | undefined;
	order?: 'asc' | 'desc' | undefined;
}

/** One page: `page`, `totalPages` by number, `nextCursor` by cursor. */
export interface IntentPage {
	items: Intent[];
	/** By cursor null, unless it is known without counting. */
	total: number | null;
	/** False: `total` is the least there are. */
	totalIsExact?: boolean;
	page?: number;
	pageSize: number;
	totalPages?: number;
	nextCursor?: string | null;
}

export interface CancelledIntent {
	id: string;
	status: 'CANCELLED';
	updatedAt: string;
	cancelledAt: string;
}

export type AmendmentValue = string | number | boolean | null;

export interface FieldChange {
	/** The core's neutral names: quantity, recipient.name, status … */
	field: string;
	from: AmendmentValue;
	to: AmendmentValue;
	/** True: a personal value that was taken out of the trail. */
	erased?: boolean;
}

export interface Amendment {
	version: number;
	at: string;
	dialect: string;
	method: string;
	/** Null when another app made the change. */
	app: string | null;
	requestId: string | null;
	note: string | null;
	changes: FieldChange[];
	hash: string;
	previousHash: string;
}

export interface AmendmentPage {
	/** The `after` of the following page; null at the end. */
	next: number | null;
	items: Amendment[];
}

export interface AmendmentQuery {
	after?: number | undefined;
	limit?: number | undefined;
}

export interface Change extends Amendment {
	seq: number;
	intentId: string;
}

export interface ChangePage {
	/** The `after` of the following call. */
	next: number;
	items: Change[];
}

export interface ChangeQuery {
	/** The last `seq` that was seen; 0 is the beginning. */
	after?: number | undefined;
	limit?: number | undefined;
	/** Seconds to wait for a change, up to 30. An iteration never ends then. */
	wait?: number | undefined;
}

export interface BatchItem extends UpdateIntent {
	id: string;
	ifMatch?: IfMatch | undefined;
}

export interface BatchOptions extends WriteOptions {
	/** All of it or nothing of it. */
	atomic?: boolean | undefined;
	dryRun?: boolean | undefined;
}

export interface Health {
	status: string;
	timestamp: string;
	service: string;
	uptime: number;
}
