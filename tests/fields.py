#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of every field of every call, over the wire.

    tests/fields.py [--procured build/procured] [--list] [DIALECT]…

`procured openapi` says what each field takes. For each one signed requests are
sent with values just inside and just outside of that: bounds, wrong types, null,
absence, unknown words, over-long texts. What is inside must be taken; what is
outside must be refused in the dialect's own form, naming the field, and leave
the order as it was. That the bounds are the right ones is another question,
which tests/contract_bounds.txt answers: it is held against the same document.
"""
import argparse
import copy
import decimal
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failure, Server, check, run  # noqa: E402
from signers import Client, Franchiser, Intents, Top, Wangdian  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ABSENT = object()
TAKE, REFUSE = "taken", "refused"
OTHERS = (True, False, [], {}, [1], {"a": 1}, 1, 1.5, "x")


# --- what the document says ---------------------------------------------------

def types_of(schema):
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


class Document:
    def __init__(self, procured):
        done = subprocess.run([procured, "openapi"], stdout=subprocess.PIPE, check=True)
        self.tree = json.loads(done.stdout, parse_float=decimal.Decimal)
        self.calls = {}
        for path, item in self.tree["paths"].items():
            for method, call in item.items():
                dialect = call["tags"][0]
                call["path"], call["method"] = path.split("#")[0], method.upper()
                self.calls[dialect, call["x-call"]] = call

    def of(self, dialect):
        return {name: call for (of, name), call in self.calls.items() if of == dialect}

    def body(self, call):
        """The schema of what the fields are in; None: no body."""
        content = call.get("requestBody", {}).get("content", {})
        if not content:
            return None
        schema = next(iter(content.values()))["schema"]
        if "request_data" in schema.get("properties", {}):
            return schema["properties"]["request_data"]["contentSchema"]
        return schema

    def field(self, call, name):
        """The schema of "items[].remark", "?page", "If-Match" or "*" (the whole)."""
        for parameter in call.get("parameters", []):
            if name.lstrip("?") == parameter["name"]:
                return parameter["schema"]
        schema = self.body(call)
        if schema.get("type") == "array":
            schema = schema["items"]
        for piece in [] if name == "*" else name.split("."):
            schema = schema["properties"][piece.rstrip("[]")]
            if piece.endswith("[]"):
                schema = schema["items"]
        return schema


# --- values -------------------------------------------------------------------

def texts(length, pattern):
    """Texts of so many code points that keep the pattern, where there are any."""
    if pattern is None or pattern.startswith("[^") or pattern == r"^[^\u0000-\u001f\u007f]*$":
        number = str(next(Client.numbers)) if length >= 8 else ""
        return {(number + "国" * length)[:length] if length else "",
                number + "a" * (length - len(number)),
                number + "😀" * (length - len(number))}
    made = {"^1[0-9]{10}$": "1" + "3" * max(length - 1, 0), "^[0-9]{11}$": "1" * length,
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": ("2026-03-01" + "0" * length)[:length]}
    if pattern.startswith("^[Hh]"):
        return {("http://" + "a" * length)[:length],
                *([("HTTPS://" + "国" * length)[:length]] if length > 8 else [])}
    return {made[pattern]} if pattern in made else set()


ODD = {  # of the right length and not of the form
    "^1[0-9]{10}$": ["2" + "3" * 10, "1381234567a", "１3812345678"[:11], "1 812345678"],
    "^[0-9]{11}$": ["1381234567a", "+8613812345"],
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": ["2026-02-30", "2026/02/03", "2026-13-01", "abcd-ef-gh"],
}


def text_cases(schema):
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    pattern, kinds = schema.get("pattern"), types_of(schema)
    loose = schema.get("x-empty-is-none", False)
    if "enum" in schema:
        for word in (w for w in schema["enum"] if w is not None):
            yield word, TAKE
            yield word + "x", REFUSE
            yield word.lower() if word != word.lower() else word.upper(), REFUSE
        yield "", REFUSE
    else:
        # A URL has no shorter form than "http://a".
        least = 8 if (pattern or "").startswith("^[Hh]") else low
        for length in {max(least - 1, 0), least, least + 1, high or 60, (high or 60) - 1}:
            for text in texts(length, pattern):
                fits = least <= length and (high is None or length <= high)
                yield text, TAKE if fits or (length == 0 and loose) else REFUSE
        for length in [high + 1, high + 100] if high is not None else []:
            for text in texts(length, pattern) or ["x" * length]:
                yield text, REFUSE
    if (pattern or "").startswith("[^ "):
        for blank in (" ", "\t", "\u3000", "\u00a0"):
            yield blank * max(low, 1), REFUSE
    for text in ODD.get(pattern, []):
        yield text, REFUSE
    for value in OTHERS:
        if isinstance(value, str):
            continue
        if isinstance(value, list) and "array" in kinds:
            continue
        if type(value) is int and "integer" in kinds:
            continue
        yield value, REFUSE


def number_cases(schema, floats):
    """`floats`: whether 2.0 is as good as 2."""
    decimals = schema.get("x-decimals", 0)
    unit = decimal.Decimal(1).scaleb(-decimals)
    low, high = schema.get("minimum"), schema.get("maximum")
    text = "string" in types_of(schema)
    plain = (lambda d: int(d) if d == int(d) else float(d))
    inside, outside = set(), set()
    if low is not None:
        least = -(-decimal.Decimal(low) // unit) * unit
        least = least if least >= low else least + unit
        inside |= {least, least + unit}
        outside |= {least - unit, least - 1000}
    if high is not None:
        inside |= {decimal.Decimal(high), decimal.Decimal(high) - unit}
        outside |= {decimal.Decimal(high) + unit, decimal.Decimal(high) * 10 + 1}
    for value in inside:
        yield plain(value), TAKE
        yield str(plain(value)) if value == int(value) else f"{value:f}", TAKE if text else REFUSE
    for value in outside:
        yield plain(value), REFUSE
        if text:
            yield str(plain(value)), REFUSE
    one = low if low is not None and low > 1 else 1
    yield float(one), TAKE if floats or decimals else REFUSE
    yield float(one) + (0.5 if decimals == 0 else float(unit) / 10), REFUSE
    yield 10 ** 30, REFUSE
    yield 1e300, REFUSE
    for value in ("x", "5a", " 1", "1e0x"):
        yield value, REFUSE
    yield "", TAKE if schema.get("x-empty-is-none") else REFUSE
    for value in (True, False, [], {}, [1], {"a": 1}):
        yield value, REFUSE


def cases(schema, floats):
    """(value, TAKE or REFUSE) of one field; also null."""
    kinds = types_of(schema)
    if schema.get("readOnly"):
        for value in ("x", 1, None, [], {}):
            yield value, REFUSE
        return
    yield None, TAKE if "null" in kinds else REFUSE
    if kinds[:1] == ["string"]:
        yield from text_cases(schema)
    elif kinds[:1] in (["integer"], ["number"]):
        yield from number_cases(schema, floats)
    elif kinds[:1] == ["array"]:
        for value in (True, 1, "x", {}, 1.5):
            yield value, REFUSE
        if schema.get("minItems", 0) > 0:
            yield [], REFUSE
    elif kinds[:1] == ["boolean"]:
        yield True, TAKE
        yield False, TAKE
        for value in ("x", 1.5, [], {}, "TRUE") + (() if "integer" in kinds else (0, 1)):
            yield value, REFUSE


def plain_texts(schema):
    """The same for a value that is a text on the wire: of a query or form."""
    seen = set()
    for value, expected in cases(schema, False):
        if value is None or isinstance(value, (bool, list, dict)):
            continue
        if types_of(schema)[:1] in (["integer"], ["number"]):
            if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
                continue  # the number itself comes, too
            if isinstance(value, float):
                if value == int(value):
                    continue
                value = f"{decimal.Decimal(repr(value)):f}"
        elif not isinstance(value, str):
            continue
        value = str(value)
        if value not in seen:
            seen.add(value)
            yield value, expected


def put(tree, path, value):
    """A copy of the tree with the value (or nothing) at the path."""
    tree = copy.deepcopy(tree)
    at = tree
    for piece in path[:-1]:
        at = at[piece]
    if value is ABSENT:
        at.pop(path[-1], None)
    else:
        at[path[-1]] = value
    return tree


def walk(schema, path=()):
    """(path, schema, required) of every member; of lists the first item's."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name), inner, name in schema.get("required", ())
        if types_of(inner)[:1] == ["array"]:
            yield from walk(inner["items"], (*path, name, 0))


