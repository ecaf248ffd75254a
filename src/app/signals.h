/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's signals as a file descriptor, for the server's loop.
 */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include "base/err.h"

enum signal_wish {
	SIGNAL_NONE,   /* nothing is waiting */
	SIGNAL_STOP,   /* SIGTERM, SIGINT: answer what was accepted, then end */
	SIGNAL_RELOAD, /* SIGHUP */
};

/* Blocks the signals for this thread and those it will start, and gives a file
 * descriptor that is readable when one has come; -1 with errno. */
int signals_open(void);
enum signal_wish signals_next(int fd);

#endif
