/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language an operator is spoken to in. Texts stand side by side where
 * they are used, so that the compiler checks the format of both:
 *
 *	say(inv, TR(inv->language, "%d apps\n", "%d 个应用\n"), count);
 */
#ifndef APP_LANGUAGE_H
#define APP_LANGUAGE_H

#include "base/str.h"

enum language { LANGUAGE_EN, LANGUAGE_ZH, LANGUAGE__COUNT };

#define TR(language, en, zh) ((language) == LANGUAGE_ZH ? (zh) : (en))

/* What LC_ALL, LC_MESSAGES and LANG ask for, the first that is set. */
enum language language_of_environment(void);
/* Of such a value: "zh_CN.UTF-8" is Chinese, all that we don't know English. */
enum language language_of(const char *locale);
const char *language_name(enum language language); /* "en", "zh" */

/*
 * The candidate nearest to a mistyped word, or NULL when none is near enough
 * to be meant. `next` gives candidate i, NULL behind the last.
 */
typedef const char *nearest_next_f(const void *arg, size_t i);
const char *nearest(const char *word, nearest_next_f *next, const void *arg);

#endif
