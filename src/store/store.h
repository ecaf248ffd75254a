/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders on SQL: the only folder that contains SQL text. Rows become orders and
 * back, secrets are sealed at rest, migrations run by themselves.
 *
 * A struct store is one database (a URL and the key for secrets); a struct
 * store_conn is one connection to it, used by one thread at a time. Exactly one
 * connection of an embedded store writes; a shared one has as many as there are
 * lines to wait for. Everything a read returns lives in the arena that was given.
 *
 * Common errors: ERR_STORE_BUSY, ERR_STORE_FULL, ERR_STORE_FAILED,
 * ERR_STORE_UNSURE as sql.h says them, ERR_NO_MEMORY when the arena is full.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "order/amendment.h"
#include "order/catalog.h"
#include "order/command.h"
#include "order/filter.h"
#include "order/order.h"
#include "order/stock.h"

struct store;
struct store_conn;

struct store_config {
	struct str url;		   /* "sqlite:PATH", "postgresql://…" */
	const uint8_t *master_key; /* BOX_KEY_BYTES, copied */
	const char *backup_dir;	   /* where a copy goes before a migration */
	int64_t now_ms;		   /* the moment of opening, names that copy */
	bool unfinished;	   /* it may be a copy that is not done yet */
};

/*
 * Opens the store, makes or migrates its schema (keeping a copy of an embedded
 * file first) and checks that the key is the one the secrets are sealed with.
 *
 * ERR_USAGE         the key is another one, the schema is newer than we are,
 *                   it is an unfinished copy (store/copy.h), or no driver knows
 *                   the URL: the detail says which
 */
MUST_CHECK enum err_code store_open(const struct store_config *config,
    struct store **out, struct err *err);
void store_close(struct store **store);
/*
 * Is it a database that other nodes write as well, across a network? Then each
 * app has a line, and no call belongs on a thread that others wait for.
 */
bool store_is_remote(const struct store *store);
bool store_conn_is_remote(const struct store_conn *c);
/* The URL for people to see, without passwords; cut to fit. */
void store_url_show(struct str url, char *out, size_t out_bytes);

enum store_role { STORE_READER, STORE_WRITER };

MUST_CHECK enum err_code store_connect(struct store *store,
    enum store_role role, struct store_conn **out, struct err *err);
void store_disconnect(struct store_conn **conn);
/* Statements that begin from now on are cut at this monotonic time, with
 * ERR_STORE_BUSY (a commit: ERR_STORE_UNSURE); 0: never. Between
 * transactions, or before a commit. */
void store_set_deadline(struct store_conn *c, int64_t at_us);

/* --- reading, on any connection --------------------------------------- */

/* Is the database there? */
MUST_CHECK enum err_code store_ping(struct store_conn *c, struct err *err);

/* Reads between these two see one state of the store. A reader should not
 * stay inside for long (LIMIT_READ_MS cuts it). */
MUST_CHECK enum err_code store_read_begin(struct store_conn *c,
    struct err *err);
void store_read_end(struct store_conn *c);

/*
 * The order of this name. ERR_NOT_FOUND; ERR_NOT_YOURS when it belongs to
 * another app (only names that are derived from an id can tell).
 */
MUST_CHECK enum err_code store_order_find(struct store_conn *c, struct arena *a,
    int64_t app, enum name_kind kind, struct str name, struct order **out,
    struct err *err);

/*
 * The order with this id as of a version, its later amendments taken back;
 * works for one that was deleted, up to its last version before that.
 * ERR_NOT_FOUND when the app has no such order or the order no such version;
 * ERR_BUSY when it lies further back than store_rewind_allow left.
 */
MUST_CHECK enum err_code store_order_at(struct store_conn *c, struct arena *a,
    int64_t app, int64_t id, int64_t version, struct order **out,
    struct err *err);

/*
 * What is left of an app's order that was deleted, by the intent's name: id,
 * app, version and its place in the log, enough for store_history.
 * ERR_NOT_FOUND, also when it was another app's.
 */
MUST_CHECK enum err_code store_gone_find(struct store_conn *c, struct arena *a,
    int64_t app, struct str name, struct order **out, struct err *err);

/* How many amendments store_order_at takes back from now on, all calls
 * together; INT64_MAX is no limit, as in the beginning. */
void store_rewind_allow(struct store_conn *c, int64_t steps);

/* Amendments of an order with a version > after, oldest first, at most
 * `limit`; *more tells whether others follow. */
MUST_CHECK enum err_code store_history(struct store_conn *c, struct arena *a,
    const struct order *order, int64_t after, int64_t limit,
    struct feed_item **items, size_t *count, bool *more, struct err *err);

