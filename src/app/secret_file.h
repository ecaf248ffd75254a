/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A secret that somebody has already, in a file: words of a command line are
 * seen by everybody on the machine.
 */
#ifndef APP_SECRET_FILE_H
#define APP_SECRET_FILE_H

#include "app/app_records.h"

/* Shorter ones are found by trying. */
#define SECRET_BYTES_MIN 8

/*
 * The secret in the file at `path` for this dialect, in the invocation's arena,
 * without the one line break that editors put behind it. False: inv->err says
 * what is wrong with it, never what it is, and *code is the exit code.
 */
bool secret_file_read(struct invocation *inv, const char *path,
    enum access access, struct str *out, int *code);

#endif
