# SPDX-License-Identifier: Apache-2.0
"""Runs a script as it stands, with connections for the printed host going to a
port of this machine. TLS and all above stay real."""
import os
import runpy
import socket
import sys

resolve = socket.getaddrinfo


def getaddrinfo(host, port, *words, **options):
    if host == os.environ["PRINTED_HOST"]:
        host, port = "127.0.0.1", int(os.environ["LOOPBACK_PORT"])
    return resolve(host, port, *words, **options)


socket.getaddrinfo = getaddrinfo
runpy.run_path(sys.argv[1], run_name="__main__")
