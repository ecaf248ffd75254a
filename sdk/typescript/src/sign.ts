/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of a request. */
import { createHmac, type KeyObject } from 'node:crypto';

/**
 * Lower-case hex of HMAC-SHA256(secret, METHOD + TARGET + TIMESTAMP + BODY).
 *
 * @param target path and query, exactly as they are sent
 * @param timestamp Unix milliseconds
 * @param body exactly as it is sent; '' for none
 */
export function sign(
	secret: string | KeyObject,
	method: string,
	target: string,
	timestamp: number | string,
	body: string | Uint8Array = '',
): string {
	return createHmac('sha256', secret)
		.update(`${method}${target}${timestamp}`, 'utf8')
		.update(body)
		.digest('hex');
}
