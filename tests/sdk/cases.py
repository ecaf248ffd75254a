# SPDX-License-Identifier: Apache-2.0
"""The Python SDK, as it is installed, against a server and the fault proxy before
it. Each case runs with the client that blocks and with the one for asyncio;
run.py starts the servers and tells of them in SDK_WORLD.

Nothing here is newer than Python 3.9.
"""
import asyncio
import concurrent.futures
import contextlib
import copy
import datetime
import inspect
import itertools
import json
import os
import pickle
import re
import select
import sys
import threading
import time
import traceback
import urllib.request
from decimal import Decimal
from unittest import mock

import procure_core as sdk
from procure_core import _codec, _exchange, _wire

WORLD = json.loads(os.environ["SDK_WORLD"])
NUMBERS = itertools.count(1)
LOOP = asyncio.new_event_loop()


# --- the asyncio client, as if it blocked -------------------------------------

class Blocking:
    """Runs what the object's methods give in the loop."""

    def __init__(self, thing):
        self._thing = thing

    def __getattr__(self, name):
        found = getattr(self._thing, name)
        if not callable(found):
            return found

        def call(*words, **options):
            result = found(*words, **options)
            if isinstance(result, sdk.AsyncListing):
                return BlockingListing(result)
            return LOOP.run_until_complete(result) if inspect.isawaitable(result) else result
        return call


class BlockingListing:
    def __init__(self, listing):
        self._listing = listing
        self._page = None

    def first(self):
        async def ask():
            return await self._listing
        self._page = self._page or LOOP.run_until_complete(ask())
        return self._page

    def __getattr__(self, name):
        return getattr(self.first(), name)

    def pages(self):
        return drain(self._listing.pages())

    def __iter__(self):
        return drain(self._listing.__aiter__())


def drain(iterator):
    while True:
        try:
            yield LOOP.run_until_complete(iterator.__anext__())
        except StopAsyncIteration:
            return


class BlockingClient:
    def __init__(self, *words, **options):
        self.inner = sdk.AsyncProcureClient(*words, **options)
        self.intents = Blocking(self.inner.intents)

    def __getattr__(self, name):
        return getattr(Blocking(self.inner), name)

    def __repr__(self):
        return repr(self.inner)


KIND = sdk.ProcureClient


def client(app="main", **more):
    app_id, secret = WORLD["apps"][app]
    options = dict(app_id=app_id, app_secret=secret, base_url=WORLD["proxy"], retry_delay=0.02)
    return KIND(**{**options, **more})


# --- what the cases use ------------------------------------------------------

def fields(**more):
    return {**dict(user_id="user_001", platform="TAOBAO", title="Apple iPhone 15 Pro 256GB",
                   product_url="https://item.taobao.com/item.htm?id=123456", price=8999,
                   quantity=1, recipient_name="张三", address="北京市朝阳区望京SOHO T1 1001",
                   phone="13800138000", remarks=f"请在工作日送达 {next(NUMBERS)}"), **more}


def ask_proxy(path, data=None):
    with urllib.request.urlopen(WORLD["proxy"] + path, data, timeout=30) as response:
        return json.load(response)


def faults(*names):
    """For the next requests; what was seen is forgotten."""
    ask_proxy("/__faults", json.dumps(names).encode())


def seen():
    told = ask_proxy("/__seen")
    assert told["left"] == 0, "faults that nobody met"
    return told["requests"]


def reply(status, body="", **headers):
    lines = {"Content-Length": len(body.encode()), **headers}
    head = "".join(f"{n.replace('_', '-')}: {v}\r\n" for n, v in lines.items())
    return {"reply": f"HTTP/1.1 {status} Told\r\n{head}\r\n{body}"}


BUSY = json.dumps({"code": 50301, "message": "忙", "data": {"requestId": "r"}}, ensure_ascii=False)


