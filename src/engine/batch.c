/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches. Their commands are carried out one after the other like those of a
 * group; what is new is that an atomic one (or a dry run) is taken back: each
 * step notes what it is about to alter in the scope.
 *
 * The stored answer of a batch is a line for each of its commands:
 *
 *	WORD ID VERSION     "ok 67890 3", "same 67890 3", "bad_state 67890 3",
 *	                    "not_found 0 0"
 *
 * "same" is ok without a change. A refusal is told with the order it was made
 * by, so that the rules find the same again when it is replayed.
 */
#include <assert.h>

#include "base/buf.h"
#include "engine/group_impl.h"
#include "order/rules.h"

#define WORD_SAME "same"
#define LINE_BYTES 80 /* the longest word and two numbers */

/* One command's step: what it may alter, and where it left its order. */
struct step {
	struct scope_order *at; /* NULL: nothing but names */
	struct scope_order was;
	struct scope_name names[SCOPE_NAMES_MAX];
	int64_t id; /* of the order it was judged by or led to; 0: none */
	int64_t version;
};

/* Where a batch began. */
struct mark {
	size_t order_count;
	size_t amendment_count;
	struct group_result result;
	struct step *steps; /* one for each part */
};

static void
note(struct step *u, const struct scope_item *part)
{
	*u = (struct step){0};
	for (size_t i = 0; i < part->name_count; i++)
		u->names[i] = *part->names[i];
	if (part->command->kind == COMMAND_CREATE || part->name_count == 0)
		return;
	u->at = part->names[0]->order;
	if (u->at != NULL)
		u->was = *u->at;
}

/* After the step: later ones may move the order on. */
static void
note_order(struct step *u, const struct scope_item *part)
{
	const struct order *order = part->outcome->order;

	/* Refused, or deleted. */
	if (order == NULL && u->at != NULL)
		order = u->at->order;
	if (order == NULL)
		return;
	u->id = order->id;
	u->version = order->version;
}

/* Moves back the stock that one command moved; there is always enough. */
static void
take_back_stock(struct scope *s, const struct scope_item *part,
    const struct step *u)
{
	const struct order *made = u->at != NULL ? u->at->order
						 : part->outcome->order;
	const struct order *was = u->at != NULL ? u->was.order : NULL;
	struct outcome said = {0};
	enum err_code code;

	if (!part->outcome->changed || made == NULL)
		return;
	code = stock_book_move(&s->stock, made, was, &said, NULL);
	/* Without memory there is nothing to save afterwards, either. */
	assert(code == ERR_OK || code == ERR_NO_MEMORY);
	assert(said.code == ERR_OK);
}

/* An app's numbers of the log are taken back from the first of them on, which
 * may come behind other apps'. */
static void
take_back_numbers(struct group *g, struct scope *s, const struct mark *m)
{
	for (size_t i = s->amendment_count; i > m->amendment_count; i--) {
		const struct amendment *made = s->amendments[i - 1];

		store_seq_back(g->conn, made->app, made->seq);
	}
}

static void
take_back(struct group *g, struct scope *s, const struct scope_item *item,
    const struct mark *m)
{
	for (size_t i = item->part_count; i > 0; i--) {
		const struct scope_item *part = &item->parts[i - 1];
		const struct step *u = &m->steps[i - 1];

		take_back_stock(s, part, u);
		for (size_t k = 0; k < part->name_count; k++)
			*part->names[k] = u->names[k];
		if (u->at != NULL)
			*u->at = u->was;
	}
	if (s->amendment_count > m->amendment_count)
		take_back_numbers(g, s, m);
	s->amendment_count = m->amendment_count;
	s->order_count = m->order_count;
	g->result = m->result;
}

/* --- answers ----------------------------------------------------------------- */

static void
print_line(struct buf *b, const struct outcome *o, const struct step *step)
{
	bool same = o->code == ERR_OK && !o->changed;

	buf_printf(b, "%s %lld %lld\n", same ? WORD_SAME : err_name(o->code),
	    (long long)step->id, (long long)step->version);
}

/* What a line of a stored answer says. */
struct line_said {
	enum err_code code;
	bool same;
	int64_t id;
	int64_t version;
};

static bool
parse_line(struct str line, struct line_said *out)
{
	struct str word = str_cut(&line, ' ');
	struct str id = str_cut(&line, ' ');
	int code = 0;

	*out = (struct line_said){.same = str_eq(word, STR(WORD_SAME))};
	while (!out->same && code < ERR__COUNT &&
	    !str_eq(word, str_from(err_name((enum err_code)code))))
		code++;
	out->code = (enum err_code)code;
	return code < ERR__COUNT && str_parse_int(id, &out->id) &&
	    str_parse_int(line, &out->version);
}

/* Rules are pure: over the same order they refuse in the same words. */
static enum err_code
refuse_again(const struct group *g, const struct scope_item *part,
    const struct order *order, enum err_code code)
{
	struct outcome *o = part->outcome;
	enum err_code now = order_apply(order, part->command, g->now_ms,
	    part->arena, o);

	if (now != code) {
		/* The app's policy is another one by now. */
		*o = (struct outcome){0};
		return group_refuse(part, code);
	}
	return group_own_conflicts(part->arena, o) ? ERR_OK
						   : group_refuse_memory(part);
}