/* Amendments of an app with a seq > after, oldest first, at most `limit`. */
MUST_CHECK enum err_code store_feed(struct store_conn *c, struct arena *a,
    int64_t app, int64_t after, int64_t limit, struct feed_item **items,
    size_t *count, struct err *err);

/* Orders of an app (0: of all) with an id > after, by id, for tools. */
MUST_CHECK enum err_code store_orders(struct store_conn *c, struct arena *a,
    int64_t app, int64_t after, int64_t limit, struct order **orders,
    size_t *count, struct err *err);

/* Whether an order has this id, or had it before it was deleted. */
MUST_CHECK enum err_code store_id_is_taken(struct store_conn *c, int64_t id,
    bool *taken, struct err *err);
/* Whether one of the app's orders was given this name. */
MUST_CHECK enum err_code store_name_is_taken(struct store_conn *c, int64_t app,
    enum name_kind kind, struct str name, bool *taken, struct err *err);

/* A number kept under a name; 0 when there is none. Put it inside a
 * transaction. */
MUST_CHECK enum err_code store_mark_get(struct store_conn *c, const char *name,
    int64_t *out, struct err *err);
MUST_CHECK enum err_code store_mark_put(struct store_conn *c, const char *name,
    int64_t value, struct err *err);

/* One page of a list. */
struct store_page {
	struct order **orders;
	size_t count;
	int64_t total; /* -1: not known */
	bool total_is_exact;
	bool has_cursor;
	struct order_cursor cursor; /* where the next page begins */
};

/*
 * The page of an app's orders that the filter asks for.
 * ERR_BAD_FIELD: by number, it lies too deep or behind too many orders that
 * don't fit (LIMIT_LIST_DEPTH, LIMIT_LIST_SCAN).
 */
MUST_CHECK enum err_code store_list(struct store_conn *c, struct arena *a,
    int64_t app, const struct order_filter *f, struct store_page *out,
    struct err *err);

/* --- changing: one group of commands, one transaction ------------------- */

/* A stored answer: what came of a request that was accepted. */
struct store_answer {
	int64_t app;
	struct identity identity; /* by it, it is looked for */
	bool found;		  /* out of store_answers_find */
	bool expired; /* out of it: not found, but one under a key is to go */
	int64_t order;
	int64_t version;
	struct str items; /* of a batch: its list; absent otherwise */
	/* Out of store_answers_find: identity.body of what was stored. */
	uint8_t body[IDENTITY_BYTES];
};

/* An order a command speaks of. */
struct store_ref {
	int64_t app;
	enum name_kind kind;
	struct str name;
	/* Out: ERR_OK, NOT_FOUND, NOT_YOURS; STORE_FAILED when this one order
	 * can't be read, and `detail` says why. */
	enum err_code code;
	struct str detail;
	/* Out: in the arena, the caller may change it; refs of one call that
	 * lead to the same order share it. NULL unless ERR_OK. */
	struct order *order;
};

/* DELETE: the order with last_seq of its tombstone, the amendment that says it
 * is gone. Names it was given are free again. */
enum store_order_write { STORE_KEEP, STORE_INSERT, STORE_UPDATE, STORE_DELETE };

/* What a group writes. Names an order is given are written with its INSERT and
 * do not change afterwards. An order may occur once, an identity too. */
struct store_write {
	struct order *const *orders;
	const enum store_order_write *order_writes;
	/* MAY. Each as it is stored, of UPDATE and DELETE: saves asking. */
	const struct order *const *befores;
	size_t order_count;
	struct amendment *const *amendments; /* sealed, with their seq */
	size_t amendment_count;
	const struct store_answer *answers;
	size_t answer_count;
	const struct stock_row *const *stock; /* each once */
	size_t stock_count;
};

/*
 * Every change is made under the **line** of its app: whoever holds it is the
 * only one, of all nodes, that changes the app's orders, and has the next
 * numbers of its log to give. Lines are taken in the order of the apps' numbers
 * (ascending, distinct), by store_begin or once behind it, by a job that only
 * then knows which; they are held until the end of the transaction. Whoever
 * changes apps and credentials alone needs none.
 *
 * An embedded store has one line for all, which every transaction holds.
 */
MUST_CHECK enum err_code store_begin(struct store_conn *c, const int64_t *apps,
    size_t app_count, struct err *err);
MUST_CHECK enum err_code store_hold(struct store_conn *c, const int64_t *apps,
    size_t app_count, struct err *err);
