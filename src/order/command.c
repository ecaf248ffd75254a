/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small helpers for those who fill a command and those who fill an outcome.
 */
#include <assert.h>

#include "base/digest.h"
#include "order/command.h"

void
change_set_str(struct change *c, enum order_field f, struct str value)
{
	*order_str(&c->to, f) = value;
	c->set |= BIT64(f);
}

void
change_set_int(struct change *c, enum order_field f, int64_t value)
{
	*order_int(&c->to, f) = value;
	c->set |= BIT64(f);
}

void
command_part(const struct command *batch, size_t i, struct command *out)
{
	const struct command *wish = &batch->batch[i];
	const int64_t position = (int64_t)i;
	uint8_t whole[DIGEST_BYTES_MAX];
	struct digest d;

	assert(batch->kind == COMMAND_BATCH);
	assert(i < batch->batch_count);
	assert(wish->kind >= COMMAND_CREATE && wish->kind <= COMMAND_EVENT);
	*out = (struct command){
	    .kind = wish->kind,
	    .app = batch->app,
	    .policy = batch->policy,
	    .dialect = batch->dialect,
	    .method = batch->method,
	    .request_id = batch->request_id,
	    .trace_id = batch->trace_id,
	    .name_kind = wish->name_kind,
	    .name = wish->name,
	    .change = wish->change,
	    .catalog = wish->catalog,
	    .has_version = wish->has_version,
	    .version = wish->version,
	};
	/* No two salts may be the same, and all come from one draw. */
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d,
	    (struct str){(const char *)batch->entropy, sizeof(batch->entropy)});
	digest_add(&d, (struct str){(const char *)&position, sizeof(position)});
	(void)digest_end(&d, whole);
	memcpy(out->entropy, whole, sizeof(out->entropy));
}

void
outcome_add_fault(struct outcome *o, struct fault fault)
{
	assert(fault.rule != RULE_NONE);
	assert((unsigned)fault.rule < RULE__COUNT);

	o->code = ERR_BAD_FIELD;
	if (o->fault_count < LIMIT_FAULTS)
		o->faults[o->fault_count++] = fault;
}

void
outcome_fail(struct outcome *o, enum err_code code, const struct err *err)
{
	assert(code != ERR_OK);
	assert((unsigned)code < ERR__COUNT);

	o->code = code;
	if (err != NULL)
		o->err = *err;
	o->err.code = code;
}
