/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders and their amendments, printed for programs and for people under the
 * core's neutral names.
 */
#ifndef APP_ORDER_VIEW_H
#define APP_ORDER_VIEW_H

#include "app/command.h"
#include "base/json.h"
#include "order/amendment.h"
#include "order/order.h"

void order_print_json(const struct order *order, struct str app,
    struct json_out *json);
/* One field's value alone. */
void order_print_field(const struct order *order, enum order_field f,
    struct json_out *json);
/* Every field that is not empty, one a line. */
void order_print_text(struct invocation *inv, const struct order *order,
    struct str app);
void amendment_print_json(const struct amendment *m, struct json_out *json);
void amendment_print_text(struct invocation *inv, const struct amendment *m);

#endif
