/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every test file includes: cmocka with the headers it needs but does not
 * include, and comparisons of our own types that show both sides.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"

/* Equal bytes; expected NULL means absent. */
#define check_str(actual, expected) \
	check_str_at((actual), (expected), __FILE__, __LINE__)

static inline void
check_str_at(struct str actual, const char *expected, const char *file,
    int line)
{
	if (str_eq(actual, str_from(expected)))
		return;
	print_error("got  %s\"%.*s\"\nwant %s\"%s\"\n",
	    actual.p ? "" : "absent ", STR_ARG(actual),
	    expected ? "" : "absent ", expected ? expected : "");
	_fail(file, line);
}

/* Equal codes, told by name. */
#define check_err(actual, expected) \
	check_err_at((actual), (expected), __FILE__, __LINE__)

static inline void
check_err_at(enum err_code actual, enum err_code expected, const char *file,
    int line)
{
	if (actual == expected)
		return;
	print_error("got  %s\nwant %s\n", err_name(actual), err_name(expected));
	_fail(file, line);
}

#endif
