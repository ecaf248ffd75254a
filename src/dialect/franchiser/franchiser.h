/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The franchiser dialect: the distributors' order platform EM, whose calls are
 * forms with one field of JSON, under /franchiser/.
 */
#ifndef DIALECT_FRANCHISER_FRANCHISER_H
#define DIALECT_FRANCHISER_FRANCHISER_H

#include "dialect/dialect.h"

extern const struct dialect dialect_franchiser;

#endif
