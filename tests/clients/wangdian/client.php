<?php
// SPDX-License-Identifier: Apache-2.0
//
// A small client of the wangdian dialect, written from its document, that does
// on the wire what the vendor's PHP client does: public parameters and paging
// in the query, the arguments as json_encode() writes them (\uXXXX and \/),
// Connection: close, and reading to the end of the stream.
//
//	php client.php URL SID KEY APPSECRET METHOD [ARGUMENTS [PAGE_SIZE PAGE_NO]]
//
// ARGUMENTS is the list of arguments as JSON; it is decoded and encoded again.
// Prints the answer's body and, on stderr, the seconds it took to its end.

const EPOCH = 1325347200; // 2012-01-01 00:00:00 +08:00

function sign(array $parameters, string $body, string $secret): string
{
	$parameters['body'] = $body;
	ksort($parameters, SORT_STRING);
	$text = $secret;
	foreach ($parameters as $name => $value)
		$text .= $name . $value;
	return md5($text . $secret);
}

function post(string $url, string $body): string
{
	$parts = parse_url($url);
	$stream = fsockopen($parts['host'], $parts['port'] ?? 80, $code, $text, 10);
	if ($stream === false)
		throw new Exception("no connection: $text");
	stream_set_timeout($stream, 10);
	fwrite($stream, "POST {$parts['path']}?{$parts['query']} HTTP/1.1\r\n"
		. "Host: {$parts['host']}:{$parts['port']}\r\n"
		. "Content-Type: application/json\r\n"
		. "Content-Length: " . strlen($body) . "\r\n"
		. "Connection: close\r\n\r\n" . $body);
	$answer = '';
	while (!feof($stream)) {
		$answer .= fread($stream, 8192);
		if (stream_get_meta_data($stream)['timed_out'])
			throw new Exception('the server does not close');
	}
	fclose($stream);
	return $answer;
}

[, $url, $sid, $key, $appsecret, $method] = $argv;
[$secret, $salt] = explode(':', $appsecret, 2);
$body = json_encode(json_decode($argv[6] ?? '[]'));
$parameters = [
	'sid' => $sid,
	'key' => $key,
	'salt' => $salt,
	'method' => $method,
	'timestamp' => time() - EPOCH,
	'v' => '1.0',
];
if (isset($argv[8]))
	$parameters += ['page_size' => $argv[7], 'page_no' => $argv[8], 'calc_total' => 1];
$parameters['sign'] = sign($parameters, $body, $secret);

$started = microtime(true);
$answer = post($url . '?' . http_build_query($parameters), $body);
[$head, $text] = explode("\r\n\r\n", $answer, 2);
if (strpos($head, 'HTTP/1.1 200 ') !== 0)
	throw new Exception("not 200: $head");
fprintf(STDERR, "%.3f\n", microtime(true) - $started);
echo $text;
