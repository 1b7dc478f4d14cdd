// SPDX-License-Identifier: GPL-2.0-only
/*
 * slots: how many TLS handshakes are under way at once.
 *
 * Each takes memory and, later, a worker; an unlimited number would starve them all.
 * Who finds no slot waits, for the time of its guard at most; emergency calls wait in a
 * queue of their own that goes first, and a part of the slots is theirs alone.
 *
 * Who sends datagrams to every port there is could begin a handshake on each and let it lie. So of
 * those whom no Remote names, all that have one source get a quarter of the slots and no more.
 */
#include <string.h>

#include "bearer/bearer_private.h"
#include "config.h"

#define STRANGER_SHARE	4		/* 1 of so many */

static unsigned int limit(const struct bearer_env *env, bool emergency)
{
	uint64_t max = env->cfg->max_handshakes;

	return (unsigned int)(emergency ? max : max - max * env->cfg->emergency_reserve / 100);
}

static void push(struct bearer *b)
{
	struct bearer **p = &b->env->slot_queue[b->want.emergency];

	b->slot = SLOT_WAITING;
	b->slot_next = NULL;
	while (*p)
		p = &(*p)->slot_next;
	*p = b;
}

static struct bearer *pop(struct bearer_env *env, bool emergency)
{
	struct bearer *b = env->slot_queue[emergency];

	if (b)
		env->slot_queue[emergency] = b->slot_next;
	return b;
}

static void remove_waiting(struct bearer *b)
{
	struct bearer **p;
	unsigned int q;

	for (q = 0; q < 2; q++) {
		for (p = &b->env->slot_queue[q]; *p && *p != b; p = &(*p)->slot_next)
			;
		if (*p) {
			*p = b->slot_next;
			return;
		}
	}
}

/* From the loop: whoever gave its slot back is done with it then. */
static void hand_out(void *priv)
{
	struct bearer_env *env = priv;
	struct bearer *b;

	timer_stop(&env->slot_timer);
	for (;;) {
		b = NULL;
		if (env->slots < limit(env, true))
			b = pop(env, true);
		if (!b && env->slots < limit(env, false))
			b = pop(env, false);
		if (!b)
			break;
		b->slot = SLOT_NONE;
		tls_slot(b);
	}
}

bool slots_try(struct bearer *b)
{
	struct bearer_env *env = b->env;

	if (b->slot == SLOT_HELD)
		return true;
	if (b->slot == SLOT_WAITING)
		return false;
	if (env->slots < limit(env, b->want.emergency)) {
		env->slots++;
		b->slot = SLOT_HELD;
		return true;
	}
	env->slots_short++;
	return false;
}

bool slots_take(struct bearer *b)
{
	if (slots_try(b))
		return true;
	if (b->slot == SLOT_NONE)
		push(b);
	return false;
}

/* Of IPv6 a whole /64: anybody has that many. */
static struct in6_addr source_of(const struct sockaddr_storage *from)
{
	struct in6_addr source = { 0 };

	if (from->ss_family == AF_INET6) {
		memcpy(&source, &((const struct sockaddr_in6 *)from)->sin6_addr, 8);
	} else {
		memset(&source.s6_addr[10], 0xff, 2);
		memcpy(&source.s6_addr[12], &((const struct sockaddr_in *)from)->sin_addr, 4);
	}
	return source;
}

bool slots_fair(const struct bearer *b, const struct sockaddr_storage *from)
{
	struct in6_addr source = source_of(from);
	struct bearer_env *env = b->env;
	const struct bearer *other;
	unsigned int n = 0;

	for (other = env->strangers; other; other = other->stranger_next)
		n += other != b && !memcmp(&other->stranger, &source, sizeof(source));
	if (!n || n < limit(env, true) / STRANGER_SHARE)
		return true;
	env->slots_short++;
	return false;
}

void slots_stranger(struct bearer *b, const struct sockaddr_storage *from)
{
	struct bearer_env *env = b->env;

	b->stranger = source_of(from);
	b->stranger_link = &env->strangers;
	b->stranger_next = env->strangers;
	if (b->stranger_next)
		b->stranger_next->stranger_link = &b->stranger_next;
	env->strangers = b;
}

static void forget_stranger(struct bearer *b)
{
	if (!b->stranger_link)
		return;
	*b->stranger_link = b->stranger_next;
	if (b->stranger_next)
		b->stranger_next->stranger_link = b->stranger_link;
	b->stranger_link = NULL;
}

void slots_give(struct bearer *b)
{
	struct bearer_env *env = b->env;

	forget_stranger(b);
	if (b->slot == SLOT_WAITING) {
		remove_waiting(b);
	} else if (b->slot == SLOT_HELD) {
		env->slots--;
		if (env->slot_queue[0] || env->slot_queue[1])
			timer_start(&env->slot_timer, env->loop, 0, hand_out, env);
	}
	b->slot = SLOT_NONE;
}

void slots_reorder(struct bearer *b)
{
	struct bearer_env *env = b->env;

	if (b->slot != SLOT_WAITING)
		return;
	remove_waiting(b);
	push(b);
	timer_start(&env->slot_timer, env->loop, 0, hand_out, env);
}
