/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For implementers of a database driver. A driver is one const struct at the
 * end of its file; the list of all is sql_drivers[] in sql.c.
 */
#ifndef SQL_SQL_DRIVER_H
#define SQL_SQL_DRIVER_H

#include "sql/sql.h"

struct sql_driver {
	const char *scheme; /* "sqlite:"; what sql_open matches */
	const char *alias;  /* another one, or NULL */
	bool is_remote;

	/* MUST, all of them: as the functions of the same name in sql.h say.
	 * sql.c checks state and arguments before it calls. */
	/* `rest` is what follows the scheme. */
	enum err_code (*open)(struct str rest, enum sql_mode mode,
	    const struct sql_table *table, struct sql_db **out,
	    struct err *err);
	void (*close)(struct sql_db *db);
	enum err_code (*prepare)(struct sql_db *db, struct err *err);
	enum err_code (*begin)(struct sql_db *db, struct err *err);
	enum err_code (*commit)(struct sql_db *db, struct err *err);
	void (*rollback)(struct sql_db *db);
	/* `rows` rows of `count` values; `next` sets the cursor's input. */
	enum err_code (*start)(struct sql_db *db, int number,
	    const struct sql_value *values, size_t count, size_t rows,
	    struct sql_cursor **out, struct err *err);
	enum err_code (*next)(struct sql_cursor *c, bool *row, struct err *err);
	int64_t (*get_int)(struct sql_cursor *c, int column);
	struct str (*get_str)(struct sql_cursor *c, int column);
	void (*done)(struct sql_cursor *c);
	enum err_code (*script_run)(
	    struct sql_db *db, const char *script, struct err *err);

	/* MAY: NULL where running is starting and stepping to the end. */
	enum err_code (*run)(struct sql_db *db, int number,
	    const struct sql_value *values, size_t count, size_t rows,
	    struct err *err);

	/* MAY: NULL where the database has no such thing. */
	void (*set_deadline)(struct sql_db *db, int64_t at_us);
	int64_t (*wal_bytes)(struct sql_db *db);
	enum err_code (*checkpoint)(
	    struct sql_db *db, enum sql_checkpoint how, struct err *err);
	enum err_code (*checkpoint_mark)(struct sql_db *db, struct err *err);
	void (*checkpoint_unmark)(struct sql_db *db);
	enum err_code (*checkpoint_beside)(
	    struct sql_db *db, int64_t *moved_bytes, struct err *err);
	enum err_code (*checkpoint_flush)(
	    struct sql_db *db, const atomic_bool *hurry, struct err *err);
	enum err_code (*copy)(
	    struct sql_db *db, const char *path, struct err *err);
	enum err_code (*integrity)(struct sql_db *db, struct err *err);
};

/* The first member of each driver's own connection and cursor. */
struct sql_db {
	const struct sql_driver *driver;
	const struct sql_statement *table;
	size_t count;
	bool is_prepared;
	bool in_transaction;
	bool must_roll_back; /* a statement failed inside the transaction */
};

struct sql_cursor {
	struct sql_db *db;
	int number;
	const char *letters; /* of the columns, and how many they are */
	int columns;
	size_t input; /* the row of values that the present row belongs to */
};

extern const struct sql_driver sql_driver_sqlite;
extern const struct sql_driver sql_driver_postgres;
extern const struct sql_driver sql_driver_script;

#endif
