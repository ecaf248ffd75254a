#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stage `sdk`: both SDKs, packed and installed as a user gets them, against real
servers.

    tests/sdk/run.py [--procured build/procured] [--python PYTHON]… [NAME]…

A NAME is typescript, python, snippets or packages. The Python cases run on this
interpreter, and on every --python. cases.mjs and cases.py are the cases;
snippets.py has the code that the platform's page prints.
"""
import argparse
import ast
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import snippets  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from harness import Cases, Client, Failure, Server, check, create_app, run  # noqa: E402

TYPESCRIPT, PYTHON = TOP / "sdk/typescript", TOP / "sdk/python"
PRINTED_HOST = "api.procure-core.com"
PRINTED_APP = ("your_app_id", "your_app_secret")
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)

# The order that the page's examples change.
PRINTED_ORDER = {
    "id": 67890, "user": "user_001", "platform": "TAOBAO", "status": "SUBMITTED",
    "product.url": "https://item.taobao.com/item.htm?id=123456",
    "recipient.name": "张三", "recipient.phone": "13800138000",
    "address.detail": "北京市朝阳区望京SOHO T1 1001", "remarks": "请在工作日送达",
    "lines": [{"title": "Apple iPhone 15 Pro 256GB", "price": 8999, "quantity": 1}]}

# What runs behind the page's TypeScript: its helpers, called.
CALLS = """
console.log(JSON.stringify([
	await increaseQuantity('intent_67890', 4),
	await updateShippingAddress('intent_67890', {
		recipientName: '王五', address: '广州市天河区体育西路103号', phone: '13700137000',
	}),
	await addRemarks('intent_67890', '放门卫'),
	await batchUpdate('intent_67890', { quantity: 5, remarks: undefined }),
]));
"""

# What a compiler must refuse: a type that lets everything pass proves nothing.
WRONG = """
import { ProcureClient } from '@procure-core/sdk';
const client = new ProcureClient({ appId: 'a', appSecret: 'b', baseURL: 'c' });
// @ts-expect-error a misspelt field
await client.intents.update('i', { quantty: 2 });
// @ts-expect-error a field of the wrong type
await client.intents.update('i', { quantity: '2' });
// @ts-expect-error a field that can't be changed
await client.intents.update('i', { price: 1 });
// @ts-expect-error the secret is missing
new ProcureClient({ appId: 'a', baseURL: 'c' });
// @ts-expect-error a page is not an intent
(await client.intents.list()).id;
const total: number | null = (await client.intents.list({ status: 'DRAFT' })).total;
for await (const intent of client.intents.list()) { intent.title?.length; }
for await (const change of client.intents.changes({ wait: 30 })) { change.seq.toFixed(); }
export { total };
"""


def execute(command, cwd=None, env=None, timeout=600):
    """Its stdout; a Failure tells all it said."""
    done = subprocess.run([str(w) for w in command], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, env={**os.environ, **(env or {})})
    check(done.returncode == 0,
          f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
          f"{done.stdout}{done.stderr}")
    return done.stdout


def has_modules(python, *names):
    return subprocess.run([python, "-c", "import " + ",".join(names)], cwd="/",
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


class World:
    """A folder, servers and packages that are made when first asked for."""

    def __init__(self, procured):
        self.procured = procured
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="procured-sdk-"))
        self.closers = [lambda: shutil.rmtree(self.folder)]
        self.made = {}

    def close(self):
        for closer in reversed(self.closers):
            closer()

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def server(self, data, *flags):
        server = Server(self.procured, str(data), *flags)
        self.closers.append(server.stop)
        return server

    def proxy(self, port, tls=None):
        proxy = FaultProxy(port, tls)
        self.closers.append(proxy.close)
        return proxy

    # --- packages -------------------------------------------------------------

    def npm_package(self):
        return self.once("npm", self._npm_package)

    def _npm_package(self):
        """(tarball, folder it is installed in)"""
        if shutil.which("npm") is None:
            execute([TOP / "tools/deps", "node"])
        source = self.folder / "typescript"
        shutil.copytree(TYPESCRIPT, source, ignore=shutil.ignore_patterns("node_modules", "dist"))
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        execute(["npm", "ci", *quiet], source)
        execute(["npm", "pack", "--pack-destination", self.folder, *quiet], source)
        tarball, = self.folder.glob("*.tgz")
        user = self.folder / "user"
        user.mkdir()
        (user / "package.json").write_text('{"private":true,"type":"module"}')
        execute(["npm", "install", "--offline", *quiet, tarball], user)
        return tarball, user

    def wheel(self):
        return self.once("wheel", self._wheel)[0]

    def sdist(self):
        return self.once("wheel", self._wheel)[1]

    def _wheel(self):
        builder = next((p for p in (sys.executable, "/usr/bin/python3")
                        if has_modules(p, "setuptools", "wheel")), None)
        if builder is None:
            execute([TOP / "tools/deps", "sdk"])
            builder = "/usr/bin/python3"
        source, out = self.folder / "python", self.folder / "out"
        shutil.copytree(PYTHON, source, ignore=shutil.ignore_patterns("build", "*.egg-info"))
        out.mkdir()
        execute([builder, "-c", "import sys; from setuptools import build_meta as b; out = sys.argv[1]\n"
                 "b.build_wheel(out); b.build_sdist(out)", out], source)
        made = [*out.glob("*.whl"), *out.glob("*.tar.gz")]
        check(len(made) == 2, f"built {made}")
        return made

    def site(self):
        """A folder for PYTHONPATH with the wheel installed."""
        return self.once("site", self._site)

    def _site(self):
        site = self.folder / "site"
        pip = next((p for p in (sys.executable, "/usr/bin/python3") if has_modules(p, "pip")), None)
        if pip is None:
            execute([TOP / "tools/deps", "sdk"])
            pip = "/usr/bin/python3"
        execute([pip, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
                 "--no-compile", "--disable-pip-version-check", "--root-user-action=ignore",
                 "--target", site, self.wheel()])
        return site

    # --- servers ----------------------------------------------------------------

    def certificate(self):
        return self.once("certificate", self._certificate)

    def _certificate(self):
        """(certificate, key) of the printed host, which vouches for itself."""
        pem, key = self.folder / "host.pem", self.folder / "host.key"
        execute(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", pem,
                 "-days", "2", "-subj", f"/CN={PRINTED_HOST}", "-addext",
                 f"subjectAltName=DNS:{PRINTED_HOST}", "-addext",
                 "keyUsage=digitalSignature,keyCertSign"])
        return pem, key

    def tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate())
        return context

    def description(self):
        """What the cases are told, as JSON."""
        return self.once("description", self._description)

    def _description(self):
        data = self.folder / "world/data"
        data.parent.mkdir()
        server = self.server(data, "--demo")
        apps = {"nobody": ("nobody", "some_secret")}
        for name, *flags in (("main", "--rate", "unlimited"), ("other", "--rate", "unlimited"),
                             ("waiting", "--rate", "unlimited"),
                             ("strict", "--rate", "unlimited", "--policy", "require_if_match=yes"),
                             ("slow", "--policy", "rate.put=1"),
                             ("shut", "--policy", "allow_ip=10.0.0.1"), ("disabled",)):
            apps[name] = create_app(self.procured, str(data), name, *flags)
        run(self.procured, str(data), "app", "disable", apps["disabled"][0])
        # A port where nobody listens stays so while it is bound.
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        self.closers.append(closed.close)
        version = json.loads((TYPESCRIPT / "package.json").read_text())["version"]
        return json.dumps({
            "apps": apps, "vectors": str(HERE / "vectors.json"), "version": version,
            "proxy": f"http://127.0.0.1:{self.proxy(server.port).port}",
            "tls": f"https://127.0.0.1:{self.proxy(server.port, self.tls()).port}",
            "closed": f"http://127.0.0.1:{closed.getsockname()[1]}"})

    def printed(self, name):
        """(server, environment) where the page's code runs as it is printed."""
        data = self.folder / name / "data"
        data.parent.mkdir()
        secret, order = data.parent / "secret", data.parent / "order.ndjson"
        secret.write_text(PRINTED_APP[1] + "\n")
        order.write_text(json.dumps(PRINTED_ORDER, ensure_ascii=False) + "\n")
        create_app(self.procured, str(data), name, "--id", PRINTED_APP[0])
        run(self.procured, str(data), "app", "rotate", PRINTED_APP[0], "intents",
            "--secret-file", str(secret))
        run(self.procured, str(data), "order", "import", str(order), "--app", PRINTED_APP[0])
        server = self.server(data)
        pem = str(self.certificate()[0])
        return server, {
            "PRINTED_HOST": PRINTED_HOST, "SSL_CERT_FILE": pem, "NODE_EXTRA_CA_CERTS": pem,
            "LOOPBACK_PORT": str(self.proxy(server.port, self.tls()).port),
            "PYTHONPATH": str(self.site())}


