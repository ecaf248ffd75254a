/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of methods.h as data. */
#include "dialect/wangdian/wangdian_impl.h"

/* A method without `data` in its answer. */
#define wangdian_put_nothing NULL

const struct wangdian_method wangdian_methods[] = {
#define X(wire, takes, pages, command, decoder, putter, wrong_state) \
	{ \
	    .name = (wire), \
	    .argument = ARGUMENT_##takes, \
	    .paging = PAGING_##pages, \
	    .kind = COMMAND_##command, \
	    .decode = wangdian_decode_##decoder, \
	    .put_data = wangdian_put_##putter, \
	    .bad_state = (wrong_state), \
	},
    WANGDIAN_METHOD_TABLE(X)
#undef X
};

const size_t wangdian_method_count = sizeof(wangdian_methods) /
    sizeof(wangdian_methods[0]);

const struct wangdian_method *
wangdian_find_method(struct str name)
{
	for (size_t i = 0; i < wangdian_method_count; i++) {
		if (str_eq(str_from(wangdian_methods[i].name), name))
			return &wangdian_methods[i];
	}
	return NULL;
}
