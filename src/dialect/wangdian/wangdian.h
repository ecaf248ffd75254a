/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wangdian dialect: 旺店通旗舰版 采购单, /openapi. What it takes and answers
 * is in docs/dialect-wangdian.md; what of it we decided ourselves, in
 * docs/conformance.md.
 */
#ifndef DIALECT_WANGDIAN_WANGDIAN_H
#define DIALECT_WANGDIAN_WANGDIAN_H

#include "dialect/dialect.h"

extern const struct dialect dialect_wangdian;

#endif