# --- the packages -------------------------------------------------------------

def case_npm_package(world):
    """What npm would publish is what it should be."""
    tarball, user = world.npm_package()
    with tarfile.open(tarball) as tar:
        names = {n.split("/", 1)[1] for n in tar.getnames()}
    modules = [p.stem for p in (TYPESCRIPT / "src").glob("*.ts")]
    expected = {"package.json", "README.md", "README.zh-CN.md", "LICENSE",
                *(f"dist/{m}{end}" for m in modules for end in (".js", ".d.ts"))}
    check(names == expected, f"the package differs by {names ^ expected}")
    package = json.loads((user / "node_modules/@procure-core/sdk/package.json").read_text())
    check(package["name"] == "@procure-core/sdk" and package["license"] == "Apache-2.0", "name")
    check(not {"dependencies", "peerDependencies", "optionalDependencies"} & set(package),
          "the package has dependencies")
    lock = (TYPESCRIPT / "package-lock.json").read_text()
    check("resolved" not in lock and "://" not in lock, "package-lock.json names a registry")
    check(json.loads(lock)["version"] == package["version"], "package-lock.json: version")
    imports = {m for p in (TYPESCRIPT / "src").glob("*.ts")
               for m in re.findall(r"from '([^']+)'", p.read_text())}
    check(all(m.startswith(("node:", "./")) for m in imports), f"imports {imports}")


