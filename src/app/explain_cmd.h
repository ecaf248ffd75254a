/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured sign --explain [FILE]: why the signature of a request is refused.
 */
#ifndef APP_EXPLAIN_CMD_H
#define APP_EXPLAIN_CMD_H

#include "app/command.h"

/* EXIT_OK: nothing is wrong with it. EXIT_REFUSED: something is, and out says
 * what; another code when there is no request or no credential. */
int explain_run(struct invocation *inv);

#endif
