/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's settings: one table. A value comes from a flag (--log-level),
 * else from the environment (PROCURED_LOG_LEVEL), else from the configuration
 * file (log_level = …), else it is the default. docs/operations.md shows the
 * table to people; lint compares them.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/language.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

#define SETTINGS_TEXT_OF(x) #x
#define SETTINGS_DIGITS_OF(x) SETTINGS_TEXT_OF(x)

/* clang-format off */
/*
 * symbol, name, type, default, what is allowed, reloadable, help (en, zh).
 *
 * ADDRESS   host:port; NO_ADDRESS takes "none" as well
 * PATH      not empty; where the default is "", it follows from `data`
 * STORE     the URL of a store; a password in it is never shown
 * CHOICE    one of the words; SWITCH the same, and the bare flag means "yes"
 * NUMBER    from|to, inclusive
 * NETWORKS  addresses or CIDR ranges with commas; the flag may be repeated
 */
#define SETTING_TABLE(X)                                                              \
	X(LISTEN,        "listen",        ADDRESS,    "127.0.0.1:3000", "", false,    \
	  "address the API listens on; port 0 takes any",                             \
	  "接口监听地址;端口 0 表示任选")                                             \
	X(ADMIN,         "admin",         NO_ADDRESS, "127.0.0.1:3001", "none", false, \
	  "address of the admin listener (health, metrics, console), or none",        \
	  "管理端监听地址(健康检查、指标、控制台),或 none")                           \
	X(DATA,          "data",          PATH,       "", "", false,                  \
	  "data directory; by default $XDG_STATE_HOME/procured, "                     \
	  "~/.local/state/procured, or /var/lib/procured without a home",             \
	  "数据目录;默认 $XDG_STATE_HOME/procured、~/.local/state/procured,"          \
	  "没有主目录时为 /var/lib/procured")                                         \
	X(STORE,         "store",         STORE,      "", "", false,                  \
	  "where orders are kept: sqlite:PATH, or postgresql://HOST,HOST/DATABASE "   \
	  "for several nodes; by default procured.db in the data directory",          \
	  "订单存储:sqlite:路径,或供多节点共用的 postgresql://主机,主机/数据库;"      \
	  "默认为数据目录中的 procured.db")                                           \
	X(KEY,           "key",           PATH,       "", "", false,                  \
	  "file of the master key for secrets at rest; by default procured.key in "   \
	  "the data directory, made at the first start",                              \
	  "主密钥文件(用于加密保存的密钥);默认为数据目录中的 procured.key,首次启动时生成") \
	X(CONFIG,        "config",        PATH,       "", "", false,                  \
	  "configuration file with lines `name = value`; none by default",            \
	  "配置文件,每行 `name = value`;默认不读取")                                  \
	X(DEMO,          "demo",          SWITCH,     "no", "no|yes|reset", false,    \
	  "make the demo world where it is missing; reset starts it afresh; "         \
	  "loopback only",                                                            \
	  "补齐演示数据;reset 表示重新开始;仅限本机回环地址")                         \
	X(LOG_LEVEL,     "log_level",     CHOICE,     "info", "debug|info|warn|error", true, \
	  "the least level that is logged",                                           \
	  "日志级别下限")                                                             \
	X(TRUSTED_PROXY, "trusted_proxy", NETWORKS,   "", "", false,                  \
	  "addresses or CIDR ranges of proxies whose X-Forwarded-For is believed",    \
	  "可信代理的地址或网段(采信其 X-Forwarded-For)")                             \
	X(NODE,          "node",          NUMBER,     "1", "0|1023", false,           \
	  "number of this node; it becomes part of the ids it makes",                 \
	  "本节点编号,用于生成订单 ID")                                               \
	X(QUEUE,         "queue",         NUMBER,     SETTINGS_DIGITS_OF(LIMIT_QUEUE), "1|1000000", false, \
	  "changes that may wait for the committer; beyond it clients are told to "   \
	  "come back",                                                                \
	  "等待提交的变更上限;超过后客户端需稍后再试")                                \
	X(GROUP,         "group",         NUMBER,     SETTINGS_DIGITS_OF(LIMIT_GROUP), "1|100000", false, \
	  "changes in one commit at most; not more than queue",                       \
	  "一次提交的变更上限;不大于 queue")                                          \
	X(COMMITTERS,    "committers",    NUMBER,     "0", "0|64", false,             \
	  "threads that write; an embedded store has one, 0 takes what fits the "     \
	  "store",                                                                    \
	  "写入线程数;内嵌存储固定为一个,0 表示按存储类型选择")                       \
	X(READERS,       "readers",       NUMBER,     "0", "0|64", false,             \
	  "threads for slow reads (lists), for all reads where the store is a "       \
	  "server; 0 takes what fits the store",                                      \
	  "慢查询(列表)线程数;存储为服务器时承担全部查询;0 表示按存储类型选择")