/* The same as store_begin, but what is read first shares its journey: the lines
 * are held when store_load or store_has_amendment returns, and nothing else may
 * come before. ERR_STORE_CONFLICT when a line had to be made: begin again. */
MUST_CHECK enum err_code store_begin_load(struct store_conn *c,
    const int64_t *apps, size_t app_count, struct err *err);
/* Fills `found` and what follows it in each; body digests are compared by the
 * caller. A key whose time was over at now_ms is not found: its new answer
 * takes the old one's place. */
MUST_CHECK enum err_code store_answers_find(struct store_conn *c,
    struct arena *a, int64_t now_ms, struct store_answer *answers, size_t count,
    struct err *err);
MUST_CHECK enum err_code store_refs_load(struct store_conn *c, struct arena *a,
    struct store_ref *refs, size_t count, struct err *err);
/* Both at once, in one journey: names are looked up whether they turn out to be
 * needed or not. */
MUST_CHECK enum err_code store_load(struct store_conn *c, struct arena *a,
    int64_t now_ms, struct store_answer *answers, size_t answer_count,
    struct store_ref *refs, size_t ref_count, struct err *err);
/* Fills on_hand and reserved of each, 0 where nothing is stored; whether they
 * are sound is the caller's to look at. Works on any connection. */
MUST_CHECK enum err_code store_stock_load(struct store_conn *c,
    struct stock_row *rows, size_t count, struct err *err);
/*
 * In a transaction, after a call gave `code`: did one record turn out to be
 * damaged, while the database itself works? Then only those who ask for it are
 * hurt and the transaction may go on.
 */
bool store_is_damage(const struct store_conn *c, enum err_code code);
/* The next number of the app's log, whose line is held; what a rollback leaves
 * unused is used again. */
int64_t store_next_seq(struct store_conn *c, int64_t app);
/* Takes numbers back, from this one on: what they were given to was given up. */
void store_seq_back(struct store_conn *c, int64_t app, int64_t seq);
/* Whether the app's log has this amendment at this place, under its line: so a
 * transaction whose commit was not answered is found to have happened. */
MUST_CHECK enum err_code store_has_amendment(struct store_conn *c, int64_t app,
    int64_t seq, const uint8_t hash[AMENDMENT_HASH_BYTES], bool *has,
    struct err *err);
/* Writes all lines that are held, though nothing has moved: a commit then waits
 * for what waits to be copied before it, too. */
MUST_CHECK enum err_code store_lines_touch(struct store_conn *c,
    struct err *err);
/* Writes everything; names that are taken are ERR_NAME_TAKEN, or come out of
 * store_commit as ERR_STORE_CONFLICT (the caller looks with store_refs_load
 * before, so this is a bug or another node). */
MUST_CHECK enum err_code store_write(struct store_conn *c,
    const struct store_write *w, struct err *err);
MUST_CHECK enum err_code store_commit(struct store_conn *c, struct err *err);
void store_rollback(struct store_conn *c);

/* Deletes stored answers that may be forgotten at now_ms, at most `limit`
 * (>= 2) rows, of all apps or of those whose lines are held; call inside a
 * transaction. */
MUST_CHECK enum err_code store_prune(struct store_conn *c, int64_t now_ms,
    int64_t limit, struct err *err);

/* Bytes in the write-ahead log; moving them into the database file, as sql.h
 * says. A RESTART needs that no reader is active, see engine/gate.h. */
enum store_checkpoint { STORE_PASSIVE, STORE_RESTART };

int64_t store_wal_bytes(struct store_conn *c);
MUST_CHECK enum err_code store_checkpoint(struct store_conn *c,
    enum store_checkpoint how, struct err *err);
MUST_CHECK enum err_code store_checkpoint_mark(struct store_conn *c,
    struct err *err);
void store_checkpoint_unmark(struct store_conn *c);
MUST_CHECK enum err_code store_checkpoint_beside(struct store_conn *c,
    int64_t *moved_bytes, struct err *err);
MUST_CHECK enum err_code store_checkpoint_flush(struct store_conn *c,
    const atomic_bool *hurry, struct err *err);

/* --- apps -------------------------------------------------------------- */

/* One dialect's access of an app. Secrets are plain here, sealed in the rows. */
struct credential_record {
	int64_t app;
	struct str dialect;
	struct str key;	  /* public: app id, app key … ; unique per dialect */
	struct str scope; /* public: wangdian's sid; absent elsewhere */
	struct str secret;  /* wangdian: "secret:salt" */
	struct str session; /* top only */
};

struct app_record {
	int64_t no; /* 0: not stored yet */
	struct str id;
	struct str name;
	bool disabled;
	int64_t rate;	   /* requests/s, RATE_UNLIMITED */
	struct str policy; /* policy_print's text */
	int64_t created_ms;
};

