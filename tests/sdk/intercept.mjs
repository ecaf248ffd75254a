/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends connections for the printed host to a port of this machine, before a
 * snippet is loaded: node --import ./intercept.mjs. TLS and all above stay real.
 */
import net from 'node:net';

const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function (...words) {
	const options = Array.isArray(words[0]) ? words[0][0] : words[0];

	if (options?.host === process.env.PRINTED_HOST) {
		options.host = '127.0.0.1';
		options.port = Number(process.env.LOOPBACK_PORT);
	}
	return connect.apply(this, words);
};
