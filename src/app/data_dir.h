/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory: who may look into it, who holds it, and the master key.
 *
 *	DIR/procured.db      the store, where --store names no other place
 *	DIR/procured.key     the master key, made at the first start
 *	DIR/procured.lock    held by the one process that writes
 *	DIR/procured.sock    of a running server, for subcommands
 *
 * Beside an embedded store, wherever that is, lies STORE.lock: two data
 * directories may name the same store, and still only one may write it.
 */
#ifndef APP_DATA_DIR_H
#define APP_DATA_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/language.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

struct data_dir {
	const char *path; /* borrowed */
	enum language language;
	int fd;		   /* the directory; -1: not open */
	int lock_fd;	   /* -1: not held */
	int store_lock_fd; /* -1: not held */
};

/*
 * Opens the directory, making it (0700, parents too) when `make` is set.
 *
 * ERR_NOT_FOUND  it is not there and was not to be made
 * ERR_USAGE      it can't be made or opened, is none, or others may enter it
 */
MUST_CHECK enum err_code data_dir_open(struct data_dir *d, const char *path,
    bool make, enum language language, struct err *err);
/* Lets go of everything; accepts one that was not opened (fds -1). */
void data_dir_close(struct data_dir *d);

/*
 * Holds the directory, and the store of this URL where it is a file, until
 * data_dir_close or the process ends. Details name the holder.
 *
 * ERR_BUSY        another process holds the directory
 * ERR_STORE_BUSY  one with another data directory holds the store
 */
MUST_CHECK enum err_code data_dir_lock(struct data_dir *d, struct str url,
    struct err *err);

/*
 * Holds a store alone, where it is a file, with a struct data_dir that was not
 * opened (fds -1). ERR_STORE_BUSY as above.
 */
MUST_CHECK enum err_code data_dir_hold_store(struct data_dir *d, struct str url,
    enum language language, struct err *err);

/*
 * Reads the master key. Where there is no such file one is made, if `make` is
 * set (there is no store yet that another key would belong to). The file holds
 * 64 hex digits and a line end, and only its owner may read it.
 * ERR_USAGE tells what is wrong with it and what to do.
 */
MUST_CHECK enum err_code key_file_read(const char *path, bool make,
    enum language language, uint8_t key[BOX_KEY_BYTES], struct err *err);

/* The path of an embedded store's URL; NULL for another kind of store. */
const char *store_path(struct str url);
/* Whether the URL's store is there already; true for one we can't look at. */
bool store_is_there(struct str url);

/*
 * Renames an embedded store's files, its write-ahead log's too, to PATH.suffix;
 * what has that name goes. All files must be closed.
 */
MUST_CHECK enum err_code store_set_aside(const char *path, const char *suffix,
    struct err *err);

/* fsync of the directory that holds `path`: a name that came or went is then
 * on disk. False with errno. */
bool sync_parent(const char *path);

#endif
