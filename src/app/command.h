/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subcommands: the table of all of them, and what one is given when it runs.
 *
 * A subcommand that needs the store runs where the store is open: in a server
 * that holds the data directory (its control socket carries words and output),
 * else in the process that was started, which then holds the directory itself.
 * It cannot tell the two apart: it writes to `out` and `err`, changes the store
 * through app/backend.h and returns an exit code.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "app/backend.h"
#include "app/language.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define EXIT_OK 0
#define EXIT_FAILED 1  /* it was tried and did not work */
#define EXIT_USAGE 2   /* nothing was tried: the words are wrong */
#define EXIT_REFUSED 3 /* of send: the server answered, and refused */
#define EXIT_UNHEARD 4 /* of send: there was no answer */

#ifndef PROCURED_VERSION
#define PROCURED_VERSION "0.1.0"
#endif
/* The day of that version, for the manual. */
#define PROCURED_RELEASED "2026-11-22"

/* Words of one command line; more is a mistake of some script. */
#define ARGS_MAX 64

struct arg {
	const char *name;  /* of an option, without dashes; NULL: a word */
	const char *value; /* NULL: an option without one */
};

struct args {
	struct arg items[ARGS_MAX];
	size_t count;
	size_t words;
};

struct subcommand;

struct invocation {
	const struct subcommand *row;
	struct args args;
	enum language language;
	struct arena *arena;
	const struct settings *settings; /* of the process that runs it */
	struct backend *backend;	 /* NULL where none is needed */
	const char *cwd; /* of the person who asks; relative paths start here */
	struct buf out;
	struct buf err;
	/* MAY. Shows how far a long command has come; false: nobody waits any
	 * more. See show_progress. */
	bool (*progress)(void *arg, const char *text);
	void *progress_arg;
	int64_t progress_due_us;
};

enum where {
	WHERE_HERE,    /* needs no store */
	WHERE_CLIENT,  /* runs here, and may ask where the store is open */
	WHERE_STORE,   /* where the store is open, see above */
	WHERE_OFFLINE, /* holds the data directory; no server may run */
};

struct subcommand {
	const char *name;    /* one or two words: "app create" */
	const char *args;    /* for the line of usage */
	const char *options; /* "name: json policy:*": see args_parse */
	size_t words_min, words_max;
	enum where where;
	bool makes; /* data directory, key and store where they are missing */
	const char *help_en;
	const char *help_zh;
	int (*run)(struct invocation *inv);
};

/* The one list; a row without a name ends it. */
extern const struct subcommand subcommands[];

/*
 * The subcommand that the first words of argv name, and in *used how many words
 * that took. NULL: none; *used is then 0, or 1 when the first word begins the
 * names of several ("app").
 */
const struct subcommand *subcommand_find(const char *const *argv, int argc,
    int *used);

/*
 * Sorts words into options and words by the row's list: an option's name, with
 * ':' when it takes a value, with '*' when it may be repeated, with '!' when no
 * store is needed once it is there. After "--" all are words. False: `err`
 * says what is wrong and shows the usage.
 */
bool args_parse(struct invocation *inv, const char *const *argv, int argc);
/* One option of a row's list, taken off the front of *rest; false: no more. */
struct option_spec {
	struct str name;
	bool takes_value;
	bool repeats;
	bool frees; /* no store is needed with it */
};
bool option_next(struct str *rest, struct option_spec *out);
/* The option's value, "" for one without; NULL when it was not given. */
const char *arg_option(const struct invocation *inv, const char *name);
/* The word number i, NULL behind the last. */
const char *arg_word(const struct invocation *inv, size_t i);
/* Whether this invocation needs no store, by its row and options. */
bool args_need_no_store(const struct invocation *inv);
/* The option as a number from `least` on; `fallback` when not given. False:
 * `err` says what is wrong. */
bool arg_number(struct invocation *inv, const char *name, int64_t least,
    int64_t most, int64_t fallback, int64_t *out);

/* Buffers of an invocation, on the heap. */
void invocation_init(struct invocation *inv);
void invocation_fini(struct invocation *inv);

/* A path the person gave, as seen from where they stand. */
struct str path_from_cwd(struct invocation *inv, const char *path);
/* Says now and then how far the command has come (`total` 0: nobody knows of
 * how many). False: it is to be given up. */
bool show_progress(struct invocation *inv, int64_t done, int64_t total);

/* Text for the person. */
void say(struct invocation *inv, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* One sentence and what to do, on `err`; returns EXIT_FAILED or EXIT_USAGE. */
int fail(struct invocation *inv, const char *fmt, ...) PRINTF_LIKE(2, 3);
int misuse(struct invocation *inv, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* fail() with a failure of a lower layer and what it means for the person. */
int fail_err(struct invocation *inv, enum err_code code, const struct err *err);

/*
 * What an option does; one name means the same wherever it is. NULL: there is
 * no such option (`make lint` sees to it that there is one for each).
 */
struct option_row {
	const char *name;
	const char *value; /* what stands for it in help; "": takes none */
	const char *help_en;
	const char *help_zh;
};
extern const struct option_row option_rows[];
extern const size_t option_row_count;
const struct option_row *option_row_find(struct str name);
/* Verifies the store and prints what it holds and each fault; the exit code. */
int print_check(struct invocation *inv, struct store_conn *conn);

/* Help. All of them write to inv->out. */
void help_short(struct invocation *inv);
/* Of the commands that begin with these words; false: there are none. */
bool help_command(struct invocation *inv, const char *const *argv, int argc);
/* On inv->err: the word is no command, the nearest is …. */
void help_unknown(struct invocation *inv, const char *const *argv, int argc);
void help_usage(struct invocation *inv, struct buf *out);
/* The words, exit codes and examples of send or sign. */
void help_client(struct invocation *inv, const struct subcommand *row);

/* The functions of the table, by file. */
int serve_run(struct invocation *inv);
int app_create_run(struct invocation *inv);
int app_secrets_run(struct invocation *inv);
int app_list_run(struct invocation *inv);
int app_show_run(struct invocation *inv);
int app_set_run(struct invocation *inv);
int app_disable_run(struct invocation *inv);
int app_enable_run(struct invocation *inv);
int app_rotate_run(struct invocation *inv);
int order_show_run(struct invocation *inv);
int order_list_run(struct invocation *inv);
int order_history_run(struct invocation *inv);
int order_import_run(struct invocation *inv);
int order_export_run(struct invocation *inv);
int catalog_show_run(struct invocation *inv);
int catalog_import_run(struct invocation *inv);
int catalog_flag_run(struct invocation *inv);
int catalog_adjust_run(struct invocation *inv);
int sign_run(struct invocation *inv);
int send_run(struct invocation *inv);
int openapi_run(struct invocation *inv);
int backup_run(struct invocation *inv);
int restore_run(struct invocation *inv);
int check_run(struct invocation *inv);
int migrate_run(struct invocation *inv);
int copy_run(struct invocation *inv);
int doctor_run(struct invocation *inv);
int config_dump_run(struct invocation *inv);
int config_check_run(struct invocation *inv);
int config_example_run(struct invocation *inv);
int help_run(struct invocation *inv);
int version_run(struct invocation *inv);
int man_run(struct invocation *inv);
int completion_run(struct invocation *inv);

#endif
