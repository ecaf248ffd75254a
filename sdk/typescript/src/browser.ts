/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bundler for browsers gets in place of the client: a page would show
 * the app's secret to everybody who opens it.
 */
import { ProcureError } from './errors.js';

export * from './errors.js';

export const NOT_IN_A_BROWSER =
	'@procure-core/sdk holds the app secret and must not run in a browser: ' +
	'call it on your server and let the page talk to that ' +
	'(本 SDK 持有 appSecret,不能在浏览器中运行,请在服务端调用)';

export class ProcureClient {
	constructor() {
		throw new ProcureError(NOT_IN_A_BROWSER);
	}
}

/** True where a page's scripts run, whatever else is there. */
export function isBrowser(): boolean {
	const there = globalThis as {
		window?: { document?: unknown };
		process?: { versions?: { node?: string } };
	};

	return (
		there.window?.document !== undefined ||
		there.process?.versions?.node === undefined
	);
}
