# SPDX-License-Identifier: Apache-2.0
# The front door. Behind it stand Meson and Ninja (meson.build), the stages of
# the test runs (tools/test.py) and the rules (tools/lint).

CYCLES ?=
SEEDS ?=
ORDERS ?= 1000000
SECONDS ?= 60
T ?=
DESTDIR ?=
PREFIX ?=

.DEFAULT_GOAL := build
.PHONY: run build test lint fmt bench bench-curve check-san check-tsan check-crash check-power check-pg clients \
	fuzz install clean help

run: ## start the demo on http://localhost:3000 | 启动演示服务 http://localhost:3000
	@tools/deps build run
	@tools/build build procured
	build/procured serve --demo --data build/demo

build: ## install what is missing, build build/procured (the default) | 安装缺少的依赖并编译 build/procured（默认目标）
	@tools/deps build
	@tools/build build procured

test: ## run every test that needs no hour | 运行全部测试（不含耗时数小时的）
	@tools/deps build run test
	@python3 -B tools/test.py test

lint: ## check the rules of the code | 检查代码规范
	@tools/deps build test
	@tools/lint

fmt: ## format the C code and list the sources, in place | 就地格式化 C 代码并更新源文件列表
	@tools/deps build test
	@python3 -B tools/sources.py --fix
	@python3 -B tools/format.py --fix

bench: ## measure speed against the goals | 性能测试
	@tools/deps build test bench
	@tools/build build procured bench/load bench/raw bench/pipeline bench/mallocs.so
	python3 bench/run.py --procured build/procured

bench-curve: ## how cost grows with orders, connections, bodies and lines, ORDERS=n | 成本曲线,ORDERS=n
	@tools/deps build test
	@tools/build build procured bench/load bench/raw
	python3 bench/curve.py --procured build/procured --orders $(ORDERS)

check-san: ## unit, corpora and golden under ASan and UBSan, gcc and clang | 用 ASan 和 UBSan 测试（gcc 与 clang）
	@tools/deps build test
	@python3 -B tools/test.py san

check-tsan: ## tests with threads under ThreadSanitizer | 用 ThreadSanitizer 测试多线程
	@tools/deps build test
	@python3 -B tools/test.py tsan

check-crash: ## kill -9 the server CYCLES=100 times | 反复 kill -9 服务进程，CYCLES=次数
	@tools/deps build test
	@tools/build build procured bench/load
	python3 tests/crash.py --cycles $(or $(CYCLES),100) --procured build/procured

check-power: ## cut the power 40 times in each of SEEDS=500 runs | 模拟断电,SEEDS=次数
	@tools/deps build test
	@tools/build build tests/sql.test_sqlite_power
	seq 1 $(or $(SEEDS),500) | xargs -I {} env POWER_SEED={} build/tests/sql.test_sqlite_power

check-pg: ## everything about PostgreSQL, with CYCLES=50 failovers | PostgreSQL 全部测试,含 CYCLES=50 次主备切换
	@tools/deps build test
	@CYCLES=$(or $(CYCLES),50) python3 -B tools/test.py pg

clients: ## real clients of each dialect, unmodified | 用各方言的真实客户端测试
	@tools/deps build test
	@tools/build build procured
	python3 -B tests/clients/run.py --procured build/procured

fuzz: ## run one fuzz target: T=name SECONDS=60 | 模糊测试：T=名称 SECONDS=秒数
	@tools/deps build test
	@tools/fuzz "$(T)" "$(SECONDS)"

install: build ## install, with PREFIX=/usr/local DESTDIR= | 安装，可设 PREFIX 与 DESTDIR
	@$(if $(PREFIX),meson configure build -Dprefix=$(PREFIX) && tools/build build procured)
	DESTDIR=$(DESTDIR) meson install -C build --no-rebuild

clean: ## remove build/, the demo's data too | 删除 build/（包括演示数据）
	rm -rf build

help: ## this list | 显示本列表
	@sed -n 's/^\([a-z-]*\):.*## \(.*\) | \(.*\)$$/\1\t\2\t\3/p' Makefile | \
		while IFS='	' read -r name english chinese; do \
			printf 'make %-12s %s\n%17s %s\n' "$$name" "$$english" '' "$$chinese"; \
		done
