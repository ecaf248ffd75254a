/* SPDX-License-Identifier: Apache-2.0 */
/* The package's version, for User-Agent; the tests compare package.json. */
export const VERSION = '0.1.0';
