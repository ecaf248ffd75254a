/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripted driver. It compares each call with the script's next step and
 * gives what the step says; it knows nothing of SQL.
 */
#include "sql/sql_script.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/sql_driver.h"

struct script_cursor {
	struct sql_cursor base; /* first: the two are cast into each other */
	const struct sql_script_step *step;
	size_t row; /* from 1; 0: before the first */
	bool is_busy;
};

struct script_db {
	struct sql_db base; /* first, as above */
	struct sql_script *script;
	struct script_cursor *cursors; /* one per statement */
};

static struct sql_script *current;

void
sql_script_use(struct sql_script *script)
{
	assert(script != NULL);
	script->at = 0;
	script->fault[0] = '\0';
	current = script;
}

struct str
sql_script_fault(struct sql_script *script)
{
	assert(script != NULL);
	if (script->fault[0] == '\0' && script->at < script->count)
		(void)snprintf(script->fault, sizeof(script->fault),
		    "step %zu, %s, never came", script->at,
		    script->steps[script->at].name);
	return script->fault[0] ? str_from(script->fault) : STR_NONE;
}

static struct script_db *
script_of(struct sql_db *db)
{
	return (struct script_db *)(void *)db;
}

static struct script_cursor *
cursor_of(struct sql_cursor *c)
{
	return (struct script_cursor *)(void *)c;
}

static enum err_code
unexpected(struct sql_script *s, const char *name, const char *what,
    struct err *err)
{
	const char *wanted = s->at < s->count ? s->steps[s->at].name
					      : "the end";

	if (s->fault[0] == '\0')
		(void)snprintf(s->fault, sizeof(s->fault),
		    "step %zu: got %s%s, want %s", s->at, name, what, wanted);
	return err_set(err, ERR_STORE_FAILED, NULL, "%s", s->fault);
}

/* Goes one step on; *step is set when the call is the expected one. */
static enum err_code
take_step(struct sql_script *s, const char *name,
    const struct sql_script_step **step, struct err *err)
{
	if (s->at == s->count || strcmp(s->steps[s->at].name, name) != 0)
		return unexpected(s, name, "", err);
	*step = &s->steps[s->at++];
	if ((*step)->fails != ERR_OK)
		return err_set(err, (*step)->fails, NULL, "%s: as scripted",
		    name);
	return ERR_OK;
}

static enum err_code
take_plain(struct sql_db *db, const char *name, struct err *err)
{
	const struct sql_script_step *step;

	return take_step(script_of(db)->script, name, &step, err);
}

static bool
value_is_equal(const struct sql_value *a, const struct sql_value *b)
{
	return a->kind == b->kind && a->i == b->i && str_eq(a->s, b->s);
}

static enum err_code
driver_open(struct str rest, enum sql_mode mode, const struct sql_table *table,
    struct sql_db **out, struct err *err)
{
	struct script_db *d;

	(void)mode;
	if (current == NULL || rest.n > 0)
		return err_set(err, ERR_USAGE, "store",
		    "script: is for tests only");
	d = calloc(1, sizeof(*d));
	if (d != NULL)
		d->cursors = calloc(table->count, sizeof(*d->cursors));
	if (d == NULL || d->cursors == NULL) {
		free(d);
		return err_set(err, ERR_STORE_FAILED, NULL, "out of memory");
	}
	d->script = current;
	*out = &d->base;
	return ERR_OK;
}

static void
driver_close(struct sql_db *db)
{
	free(script_of(db)->cursors);
	free(script_of(db));
}

static enum err_code
driver_prepare(struct sql_db *db, struct err *err)
{
	(void)db;
	(void)err;
	return ERR_OK;
}

static enum err_code
driver_begin(struct sql_db *db, struct err *err)
{
	return take_plain(db, "begin", err);
}

static enum err_code
driver_commit(struct sql_db *db, struct err *err)
{
	return take_plain(db, "commit", err);
}

static void
driver_rollback(struct sql_db *db)
{
	/* A step that is not there is the script's fault already. */
	if (take_plain(db, "rollback", NULL) != ERR_OK)
		return;
}

static enum err_code
driver_start(struct sql_db *db, int number, const struct sql_value *values,
    size_t count, size_t rows, struct sql_cursor **out, struct err *err)
{
	static const struct sql_script_step nothing = {.name = ""};
	struct script_db *d = script_of(db);
	const char *name = db->table[number].name;
	struct script_cursor *c = &d->cursors[number];
	const struct sql_script_step *step = &nothing;
	enum err_code code = ERR_OK;

	assert(!c->is_busy);
	if (rows > 0)
		code = take_step(d->script, name, &step, err);
	if (code != ERR_OK)
		return code;
	for (size_t i = 0; step->args != NULL && i < rows * count; i++) {
		if (!value_is_equal(&step->args[i], &values[i]))
			return unexpected(d->script, name, " with other values",
			    err);
	}
	*c = (struct script_cursor){
	    .step = step,
	    .is_busy = true,
	};
	*out = &c->base;
	return ERR_OK;
}

static enum err_code
driver_next(struct sql_cursor *cursor, bool *row, struct err *err)
{
	struct script_cursor *c = cursor_of(cursor);

	(void)err;
	assert(c->is_busy);
	*row = c->row < c->step->row_count;
	if (*row && c->step->inputs != NULL)
		cursor->input = c->step->inputs[c->row];
	c->row += *row;
	return ERR_OK;
}

static const struct sql_value *
value_at(struct sql_cursor *cursor, int column)
{
	const struct script_cursor *c = cursor_of(cursor);

	assert(c->row > 0);
	return &c->step->rows[(c->row - 1) * (size_t)c->base.columns +
	    (size_t)column];
}

static int64_t
driver_get_int(struct sql_cursor *cursor, int column)
{
	return value_at(cursor, column)->i;
}

static struct str
driver_get_str(struct sql_cursor *cursor, int column)
{
	return value_at(cursor, column)->s;
}

static void
driver_done(struct sql_cursor *cursor)
{
	cursor_of(cursor)->is_busy = false;
}

static enum err_code
driver_script_run(struct sql_db *db, const char *script, struct err *err)
{
	(void)script;
	return take_plain(db, "script", err);
}

static enum err_code
driver_checkpoint(struct sql_db *db, enum sql_checkpoint how, struct err *err)
{
	(void)how;
	return take_plain(db, "checkpoint", err);
}

static enum err_code
driver_copy(struct sql_db *db, const char *path, struct err *err)
{
	(void)path;
	return take_plain(db, "copy", err);
}

const struct sql_driver sql_driver_script = {
    .scheme = "script:",
    .open = driver_open,
    .close = driver_close,
    .prepare = driver_prepare,
    .begin = driver_begin,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .start = driver_start,
    .next = driver_next,
    .get_int = driver_get_int,
    .get_str = driver_get_str,
    .done = driver_done,
    .script_run = driver_script_run,
    .checkpoint = driver_checkpoint,
    .copy = driver_copy,
};