static enum err_code
replay_part(struct group *g, const struct scope_item *part,
    const struct line_said *said, struct err *err)
{
	const struct command *c = part->command;
	struct outcome *o = part->outcome;
	struct order *order = NULL;
	enum err_code code = ERR_OK;

	if (said->code != ERR_OK && said->id == 0)
		return group_refuse(part, said->code);
	if (!group_is_delete(c) || said->code != ERR_OK)
		code = store_order_at(g->conn, part->arena, c->app, said->id,
		    said->version, &order, err);
	if (code == ERR_NOT_FOUND)
		return group_refuse(part, code);
	if (store_is_damage(g->conn, code))
		return group_refuse_damage(part, err);
	if (code != ERR_OK)
		return code;
	if (said->code != ERR_OK)
		return refuse_again(g, part, order, said->code);
	o->order = order;
	o->changed = !said->same;
	return ERR_OK;
}

static enum err_code
replay_stored(struct group *g, const struct scope_item *item, struct err *err)
{
	struct str rest = item->answer->stored->items;
	enum err_code code = ERR_OK;

	for (size_t i = 0; i < item->part_count && code == ERR_OK; i++) {
		struct line_said said;

		if (!parse_line(str_cut(&rest, '\n'), &said))
			return err_set(err, ERR_STORE_FAILED, NULL,
			    "a stored answer of a batch can't be read");
		code = replay_part(g, &item->parts[i], &said, err);
	}
	return code;
}

/* The same batch twice in one group: what the first was told is copied. */
static void
replay_new(const struct scope_item *item)
{
	const struct outcome *first = item->answer->outcome;

	for (size_t i = 0; i < item->part_count; i++) {
		struct outcome *o = item->parts[i].outcome;

		*o = first->batch[i];
		if (o->order != NULL)
			o->order = order_copy(item->arena, o->order);
		(void)group_own_conflicts(item->arena, o);
	}
}

/* Places for the outcomes of all parts. */
static struct outcome *
make_list(const struct scope_item *item)
{
	struct outcome *list = ARENA_ARRAY(item->arena, item->part_count,
	    struct outcome);

	for (size_t i = 0; i < item->part_count && list != NULL; i++)
		item->parts[i].outcome = &list[i];
	return list;
}

enum err_code
batch_replay(struct group *g, const struct scope_item *item, struct err *err)
{
	struct outcome *list = make_list(item);
	enum err_code code = ERR_OK;

	assert(item->answer != NULL);
	if (list == NULL)
		return ERR_OK; /* the arena tells */
	if (item->answer->is_new)
		replay_new(item);
	else
		code = replay_stored(g, item, err);
	item->outcome->batch = list;
	item->outcome->batch_count = item->part_count;
	return code;
}

/* --- carrying out -------------------------------------------------------------- */

/* Notes the answer of a batch of which something was accepted. */
static enum err_code
keep(struct group *g, const struct scope_item *item, const struct step *steps,
    struct err *err)
{
	struct buf text;

	if (item->answer == NULL)
		return ERR_OK;
	buf_init(&text, g->arena, item->part_count * LINE_BYTES);
	for (size_t i = 0; i < item->part_count; i++)
		print_line(&text, item->parts[i].outcome, &steps[i]);
	if (buf_failed(&text))
		return err_set(err, ERR_NO_MEMORY, "",
		    "a group's answers need too much memory");
	item->answer->stored->items = buf_view(&text);
	item->answer->outcome = item->outcome;
	group_keep_answer(g, item, 0, 0, NULL);
	return ERR_OK;
}

/* What the parts came to, in the batch's own outcome. */
static void
sum_up(const struct scope_item *item, bool *accepted)
{
	struct outcome *o = item->outcome;

	*accepted = false;
	for (size_t i = 0; i < item->part_count; i++) {
		const struct outcome *part = item->parts[i].outcome;

		*accepted |= part->code == ERR_OK;
		o->changed |= part->changed;
		if (item->command->atomic && o->code == ERR_OK &&
		    part->code != ERR_OK)
			outcome_fail(o, part->code, NULL);
	}
}

/* Nothing of it is true any more; a dry run shows what would have been. */
static void
unsay(const struct scope_item *item)
{
	item->outcome->changed = false;
	for (size_t i = 0; i < item->part_count; i++) {
		struct outcome *part = item->parts[i].outcome;

		part->changed = false;
		if (item->outcome->code != ERR_OK && part->code == ERR_OK)
			part->order = NULL;
	}
}

enum err_code
batch_run(struct group *g, struct scope *s, const struct scope_item *item,
    struct err *err)
{
	struct mark m = {s->order_count, s->amendment_count, g->result,
	    ARENA_ARRAY(g->arena, item->part_count, struct step)};
	struct outcome *list = make_list(item);
	enum err_code code = ERR_OK;
	bool accepted;

	assert(item->part_count >= 1);
	if (list == NULL)
		return group_refuse_memory(item);
	if (m.steps == NULL)
		return err_set(err, ERR_NO_MEMORY, "",
		    "a group's batches need too much memory");
	for (size_t i = 0; i < item->part_count && code == ERR_OK; i++) {
		note(&m.steps[i], &item->parts[i]);
		code = group_carry_out(g, s, &item->parts[i], err);
		note_order(&m.steps[i], &item->parts[i]);
	}
	if (code != ERR_OK)
		return code;
	item->outcome->batch = list;
	item->outcome->batch_count = item->part_count;
	sum_up(item, &accepted);
	if (item->outcome->code != ERR_OK || item->command->dry_run) {
		take_back(g, s, item, &m);
		unsay(item);
		return ERR_OK;
	}
	return accepted ? keep(g, item, m.steps, err) : ERR_OK;
}
