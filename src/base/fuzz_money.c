/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes money_parse: what it takes must print and read back as the same
 * value, in both forms, and be near what strtod makes of it.
 */
#include "base/money.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_reads_back(const struct buf *b, int decimals, int64_t value)
{
	int64_t back;
	bool ok = money_parse(buf_view(b), decimals, &back);

	assert(!buf_failed(b));
	assert(ok);
	assert(back == value);
}

/* An independent reading; the text is copied to have a NUL. */
static void
check_near(struct str text, int decimals, int64_t value)
{
	char room[128];
	double expected, got = (double)value;

	if (text.n >= sizeof(room))
		return;
	memcpy(room, text.p, text.n);
	room[text.n] = '\0';
	expected = strtod(room, NULL) * pow(10, decimals);
	assert(fabs(expected - got) <= fabs(got) * 1e-12);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char room[64];
	struct str text;
	struct buf b;
	int decimals;
	int64_t value;

	if (size == 0)
		return 0;
	decimals = data[0] % 19;
	text = (struct str){(const char *)data + 1, size - 1};
	if (!money_parse(text, decimals, &value))
		return 0;
	check_near(text, decimals, value);
	buf_init_fixed(&b, room, sizeof(room));
	money_print(&b, value, decimals);
	check_reads_back(&b, decimals, value);
	buf_reset(&b);
	money_print_fixed(&b, value, decimals);
	check_reads_back(&b, decimals, value);
	return 0;
}
