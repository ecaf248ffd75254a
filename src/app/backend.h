/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store as a subcommand reaches it: through the engine of a server that
 * runs, or by itself where none does.
 */
#ifndef APP_BACKEND_H
#define APP_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/settings.h"
#include "base/err.h"
#include "engine/engine.h"
#include "store/store.h"

struct backend {
	struct store *store;
	struct engine *engine; /* NULL: there is no server, conn writes */
	struct store_conn *conn;
};

/* Opens the store of these settings with a writing connection and no engine.
 * The data directory must be held (app/data_dir.h). Errors as store_open's. */
MUST_CHECK enum err_code backend_open(struct backend *b,
    const struct settings *s, const uint8_t key[BOX_KEY_BYTES],
    struct err *err);
/* The same with the key of the settings' file. With `make` a key is made where
 * there is none and no store that has another one. */
MUST_CHECK enum err_code backend_unlock(struct backend *b,
    const struct settings *s, bool make, enum language language,
    struct err *err);
/* Of backend_open's: closes connection and store. Accepts a zeroed one. */
void backend_close(struct backend *b);

/* Runs fn in a transaction of its own that is committed when it says ERR_OK.
 * With apps_changed the server takes the new apps up. */
MUST_CHECK enum err_code backend_change(struct backend *b, engine_job_f *fn,
    void *arg, bool apps_changed, struct err *err);
/* Runs fn where it sees one state of the store. */
MUST_CHECK enum err_code backend_read(struct backend *b, engine_job_f *fn,
    void *arg, struct err *err);

#endif
