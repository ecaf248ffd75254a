/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema and its changes: a numbered list of scripts, each of which runs
 * once, in one transaction together with the number it leads to. A script that
 * was ever released is never altered; a change is a new one at the end.
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sql/sql.h"

/* Rows of `meta` that each store has for itself. */
#define META_SCHEMA_VERSION "schema_version"
#define META_KEY_CHECK "key_check" /* a known text, sealed with the key */
#define META_COPY_OF "copy_of"	   /* there while a copy is unfinished */

struct migration {
	int64_t number; /* from 1, without gaps */
	const char *script;
	const char *script_pg; /* for PostgreSQL; NULL: nothing to do */
};

extern const char schema_pg_4[];
extern const char schema_pg_5[];

extern const struct migration migrations[];
extern const size_t migration_count;

/* How a migration is carried out. */
struct migrating {
	const struct migration *list;
	size_t count;
	const char *backup_dir;
	int64_t now_ms; /* names the copy */
};

/*
 * Brings the schema behind `db` (open for CREATE with the boot statements, not
 * prepared) to the end of the list; it is prepared afterwards. An existing
 * schema of an embedded file is copied into backup_dir before the first script.
 * Several may call it at once for the same database.
 *
 * ERR_USAGE  the schema is newer than the list
 */
MUST_CHECK enum err_code migrate(struct sql_db *db, const struct migrating *how,
    struct err *err);

/* Text of the row of `meta`, in `out`, cut to fit; "" when there is none. */
MUST_CHECK enum err_code meta_get(struct sql_db *db, const char *key, char *out,
    size_t out_bytes, struct err *err);
/* Inside a transaction: others who call it wait until it ends. */
MUST_CHECK enum err_code meta_lock(struct sql_db *db, struct err *err);
MUST_CHECK enum err_code meta_put(struct sql_db *db, const char *key,
    const char *value, struct err *err);

#endif
