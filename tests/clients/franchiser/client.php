<?php
// SPDX-License-Identifier: Apache-2.0
//
// A small client of the franchiser dialect, written from its document, that
// does on the wire what the vendor's PHP client does: four fields posted by
// curl as an array, which is multipart/form-data.
//
//	php client.php URL APPID SECRET REQUEST_DATA [multipart|urlencoded]
//
// REQUEST_DATA is sent as it is. Prints the answer's content type and body.

function sign(array $fields, string $secret): string
{
	ksort($fields, SORT_STRING);
	$text = $secret;
	foreach ($fields as $name => $value)
		$text .= $name . $value;
	return md5($text . $secret);
}

[, $url, $appid, $secret, $data] = $argv;
$fields = [
	'appid' => $appid,
	'timestamp' => (string)time(),
	'request_data' => $data,
];
$fields['sign'] = sign($fields, $secret);
$multipart = ($argv[5] ?? 'multipart') === 'multipart';

$curl = curl_init($url);
curl_setopt_array($curl, [
	CURLOPT_POST => true,
	CURLOPT_POSTFIELDS => $multipart ? $fields : http_build_query($fields),
	CURLOPT_RETURNTRANSFER => true,
	CURLOPT_TIMEOUT => 10,
]);
// A body as large as this makes curl ask for "100 Continue" first.
if (strlen($data) > 4096)
	curl_setopt($curl, CURLOPT_HTTPHEADER, ['Expect: 100-continue']);
$answer = curl_exec($curl);
if ($answer === false)
	throw new Exception(curl_error($curl));
if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200)
	throw new Exception('not 200');
echo curl_getinfo($curl, CURLINFO_CONTENT_TYPE), "\n", $answer;
