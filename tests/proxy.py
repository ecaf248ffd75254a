# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a PostgreSQL that fails as networks do: late, silent, or
cut between a COMMIT and its answer."""

import socket
import struct
import threading
import time


class Proxy:
    """Listens on a free port of 127.0.0.1. What it does to the links:

    delay_s       every piece of either direction comes so much later
    silent        nothing comes back from the server while it is set
    cut_at_commit so many answers to COMMIT are swallowed, their links cut
    keep_server   the client's end is not told to the server, as when a machine
                  loses its power
    """

    def __init__(self, port):
        self.to = port
        self.delay_s = 0.0
        self.silent = threading.Event()
        self.keep_server = False
        self.lock = threading.Lock()
        self.cut_at_commit = self.cuts = 0
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()
        self.cut_all()

    def cut_all(self):
        with self.lock:
            links, self.links = self.links, []
        for link in links:
            link.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.to), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.links.append(Link(self, client, server))

    def take_cut(self):
        """Whether this answer to a COMMIT is one of those to swallow."""
        with self.lock:
            if self.cut_at_commit == 0:
                return False
            self.cut_at_commit -= 1
            self.cuts += 1
            return True


class Link:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.rest = b""  # of a message from the server that is not whole yet
        threading.Thread(target=self._up, daemon=True).start()
        threading.Thread(target=self._down, daemon=True).start()

    def cut(self):
        """Both ends, at once and without a farewell."""
        for end in (self.client, self.server):
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _up(self):
        while True:
            try:
                data = self.client.recv(65536)
                if not data:
                    break
                self._wait()
                self.server.sendall(data)
            except OSError:
                break
        if not self.proxy.keep_server:
            self.cut()

    def _down(self):
        while True:
            try:
                data = self.server.recv(65536)
                if not data:
                    break
                self._wait()
                while self.proxy.silent.is_set():
                    time.sleep(0.01)
                if self._has_fatal_commit(data):
                    break
                self.client.sendall(data)
            except OSError:
                break
        self.cut()

    def _wait(self):
        if self.proxy.delay_s:
            time.sleep(self.proxy.delay_s)

    def _has_fatal_commit(self, data):
        """Reads the server's messages (a letter, four bytes of length, the rest)
        and tells whether an answer to COMMIT is to be swallowed."""
        data = self.rest + data
        at = 0
        while at + 5 <= len(data):
            size = struct.unpack_from("!I", data, at + 1)[0] + 1
            if at + size > len(data):
                break
            if data[at:at + 1] == b"C" and data[at + 5:at + size] == b"COMMIT\0" \
                    and self.proxy.take_cut():
                return True
            at += size
        self.rest = data[at:]
        return False