# --- the run --------------------------------------------------------------------

class Run:
    """Counts requests as cases; only failures are printed."""

    def __init__(self, port, document, show):
        self.document, self.show = document, show
        self.intents, self.wangdian = Intents(port), Wangdian(port)
        self.franchiser, self.top = Franchiser(port), Top(port)
        self.passed = self.failed = 0
        self.keys = itertools.count()
        self.where = ""

    def expect(self, what, condition, answer):
        if condition:
            self.passed += 1
            if self.show:
                print(f"ok {self.where} {what}")
            return
        self.failed += 1
        if self.failed <= 60:
            print(f"FAILED {self.where} {what}: {answer}", flush=True)

    def order(self, **fields):
        """A new order's number; it has the names of all dialects."""
        made = self.intents.call("POST", "/api/v1/intents", {
            "userId": "u", "platform": "JD", "productUrl": "https://item.jd.com/1.html",
            "title": "机械键盘", "price": 99.99, "quantity": 3, "recipientName": "李四",
            "address": "上海市浦东新区1号", "phone": "13900139000", **fields})
        check(made.code == 0, made)
        return made.body["data"]["id"].removeprefix("intent_")

    def look(self, number):
        answer = self.intents.call("GET", f"/api/v1/intents/intent_{number}")
        return answer.headers["ETag"], answer.body

    def total(self):
        return self.intents.call("GET", "/api/v1/intents?pageSize=1").body["data"]["total"]

    def judge(self, name, value, expected, answer, taken, refused):
        """`taken` and `refused` say whether the answer is of that kind."""
        shown = "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)[:60]
        good = (taken if expected == TAKE else refused) and answer.status < 500
        self.expect(f"{name} = {shown} must be {expected}", good, answer)


