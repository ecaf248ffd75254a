/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: how a subcommand reaches the server that holds its data
 * directory.
 *
 * Wire, both ways: four bytes of length, most significant first, then that
 * many bytes of JSON.
 *
 *	to the server    {"argv":["app","list"],"cwd":"/root","language":"en"}
 *	from the server  {"progress":"…"}, any number of times, then
 *	                 {"exit":0,"out":"…","err":"…"}
 *
 * argv is without the program's name and without flags of settings: the
 * server's own settings hold. An empty argv asks whether anybody is there and
 * is answered with the version.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include <stdbool.h>

#include "app/data_dir.h"
#include "app/language.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/err.h"
#include "engine/engine.h"

struct control;

struct control_config {
	const struct data_dir *dir; /* held; borrowed */
	const struct settings *settings;
	struct store *store;
	struct engine *engine;
};

/* Listens in the data directory and answers on a thread of its own. */
MUST_CHECK enum err_code control_open(const struct control_config *config,
    struct control **out, struct err *err);
/* Ends the answer under way, takes no other, removes the socket. Accepts NULL
 * behind the pointer. */
void control_close(struct control **control);

struct control_reply {
	int exit;
	struct str out;
	struct str err;
};

/*
 * Asks the server of a data directory; the reply lives in the arena.
 *
 * ERR_NOT_FOUND  nobody listens there
 * ERR_USAGE      the words can't be sent (not UTF-8)
 * ERR_BUSY       the server went away or did not answer
 */
MUST_CHECK enum err_code control_ask(const struct data_dir *dir,
    enum language language, const char *const *argv, int argc, struct arena *a,
    struct control_reply *out, struct err *err);

/* --- framing, for both ends --------------------------------------------- */

/* A connected or listening socket at DIR/procured.sock; -1 with errno. */
int control_socket(const struct data_dir *dir, bool listen);
/* Absent when the peer is gone, silent, or says more than `most` bytes. */
struct str control_read(int fd, struct arena *a, size_t most);
bool control_write(int fd, struct str text);

#endif