def case_npm_browser(world):
    """What a bundler for browsers resolves refuses to be made, and says why."""
    user = world.npm_package()[1]
    (user / "page.mjs").write_text(
        "import { ProcureClient } from '@procure-core/sdk';\n"
        "try { new ProcureClient({}) } catch (e) { console.log(e.message) }\n")
    said = execute(["node", "--conditions=browser", "page.mjs"], user)
    check("must not run in a browser" in said and "浏览器" in said, f"it said {said}")
    browser = (user / "node_modules/@procure-core/sdk/dist/browser.js").read_text()
    check("node:" not in browser, "a bundler would stumble over node:")


def case_npm_types(world):
    """The declarations take what is right and refuse what is wrong."""
    compile_typescript(world, "wrong.ts", WRONG)


def case_wheel(world):
    """What a registry would be given is what it should be."""
    modules = {f"procure_core/{p.name}" for p in (PYTHON / "src/procure_core").glob("*.py")}
    with zipfile.ZipFile(world.wheel()) as wheel:
        names = {n for n in wheel.namelist() if ".dist-info/" not in n}
        told = {n.rsplit("/", 1)[1]: wheel.read(n).decode()
                for n in wheel.namelist() if ".dist-info/" in n}
    check(names == modules | {"procure_core/py.typed"}, f"the wheel has {names}")
    check("Apache License" in told.get("LICENSE", ""), "the wheel has no LICENSE")
    metadata = told["METADATA"]
    version = json.loads((TYPESCRIPT / "package.json").read_text())["version"]
    for line in ("Name: procure-core", f"Version: {version}", "Requires-Python: >=3.9"):
        check(f"\n{line}\n" in metadata, f"METADATA lacks {line}")
    check("Requires-Dist" not in metadata, "the wheel has dependencies")
    check("ProcureClient(" in metadata, "README is not in it")
    with tarfile.open(world.sdist()) as sdist:
        names = {n.split("/", 1)[1] for n in sdist.getnames() if "/" in n}
    check({"LICENSE", "README.md", "README.zh-CN.md", "pyproject.toml"} <= names, "sdist")


