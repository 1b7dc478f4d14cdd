// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: replies in segments (version 3).
 *
 * A reply is cut between its commands; an action that is cut is named again in
 * the next piece. Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "transaction/transaction_private.h"

#define SEGMENTS_MAX	64	/* of one reply of the MGC */

/* ---- taking apart ---- */

struct splitter {
	struct transactions *t;
	struct arena *a;
	size_t room, used;
	uint32_t id;
	bool imm_ack;
	struct h248_transaction *first, *piece;
};

static bool next_piece(struct splitter *s)
{
	struct h248_transaction *tr = arena_new(s->a, struct h248_transaction);

	if (!tr)
		return false;
	tr->kind = H248_REPLY;
	tr->id = s->id;
	tr->imm_ack = s->imm_ack;
	tr->has_segment = true;
	tr->segment = s->piece ? (uint16_t)(s->piece->segment + 1) : 1;
	if (s->piece)
		s->piece->next = tr;
	else
		s->first = tr;
	s->piece = tr;
	s->used = 0;
	return true;
}

/* Adds an action that is not cut any further. What the piece takes is overestimated. */
static int add_action(struct splitter *s, struct h248_action *act)
{
	struct h248_transaction alone = {
		.kind = H248_REPLY, .id = s->id, .imm_ack = s->imm_ack, .has_segment = true,
		.segment = UINT16_MAX, .segment_end = true,
	};
	struct h248_action *last = s->piece->actions.last;
	int err;

	h248_append(&alone.actions, act);
	err = message_write(s->t, &alone, s->room);
	if (err)
		return err;
	if (s->used + s->t->text.len > s->room) {
		if (s->piece->segment == UINT16_MAX)
			return -EMSGSIZE;
		if (!next_piece(s))
			return -ENOMEM;
		last = NULL;
	}
	s->used += s->t->text.len;
	if (last && last->context == act->context && !last->error) {
		if (act->commands.first)
			h248_append(&last->commands, act->commands.first);
		last->error = act->error;
	} else {
		h248_append(&s->piece->actions, act);
	}
	return 0;
}

static int split_action(struct splitter *s, const struct h248_action *act)
{
	struct h248_command *cmd = act->commands.first, *next;
	struct h248_action *piece;
	bool begun = false;
	int err = 0;

	do {
		piece = arena_new(s->a, struct h248_action);
		if (!piece)
			return -ENOMEM;
		piece->context = act->context;
		if (!begun)
			piece->attr = act->attr;
		begun = true;
		next = cmd ? cmd->next : NULL;
		if (cmd) {
			cmd->next = NULL;
			h248_append(&piece->commands, cmd);
		}
		if (!next)
			piece->error = act->error;
		err = add_action(s, piece);
		cmd = next;
	} while (!err && cmd);
	return err;
}

int segments_split(struct transactions *t, struct arena *a, struct h248_transaction *whole,
		   size_t room, struct h248_transaction **out)
{
	struct splitter s = { .t = t, .a = a, .room = room, .id = whole->id,
			      .imm_ack = whole->imm_ack };
	const struct h248_action *act, *next;
	int err;

	if (whole->error)
		return -EMSGSIZE;
	if (!next_piece(&s))
		return -ENOMEM;
	for (act = whole->actions.first; act; act = next) {
		next = act->next;
		err = split_action(&s, act);
		if (err)
			return err;
	}
	s.piece->segment_end = true;
	*out = s.first;
	return 0;
}

/* ---- putting together ---- */

struct segments {
	struct {
		struct message *message;
		struct h248_transaction *tr;
	} of[SEGMENTS_MAX];		/* by number less 1 */
	unsigned int last;		/* how many there will be; 0: not known yet */
	struct h248_transaction whole;
};

/* Whether each is there: there may be as many with numbers beyond the last. */
static bool complete(const struct segments *s)
{
	unsigned int i;

	for (i = 0; i < s->last; i++)
		if (!s->of[i].tr)
			return false;
	return s->last;
}

struct h248_transaction *segments_join(struct segments **out, struct message *m,
				       const struct h248_transaction *tr)
{
	struct segments *s = *out;
	struct h248_action *act, *next;
	unsigned int i;

	if (!tr->segment || tr->segment > SEGMENTS_MAX)
		return NULL;
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return NULL;
		*out = s;
	}
	i = tr->segment - 1U;
	/* What waits for the others takes memory as a request does that waits for its turn. */
	if (s->of[i].message || message_hold(m))
		return NULL;
	s->of[i].message = message_get(m);
	s->of[i].tr = (struct h248_transaction *)tr;
	if (tr->segment_end)
		s->last = tr->segment;
	if (!complete(s))
		return NULL;

	s->whole.kind = H248_REPLY;
	s->whole.id = tr->id;
	for (i = 0; i < s->last; i++) {
		if (s->of[i].tr->error)
			s->whole.error = s->of[i].tr->error;
		for (act = s->of[i].tr->actions.first; act; act = next) {
			next = act->next;
			act->next = NULL;
			h248_append(&s->whole.actions, act);
		}
	}
	return &s->whole;
}

void segments_free(struct segments *s)
{
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < SEGMENTS_MAX; i++)
		if (s->of[i].message)
			message_put(s->of[i].message);
	free(s);
}
