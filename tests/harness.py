# SPDX-License-Identifier: Apache-2.0
"""Starts, watches and ends `procured` processes for the tests and the bench."""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time

# The same bytes in the same millisecond are one request, and so one order.
NUMBERS = itertools.count(1)

READY = re.compile(r"^ready (http://\S+)(?: admin (http://\S+))?$")


class Failure(Exception):
    """A check that did not hold; its text is for people."""


def check(condition, text):
    if not condition:
        raise Failure(text)


class Server:
    """A server on free loopback ports, ready when the constructor returns."""

    def __init__(self, procured, data, *flags, env=None):
        self.procured, self.data = procured, data
        self.log = open(os.path.join(os.path.dirname(data), "server.log"), "ab")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [procured, "serve", "--data", data, "--listen", "127.0.0.1:0",
             "--admin", "127.0.0.1:0", *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env={**os.environ, **(env or {})})
        self.lines = []
        self.url = self.admin = None
        while True:
            line = self.process.stdout.readline()
            if line == "":
                code = self.process.wait()
                raise Failure(f"the server ended with {code} before it was ready")
            self.lines.append(line.rstrip("\n"))
            ready = READY.match(line.strip())
            if ready:
                self.url, self.admin = ready.groups()
                break
        self.ready_seconds = time.monotonic() - started
        # Nobody may block the server by not reading its stdout.
        threading.Thread(target=self._read_on, daemon=True).start()

    def _read_on(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        """Asks it to drain; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.log.close()
        return code

    def metrics(self):
        """name -> value of every sample without labels."""
        port = int(self.admin.rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        samples = {}
        for line in text.splitlines():
            name, _, value = line.partition(" ")
            if line and line[0] != "#" and "{" not in name:
                samples[name] = float(value)
        return samples


def run(procured, data, *words, check_code=True):
    """A subcommand on a data directory: its stdout."""
    done = subprocess.run([procured, words[0], *words[1:], "--data", data],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    if check_code and done.returncode != 0:
        raise Failure(f"procured {' '.join(words)} ended with {done.returncode}: "
                      f"{done.stderr.strip()}")
    return done.stdout


def create_app(procured, data, name, *flags):
    """The intents credentials of a new app: (id, secret)."""
    made = json.loads(run(procured, data, "app", "create", "--name", name,
                          "--json", *flags))
    return made["intents"]["appId"], made["intents"]["appSecret"]


class Client:
    """A small client of the intents dialect, written from its document."""

    def __init__(self, port, app, secret):
        self.app, self.secret = app, secret
        self.connection = http.client.HTTPConnection("127.0.0.1", port,
                                                     timeout=30)

    def sign(self, method, path, at, body):
        text = method.encode() + path.encode() + at.encode() + body
        return hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()

    def call(self, method, path, body=None, headers=None, at=None):
        """(status, headers, decoded JSON)"""
        raw = b"" if body is None else json.dumps(
            body, ensure_ascii=False, separators=(",", ":")).encode()
        at = at or str(int(time.time() * 1000))
        send = {"X-App-Id": self.app, "X-Timestamp": at,
                "X-Signature": self.sign(method, path, at, raw)}
        if body is not None:
            send["Content-Type"] = "application/json"
        send.update(headers or {})
        self.connection.request(method, path, body=raw or None, headers=send)
        response = self.connection.getresponse()
        text = response.read()
        return response.status, response.headers, json.loads(text) if text else None

    def create(self, **fields):
        intent = {"userId": "user_001", "platform": "TAOBAO",
                  "productUrl": "https://item.taobao.com/item.htm?id=123456",
                  "title": "Apple iPhone 15 Pro 256GB", "price": 8999,
                  "quantity": 1, "recipientName": "张三",
                  "address": "北京市朝阳区望京SOHO T1 1001",
                  "phone": "13800138000",
                  "remarks": f"请在工作日送达 {next(NUMBERS)}"}
        intent.update(fields)
        status, _, answer = self.call("POST", "/api/v1/intents", intent)
        check(status == 200, f"create answered {status}: {answer}")
        return answer["data"]["id"]


class Cases:
    """Runs named cases and prints the closing line the test run adds up."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, function, *args):
        try:
            function(*args)
        except (Failure, AssertionError, OSError, ValueError, KeyError,
                subprocess.TimeoutExpired, http.client.HTTPException) as fault:
            self.failed += 1
            print(f"FAILED {name}: {type(fault).__name__}: {fault}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