def case_python_3_9(world):
    """Nothing newer than the oldest Python it is for, and nothing from outside."""
    for path in [*(PYTHON / "src/procure_core").glob("*.py"), HERE / "cases.py"]:
        tree = ast.parse(path.read_text(), str(path), feature_version=(3, 9))
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                root = name.split(".")[0]
                check(root in sys.stdlib_module_names or root == "procure_core",
                      f"{path} imports {name}")


def case_python_types(world):
    """The type hints hold under mypy's strictest rules."""
    if shutil.which("mypy") is None:
        execute([TOP / "tools/deps", "sdk"])
    execute(["mypy", "--strict", "--python-version", "3.9", "--cache-dir",
             world.folder / "mypy", PYTHON / "src"])


# --- the page's code ------------------------------------------------------------

def compile_typescript(world, name, text):
    """The compiled file, beside the installed package."""
    user = world.npm_package()[1]
    (user / name).write_text(text)
    modules = world.folder / "typescript/node_modules"
    execute([modules / ".bin/tsc", "--strict", "--module", "nodenext", "--target", "es2022",
             "--lib", "es2022", "--types", "node", "--typeRoots", modules / "@types", name], user)
    return (user / name).with_suffix(".js")


def run_node(world, script, env):
    shutil.copy(HERE / "intercept.mjs", script.parent)
    return execute(["node", "--import", "./intercept.mjs", script.name], script.parent, env)


def changed_as_printed(server, versions=4):
    """The order is what the page's main example makes of it."""
    client = Client(server.port, *PRINTED_APP)
    intent = client.call("GET", "/api/v1/intents/intent_67890")[2]["data"]
    for name, value in (("quantity", 3), ("totalAmount", 26997), ("recipientName", "李四"),
                        ("address", "上海市浦东新区陆家嘴环路1000号"), ("phone", "13900139000"),
                        ("remarks", "请在周末送达,需要本人签收"), ("status", "SUBMITTED")):
        check(intent[name] == value, f"{name} is {intent[name]}")
    trail = client.call("GET", "/api/v1/intents/intent_67890/amendments")[2]["data"]["items"]
    check([a["version"] for a in trail] == list(range(1, versions + 1)), f"the trail is {trail}")


def case_snippet_javascript(world):
    """The page's main example, as it is printed, run as JavaScript."""
    server, env = world.printed("javascript")
    script = world.npm_package()[1] / "printed.mjs"
    script.write_text(snippets.blocks()[0])
    run_node(world, script, env)
    changed_as_printed(server)


def case_snippet_typescript(world):
    """The main example and the four helpers, compiled as strictly as can be."""
    server, env = world.printed("typescript-page")
    main, helpers, _ = snippets.blocks()
    script = compile_typescript(world, "printed.ts", "\n".join([main, *helpers, CALLS]))
    more, moved, noted, last = json.loads(run_node(world, script, env))
    check(more["quantity"] == 7 and more["totalAmount"] == 62993, f"increased: {more}")
    check(more["recipientName"] == "李四", "the main example came first")
    check(moved["recipientName"] == "王五" and moved["phone"] == "13700137000", f"moved: {moved}")
    check(noted["remarks"] == "放门卫", f"noted: {noted}")
    check(last["quantity"] == 5 and last["remarks"] == "放门卫", f"several: {last}")
    client = Client(server.port, *PRINTED_APP)
    check(client.call("GET", "/api/v1/intents/intent_67890")[2]["data"] == last, "it is stored")
    client.call("POST", "/api/v1/intents/intent_67890/execute")
    try:
        run_node(world, script, env)
    except Failure as fault:
        check("当前状态不允许更新" in str(fault) and "StateError" in str(fault), str(fault))
    else:
        raise Failure("a refused update was no error")