/* All apps and credentials, apps by number. */
MUST_CHECK enum err_code store_apps(struct store_conn *c, struct arena *a,
    struct app_record **apps, size_t *app_count,
    struct credential_record **credentials, size_t *credential_count,
    struct err *err);
/* Inside a transaction. Adds (no 0; sets it) or changes an app.
 * ERR_NAME_TAKEN when another app has the id. */
MUST_CHECK enum err_code store_app_put(struct store_conn *c,
    struct app_record *app, struct err *err);
/* Inside a transaction. Adds or replaces the app's access by this dialect.
 * ERR_NAME_TAKEN when another app has the key. */
MUST_CHECK enum err_code store_credential_put(struct store_conn *c,
    const struct credential_record *credential, struct err *err);

/* --- catalogs ------------------------------------------------------------ */

/* Catalogs of several apps, each kind of entry in one array by app and then as
 * struct catalog wants it; `…_apps` tells whose the entry beside it is. */
struct store_catalogs {
	struct flag *flags;
	int64_t *flag_apps;
	size_t flag_count;
	struct warehouse *warehouses;
	int64_t *warehouse_apps;
	size_t warehouse_count;
	struct provider *providers;
	int64_t *provider_apps;
	size_t provider_count;
	struct product *products;
	int64_t *product_apps;
	size_t product_count;
	struct carrier *carriers;
	int64_t *carrier_apps;
	size_t carrier_count;
};

/* Those of all apps (0) or of one. */
MUST_CHECK enum err_code store_catalogs_load(struct store_conn *c,
    struct arena *a, int64_t app, struct store_catalogs *out, struct err *err);
/* One app's part, borrowed; empty when it has none, but for carriers: then it
 * has the default ones. */
void store_catalog_of(const struct store_catalogs *all, int64_t app,
    struct catalog *out);

/*
 * Inside a transaction. Each adds an entry or changes the one with its id or
 * number; a flag of id 0 is new and gets its id.
 *
 * ERR_NAME_TAKEN  another of the app's entries has the name or number
 * ERR_USAGE       the app has as many of them as it can, or a text is too long
 *                 or empty
 */
MUST_CHECK enum err_code store_flag_put(struct store_conn *c, int64_t app,
    struct flag *flag, struct err *err);
MUST_CHECK enum err_code store_warehouse_put(struct store_conn *c, int64_t app,
    const struct warehouse *warehouse, struct err *err);
MUST_CHECK enum err_code store_provider_put(struct store_conn *c, int64_t app,
    const struct provider *provider, struct err *err);
MUST_CHECK enum err_code store_carrier_put(struct store_conn *c, int64_t app,
    const struct carrier *carrier, struct err *err);
/* There may be many: that they are not too many is looked at once, behind the
 * last of them, by store_products_check. */
MUST_CHECK enum err_code store_product_put(struct store_conn *c, int64_t app,
    const struct product *product, struct err *err);
MUST_CHECK enum err_code store_products_check(struct store_conn *c, int64_t app,
    struct err *err);

/* All stock of an app, by warehouse and product. */
MUST_CHECK enum err_code store_stock(struct store_conn *c, struct arena *a,
    int64_t app, struct stock_row **rows, size_t *count, struct err *err);
/* Inside a transaction. Sets what is on hand; ERR_USAGE when that is less than
 * orders hold of it, or out of bounds. */
MUST_CHECK enum err_code store_stock_put(struct store_conn *c,
    const struct stock_row *row, struct err *err);
/* Inside a transaction. Reserves what orders hold that were made elsewhere and
 * are being written here; where there is too little of something, it becomes
 * as much as they hold. The arena is for the way. */
MUST_CHECK enum err_code store_stock_take_up(struct store_conn *c,
    struct arena *a, struct order *const *orders, size_t count,
    struct err *err);

/* A copy of the whole embedded store into a new file. */
MUST_CHECK enum err_code store_backup(struct store_conn *c, const char *path,
    struct err *err);

/*
 * Outside a transaction; reads in short ones, so a server may run meanwhile.
 * Verifies what is stored: the file itself, every chain, every total, what is
 * reserved, and that replaying all amendments gives the stored order. Calls `report` once for each
 * fault with a sentence; *orders and *amendments count what was looked at.
 */
typedef void store_report_f(void *arg, const char *sentence);
MUST_CHECK enum err_code store_check(struct store_conn *c,
    store_report_f *report, void *arg, int64_t *orders, int64_t *amendments,
    struct err *err);

#endif
