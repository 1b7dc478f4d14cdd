// SPDX-License-Identifier: GPL-2.0-only
/*
 * ports: which ports of one address and transport are free.
 *
 * One time per port says it all: 0 free for ever, PORT_TAKEN in use, anything
 * else the moment at which quarantine ends.
 */
#include <stdlib.h>

#include "bearer/ports.h"

#define PORT_TAKEN	UINT64_MAX
#define RANDOM_TRIES	16

struct ports {
	uint16_t min;
	uint32_t n;
	uint32_t reserve;
	uint32_t held;		/* not free, or not when last looked at: free_at is not 0 */
	uint64_t free_at[];
};

struct ports *ports_new(uint16_t min, uint16_t max, uint32_t reserve)
{
	uint32_t n = (uint32_t)max - min + 1;
	struct ports *p;

	p = calloc(1, sizeof(*p) + n * sizeof(p->free_at[0]));
	if (!p)
		return NULL;
	p->min = min;
	p->n = n;
	p->reserve = reserve < n ? reserve : n - 1;
	return p;
}

void ports_free(struct ports *p)
{
	free(p);
}

static bool is_free(const struct ports *p, uint32_t i, uint64_t now)
{
	return p->free_at[i] != PORT_TAKEN && p->free_at[i] <= now;
}

static uint16_t take(struct ports *p, uint32_t i)
{
	p->held += !p->free_at[i];
	p->free_at[i] = PORT_TAKEN;
	return (uint16_t)(p->min + i);
}

bool ports_left(struct ports *p, uint64_t now, bool emergency)
{
	uint32_t kept = emergency ? 0 : p->reserve, i;

	if (p->held + kept < p->n)
		return true;
	/* Nearly full: whose quarantine is over? */
	for (i = 0; i < p->n; i++) {
		if (p->free_at[i] && is_free(p, i, now)) {
			p->free_at[i] = 0;
			p->held--;
		}
	}
	return p->held + kept < p->n;
}

static bool fits(const struct ports *p, uint32_t i, uint64_t now, bool pair)
{
	if (!is_free(p, i, now))
		return false;
	return !pair || ((p->min + i) % 2 == 0 && i + 1 < p->n && is_free(p, i + 1, now));
}

uint16_t ports_take(struct ports *p, uint64_t now, bool emergency, bool pair,
		    uint32_t (*random)(uint32_t bound))
{
	uint32_t i, n_free = 0, pick;

	if (!ports_left(p, now, emergency))
		return 0;
	for (i = 0; i < RANDOM_TRIES; i++) {
		pick = random(p->n);
		if (fits(p, pick, now, pair))
			return take(p, pick);
	}
	/* Nearly full: count, so that each free port still has the same chance. */
	for (i = 0; i < p->n; i++)
		n_free += fits(p, i, now, pair);
	if (!n_free)
		return 0;
	pick = random(n_free);
	for (i = 0; i < p->n; i++)
		if (fits(p, i, now, pair) && !pick--)
			break;
	return take(p, i);
}

bool ports_take_one(struct ports *p, uint16_t port, uint64_t now)
{
	if (port < p->min || (uint32_t)port - p->min >= p->n)
		return false;
	if (!is_free(p, port - p->min, now))
		return false;
	take(p, port - p->min);
	return true;
}

void ports_give(struct ports *p, uint16_t port, uint64_t free_at)
{
	if (port < p->min || (uint32_t)port - p->min >= p->n)
		return;
	p->held -= p->free_at[port - p->min] && !free_at;
	p->free_at[port - p->min] = free_at;
}

uint32_t ports_total(const struct ports *p)
{
	return p->n;
}

uint32_t ports_used(const struct ports *p)
{
	uint32_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->free_at[i] == PORT_TAKEN;
	return n;
}
