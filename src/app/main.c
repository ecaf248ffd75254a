/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program `procured`. Everything begins in app/commands.c.
 */
#include <signal.h>

#include "app/commands.h"

int
main(int argc, char **argv)
{
	/* A reader of ours that goes away is an error of that write. */
	(void)signal(SIGPIPE, SIG_IGN);
	return commands_main(argc, (const char **)(void *)argv);
}
