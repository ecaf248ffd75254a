/* SPDX-License-Identifier: Apache-2.0 */
/* What the package gives. */
export { ProcureClient, type ClientOptions } from './client.js';
export * from './errors.js';
export type { BatchAnswer, BatchResult, Intents } from './intents.js';
export type { Listing } from './listing.js';
export { sign } from './sign.js';
export * from './types.js';
export { VERSION } from './version.js';
