#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the examples of /openapi.json out of golden conversations.

    tools/examples.py TABLE GOLDEN_FOLDER OUT.c OUT.c.d

TABLE is src/http/openapi_examples.txt. What a conversation leaves open in an
answer gets a value of VALUES, by its name or, for {{*}}, by the key before it;
whatever has none, or is then not JSON, fails the build.
"""
import hashlib
import json
import pathlib
import re
import sys
import urllib.parse

VALUES = {
    "request_id": "0a1b2c3d4e5f6",
    "id": "7203485761536000001",
    "no": "DD7203485761536000001",
    "next2": "10",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "previousHash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "provider_name": "供应商一",
    "uptime": "3600",
}
# Where a dialect writes a name differently than the number it stands for.
OF_DIALECT = {("intents", "id"): "intent_7203485761536000001"}

HOLE = re.compile(r'(?:"(\w+)":\s*"?)?\{\{(\*|\w+)\}\}')

# The demo's credentials and the conversations' clock, for the one dialect whose
# signature is a field of the body.
EM_APP, EM_SECRET, EM_TIME = "dev_em_appid", "dev_em_secret", "1772017200"


def fill(dialect, text, where):
    def value(match):
        key, name = match.groups()
        name = key if name == "*" else name
        found = OF_DIALECT.get((dialect, name), VALUES.get(name))
        if found is None:
            sys.exit(f"{where}: no value for {match.group(0)}")
        return match.group(0)[:match.start(2) - 2 - match.start(0)] + found
    return HOLE.sub(value, text)


def exchanges(text):
    """(request, expected answer) of each send and the expect behind it."""
    parts = re.split(r"^== (\w+)\n", text, flags=re.M)
    steps = list(zip(parts[1::2], parts[2::2]))
    sent = None
    out = []
    for kind, body in steps:
        if kind == "send":
            sent = body
        elif kind == "expect":
            out.append((sent, body))
    return out


def form_of_franchiser(data):
    fields = {"appid": EM_APP, "request_data": data, "timestamp": EM_TIME}
    text = EM_SECRET + "".join(k + fields[k] for k in sorted(fields)) + EM_SECRET
    return {**fields, "sign": hashlib.md5(text.encode()).hexdigest()}


def pieces(text):
    """The text as C literals of at most 70 characters, never inside an escape."""
    out, line = [], ""
    for c in text:
        piece = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "?": "\\?"}.get(c, c)
        if len(line) + len(piece) > 70:
            out.append(line)
            line = ""
        line += piece
    out.append(line)
    return out


def row(dialect, call, path, number, golden):
    where = f"{path} {number}"
    text = (golden / f"{path}.txt").read_text(encoding="utf-8")
    sent, expected = exchanges(text)[number - 1]
    head, _, body = sent.partition("\n\n")
    target = fill(dialect, head.split("\n")[0].split(" ")[1], where)
    body = fill(dialect, body.rstrip("\n"), where) or None
    status = int(expected.split(" ")[1])
    reply = fill(dialect, expected.partition("\n\n")[2].rstrip("\n"), where)
    try:
        json.loads(reply)
        request = body
        if dialect == "franchiser":
            json.loads(body)
            request = json.dumps(form_of_franchiser(body), ensure_ascii=False)
        elif dialect == "top":
            request = None
            urllib.parse.parse_qs(body, strict_parsing=True)
        elif body is not None:
            json.loads(body)
    except ValueError as fault:
        sys.exit(f"{where}: {fault}")
    name = pathlib.Path(path).name + (f".{number}" if number > 1 else "")
    return name, target, body, request, status, reply


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "\n\t".join(f'"{piece}"' for piece in pieces(value))


def main():
    table, golden, out, depfile = map(pathlib.Path, sys.argv[1:])
    rows, used = [], []
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        place, english, chinese = (piece.strip() for piece in line.split("|"))
        dialect, call, path, number = place.split()
        name, *rest = row(dialect, call, path, int(number), golden)
        rows.append([dialect, call, name, english, chinese, *rest])
        used.append(str(golden / f"{path}.txt"))
    text = ["/* Made by tools/examples.py from golden conversations. */",
            '#include "http/openapi.h"', "",
            "const struct openapi_example openapi_examples[] = {"]
    for values in rows:
        text.append("    {" + ", ".join(literal(v) for v in values) + "},")
    text.append("    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL},\n};")
    out.write_text("\n".join(text) + "\n", encoding="utf-8")
    depfile.write_text(f"{out}: {table} {' '.join(sorted(set(used)))}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