def changes_nothing(run_, number, send):
    """Sends what must be refused and looks whether the order is as before."""
    before = run_.look(number)
    answer = send()
    run_.expect("a refusal leaves the order alone", run_.look(number) == before, answer)
    return answer


# --- intents --------------------------------------------------------------------

STATE_CODES = {40003, 40004, 40005, 40006, 40007}


def intents_names(answer):
    """The fields that a refusal names."""
    if answer.status != 400 or answer.code != 40001:
        return set()
    return {e["field"] for e in answer.body["data"]["errors"]}


def intents_target(call, number):
    path = call["path"].replace("{id}", f"intent_{number}")
    return "/health" if call["path"] == "/health" else path


def intents_body(run_, name, call, number):
    schema = run_.document.body(call)
    bases = {"create": json.loads(call.get("x-example", {}).get("content") or "{}"),
             "update": {}}
    base = bases.get(name, {})
    target = intents_target(call, number)
    if schema is None or name == "batch":
        return

    def send(body):
        return run_.intents.call(call["method"], target, body)

    def judge(label, value, expected, body):
        if expected == REFUSE and name != "create":
            answer = changes_nothing(run_, number, lambda: send(body))
        else:
            answer = send(body)
        told = intents_names(answer)
        run_.judge(label, value, expected, answer,
                   answer.code == 0 or answer.code in STATE_CODES,
                   label in told or (label == "body" and "body" in told))

    count = run_.total()
    made = 0
    for path, inner, required in walk(schema):
        label = ".".join(map(str, path))
        for value, expected in cases(inner, floats=True):
            judge(label, value, expected, put(base, path, value))
            made += expected == TAKE
        expected = REFUSE if required else TAKE
        if name != "update":
            judge(label, ABSENT, expected, put(base, path, ABSENT))
            made += expected == TAKE
    judge("unknown_field", 1, REFUSE, put(base, ("unknown_field",), 1))
    if name == "update":
        judge("body", ABSENT, REFUSE, {})
    for body in ([], "x", 1, None, [1]):
        judge("body", body, REFUSE, body if body is not None else [])
    if name == "create":
        run_.expect("as many were made as were taken", run_.total() == count + made,
                    f"{run_.total()} instead of {count + made}")


def intents_batch(run_, name, call, number):
    schema = run_.document.body(call)["properties"]["items"]
    target, item = intents_target(call, number), schema["items"]
    base = {"id": f"intent_{number}"}

    def send(body):
        return run_.intents.call("POST", target, body)

    for path, inner, _ in walk(item):
        if path == ("ifMatch",) or path == ("id",):
            continue
        for value, expected in cases(inner, floats=True):
            if path == ("remarks",) and value is None and expected == TAKE:
                value = "again"
            body = {"items": [put(base, path, value)]}
            answer = changes_nothing(run_, number, lambda b=body: send(b)) \
                if expected == REFUSE else send(body)
            result = answer.body["data"]["items"][0] if answer.code == 0 else {"code": -1}
            told = {e["field"] for e in result["data"]["errors"]} \
                if result["code"] == 40001 else set()
            run_.judge(path[0], value, expected, answer, result["code"] == 0, path[0] in told)
    most = schema["maxItems"]
    for count, expected in ((0, REFUSE), (1, TAKE), (most, TAKE), (most + 1, REFUSE)):
        items = [{"id": "intent_1", "quantity": 2}] * count
        answer = send({"items": items})
        run_.judge("items", count, expected, answer, answer.code == 0,
                   "items" in intents_names(answer))
    for value, expected in ((True, TAKE), (False, TAKE), (1, REFUSE), ("x", REFUSE)):
        answer = send({"items": [{**base, "quantity": 3}], "atomic": value})
        run_.judge("atomic", value, expected, answer, answer.code == 0,
                   "atomic" in intents_names(answer))
    answer = send({"items": [{**base, "quantity": 3}], "unknown_field": 1})
    run_.judge("unknown_field", 1, REFUSE, answer, False, "unknown_field" in intents_names(answer))


