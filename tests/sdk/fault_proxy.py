# SPDX-License-Identifier: Apache-2.0
"""A proxy before the server that does to requests what networks do.

The faults that stand in its queue are done to the next requests, one each; with
an empty queue it passes everything. It keeps what it was sent. Clients of any
language drive it over the same port:

    POST /__faults   a JSON list; replaces the queue, forgets the requests
    GET  /__seen     {"requests": [{method, target, headers, body, connection}],
                      "left": faults still in the queue}

A fault is one of the names below, or {"reply": text}: that is sent as it stands.
"""
import contextlib
import json
import socket
import socketserver
import threading
import time

PASS = "pass"
DROP_BEFORE = "drop-before"    # the server never sees it
DROP_AFTER = "drop-after"      # done, and the answer is lost
HALF = "half"                  # done, and the answer breaks off
STALL_AFTER = "stall-after"    # done, and the answer never comes
CHUNKED = "chunked"            # the answer in chunks, behind an interim one
BYTES = "bytes"                # the answer byte by byte
CLOSE_AFTER = "close-after"    # answered; then the connection ends unannounced
FAULTS = (PASS, DROP_BEFORE, DROP_AFTER, HALF, STALL_AFTER, CHUNKED, BYTES, CLOSE_AFTER)


class FaultProxy:
    def __init__(self, upstream_port, tls=None):
        self.upstream_port, self.tls = upstream_port, tls
        self.lock = threading.Lock()
        self.queue, self.seen, self.connections = [], [], 0

        class Handler(socketserver.BaseRequestHandler):
            proxy = self

            def handle(self):
                with contextlib.suppress(OSError):
                    self.proxy.serve(self.request)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.port = self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()

    # --- one connection ------------------------------------------------------

    def serve(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            client = self.tls.wrap_socket(client, server_side=True)
        with self.lock:
            self.connections += 1
            number = self.connections
        stream = client.makefile("rb")
        while True:
            raw, request = read_request(stream)
            if raw is None:
                return
            if request["target"].startswith("/__"):
                client.sendall(self.control(request))
                continue
            request["connection"] = number
            with self.lock:
                self.seen.append(request)
                fault = self.queue.pop(0) if self.queue else PASS
            if not self.do(fault, raw, client):
                return

    def control(self, request):
        if request["target"] == "/__faults":
            faults = json.loads(request["body"])
            known = all(isinstance(f, dict) or f in FAULTS for f in faults)
            with self.lock:
                self.queue, self.seen = faults, []
            return answer(200 if known else 400, {"known": known})
        with self.lock:
            return answer(200, {"requests": self.seen, "left": len(self.queue)})

    def do(self, fault, raw, client):
        """False: the connection is over."""
        if isinstance(fault, dict):
            client.sendall(fault["reply"].encode())
            return "Connection: close" not in fault["reply"]
        if fault == DROP_BEFORE:
            return False
        head, body = self.forward(raw)
        if fault == DROP_AFTER:
            return False
        if fault == HALF:
            client.sendall(head + body[:len(body) // 2])
            return False
        if fault == STALL_AFTER:
            client.recv(1)  # until the other side gives up
            return False
        if fault == CHUNKED:
            head, body = chunked(head, body)
        if fault == BYTES:
            for at in range(len(head + body)):
                client.sendall((head + body)[at:at + 1])
        else:
            client.sendall(head + body)
        return fault != CLOSE_AFTER

    def forward(self, raw):
        with socket.create_connection(("127.0.0.1", self.upstream_port), 60) as server:
            server.sendall(raw)
            stream = server.makefile("rb")
            head = b""
            length = 0
            while True:
                line = stream.readline()
                head += line
                name, _, value = line.decode("latin-1").partition(":")
                if name.lower() == "content-length":
                    length = int(value)
                if line in (b"\r\n", b""):
                    return head, stream.read(length)


def read_request(stream):
    """(raw bytes, the request told), or (None, None) at the end."""
    head, headers = b"", {}
    while True:
        line = stream.readline()
        if line == b"":
            return None, None
        head += line
        if line == b"\r\n":
            break
        name, _, value = line.decode("latin-1").partition(":")
        if len(head) > len(line):
            headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    method, target, _ = head.decode("latin-1").split(" ", 2)
    return head + body, {"method": method, "target": target, "headers": headers,
                         "body": body.decode(), "at": time.monotonic()}


def answer(status, data):
    body = json.dumps(data).encode()
    return (f"HTTP/1.1 {status} told\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def chunked(head, body):
    lines = [line for line in head.decode("latin-1").split("\r\n")
             if not line.lower().startswith("content-length")]
    head = "\r\n".join([lines[0], "Transfer-Encoding: chunked", *lines[1:]])
    pieces = [body[at:at + 7] for at in range(0, len(body), 7)]
    coded = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return ("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + head).encode(), \
        coded + b"0\r\nTrailer: x\r\n\r\n"
