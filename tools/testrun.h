/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame around the cases of one test file. tools/testmain.py writes the
 * table and the main(); testrun_main() runs them.
 */
#ifndef TOOLS_TESTRUN_H
#define TOOLS_TESTRUN_H

#include <stddef.h>

struct testrun_case {
	const char *name;
	void (*run)(void **state);
};

struct testrun {
	const char *suite; /* "base.test_arena" */
	const struct testrun_case *cases;
	size_t case_count;
	int (*setup)(void **state);    /* MAY: before each case */
	int (*teardown)(void **state); /* MAY: after each case */
};

/* A case ends with exit(TESTRUN_SKIPPED) when what it needs is not there; what
 * it printed is the reason. */
#define TESTRUN_SKIPPED 77

/*
 * Runs the cases whose name contains argv[1], or all of them, each in its own
 * process and folder. One line a case ("ok SUITE/CASE", "FAILED SUITE/CASE:
 * why" or "skipped SUITE/CASE:", both with the case's output), a line
 * "N skipped" if any were, and the last line "N passed, N failed".
 * Returns the exit status: 0 when there was a case and none failed.
 */
int testrun_main(const struct testrun *run, int argc, char **argv);

#endif
