/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured man: prints a page of the manual. docs/man/ keeps the same pages for
 * packages.
 */
#include <string.h>

#include "app/command.h"
#include "app/man.h"
#include "app/roff.h"

static const struct page {
	const char *file;
	const char *name;
	const char *section;
	void (*write)(struct man *m);
} pages[] = {
    {"procured.1", "PROCURED", "1", man_page_1},
    {"procured.5", "PROCURED", "5", man_page_5},
    {"procured-dialects.7", "PROCURED-DIALECTS", "7", man_page_7},
};

#define PAGE_COUNT (sizeof(pages) / sizeof(pages[0]))

const char *
man_page_name(size_t i)
{
	return i < PAGE_COUNT ? pages[i].file : NULL;
}

static const struct page *
find_page(const char *file)
{
	for (size_t i = 0; i < PAGE_COUNT; i++)
		if (strcmp(pages[i].file, file) == 0)
			return &pages[i];
	return NULL;
}

/* False: there is no such language, and that was said. */
static bool
find_language(struct invocation *inv, enum language *out)
{
	const char *wanted = arg_option(inv, "lang");

	*out = inv->language;
	if (wanted == NULL)
		return true;
	for (int i = 0; i < LANGUAGE__COUNT; i++) {
		*out = (enum language)i;
		if (strcmp(language_name(*out), wanted) == 0)
			return true;
	}
	(void)misuse(inv,
	    TR(inv->language, "--lang takes en or zh, not \"%s\"",
		"--lang 应为 en 或 zh,而不是 \"%s\""),
	    wanted);
	return false;
}

int
man_run(struct invocation *inv)
{
	struct man m = {.out = &inv->out};
	const char *file = arg_word(inv, 0);
	const struct page *page = find_page(
	    file != NULL ? file : pages[0].file);

	if (!find_language(inv, &m.language))
		return EXIT_USAGE;
	if (page == NULL)
		return misuse(inv,
		    TR(inv->language, "there is no page \"%s\"",
			"没有手册页 \"%s\""),
		    file);
	roff_title(m.out, page->name, page->section, PROCURED_RELEASED,
	    "procured " PROCURED_VERSION,
	    TR(m.language, "procured manual", "procured 手册"));
	page->write(&m);
	return EXIT_OK;
}