def intents_parameters(run_, name, call, number):
    target = intents_target(call, number)
    body = {"quantity": 5} if name == "update" else \
        {"items": [{"id": f"intent_{number}", "quantity": 5}]} if name == "batch" else \
        json.loads(call["x-example"]["content"]) if name == "create" else None

    def send(query, headers=None):
        return run_.intents.call(call["method"], target + ("?" + query if query else ""), body,
                                 headers)

    for parameter in call.get("parameters", []):
        label, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "query" and label != "cursor":
            values = list(plain_texts(schema))
            if label == "page":  # page × pageSize is bounded, too
                values = [(v, REFUSE if v.isdigit() and int(v) > 500 else e) for v, e in values]
            if schema.get("pattern"):
                values = [("2026-02-25", TAKE), ("2026-02-25T10:30:00.000Z", TAKE),
                          ("2026-02-30", REFUSE), ("x", REFUSE), ("", REFUSE),
                          ("1969-12-31", REFUSE)]
            if label == "wait":  # what is taken and may wait would
                values = [(v, e) for v, e in values if e == REFUSE or v == "0"]
            for value, expected in values:
                query = urllib.parse.urlencode({label: value})
                answer = send(query)
                run_.judge(label, value, expected, answer,
                           answer.code == 0 or answer.code in STATE_CODES,
                           label in intents_names(answer))
            query = urllib.parse.urlencode({label: values[0][0]})
            answer = send(f"{query}&{query}")
            run_.judge(label, "twice", REFUSE, answer, False, label in intents_names(answer))
        elif label == "If-Match":
            for value, expected in (("*", TAKE), ('"999"', TAKE), ("1", REFUSE), ('"0"', REFUSE),
                                    ('"01"', REFUSE), ('""', REFUSE), ("x", REFUSE), ('"-1"', REFUSE)):
                answer = send("", {label: value})
                run_.judge(label, value, expected, answer,
                           answer.code in {0, 40901} | STATE_CODES,
                           label in intents_names(answer))
        elif label == "Idempotency-Key":
            top = schema["maxLength"]
            for length in (schema["minLength"], top - 1, top, top + 1):
                # Kept for a day: no call may use another's again.
                key = chr(97 + next(run_.keys)) if length == 1 else \
                    (str(next(Client.numbers)) + "k" * top + "k")[:length]
                answer = send("", {label: key})
                expected = TAKE if length <= top else REFUSE
                run_.judge(label, length, expected, answer,
                           answer.code == 0 or answer.code in STATE_CODES,
                           label in intents_names(answer))
    if call.get("security"):
        answer = send("unknown_field=1")
        run_.judge("?unknown_field", 1, REFUSE, answer, False,
                   "unknown_field" in intents_names(answer))


def intents(run_):
    for name, call in run_.document.of("intents").items():
        run_.where = f"intents {name}"
        number = run_.order()
        intents_body(run_, name, call, number)
        if name == "batch":
            intents_batch(run_, name, call, number)
        intents_parameters(run_, name, call, run_.order())


# --- wangdian -------------------------------------------------------------------

FLAGLESS = re.compile("采购标记不存在|供应商不存在|仓库不存在")


def wangdian_told(answer, label):
    return answer.status == 200 and answer.code == 100 and label in answer.body["message"]


def wangdian_judge(run_, label, value, expected, schema, answer):
    message = answer.body.get("message", "")
    taken = answer.code == 0 or "单据不存在" in message or "不是编辑中" in message
    # What is none of the catalog's is refused, but not for its form.
    if expected == TAKE and schema.get("x-in-catalog"):
        taken = taken or FLAGLESS.search(message) is not None
    run_.judge(label, value, expected, answer, taken, wangdian_told(answer, label))


def wangdian_fields(run_, name, call, base, number, skip=()):
    schema = run_.document.body(call)["items"]

    def send(argument):
        return run_.wangdian.call(name, [argument], {"page_size": "10", "page_no": "0"})

    for path, inner, required in walk(schema):
        label = "".join(f"[{p}]" if isinstance(p, int) else "." * (i > 0) + p
                        for i, p in enumerate(path))
        if path[0] in skip:
            continue
        values = [*cases(inner, floats=True)]
        if (inner.get("pattern") or "").startswith(("^([0-9]{4}", "^$|^(")):
            values = [v for v in values if not isinstance(v[0], str) or v[0] == ""]
        for value, expected in values:
            argument = put(base, path, value)
            answer = changes_nothing(run_, number, lambda a=argument: send(a)) \
                if expected == REFUSE else send(argument)
            wangdian_judge(run_, label, value, expected, inner, answer)
        argument = put(base, path, ABSENT)
        answer = send(argument)
        wangdian_judge(run_, label, ABSENT, REFUSE if required else TAKE, inner, answer)
    answer = send({**base, "unknown_field": 1})
    run_.judge("unknown_field", 1, TAKE, answer, answer.code == 0, False)