def case_snippet_python(world):
    """The page's Python example, as it is printed."""
    server, env = world.printed("python-page")
    script = world.folder / "printed.py"
    script.write_text(snippets.blocks()[2])
    execute([sys.executable, HERE / "run_snippet.py", script], env=env)
    changed_as_printed(server)


def case_snippet_readme(world):
    """What our own README prints, in both languages, changes the demo's order."""
    server = Server(world.procured, str(world.folder / "readme"), "--demo")
    world.closers.append(server.stop)
    env = {"PRINTED_HOST": "localhost", "LOOPBACK_PORT": str(server.port),
           "PYTHONPATH": str(world.site())}
    texts = [(TOP / f"README{language}.md").read_text() for language in ("", ".zh-CN")]
    for mark in ("js", "python"):
        printed = [re.search(rf"^```{mark}\n(.*?)^```$", text, re.M | re.S) for text in texts]
        check(all(printed) and printed[0][1] == printed[1][1], f"the {mark} of the READMEs differs")
        code = printed[0][1]
        if mark == "js":
            script = world.npm_package()[1] / "readme.mjs"
            script.write_text(code + "console.log(intent.totalAmount, intent.version);\n")
            said = run_node(world, script, env)
        else:
            script = world.folder / "readme.py"
            script.write_text(code + "print(intent.total_amount, intent.version)\n")
            said = execute([sys.executable, HERE / "run_snippet.py", script], env=env)
        check(said == "17998 2\n", f"the {mark} of README says {said}")


# --- the clients ----------------------------------------------------------------

def totals_of(name, command, cwd, env, pattern):
    """Runs cases that print their own lines: (passed, failed)."""
    done = subprocess.run([str(w) for w in command], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, env={**os.environ, **env})
    found = pattern(done.stdout)
    if found is None or sum(found) == 0 or (done.returncode != 0) != (found[1] != 0):
        print(f"{done.stdout}\nFAILED {name}: ended with {done.returncode}")
        return 0, 1
    print(done.stdout if found[1] else f"ok {name}: {found[0]} cases", flush=True)
    return found


def typescript_cases(world):
    user = world.npm_package()[1]
    shutil.copy(HERE / "cases.mjs", user)

    def tap(text):
        found = [re.search(rf"^# {word} (\d+)$", text, re.M) for word in ("pass", "fail")]
        return tuple(int(f[1]) for f in found) if all(found) else None
    return totals_of("typescript", ["node", "--test-reporter=tap", "cases.mjs"], user,
                     {"SDK_WORLD": world.description()}, tap)


def python_cases(world, python):
    def last(text):
        found = TOTALS.findall(text)
        return tuple(map(int, found[-1])) if found else None
    return totals_of(f"python {python}", [python, HERE / "cases.py"],
                     world.folder,
                     {"SDK_WORLD": world.description(), "PYTHONPATH": str(world.site())}, last)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--procured", default="build/procured")
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    names = set(arguments.names or ("packages", "snippets", "typescript", "python"))
    world, cases = World(os.path.abspath(arguments.procured)), Cases()
    try:
        for name, function in list(globals().items()):
            is_snippet = name.startswith("case_snippet")
            if name.startswith("case_") and ("snippets" if is_snippet else "packages") in names:
                cases.run(name[5:], function, world)
        runs = [lambda: typescript_cases(world)] if "typescript" in names else []
        if "python" in names:
            runs += [lambda p=p: python_cases(world, p)
                     for p in [sys.executable, *arguments.python]]
        for each in runs:
            passed, failed = each()
            cases.passed, cases.failed = cases.passed + passed, cases.failed + failed
    finally:
        world.close()
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main())
