/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of calls.h as data. */
#include "dialect/franchiser/franchiser_impl.h"

const struct franchiser_call franchiser_calls[] = {
#define X(wire, command, decoder, putter, words) \
	{ \
	    .path = (wire), \
	    .kind = COMMAND_##command, \
	    .decode = franchiser_decode_##decoder, \
	    .put_data = franchiser_put_##putter, \
	    .message = (words), \
	},
    FRANCHISER_CALL_TABLE(X)
#undef X
};

const size_t franchiser_call_count = sizeof(franchiser_calls) /
    sizeof(franchiser_calls[0]);

const struct franchiser_call *
franchiser_find_call(struct str path)
{
	struct str base = STR(FRANCHISER_BASE);

	if (!str_starts(path, base))
		return NULL;
	path = str_sub(path, base.n, SIZE_MAX);
	for (size_t i = 0; i < franchiser_call_count; i++) {
		if (str_eq(str_from(franchiser_calls[i].path), path))
			return &franchiser_calls[i];
	}
	return NULL;
}