def wangdian_list(run_, label, most, send):
    for count, expected in ((0, REFUSE), (1, TAKE), (most, TAKE), (most + 1, REFUSE)):
        answer = send([f"CG_{i}" for i in range(count)])
        wangdian_judge(run_, label, count, expected, {}, answer)


def wangdian_arguments(run_, name, kinds):
    """A method's argument of another type, one too many, and none."""
    for body in ([1], [True], [1.5], ["x"], [{"a": 1}], [["x"]], [[1]], 1, "x", True, [[], 1], [{}, {}],
                 ["x", "y"]):
        argument = body[0] if isinstance(body, list) and len(body) == 1 else None
        if argument is not None and isinstance(argument, kinds):
            continue
        answer = run_.wangdian.call(name, body, {"page_size": "10", "page_no": "0"})
        run_.judge("argument", body, REFUSE, answer, False,
                   answer.code == 1 and answer.body["message"] in (
                       "argument type mismatch", "invalid argument count"))


def wangdian_times(run_, name):
    def send(**argument):
        return run_.wangdian.call(name, [argument], {"page_size": "10", "page_no": "0"})

    good = {"start_time": "2026-01-01 00:00:00", "end_time": "2026-01-31 00:00:00"}
    for field in good:
        for value, expected in ((good[field], TAKE), ("2026-02-30 00:00:00", REFUSE),
                                ("2026-01-01", REFUSE), ("x", REFUSE),
                                ("2026-01-01 00:00:000", REFUSE)):
            answer = send(**{**good, field: value})
            wangdian_judge(run_, field, value, expected, {}, answer)
        for value in (ABSENT, "", None, 1):
            answer = send(**put(good, (field,), value))
            run_.judge(field, value, REFUSE, answer, False,
                       wangdian_told(answer, "参数中必须包含起止时间"))
    late = send(**{**good, "end_time": "2026-01-31 00:00:01"})
    run_.judge("end_time", "30 days and a second", REFUSE, late, False, wangdian_told(late, "30天"))


def wangdian_paging(run_, name, call):
    base = {"page_size": "10", "page_no": "0", "calc_total": "1"}
    for parameter in call["parameters"]:
        label = parameter["name"]
        if label not in ("page_size", "page_no"):
            continue
        for value, expected in plain_texts(parameter["schema"]):
            answer = run_.wangdian.call(name, [{"purchase_no": "CG1"}], {**base, label: value})
            named = label if value != "" else "分页"
            # How far one may turn the pages depends on what there is.
            deep = len(value) > 9 and wangdian_told(answer, "page_no过大")
            run_.judge(label, value, expected, answer, answer.code == 0 or deep,
                       wangdian_told(answer, named))
        answer = run_.wangdian.call(name, [{"purchase_no": "CG1"}], {**base, label: None})
        run_.judge(label, ABSENT, REFUSE, answer, False, wangdian_told(answer, "分页"))


def wangdian(run_):
    family = "purchase.PurchaseOrder."
    calls = run_.document.of("wangdian")
    number = run_.order()
    for name, call in calls.items():
        run_.where = f"wangdian {name.rsplit('.', 1)[1]}"
        if name == family + "updatePurchaseInfo":
            wangdian_fields(run_, name, call, {"purchase_no": f"CG{number}", "flag_name": "aa"},
                            number)
            wangdian_arguments(run_, name, dict)
        elif name == family + "createOrder":
            base = json.loads(call["x-example"]["content"])[0]
            base.pop("purchase_no")
            most = run_.document.body(call)["items"]["properties"]["purchase_details"]["maxItems"]
            wangdian_fields(run_, name, call, base, number)
            wangdian_arguments(run_, name, dict)
            for count in (1, most, most + 1):
                answer = run_.wangdian.call(
                    name, [{**base, "purchase_details": base["purchase_details"][1:] * count}])
                wangdian_judge(run_, "purchase_details", count, TAKE if count <= most else REFUSE,
                               {}, answer)
        elif name == family + "queryWithDetail":
            wangdian_fields(run_, name, call, {"purchase_no": f"CG{number}"}, number,
                            skip=("start_time", "end_time", "purchase_no"))
            wangdian_times(run_, name)
            wangdian_paging(run_, name, call)
            wangdian_arguments(run_, name, dict)
        elif name == family + "cancelOrder":
            wangdian_arguments(run_, name, str)
            answer = run_.wangdian.call(name, [""])
            wangdian_judge(run_, "purchase_no", "", REFUSE, {}, answer)
        elif name == family + "cancelByType":
            schema = run_.document.body(call)["items"]["properties"]["purchase_no_list"]
            wangdian_fields(run_, name, call,
                            {"operate_type": 1, "purchase_no_list": [f"CG{number}"]}, number)
            wangdian_list(run_, "purchase_no_list", schema["maxItems"],
                          lambda l, n=name: run_.wangdian.call(
                              n, [{"operate_type": 0, "purchase_no_list": l}]))
            wangdian_arguments(run_, name, dict)
        elif name == family + "pending":
            schema = run_.document.body(call)["items"]
            wangdian_list(run_, "purchase_no_list", schema["maxItems"],
                          lambda l, n=name: run_.wangdian.call(n, [l]))
            wangdian_arguments(run_, name, list)
        else:
            wangdian_arguments(run_, name, ())


