/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the OpenAPI document share.
 *
 *	openapi.c         the document: paths, components, tags
 *	openapi_call.c    one call: parameters, body, answers
 *	openapi_schema.c  a spec as a JSON Schema
 */
#ifndef HTTP_OPENAPI_IMPL_H
#define HTTP_OPENAPI_IMPL_H

#include "base/json.h"
#include "dialect/dialect.h"
#include "dialect/spec.h"
#include "http/openapi.h"

#define OPENAPI_COMPONENTS_MAX 32

/* The document as it is written. */
struct openapi {
	struct json_out out;
	struct arena *arena;
	const struct openapi_options *options;
	/* Schemas that were referred to, each name once. */
	const struct spec *components[OPENAPI_COMPONENTS_MAX];
	size_t component_count;
};

/* openapi_schema.c */
void openapi_put_texts(struct openapi *d, const char *key, const char *en,
    const char *zh);
void openapi_put_text(struct openapi *d, const char *key, const char *text);
/* The schema, or a reference to it where it is a component. */
void openapi_put_schema(struct openapi *d, const struct spec *s);
/* The members of a schema, whether it is a component or not. */
void openapi_put_whole_schema(struct openapi *d, const struct spec *s);

/* openapi_call.c */
void openapi_put_call(struct openapi *d, const struct dialect *dialect,
    const struct dialect_spec *spec, const struct spec_call *call);
/* Where a parameter is, in OpenAPI's word. */
const char *openapi_place(enum spec_place place);

#endif
