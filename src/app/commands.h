/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program, from its command line to its exit code.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

/* argv ends with NULL and is altered. */
int commands_main(int argc, const char **argv);

#endif