# --- franchiser -----------------------------------------------------------------

REGIONS = ("provincename", "cityname", "distrctname")


def franchiser_forms(path, value, creates):
    """(code, text) that may be told of this field with this value."""
    name = path[-1]
    forms = {(1009, f"{name}格式错误")}
    if value is ABSENT or value is None or value == "":
        forms |= {(1013, f"缺少参数:{name}"), (1010, "订单明细不能为空")}
    if name in REGIONS:
        forms.add((1002, "修改三级地址时,省市区名称均不能为空"))
    if name == "warehouseid":
        forms.add((1006, "仓库["))
    if name in ("transportway", "logisticscompanyid"):
        forms |= {(1007, "运输方式["), (1007, "物流公司[")}
    if name == "items":
        forms.add((1010, "订单明细不能为空"))
    if name == "outerpcode":
        forms |= {(1008, "产品["), (1010, "订单明细不能为空")}
    return forms


def franchiser_told(answer, forms):
    return answer.status == 200 and answer.body["data"] is None and any(
        answer.code == code and answer.body["message"].startswith(text) for code, text in forms)


def franchiser_fields(run_, name, call, base, number, products):
    creates = name == "trade/create"

    def send(data):
        return run_.franchiser.call(name, data)

    def judge(path, value, expected, schema, data):
        answer = changes_nothing(run_, number, lambda: send(data)) if expected == REFUSE \
            else send(data)
        forms = franchiser_forms(path, value, creates)
        taken = answer.code in (0, 1004)
        if expected == TAKE and schema.get("x-in-catalog"):
            taken = taken or answer.code in (1006, 1007, 1008)
        run_.judge(".".join(map(str, path)), value, expected, answer, taken,
                   franchiser_told(answer, forms))

    schema = run_.document.body(call)
    for path, inner, required in walk(schema):
        start = base
        if path[0] in REGIONS and not creates:
            start = {**base, **{r: "省" for r in REGIONS}}
        if path[0] == "items" and not creates:
            start = {**base, "items": [{"outerpcode": products[0], "mainmeasunitqty": 1}]}
        for value, expected in cases(inner, floats=False):
            if value is None and expected == TAKE and path[0] in REGIONS:
                expected = REFUSE  # the three come together
            if path[-1] == "transportway" and expected == TAKE and value not in (None,):
                start = {**base, "logisticscompanyid": {"2": 6, "4": 5}.get(str(value), 0)}
            judge(path, value, expected, inner, put(start, path, value))
        expected = REFUSE if required or (path[0] in REGIONS and not creates) else TAKE
        judge(path, ABSENT, expected, inner, put(start, path, ABSENT))
    answer = changes_nothing(run_, number, lambda: send({**base, "unknown_field": 1}))
    run_.judge("unknown_field", 1, REFUSE, answer, False,
               franchiser_told(answer, {(1011, "未知参数:unknown_field")}))
    for data in ([], "x", 1, True):
        answer = send(data)
        run_.judge("request_data", data, REFUSE, answer, False,
                   franchiser_told(answer, {(1000, "请求参数格式错误")}))


def franchiser_items(run_, base, number, products, most):
    for count in (1, most, most + 1):
        data = {**base, "items": [{"outerpcode": p, "mainmeasunitqty": "1"}
                                  for p in products[:count]]}
        before = run_.look(number)
        answer = run_.franchiser.call("trade/modify", data)
        run_.judge("items", count, TAKE if count <= most else REFUSE, answer, answer.code == 0,
                   franchiser_told(answer, {(1009, "items格式错误")}))
        if count > most:
            run_.expect("a refusal leaves the order alone", run_.look(number) == before, answer)
    answer = run_.franchiser.call("trade/modify", {**base, "items": [
        {"outerpcode": products[0], "mainmeasunitqty": 1}] * 2})
    run_.judge("items", "one twice", REFUSE, answer, False,
               franchiser_told(answer, {(1010, "订单明细重复:")}))


