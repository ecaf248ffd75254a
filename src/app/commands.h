/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program, from its command line to its exit code.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/command.h"

/* argv ends with NULL and is altered. */
int commands_main(int argc, const char **argv);

/*
 * Runs another subcommand where the store is open, for one that runs here
 * (WHERE_CLIENT). *out is what it printed, in inv's arena; what it complained of
 * is added to inv->err. Returns its exit code.
 */
int commands_ask(struct invocation *inv, const char *const *argv, int argc,
    struct str *out);

#endif