def refused(kind, code, function, *words, **options):
    try:
        function(*words, **options)
    except sdk.ProcureError as error:
        assert type(error) is kind, traceback.format_exc()
        if code is not None:
            assert (error.code, error.status) == (code, code // 100), repr(error)
            assert re.fullmatch(r"\S+", error.request_id)
            assert str(code) in str(error) and error.request_id in str(error)
        return error
    raise AssertionError("nothing was raised")


def raises(kind, function, *words, **options):
    try:
        function(*words, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def version_of(intent_id):
    return client().intents.get(intent_id).version


@contextlib.contextmanager
def clock(seconds):
    """Ours is off by so much, and may be set anew."""
    real = time.time
    shift = {"by": seconds}
    with mock.patch("time.time", lambda: real() + shift["by"]):
        yield shift


# --- the cases ---------------------------------------------------------------

def case_signatures():
    with open(WORLD["vectors"], encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    assert len(vectors) >= 5
    for v in vectors:
        words = v["secret"], v["method"], v["path"]
        assert sdk.sign(*words, v["timestamp"], v["body"]) == v["signature"]
        assert sdk.sign(*words, int(v["timestamp"]), v["body"].encode()) == v["signature"]


def case_create_get_update():
    intents = client().intents
    intent = intents.create(**fields(title='键盘 "87" \\ 🎹', price="00459.90"))
    assert intent.title == '键盘 "87" \\ 🎹' and intent.price == Decimal("459.9")
    assert (intent.status, intent.version) == ("SUBMITTED", 1)
    assert list(intent.to_dict()) == [
        "id", "userId", "platform", "productUrl", "title", "price", "quantity", "totalAmount",
        "recipientName", "address", "phone", "remarks", "status", "createdAt", "updatedAt"]
    changed = intents.update(
        intent.id, quantity=3, recipient_name="李四", address="上海市浦东新区陆家嘴环路1000号",
        phone="13900139000", remarks='门卫\n"代收" 🚪')
    assert changed.total_amount == Decimal("1379.70") and type(changed.total_amount) is Decimal
    assert changed.remarks == '门卫\n"代收" 🚪' and changed["recipientName"] == "李四"
    assert changed.version == 2 and intents.get(intent.id) == changed
    assert intents.update(intent.id, remarks=None).remarks is None
    dry = intents.update(intent.id, quantity=9, dry_run=True)
    assert (dry.quantity, dry.version) == (9, None)
    assert intents.get(intent.id).quantity == 3
    raises(TypeError, intents.update, intent.id, quantty=3)
    raises(UnicodeEncodeError, intents.update, intent.id, remarks="\ud800")


def case_money():
    intents = client().intents
    intent = intents.create(**fields(price=Decimal("99999999.99"), quantity=99999))
    assert str(intent.price) == "99999999.99" and str(intent.total_amount) == "9999899999000.01"
    assert type(intents.create(**fields()).price) is Decimal
    assert intents.create(**fields(price=0.1)).price == Decimal("0.1")
    assert intents.create(**fields(price=Decimal("1E+2"))).price == 100
    long = '{"a":12345678901234567.89,"b":0.1000000000000000055}'
    assert _codec.dumps(_codec.loads(long.encode())) == long
    for wrong in ("a", Decimal("NaN"), float("inf")):
        raises(ValueError, intents.create, **fields(price=wrong))
    refused(sdk.ValidationError, 40001, intents.create, **fields(price="1.001"))


def case_moves():
    intents = client().intents
    draft = intents.create(**fields(status="DRAFT"))
    assert draft.status == "DRAFT"
    assert intents.submit(draft.id).status == "SUBMITTED"
    assert intents.execute(draft.id, if_match=2).status == "PROCESSING"
    assert intents.complete(draft.id).status == "COMPLETED"
    second = intents.create(**fields())
    intents.execute(second.id)
    assert intents.fail(second.id, reason="缺货").status == "FAILED"
    assert intents.amendments(second.id).items[-1].note == "缺货"
    cancelled = intents.cancel(intents.create(**fields()).id)
    assert list(cancelled.to_dict()) == ["id", "status", "updatedAt", "cancelledAt"]
    assert cancelled.status == "CANCELLED" and cancelled.cancelled_at == cancelled.updated_at
    fourth = intents.create(**fields(status="DRAFT"))
    assert intents.delete(fourth.id) is None
    refused(sdk.NotFoundError, 40401, intents.get, fourth.id)
    fifth = intents.execute(intents.create(**fields()).id)
    assert intents.fail(fifth.id).status == "FAILED"


def case_lists():
    intents = client().intents
    user = f"lister & 李 {KIND.__name__} {time.time()}"
    ids = [intents.create(**fields(user_id=user)).id for _ in range(23)]
    page = intents.list(user_id=user, page=2, page_size=10, order="asc")
    assert [i.id for i in page.items] == ids[10:20]
    assert (page.total, page.page, page.total_pages, page.page_size) == (23, 2, 3, 10)
    faults()
    assert [i.id for i in intents.list(user_id=user, page_size=10, order="asc")] == ids
    requests = seen()
    assert len(requests) >= 3 and all("cursor=" in r["target"] for r in requests)
    assert [i.id for i in intents.list(user_id=user, page=3, page_size=10, order="asc")] == ids[20:]
    now = datetime.datetime.now()
    few = intents.list(user_id=user, platform="TAOBAO", status="SUBMITTED", sort_by="price",
                       start_date=now - datetime.timedelta(minutes=1),
                       end_date=datetime.date(2099, 12, 31))
    assert few.total == 23
    assert intents.list(user_id=user, start_date=now + datetime.timedelta(minutes=1)).total == 0
    assert sum(len(p.items) for p in intents.list(user_id=user, page_size=20).pages()) == 23
    refused(sdk.ValidationError, 40001, intents.list(page=101, page_size=100).first)
    refused(sdk.ValidationError, 40001, list, intents.list(cursor="nonsense"))


def case_amendments_and_changes():
    intents = client().intents
    intent = intents.create(**fields())
    after = 0
    for change in intents.changes(limit=1000):
        assert change.seq > after
        after = change.seq
    for quantity in (2, 3, 4):
        intents.update(intent.id, quantity=quantity, request_id=f"req-{quantity}")
    assert [a.version for a in intents.amendments(intent.id, limit=1)] == [1, 2, 3, 4]
    page = intents.amendments(intent.id, after=1, limit=1)
    assert page.next == 2 and page.items[0].request_id == "req-2"
    change = page.items[0].changes[0]
    assert (change.field, change.from_, change.to) == ("quantity", 1, 2)
    assert [(c.intent_id, c.version) for c in intents.changes(after=after, limit=2)] == [
        (intent.id, 2), (intent.id, 3), (intent.id, 4)]
    assert intents.changes(after=after + 3).items == []


def case_changes_are_waited_for():
    # A wait that outlasts the time of an attempt, and once ends with nothing.
    intents = client("waiting", timeout=3, max_retries=0).intents
    after = max((c.seq for c in intents.changes()), default=0)
    intent = intents.create(**fields())
    app_id, secret = WORLD["apps"]["waiting"]
    other = sdk.ProcureClient(app_id, secret, WORLD["proxy"])
    got = []
    for change in intents.changes(after=after, wait=4):
        got.append(change.version)
        if len(got) == 3:
            break
        threading.Timer(4.5 if len(got) == 2 else 0, other.intents.update, (intent.id,),
                        {"quantity": len(got) + 1}).start()
    assert got == [1, 2, 3]


def case_batches():
    intents = client().intents
    one, two = intents.create(**fields()), intents.create(**fields())
    answer = intents.batch([
        {"id": one.id, "quantity": 3, "if_match": one},
        {"id": two.id, "quantity": 0, "phone": "1"},
        {"id": "intent_1", "remarks": "x"},
        {"id": one.id, "quantity": 5, "if_match": 1},
        {"id": two.id, "recipient_name": "李四", "if_match": '"1"'},
    ], idempotency_key=f"batch-{one.id}")
    items = list(answer)
    assert [i.code for i in items] == [0, 40001, 40401, 40901, 0]
    assert (items[0].intent.quantity, items[0].intent.version, items[0].error) == (3, 2, None)
    assert type(items[1].error) is sdk.ValidationError and items[1].intent is None
    assert [f.field for f in items[1].error.field_errors] == ["quantity", "phone"]
    assert type(items[2].error) is sdk.NotFoundError
    assert items[3].error.conflicts == [sdk.FieldConflict("quantity", 3, 5)]
    assert items[4].intent.recipient_name == "李四"
    error = refused(sdk.ValidationError, 40001, intents.batch, [
        {"id": one.id, "quantity": 9}, {"id": two.id, "quantity": 0}], atomic=True)
    assert [i["code"] for i in error.items] == [40008, 40001]
    assert version_of(one.id) == 2
    dry = intents.batch([{"id": one.id, "quantity": 9}], dry_run=True)
    assert dry.items[0].intent.quantity == 9 and version_of(one.id) == 2


def case_health():
    faults()
    health = client().health()
    assert health.status == "healthy" and isinstance(health.uptime, int)
    assert "x-signature" not in seen()[0]["headers"]


def case_errors():
    intents = client().intents
    intent_id = intents.create(**fields()).id
    invalid = refused(sdk.ValidationError, 40001, intents.update, intent_id, quantity=0, phone="1")
    assert invalid.field_errors[0] == ("quantity", "数量必须为正整数")
    assert len(invalid.field_errors) == 2
    assert "quantity: 数量必须为正整数" in str(invalid)
    refused(sdk.StateError, 40005, intents.submit, intent_id)
    refused(sdk.StateError, 40006, intents.complete, intent_id)
    refused(sdk.StateError, 40006, intents.fail, intent_id)
    refused(sdk.StateError, 40007, intents.delete, intent_id)
    intents.cancel(intent_id)
    state = refused(sdk.StateError, 40002, intents.update, intent_id, quantity=2)
    assert state.current_status == "CANCELLED"
    assert state.allowed_statuses == ["DRAFT", "SUBMITTED"]
    refused(sdk.StateError, 40003, intents.cancel, intent_id)
    refused(sdk.StateError, 40004, intents.execute, intent_id)
    refused(sdk.NotFoundError, 40401, intents.get, "intent_1")
    refused(sdk.NotFoundError, 40401, intents.get, "a/b?c#d 号")
    elsewhere = client(base_url=WORLD["proxy"] + "/elsewhere/").intents
    refused(sdk.NotFoundError, 40400, elsewhere.get, intent_id)
    for app, code in (("other", 40301), ("shut", 40302), ("disabled", 40301)):
        refused(sdk.PermissionDeniedError, code, client(app).intents.get, intent_id)
    wrong = client(app_secret="not_the_secret").intents
    refused(sdk.AuthenticationError, 40101, wrong.get, intent_id)
    refused(sdk.AuthenticationError, 40101, client("nobody").intents.get, intent_id)
    refused(sdk.ApiError, 41301, intents.update, intent_id, remarks="x" * (2 << 20))
    for name in ("", "..", None):
        raises(ValueError, intents.get, name)


def case_if_match():
    intents = client("strict").intents
    mine = intents.create(**fields())
    refused(sdk.VersionRequiredError, 42801, intents.update, mine.id, quantity=2)
    assert intents.update(mine.id, quantity=2, if_match=mine).version == 2
    conflict = refused(sdk.ConflictError, 40901, intents.update, mine.id, quantity=7,
                       remarks="x", if_match=mine)
    assert (conflict.current_version, conflict.your_version) == (2, 1)
    assert conflict.conflicts[0] == ("quantity", 2, 7)
    faults()
    for quantity, match in enumerate((2, "3", '"4"'), 11):
        intents.update(mine.id, quantity=quantity, if_match=match)
    assert [r["headers"]["if-match"] for r in seen()] == ['"2"', '"3"', '"4"']
    listed = intents.list().items[0]
    raises(ValueError, intents.update, mine.id, quantity=1, if_match=listed)
    raises(ValueError, intents.cancel, mine.id, if_match='"5"\r\nX: y')


def case_idempotency_key():
    intents = client().intents
    sent = fields()
    key = f"key-{KIND.__name__}-{time.time()}"
    first = intents.create(**sent, idempotency_key=key)
    assert intents.create(**sent, idempotency_key=key).id == first.id
    refused(sdk.IdempotencyKeyError, 42201, intents.create, **{**sent, "quantity": 2},
            idempotency_key=key)
    raises(ValueError, intents.create, **sent, idempotency_key="钥匙")


def case_equal_calls_at_once():
    sent = fields()
    if KIND is sdk.ProcureClient:
        one = client()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            made = list(pool.map(lambda _: one.intents.create(**sent), range(20)))
    else:
        one = client().inner

        async def all_at_once():
            return await asyncio.gather(*(one.intents.create(**sent) for _ in range(20)))
        made = LOOP.run_until_complete(all_at_once())
    assert len({intent.id for intent in made}) == 20


def case_connections_are_used_again():
    one = client()
    intent_id = one.intents.create(**fields()).id
    faults()
    for _ in range(10):
        one.intents.get(intent_id)
    assert len({r["connection"] for r in seen()}) == 1
    one.close()
    one.intents.get(intent_id)
    assert len({r["connection"] for r in seen()}) == 2


def again(fault):
    intents = client().intents
    intent_id = intents.create(**fields()).id
    faults(fault, fault)
    assert intents.update(intent_id, quantity=2).quantity == 2
    requests = seen()
    assert len(requests) == 3
    for request in requests:
        del request["connection"], request["at"]
    assert requests == [requests[0]] * 3
    assert version_of(intent_id) == 2


def case_same_bytes_after_drop_after():
    again("drop-after")


def case_same_bytes_after_half():
    again("half")


def case_same_bytes_after_drop_before():
    again("drop-before")


def case_connection_ended_unannounced():
    """An idle connection that the other side has ended is not used again."""
    one = client(max_retries=0)
    faults("close-after", "close-after")
    intent_id = one.intents.create(**fields()).id
    for quantity in (2, 3):
        idle = getattr(one, "inner", one)._transport._idle
        assert len(idle) == 1
        if KIND is sdk.ProcureClient:
            assert select.select([idle[0][0]], [], [], 10)[0], "the end did not come"
        else:
            async def ended(reader=idle[0].connection.reader):
                while not reader.at_eof():
                    await asyncio.sleep(0.001)
            LOOP.run_until_complete(asyncio.wait_for(ended(), 10))
        one.intents.update(intent_id, quantity=quantity)
    assert version_of(intent_id) == 3


def case_lost_create_makes_one():
    intents = client().intents
    user = f"lost {KIND.__name__} {time.time()}"
    faults("drop-after")
    intents.create(**fields(user_id=user))
    assert intents.list(user_id=user).total == 1


def case_answer_never_comes():
    intents = client(timeout=0.3, max_retries=1).intents
    intent_id = intents.create(**fields()).id
    faults("stall-after")
    assert intents.update(intent_id, quantity=2).version == 2
    faults("stall-after", "stall-after")
    error = refused(sdk.ProcureTimeoutError, None, intents.update, intent_id, quantity=3)
    assert error.maybe_done and len(seen()) == 2
    assert version_of(intent_id) == 3
    faults("stall-after", "stall-after")
    assert not refused(sdk.ProcureTimeoutError, None, intents.get, intent_id).maybe_done
    faults("stall-after", "stall-after")
    started = time.monotonic()
    refused(sdk.ProcureTimeoutError, None, intents.get, intent_id, timeout=0.1)
    assert time.monotonic() - started < 5


def case_cancelled():
    """asyncio only: a call that is cancelled ends at once, with its connection."""
    if KIND is sdk.ProcureClient:
        return
    one = client("waiting").inner

    async def run():
        after = (await one.intents.changes(limit=1000)).next
        task = asyncio.ensure_future(one.intents.changes(after=after, wait=30).__aiter__().__anext__())
        await asyncio.sleep(0.1)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return await one.health()
        raise AssertionError("it was not cancelled")
    started = time.monotonic()
    assert LOOP.run_until_complete(run()).status == "healthy"
    assert time.monotonic() - started < 10


def case_busy_servers():
    intents = client(max_retry_delay=3).intents
    intent_id = intents.create(**fields()).id
    faults(reply(503, BUSY), reply(502, "<html>"), reply(504), reply(500, BUSY))
    assert refused(sdk.ServerError, None, intents.update, intent_id, quantity=2).status == 500
    assert len(seen()) == 4
    faults(reply(503, BUSY, Retry_After=1))
    started = time.monotonic()
    intents.update(intent_id, quantity=2)
    assert time.monotonic() - started >= 1
    faults(reply(503, BUSY, Retry_After=3600))
    assert refused(sdk.ServerError, None, intents.get, intent_id).retry_after == 3600
    date = "Fri, 31 Dec 2099 23:59:59 GMT"
    faults(reply(503, BUSY, Retry_After=date))
    assert refused(sdk.ServerError, None, intents.get, intent_id).retry_after > 1e9
    assert len(seen()) == 1
    faults(reply(404, "<html>not here</html>"))
    missed = refused(sdk.NotFoundError, None, intents.get, intent_id)
    assert missed.code is None and "is base_url right?" in str(missed)
    faults(reply(200, "<html>a portal</html>"))
    assert "base_url" in str(refused(sdk.ApiError, None, intents.get, intent_id))
    faults(reply(302, Location="/api/v1/intents/intent_1"))
    assert refused(sdk.ApiError, None, intents.get, intent_id).status == 302
    faults(reply(400, '{"code":40001,"message":"m","data":null}'))
    refused(sdk.ValidationError, None, intents.get, intent_id)
    assert len(seen()) == 1, "a refusal was sent again"
    faults("chunked", "bytes")
    assert intents.get(intent_id) == intents.get(intent_id)
    assert len({r["connection"] for r in seen()}) == 1


def case_wire():
    """Answers in every cut, and answers that are none."""
    def parse(raw, cut):
        parser = _wire.ResponseParser()
        for at in range(0, len(raw), cut):
            if parser.feed(raw[at:at + cut]):
                return parser
        parser.feed(b"")
        return parser

    good = (
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\n{}", b"{}", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", b"{}", False),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end", False),
        (b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 204 None\r\n\r\n", b"", True),
        (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\nA\r\n0123456789\r\n"
         b"0\r\nT: x\r\n\r\n", b"abc0123456789", True),
    )
    for raw, body, keep_alive in good:
        for cut in (1, 2, 3, 7, len(raw)):
            parser = parse(raw, cut)
            assert (parser.response.body, parser.keep_alive) == (body, keep_alive), raw
    bad = (b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nA\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
           b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
           b"HTTP/1.1 200 OK\r\nA: " + b"x" * _wire.MAX_HEAD)
    for raw in bad:
        for cut in (1, 4096):
            raises(_wire.WireError, parse, raw, cut)


def case_too_many_requests():
    intents = client("slow").intents
    intent_id = intents.create(**fields()).id
    intents.update(intent_id, quantity=2)
    faults()
    started = time.monotonic()
    assert intents.update(intent_id, quantity=3).version == 3
    assert len(seen()) == 2 and time.monotonic() - started >= 1
    error = refused(sdk.RateLimitError, 42901, client("slow", max_retries=0).intents.update,
                    intent_id, quantity=4)
    assert error.retry_after == 1
    time.sleep(error.retry_after)  # the bucket is for whoever comes next


def case_nobody_there():
    intents = client(base_url=WORLD["closed"], max_retries=1).intents
    error = refused(sdk.ProcureConnectionError, None, intents.update, "intent_1", quantity=1)
    assert not error.maybe_done and "efused" in str(error) or "111" in str(error)


def case_untrusted_certificate():
    one = client(base_url=WORLD["tls"], retry_delay=20)
    started = time.monotonic()
    error = refused(sdk.ProcureConnectionError, None, one.intents.update, "intent_1", quantity=1)
    assert not error.maybe_done and "certificate" in str(error)
    assert time.monotonic() - started < 5, "it was tried again"


def off_by(minutes):
    with clock(minutes * 60):
        one = client()
        faults()
        intent = one.intents.create(**fields())
        assert len(seen()) == 2
        assert abs(one.clock_offset_ms + minutes * 60_000) < 2000
        one.intents.update(intent.id, quantity=2)
        assert len(seen()) == 3, "the clock was corrected once and for all"
        error = refused(sdk.ClockError, 40103, client(max_retries=0).intents.get, intent.id)
        assert abs(error.server_time - (time.time() - minutes * 60) * 1000) < 2000


def case_clock_behind():
    off_by(-11)


def case_clock_ahead():
    off_by(11)


def late(outcome, **options):
    """The clock goes on by 280 s between the first attempt and the second."""
    intent_id = client().intents.create(**fields()).id
    faults(outcome)
    with clock(-280) as shift:
        def delay(self, again, retry_after):
            shift["by"] = 0
            return 0
        with mock.patch.object(_exchange.Exchange, "_delay", delay):
            try:
                return client().intents.update(intent_id, quantity=2, **options), intent_id
            except sdk.ProcureError as error:
                return error, intent_id


def case_old_bytes():
    """They are signed anew only where that is safe."""
    result, intent_id = late("drop-after")
    assert type(result) is sdk.ProcureConnectionError and result.maybe_done
    assert len(seen()) == 1
    result, intent_id = late("drop-after", idempotency_key=f"late-{KIND.__name__}-{time.time()}")
    assert result.quantity == 2 and version_of(intent_id) == 2
    assert late("drop-after", dry_run=True)[0].quantity == 2, "what changes nothing is safe"
    result, intent_id = late(reply(503, BUSY))
    assert result.version == 2
    requests = seen()
    assert requests[0]["headers"]["x-timestamp"] != requests[1]["headers"]["x-timestamp"]


def case_clock_after_a_lost_answer():
    """What may have been done is not signed anew for the clock's sake either."""
    intent_id = client().intents.create(**fields()).id
    with clock(11 * 60):
        faults("drop-before")
        refused(sdk.ClockError, 40103, client().intents.update, intent_id, quantity=2)
        assert len(seen()) == 2
        faults("drop-before")
        key = f"clock-{KIND.__name__}-{time.time()}"
        assert client().intents.update(intent_id, quantity=2, idempotency_key=key).version == 2
        assert len(seen()) == 3


def case_secret_is_told_nowhere():
    one = client()
    secret = WORLD["apps"]["main"][1]
    errors = [refused(sdk.NotFoundError, 40401, one.intents.get, "intent_1")]
    faults("drop-before")
    errors.append(refused(sdk.ProcureConnectionError, None, client(max_retries=0).intents.get, "x"))
    inner = getattr(one, "inner", one)
    things = [one, one.intents, vars(inner), vars(inner._exchange), *errors]
    for thing in things:
        for text in (repr(thing), str(thing)):
            assert secret not in text and not re.search("[0-9a-f]{64}", text), text
    for error in errors:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        assert secret not in text
    raises(TypeError, pickle.dumps, inner)
    raises(TypeError, copy.deepcopy, inner)
    intent = one.intents.create(**fields())
    assert "138" not in repr(intent) and intent.id in repr(intent)


def case_wrong_settings():
    wrong = (dict(app_secret="secret_with_break\n"), dict(app_secret=" secret_with_break"),
             dict(app_secret="secret_with_break "), dict(app_secret=""), dict(app_secret=None),
             dict(app_id="应用"), dict(base_url="api.procure-core.com"),
             dict(base_url="ftp://host"), dict(base_url="https://user:pass@host"),
             dict(base_url="https://host/a b"), dict(timeout=0), dict(max_retries=-1))
    for more in wrong:
        error = raises(ValueError, client, **more)
        assert "secret_with_break" not in str(error)
    assert client(base_url="https://h/gw/api/v1/").base_url == "https://h/gw"
    assert client(base_url=WORLD["proxy"] + "/api/v1").intents.create(**fields()).version == 1


def case_context_manager():
    if KIND is sdk.ProcureClient:
        with client() as one:
            assert one.health().status == "healthy"
        return

    async def run():
        async with client().inner as one:
            return await one.health()
    assert asyncio.run(run()).status == "healthy"
    # A client goes with whichever loop runs.
    one = client()
    assert one.health().status == asyncio.run(one.inner.health()).status == one.health().status


def case_version():
    faults()
    client().intents.list().first()
    assert sdk.__version__ == WORLD["version"]
    assert seen()[0]["headers"]["user-agent"] == f"procure-core-sdk-python/{WORLD['version']}"
    assert os.path.isfile(os.path.join(os.path.dirname(sdk.__file__), "py.typed"))


def main():
    global KIND
    passed = failed = 0
    cases = [(name, run) for name, run in globals().items() if name.startswith("case_")]
    wanted = sys.argv[1:]
    for KIND in (sdk.ProcureClient, BlockingClient):
        for name, run in cases:
            if wanted and name not in wanted:
                continue
            title = f"{'sync' if KIND is sdk.ProcureClient else 'asyncio'} {name[5:]}"
            try:
                run()
            except Exception:  # noqa: BLE001 - whatever it is, the case failed
                failed += 1
                print(f"FAILED {title}:\n{traceback.format_exc()}", flush=True)
            else:
                passed += 1
                print(f"ok {title}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
