/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Apps and their credentials as subcommands handle them: read, made, printed.
 */
#ifndef APP_APP_RECORDS_H
#define APP_APP_RECORDS_H

#include <stdbool.h>

#include "app/command.h"
#include "base/json.h"
#include "store/store.h"

/* The dialects an app has a credential for, in the order they are printed. */
enum access {
	ACCESS_INTENTS,
	ACCESS_WANGDIAN,
	ACCESS_FRANCHISER,
	ACCESS_TOP,
	ACCESS__COUNT
};

const char *access_name(enum access access);
/* False: there is no dialect of this name. */
bool access_parse(struct str name, enum access *out);

/* One app with all it has; a credential it lacks has an absent key. */
struct app_view {
	struct app_record record;
	struct credential_record credentials[ACCESS__COUNT];
};

/* All of a store's apps. */
struct app_list {
	struct app_view *apps;
	size_t count;
};

/* Inside a read or a job. ERR_NO_MEMORY or the store's. */
MUST_CHECK enum err_code app_list_read(struct store_conn *c, struct arena *a,
    struct app_list *out, struct err *err);
/* NULL: there is none of this id. */
struct app_view *app_list_find(const struct app_list *list, struct str id);
/* `err` says that there is no such app, and which is near. */
int app_unknown(struct invocation *inv, const struct app_list *list,
    const char *id);

/* Fresh secrets, kept keys (made where absent, unlike any in the list). */
void app_make_access(struct app_view *app, enum access access, struct arena *a,
    const struct app_list *others);
/* `n` random letters and digits, at least 190 bits from 32 on. */
struct str random_text(struct arena *a, size_t n);

/* The object DESIGN fixes: {"app":…,"intents":{…},…}. */
void app_print_json(const struct app_view *app, struct json_out *json);
/* Its members without the brackets. */
void app_put_credentials(const struct app_view *app, struct json_out *json);
/* Back, id and credentials; what is missing is absent, members that are none of
 * these are not looked at. ERR_BAD_BODY, ERR_USAGE, ERR_NO_MEMORY. */
MUST_CHECK enum err_code app_read_json(struct arena *a, struct str text,
    struct app_view *out, struct err *err);
/* Name, state, limits; then keys, with secrets where asked for. */
void app_print_text(struct invocation *inv, const struct app_view *app,
    bool secrets);
/* "100/s", "unlimited" */
struct str rate_text(struct arena *a, int64_t rate);

#endif
