/* SPDX-License-Identifier: Apache-2.0 */
/* procured openapi: what the admin listener has at /openapi.json, without a
 * server. */
#include "app/command.h"
#include "base/limits.h"
#include "http/openapi.h"

int
openapi_run(struct invocation *inv)
{
	const struct openapi_options options = {
	    .version = PROCURED_VERSION,
	    .server = arena_printf(inv->arena, "http://%.*s",
		STR_ARG(setting_text(inv->settings, SETTING_LISTEN))),
	};
	struct err err = {.code = ERR_OK};
	enum err_code rc = openapi_print(&options, &inv->out);

	return rc == ERR_OK ? EXIT_OK : fail_err(inv, rc, &err);
}