def franchiser_ways(run_, base):
    """The carriers of the ways, as the seed has them."""
    fits = {2: {6, 7, 9, 10, 11}, 4: {5, 8}}
    for way in range(1, 6):
        for company in range(0, 13):
            answer = run_.franchiser.call("trade/modify", {
                **base, "transportway": way, "logisticscompanyid": company})
            expected = TAKE if company in fits.get(way, {0}) else REFUSE
            run_.judge(f"transportway {way}, logisticscompanyid", company, expected, answer,
                       answer.code == 0, franchiser_told(answer, {(1007, f"物流公司[{company}]")}))


def franchiser(run_, products):
    number = run_.order()
    base = {"tradeno": f"DD{number}"}
    for name, call in run_.document.of("franchiser").items():
        run_.where = f"franchiser {name}"
        if name == "trade/create":
            start = json.loads(call["x-example"]["content"])
        elif name == "trade/modify":
            start = base
        elif name == "warehouse/list":
            start = {}
        else:
            # The order is not there: it is asked for by its name, and stays.
            start = {"tradeno": "DD404"}
        franchiser_fields(run_, name, call, start, number, products)
        if name == "trade/modify":
            most = run_.document.body(call)["properties"]["items"]["maxItems"]
            franchiser_items(run_, base, number, products, most)
            franchiser_ways(run_, base)


# --- top ------------------------------------------------------------------------

def top_told(answer, label):
    error = answer.body.get("error_response", {})
    return error.get("code") in (40, 41) and label in error.get("sub_code", "")


def top_fields(run_, name, call, base, number):
    schema = run_.document.body(call)
    fixed = ("method", "v", "format", "sign_method", "simplify", "partner_id", "target_app_key")

    def judge(label, value, expected, parameters):
        answer = changes_nothing(run_, number, lambda: run_.top.call(name, parameters)) \
            if expected == REFUSE else run_.top.call(name, parameters)
        run_.judge(label, value, expected, answer, "error_response" not in answer.body,
                   top_told(answer, label))

    lists = {
        "logistics_order_id_list": [
            ("[]", TAKE), ('["YT1"]', TAKE), ("YT1,YT2", TAKE), ('["' + "Y" * 64 + '"]', TAKE),
            ('["' + "Y" * 65 + '"]', REFUSE), ("[1]", REFUSE), ('["a', REFUSE), ('[["a"]]', REFUSE),
            ('["a,b"]', REFUSE)],
        "sku_info": [
            ('{"sku_list":[{"id":1,"quantity":1}]}', TAKE), ('{"sku_list":[]}', TAKE), ("{}", TAKE),
            ('{"sku_list":[{"id":"1","quantity":"99999999"}]}', TAKE),
            ('{"sku_list":[{"id":0,"quantity":1}]}', REFUSE),
            ('{"sku_list":[{"id":1,"quantity":0}]}', REFUSE),
            ('{"sku_list":[{"id":1,"quantity":100000000}]}', REFUSE),
            ('{"sku_list":[{"id":1,"quantity":1},{"id":1,"quantity":1}]}', REFUSE),
            ('{"sku_list":[{"id":1}]}', REFUSE), ('{"sku_list":1}', REFUSE), ("[]", REFUSE),
            ("x", REFUSE), ('{"sku_list":[1]}', REFUSE)],
        "sub_order_id_list": [
            ("1", TAKE), ("1,2", TAKE), (" 1 , 2 ", TAKE), ("0", REFUSE), ("-1", REFUSE),
            ("1,1", REFUSE), ("1,", REFUSE), (",1", REFUSE), ("x", REFUSE), ("1.5", REFUSE),
            (",".join(map(str, range(1, 501))), TAKE), (",".join(map(str, range(1, 502))), REFUSE),
            ("9223372036854775807", TAKE), ("9223372036854775808", REFUSE)],
    }
    for path, inner, required in walk(schema):
        label = path[0]
        if label in fixed:
            continue
        # An empty parameter is as good as none.
        values = lists.get(label) or [(v, e) for v, e in plain_texts(inner) if v != ""]
        for value, expected in values:
            judge(label, value, expected, {**base, label: value})
        if types_of(inner)[:1] == ["integer"]:
            for value, expected in (("9223372036854775807", TAKE if "maximum" not in inner else REFUSE),
                                    ("9223372036854775808", REFUSE), ("0x1", REFUSE), ("+1", REFUSE)):
                judge(label, value, expected, {**base, label: value})
        if types_of(inner)[:1] == ["string"] and inner.get("pattern", "").startswith("^[^\\u0000"):
            for value in ("a\x01b", "a\x7fb", "a\nb"):
                judge(label, value, REFUSE, {**base, label: value})
        for value in (ABSENT, ""):
            judge(label, value, REFUSE if required else TAKE, put(base, (label,), value))


