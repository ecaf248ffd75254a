#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules layers, sql and wire: what a folder of src/ may know.

Arrows go down only (ARCHITECTURE.md): who may include whom, and which library
belongs to which layer; SQL only in store/; names of a wire format only in
dialect/.
"""
import re

from source import Rule, c_files, line_of, main, read, strings, without_comments

MAY_INCLUDE = {
    "base": {"base"},
    "order": {"order", "base"},
    "sql": {"sql", "base"},
    "store": {"store", "sql", "order", "base"},
    "dialect": {"dialect", "order", "base"},
    "engine": {"engine", "store", "order", "base"},
    "http": {"http", "dialect", "engine", "store", "sql", "order", "base"},
    "app": {"app", "http", "dialect", "engine", "store", "sql", "order", "base"},
}
# order/ knows no JSON, whoever brings it.
FORBIDDEN = {"order": {"base/json.h", "jansson.h"}}

LIBRARIES = {  # beginning of the header's name: the layers that may use it
    "sqlite3": {"sql"},
    "libpq-fe": {"sql"},
    "xxhash": {"sql"},
    "microhttpd": {"http"},
    "curl/": {"engine", "app"},
    "libxml/": {"dialect"},
    "openssl/": {"base"},
    "jansson": {"base"},
}

# One dialect's folder is named by these outside it.
DIALECT_LIST = "src/dialect/dialects.c"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)

SQL = re.compile(r"\b(SELECT|INSERT (OR \w+ )?INTO|DELETE FROM|UPDATE \w+ SET|CREATE (UNIQUE )?"
                 r"(TABLE|INDEX)|DROP (TABLE|INDEX)|ALTER TABLE|RETURNING|ON CONFLICT)\b")
SQL_SESSION = re.compile(r"(\bPRAGMA\b|^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b)")

# Names that mean a field of an order or of a request only to one dialect. The
# store's columns and the core's fields are named by us; where we chose the same
# word (purchase_no), it is not in this list.
WIRE_NAMES = {
    "X-App-Id", "X-Timestamp", "X-Signature", "recipientName", "recipientPhone", "productUrl",
    "warehouse_no", "provider_no", "tradeno", "warehouseid", "request_data",
    "vendor_order_id", "purchase_order_id", "sign_method",
}


def layer_of(path):
    return path.parts[1] if path.parts[0] == "src" and len(path.parts) > 2 else None


def reach(layer):
    """Everything below a layer: what its tests may include."""
    out = {layer}
    while True:
        more = out.union(*(MAY_INCLUDE[name] for name in out))
        if more == out:
            return out
        out = more


def include_fault(path, layer, quote, header):
    """Why this include is wrong, or None."""
    test = path.name.startswith(("test_", "fuzz_"))
    if header in FORBIDDEN.get(layer, ()):
        return f"{layer}/ may not know {header}"
    if quote == "<":
        for name, layers in LIBRARIES.items():
            if header.startswith(name) and layer not in layers and not test:
                return f"<{header}> belongs to {', '.join(sorted(layers))}/"
        return None
    parts = header.split("/")
    if test and parts[0] == "tests":
        return None
    if parts[0] not in MAY_INCLUDE:
        return f"\"{header}\": write the path from src/"
    if parts[0] not in (reach(layer) if test else MAY_INCLUDE[layer]):
        return f"{layer}/ may not include {parts[0]}/ (arrows go down only)"
    if parts[0] == "dialect" and len(parts) > 2 and str(path) != DIALECT_LIST and layer != "app":
        if path.parts[2] != parts[1]:
            return f"nothing but dialect/{parts[1]}/ and {DIALECT_LIST} may include {header}"
    return None


def layers(root):
    rule = Rule("layers", root)
    for path in c_files(root, under=("src",)):
        layer = layer_of(path)
        if layer not in MAY_INCLUDE:
            rule.fault(path, 1, "not in the folder of a layer")
            continue
        text = without_comments(read(root, path))
        for match in INCLUDE.finditer(text):
            why = include_fault(path, layer, *match.groups())
            if why:
                rule.fault(path, line_of(text, match.start(1)), why)
    return rule


def sql(root):
    rule = Rule("sql", root)
    for path in c_files(root, under=("src",)):
        layer = layer_of(path)
        if layer == "store" or (layer == "sql" and path.name.startswith("test_")):
            continue
        for line, text in strings(read(root, path)):
            match = SQL.search(text) or (layer != "sql" and SQL_SESSION.search(text))
            if match:
                rule.fault(path, line, f"SQL ({match.group(0)}) outside src/store/")
    return rule


def wire(root):
    rule = Rule("wire", root)
    for path in c_files(root, under=("src",)):
        if layer_of(path) == "dialect":
            continue
        for line, text in strings(read(root, path)):
            if text in WIRE_NAMES:
                rule.fault(path, line, f"\"{text}\" is a wire name: it belongs to src/dialect/")
    return rule


if __name__ == "__main__":
    main(layers, sql, wire)
