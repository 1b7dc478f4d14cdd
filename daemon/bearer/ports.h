/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ports: which ports of one address and transport are free.
 *
 * Purpose: choose at random among the free ports of a range, so that a far end
 * cannot guess the next one, and keep a port aside for a while after its use, so
 * that late packets of the old call do not reach a new one.
 * Context: plain data, no I/O; the caller gives the time and the randomness.
 */
#ifndef KMGWD_BEARER_PORTS_H
#define KMGWD_BEARER_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct ports;

/* Both ends of the range belong to it; @reserve ports are for emergency calls. NULL: no memory. */
struct ports *ports_new(uint16_t min, uint16_t max, uint32_t reserve);
void ports_free(struct ports *p);

/**
 * ports_take() - choose a free port
 * @p: the range
 * @now: ms
 * @emergency: the reserve may be used
 * @pair: an even port, and the next one is free, too
 * @random: returns a number from 0 to @bound - 1
 * Return: the port, or 0 when none is free.
 */
uint16_t ports_take(struct ports *p, uint64_t now, bool emergency, bool pair,
		    uint32_t (*random)(uint32_t bound));

/* Are there more free ports than those kept for emergency calls? */
bool ports_left(struct ports *p, uint64_t now, bool emergency);

/* Take this very port. false: outside of the range, taken or in quarantine. */
bool ports_take_one(struct ports *p, uint16_t port, uint64_t now);

/* Give a port back; it becomes free at time @free_at (ms). */
void ports_give(struct ports *p, uint16_t port, uint64_t free_at);

/* How many ports there are, and how many are in use; quarantine is no use. */
uint32_t ports_total(const struct ports *p);
uint32_t ports_used(const struct ports *p);

#endif /* KMGWD_BEARER_PORTS_H */
