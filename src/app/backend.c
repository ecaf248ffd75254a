/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reaching the store, with and without a server.
 */
#include <assert.h>
#include <unistd.h>

#include "app/backend.h"
#include "app/data_dir.h"
#include "base/when.h"

enum err_code
backend_open(struct backend *b, const struct settings *s,
    const uint8_t key[BOX_KEY_BYTES], struct err *err)
{
	struct store_config config = {
	    .url = setting_text(s, SETTING_STORE),
	    .master_key = key,
	    .backup_dir = setting_text(s, SETTING_DATA).p,
	    .now_ms = clock_now_ms(&clock_system),
	};
	enum err_code rc;

	*b = (struct backend){.engine = NULL};
	rc = store_open(&config, &b->store, err);
	if (rc != ERR_OK)
		return rc;
	rc = store_connect(b->store, STORE_WRITER, &b->conn, err);
	if (rc != ERR_OK)
		store_close(&b->store);
	return rc;
}

enum err_code
backend_unlock(struct backend *b, const struct settings *s, bool make,
    enum language language, struct err *err)
{
	struct str url = setting_text(s, SETTING_STORE);
	const char *path = setting_text(s, SETTING_KEY).p;
	bool is_server = store_path(url) == NULL;
	bool is_new = is_server ? access(path, F_OK) != 0
				: !store_is_there(url);
	uint8_t key[BOX_KEY_BYTES];
	enum err_code rc;

	*b = (struct backend){.engine = NULL};
	rc = key_file_read(path, make && is_new, language, key, err);
	if (rc == ERR_OK)
		rc = backend_open(b, s, key, err);
	digest_wipe(key, sizeof(key));
	/* Whether a server has a store is only known now: it had one, of a key
	 * that is somewhere else. */
	if (rc == ERR_USAGE && is_server && make && is_new)
		(void)unlink(path);
	return rc;
}

void
backend_close(struct backend *b)
{
	if (b->conn != NULL)
		store_disconnect(&b->conn);
	if (b->store != NULL)
		store_close(&b->store);
}

static enum err_code
change_alone(struct backend *b, engine_job_f *fn, void *arg, struct err *err)
{
	enum err_code rc = store_begin(b->conn, NULL, 0, err);

	if (rc != ERR_OK)
		return rc;
	rc = fn(b->conn, arg, err);
	if (rc != ERR_OK) {
		store_rollback(b->conn);
		return rc;
	}
	rc = store_commit(b->conn, err);
	/* There is no engine that would look after the log. */
	if (rc == ERR_OK && store_wal_bytes(b->conn) > LIMIT_WAL_BYTES)
		rc = store_checkpoint(b->conn, STORE_RESTART, err);
	return rc;
}

enum err_code
backend_change(struct backend *b, engine_job_f *fn, void *arg,
    bool apps_changed, struct err *err)
{
	assert(b->store != NULL);
	if (b->engine != NULL)
		return engine_job(b->engine, fn, arg, apps_changed, err);
	return change_alone(b, fn, arg, err);
}

enum err_code
backend_read(struct backend *b, engine_job_f *fn, void *arg, struct err *err)
{
	enum err_code rc;

	assert(b->conn != NULL);
	rc = store_read_begin(b->conn, err);
	if (rc != ERR_OK)
		return rc;
	rc = fn(b->conn, arg, err);
	store_read_end(b->conn);
	return rc;
}
