#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets a PHP client of the wangdian dialect talk to a demo server.

    tests/clients/wangdian/run.py [--procured build/procured]

Needs Debian's php-cli. Prints `ok NAME` or `FAILED NAME: …` for each case, and
the totals in the last line.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from harness import Cases, Failure, Server, check  # noqa: E402

SID, KEY, SECRET = "wdtapi3", "dev_wdt_key", "dev_wdt_secret:dev_wdt_salt"
FAMILY = "purchase.PurchaseOrder."
SECONDS_MAX = 3  # an idle keep-alive connection would be held far longer


class Php:
    """Calls through client.php, one process each, as scripts of shops do."""

    def __init__(self, url):
        self.url = url

    def call(self, method, arguments, page=None, path="/openapi", secret=SECRET):
        """The answer's bytes, as text."""
        words = ["php", "-n", str(HERE / "client.php"), self.url + path, SID, KEY, secret,
                 method, json.dumps(arguments, ensure_ascii=False), *map(str, page or ())]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Failure((done.stderr + done.stdout).strip())
        seconds = float(done.stderr.strip())
        check(seconds < SECONDS_MAX, f"the answer ended after {seconds} s only")
        return done.stdout

    def expect(self, method, arguments, answer, **more):
        got = self.call(method, arguments, **more)
        check(got == answer, f"got {got}\nwant {answer}")


def update(no, flag):
    return [{"purchase_no": no, "flag_name": flag}]


def seed_examples(php):
    php.expect(FAMILY + "updatePurchaseInfo", update("CG2204130001", "aa"), '{"status":0}')
    php.expect(FAMILY + "updatePurchaseInfo", update("CG2204130001", "采购量和到货量不一致"),
               '{"status":100,"message":"采购标记不存在:采购量和到货量不一致"}')
    php.expect(FAMILY + "updatePurchaseInfo", update("CG2204130001", "无"), '{"status":0}')


def escapes(php):
    """json_encode writes \\uXXXX and \\/; the signature is over those bytes."""
    php.expect(FAMILY + "updatePurchaseInfo",
               [{"purchase_no": "CG2204130001", "flag_name": "加急", "more": "a/b=<>&'\""}],
               '{"status":0}')
    answer = json.loads(php.call(FAMILY + "queryWithDetail",
                                 [{"purchase_no": "CG2204130001"}], page=(10, 0)))
    check(answer["status"] == 0, answer)
    check(answer["data"]["total_count"] == 1, answer)
    check(answer["data"]["order"][0]["flag_name"] == "加急", answer)


def no_arguments(php):
    for arguments in ([], None, [{}]):
        answer = json.loads(php.call("system.Core.now", arguments))
        check(answer["status"] == 0 and len(answer["data"]) == 19, answer)


def two_routes(php):
    php.expect(FAMILY + "updatePurchaseInfo", update("CG2204130001", "aa"), '{"status":0}',
               path="/openapi/openapi")


def create_and_cancel(php):
    answer = json.loads(php.call(FAMILY + "createOrder", [{
        "provider_no": "P1", "receive_warehouse_nos": "5", "is_check": 0, "remark": "测试/1",
        "purchase_details": [{"spec_no": "ERP_1113005", "num": "3.0000", "price": "1.2345"}]}]))
    check(answer["status"] == 0 and answer["data"]["status"] == 0, answer)
    no = answer["data"]["message"]
    shown = json.loads(php.call(FAMILY + "queryWithDetail", [{"purchase_no": no}], page=(1, 0)))
    order = shown["data"]["order"][0]
    check(order["remark"] == "测试/1" and order["detail_list"][0]["num"] == 3, order)
    php.expect(FAMILY + "pending", [[no]], '{"status":0,"data":{"error_info":[{"order_no":"' + no +
               '","message":"采购单非部分入库状态"}],"status":0}}')
    php.expect(FAMILY + "cancelOrder", [no], '{"status":0}')
    php.expect(FAMILY + "cancelByType", [{"operate_type": 0, "purchase_no_list": [no]}],
               '{"status":0,"data":{"code":1,"message":"[{\\"error\\":\\"' + no +
               ':采购单不是编辑中状态\\"}]","error_count":1}}')


def refusals(php):
    # A demo's answer shows what was signed; the client reads it all the same.
    got = json.loads(php.call(FAMILY + "updatePurchaseInfo", update("CG2204130001", "aa"),
                              secret="wrong:dev_wdt_salt"))
    signed = got.pop("string_to_sign")
    check(signed.startswith("***body[{") and signed.endswith("v1.0***"), signed)
    check(got == {"status": 1, "message": "验证失败"}, got)
    php.expect(FAMILY + "updatePurchaseInfo", update("CG404", "aa"),
               '{"status":100,"message":"采购单号为 CG404 的单据不存在"}')
    php.expect(FAMILY + "updatePurchaseInfo", update("A", "aa") + update("B", "aa"),
               '{"status":1,"message":"invalid argument count"}')
    php.expect(FAMILY + "queryWithDetail", [{"purchase_no": "A"}],
               '{"status":100,"message":"此方法仅支持分页查询"}')


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
        php = Php(server.url)
        for case in (seed_examples, escapes, no_arguments, two_routes, create_and_cancel,
                     refusals):
            cases.run(f"wangdian-php/{case.__name__}", case, php)
        server.stop()
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
