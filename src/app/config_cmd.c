/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procured config …: the settings, looked at. That they are read at all before
 * a subcommand runs is the check.
 */
#include <assert.h>

#include "app/command.h"

int
config_dump_run(struct invocation *inv)
{
	assert(inv->settings != NULL);
	settings_dump(inv->settings, &inv->out);
	return EXIT_OK;
}

int
config_check_run(struct invocation *inv)
{
	struct str file = setting_text(inv->settings, SETTING_CONFIG);

	if (file.n > 0)
		say(inv, TR(inv->language, "%.*s is good\n", "%.*s 没有问题\n"),
		    STR_ARG(file));
	else
		say(inv, "%s",
		    TR(inv->language,
			"the settings are good; no "
			"configuration file is in use (--config FILE)\n",
			"设置没有问题;未使用配置文件(--config 文件)\n"));
	return EXIT_OK;
}

int
config_example_run(struct invocation *inv)
{
	settings_example(inv->language, &inv->out);
	return EXIT_OK;
}