/* clang-format on */

enum setting {
#define X(symbol, name, type, value, allowed, reload, en, zh) SETTING_##symbol,
	SETTING_TABLE(X)
#undef X
	SETTING__COUNT
};

enum setting_type {
	SETTING_IS_ADDRESS,
	SETTING_IS_NO_ADDRESS,
	SETTING_IS_PATH,
	SETTING_IS_STORE,
	SETTING_IS_CHOICE,
	SETTING_IS_SWITCH,
	SETTING_IS_NUMBER,
	SETTING_IS_NETWORKS,
};

struct setting_row {
	const char *name; /* of the file; flag and environment follow from it */
	enum setting_type type;
	const char *default_value;
	const char *allowed;
	bool reloadable;
	const char *help_en;
	const char *help_zh;
};

extern const struct setting_row setting_rows[SETTING__COUNT];

struct setting_value {
	struct str text;
	int64_t number;	  /* of NUMBER, CHOICE (position) and SWITCH */
	struct str where; /* "--listen", "procured.conf:3"; absent: default */
	bool by_flag;
};

/* All strings live in the arena of settings_load. */
struct settings {
	struct setting_value values[SETTING__COUNT];
	enum language language;
};

#define SETTING_FLAG_BYTES 32

/* "--log-level", "PROCURED_LOG_LEVEL" */
void setting_flag(enum setting i, char out[SETTING_FLAG_BYTES]);
void setting_env(enum setting i, char out[SETTING_FLAG_BYTES]);

/*
 * Reads all settings and checks them. Flags of settings are taken out of argv
 * (up to "--"; argv[0] is left alone) and *argc follows; what is not a setting
 * stays. ERR_USAGE tells in the language given where the fault is and what to
 * do.
 */
MUST_CHECK enum err_code settings_load(struct settings *s, struct arena *a,
    enum language language, int *argc, const char **argv, struct err *err);

/*
 * Reads file and environment again, under the flags `now` was loaded with; `now`
 * is not touched. Errors as settings_load's.
 */
MUST_CHECK enum err_code settings_again(struct settings *s,
    const struct settings *now, struct arena *a, struct err *err);

static inline struct str
setting_text(const struct settings *s, enum setting i)
{
	return s->values[i].text;
}

static inline int64_t
setting_number(const struct settings *s, enum setting i)
{
	return s->values[i].number;
}

/* --- the parts of settings_load ----------------------------------------- */

/* Checks one value by its row; fills number. */
MUST_CHECK enum err_code setting_check(const struct settings *s, enum setting i,
    struct setting_value *value, struct err *err);
/* Reads a file's text, named `path` in faults, into the values it sets. */
MUST_CHECK enum err_code settings_read(struct settings *s, struct arena *a,
    const char *path, struct str text, struct err *err);
/* Whether host and port of a checked ADDRESS are on this machine only. */
bool address_is_loopback(struct str address);
/* The host (without brackets) and port of "host:port"; false: it is none. */
bool address_split(struct str address, struct str *host, int64_t *port);

/* A store's address as it may be shown, in the arena. */
struct str setting_store_shown(const struct settings *s, struct arena *a);
/* How many threads write and read, where that was left to the store. */
int setting_committers(const struct settings *s);
int setting_readers(const struct settings *s);

/* The effective settings, or an example, as a configuration file. */
void settings_dump(const struct settings *s, struct buf *out);
void settings_example(enum language language, struct buf *out);

#endif
