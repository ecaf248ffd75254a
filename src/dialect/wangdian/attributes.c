/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What createOrder brings that the core does not understand: kept as the
 * order's attributes, shown again by queryWithDetail under the same names. One
 * row each, and nothing else to add one.
 */
#include "dialect/wangdian/wangdian_impl.h"

#include "base/limits.h"

#include <assert.h>

#define TAG "wangdian."

/* clang-format off */
const struct wangdian_attribute wangdian_attributes[] = {
    /* on the wire, in the order, kind, length, required */
    {"provider_no",           TAG "provider_no",           ATTRIBUTE_TEXT,    40,  true},
    {"receive_warehouse_nos", TAG "receive_warehouse_nos", ATTRIBUTE_NUMBERS, 255, false},
    {"expect_warehouse_no",   TAG "expect_warehouse_no",   ATTRIBUTE_TEXT,    40,  false},
    {"purchaser_name",        TAG "purchaser_name",        ATTRIBUTE_TEXT,    40,  false},
    {"post_fee",              TAG "post_fee",              ATTRIBUTE_MONEY,   0,   false},
    {"other_fee",             TAG "other_fee",             ATTRIBUTE_MONEY,   0,   false},
    {"discount",              TAG "discount",              ATTRIBUTE_MONEY,   0,   false},
    {"logistics_no",          TAG "logistics_no",          ATTRIBUTE_TEXT,    40,  false},
    {"expect_time",           TAG "expect_time",           ATTRIBUTE_TIME,    19,  false},
    {"prop1",                 TAG "prop1",                 ATTRIBUTE_TEXT,    255, false},
    {"prop2",                 TAG "prop2",                 ATTRIBUTE_TEXT,    255, false},
    {"prop3",                 TAG "prop3",                 ATTRIBUTE_TEXT,    255, false},
    {"prop4",                 TAG "prop4",                 ATTRIBUTE_TEXT,    255, false},
    {"prop5",                 TAG "prop5",                 ATTRIBUTE_TEXT,    255, false},
    {"prop6",                 TAG "prop6",                 ATTRIBUTE_TEXT,    255, false},
};
/* clang-format on */

const size_t wangdian_attribute_count = sizeof(wangdian_attributes) /
    sizeof(wangdian_attributes[0]);

static_assert(sizeof(wangdian_attributes) / sizeof(wangdian_attributes[0]) <
	LIMIT_ATTRIBUTES,
    "they and the lines' discounts fit an order");
