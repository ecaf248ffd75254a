#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets a PHP client of the franchiser dialect talk to a demo server.

    tests/clients/franchiser/run.py [--procured build/procured]

Needs Debian's php-cli and php-curl. Prints `ok NAME` or `FAILED NAME: …` for
each case, and the totals in the last line.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from harness import Cases, Failure, Server, check  # noqa: E402

APPID, SECRET = "dev_em_appid", "dev_em_secret"
TYPE = "application/json;charset=UTF-8"
NO = "DD202409260001"

SEED = """{
    "tradeno": "DD202409260001",
    "warehouseid": "5",
    "provincename": "上海",
    "cityname": "上海市",
    "distrctname": "嘉定区",
    "address": "商城路123123",
    "receivername": "hanson",
    "mobile": "18817834074",
    "transportway": "2",
    "logisticscompanyid": "10",
    "deliverydate": "2024-09-28",
    "traderemark": "订单备注",
    "logisticscontact": "hanson-w",
    "logisticsmobile": "18817834074",
    "logisticscarnumber": "沪A888888",
    "remark": "物流备注123",
    "items": [
        {
            "outerpcode": "ERP_1113005",
            "mainmeasunitqty": "1",
            "remark": "接口导入订单-修改明细3(数量3个改成1个)"
        }
    ]
}"""


class Php:
    """Calls through client.php, one process each, as scripts of shops do."""

    def __init__(self, server):
        self.server = server

    def call(self, call, data, secret=SECRET, way="multipart"):
        """The answer's body as text."""
        if not isinstance(data, str):
            data = json.dumps(data, ensure_ascii=False)
        done = subprocess.run(
            ["php", str(HERE / "client.php"), f"{self.server.url}/franchiser/api/{call}", APPID,
             secret, data, way], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Failure((done.stderr + done.stdout).strip())
        kind, _, body = done.stdout.partition("\n")
        check(kind == TYPE, f"content type {kind}")
        return body

    def expect(self, call, data, answer, **more):
        got = self.call(call, data, **more)
        check(got == answer, f"got {got}\nwant {answer}")


def done(no, words="修改成功"):
    return f'{{"statusCode":0,"message":"{words}","data":"{no}"}}'


def refused(code, words):
    return f'{{"statusCode":{code},"message":"{words}","data":null}}'


def seed_examples(php):
    for way in ("multipart", "urlencoded"):
        php.expect("trade/modify", SEED, done(NO), way=way)
    php.expect("trade/modify", {"tradeno": NO, "provincename": "上海"},
               refused(1002, "修改三级地址时,省市区名称均不能为空"))
    php.expect("trade/modify",
               {"tradeno": NO, "items": [{"outerpcode": "ERP_1113005", "mainmeasunitqty": 11}]},
               refused(-10, "产品[ERP_1113005]库存不足"))


def create_query_cancel(php):
    answer = json.loads(php.call("trade/create", {
        "warehouseid": 22, "receivername": "王小明", "mobile": "13800138000",
        "provincename": "江苏省", "cityname": "苏州市", "distrctname": "吴中区",
        "address": "东吴北路1号 & a=b+c%20", "deliverydate": "2026-03-01",
        "items": [{"outerpcode": "ERP_1113004", "mainmeasunitqty": 5, "remark": "一/二"}]}))
    check(answer["statusCode"] == 0 and answer["message"] == "创建成功", answer)
    no = answer["data"]
    shown = json.loads(php.call("trade/query", {"tradeno": no}))["data"]
    check(shown["address"] == "东吴北路1号 & a=b+c%20", shown)
    check(shown["items"] == [{"outerpcode": "ERP_1113004", "mainmeasunitqty": 5,
                              "remark": "一/二"}], shown)
    check(shown["totalamount"] == 375, shown)
    php.expect("trade/cancel", {"tradeno": no}, done(no, "取消成功"))
    time.sleep(1.1)  # the same second would be the same request
    php.expect("trade/cancel", {"tradeno": no},
               refused(1005, f"订单[{no}]当前状态[CANCELLED]不允许修改"))


def warehouses(php):
    php.expect("warehouse/list", {}, '{"statusCode":0,"message":"查询成功","data":'
               '[{"id":5,"name":"上海仓"},{"id":22,"name":"广州仓"}]}')


def refusals(php):
    # A demo's answer shows what was signed; the client reads it all the same.
    got = json.loads(php.call("trade/modify", {"tradeno": NO}, secret="wrong"))
    signed = got.pop("stringToSign")
    check(signed.startswith("***appiddev_em_appidrequest_data{") and signed.endswith("***"), signed)
    check(got == json.loads(refused(1001, "签名验证失败")), got)
    php.expect("trade/modify", {"tradeno": NO, "districtname": "x"},
               refused(1011, "未知参数:districtname"))
    php.expect("trade/modify", "{", refused(1000, "请求参数格式错误:request_data不是JSON对象"))


def large_bodies(php):
    """Past 4 KiB the client waits for 100 Continue."""
    items = [{"outerpcode": "ERP_1113005", "mainmeasunitqty": 1, "remark": "长" * 500},
             {"outerpcode": "ERP_1113004", "mainmeasunitqty": 1, "remark": "长" * 500}]
    data = {"tradeno": NO, "remark": "长" * 500, "traderemark": "长" * 500, "items": items}
    php.expect("trade/modify", data, done(NO))
    php.expect("trade/modify", data, done(NO), way="urlencoded")


def as_csharp_sends(php):
    """Lower-case %xx, no charset, and the body only after 100 Continue."""
    fields = {"appid": APPID, "timestamp": str(int(time.time())),
              "request_data": json.dumps({"tradeno": NO, "remark": "C#客户端"},
                                         ensure_ascii=False)}
    text = "".join(name + fields[name] for name in sorted(fields))
    fields["sign"] = hashlib.md5((SECRET + text + SECRET).encode()).hexdigest().upper()
    body = "&".join(f"{name}=" + "".join(
        c if c.isalnum() and c.isascii() else "".join(f"%{b:02x}" for b in c.encode())
        for c in value) for name, value in fields.items()).encode()
    with socket.create_connection(("127.0.0.1", php.server.port), timeout=10) as s:
        s.sendall(b"POST /franchiser/api/trade/modify HTTP/1.1\r\nHost: localhost\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n"
                  b"Expect: 100-continue\r\nConnection: close\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body))
        first = s.recv(64)
        check(first.startswith(b"HTTP/1.1 100 "), first)
        s.sendall(body)
        answer = b""
        while part := s.recv(4096):
            answer += part
    check(answer.decode().endswith(done(NO)), answer.decode())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    args = parser.parse_args()
    cases = Cases()
    if shutil.which("php") is None:
        print("FAILED php: not installed; Debian's package is php-cli", flush=True)
        cases.failed += 1
        return cases.finish()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(os.path.abspath(args.procured), os.path.join(folder, "data"), "--demo")
        php = Php(server)
        for case in (seed_examples, create_query_cancel, warehouses, refusals, large_bodies,
                     as_csharp_sends):
            cases.run(f"franchiser-php/{case.__name__}", case, php)
        server.stop()
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