def top(run_):
    for name, call in run_.document.of("top").items():
        run_.where = f"top {name}"
        number = run_.order()
        base = {"purchase_order_id": number}
        if name.endswith(".update"):
            base.update(vendor_order_id="V1", event="VENDOR_PAID")
        if name.endswith(".create"):
            base = {"sub_order_id_list": "1,2"}
        if name == "taobao.time.get":
            base = {}
        top_fields(run_, name, call, base, number)


# --- the contracts' own words ---------------------------------------------------

def bound_of(schema, what):
    """The document's answer, in the words of contract_bounds.txt."""
    kinds = types_of(schema)
    if what == "enum":
        return "|".join(w for w in schema["enum"] if w is not None)
    if what == "required":
        return "|".join(schema.get("required", [])) or "-"
    if what == "closed":
        return "yes" if schema.get("additionalProperties") is False else "no"
    if what == "nullable":
        return "yes" if "null" in kinds else "no"
    if what == "orText":
        return "yes" if "string" in kinds[1:] else "no"
    if what == "readOnly":
        return "yes" if schema.get("readOnly") else "no"
    if what == "over":  # the least that is taken, in the smallest unit, is more
        return "0" if schema["minimum"] > 0 and \
            schema["minimum"] <= decimal.Decimal(1).scaleb(-schema["x-decimals"]) else "?"
    return f"{schema[what]:f}" if isinstance(schema.get(what), decimal.Decimal) \
        else str(schema.get(what))


def contracts(run_):
    with open(os.path.join(HERE, "contract_bounds.txt"), encoding="utf-8") as table:
        rows = [line.split() for line in table if line.strip() and line[0] != "#"]
    for dialect, name, field, what, value, mark in rows:
        run_.where = f"{dialect} {name}"
        check(mark in ("seed", "doc", "wire", "ours"), f"no such mark: {mark}")
        call = run_.document.calls[dialect, name]
        said = bound_of(run_.document.field(call, field), what)
        same = set(said.split("|")) == set(value.split("|"))
        run_.expect(f"{field} {what} is {value} [{mark}]", same, f"the document says {said}")
    check(len(rows) > 80, "the table is cut")


# --------------------------------------------------------------------------------

def prepare(procured, data, folder):
    """No rates, and goods enough; the codes of the products."""
    products = ["ERP_1113005", "ERP_1113004"] + [f"T{i:04}" for i in range(499)]
    path = os.path.join(folder, "catalog.ndjson")
    with open(path, "w", encoding="utf-8") as file:
        for code in products[2:]:
            file.write(json.dumps({"type": "product", "code": code, "title": code,
                                   "price": "1"}) + "\n")
            file.write(json.dumps({"type": "stock", "warehouse": 5, "code": code,
                                   "on_hand": 900000000}) + "\n")
    run(procured, data, "app", "set", "dev_app_local", "--rate", "unlimited")
    run(procured, data, "catalog", "import", path, "--app", "dev_app_local")
    for code in products[:2]:
        for warehouse in ("5", "22"):
            run(procured, data, "catalog", "adjust", warehouse, code, "=900000000000",
                "--app", "dev_app_local")
    return products


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--list", action="store_true", help="print every case")
    parser.add_argument("dialects", nargs="*", metavar="DIALECT")
    arguments = parser.parse_args()
    procured = os.path.abspath(arguments.procured)
    folder = tempfile.mkdtemp(prefix="procured-fields-")
    data = os.path.join(folder, "data")
    server = Server(procured, data, "--demo")
    try:
        products = prepare(procured, data, folder)
        run_ = Run(server.port, Document(procured), arguments.list)
        parts = {"intents": intents, "wangdian": wangdian, "top": top,
                 "franchiser": lambda r: franchiser(r, products), "contracts": contracts}
        for name, part in parts.items():
            if arguments.dialects and name not in arguments.dialects:
                continue
            before = run_.passed
            try:
                part(run_)
            except Failure as fault:
                run_.expect("runs", False, fault)
            print(f"{name}: {run_.passed - before} cases", flush=True)
        check(server.process.poll() is None, "the server ended")
    finally:
        code = server.stop()
    shutil.rmtree(folder)
    if code != 0:
        print(f"FAILED the server ended with {code}")
        run_.failed += 1
    print(f"{run_.passed} passed, {run_.failed} failed")
    return 1 if run_.failed or run_.passed < 2000 else 0


if __name__ == "__main__":
    sys.exit(main())
