/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * delay: how long to wait for an answer over UDP (H.248.1 D.1.3).
 *
 * Purpose: the average delay of answers and its average deviation, smoothed, and
 * the pauses between repetitions that follow from them. All times are in ms.
 * Context: plain data, no locks.
 */
#ifndef KMGWD_TRANSACTION_DELAY_H
#define KMGWD_TRANSACTION_DELAY_H

#include <stdint.h>

struct delay {
	unsigned int min, max;		/* of a pause */
	/* scaled by DELAY_SCALE, as the smoothing would lose small changes */
	unsigned int average, deviation;
};

#define DELAY_SCALE	16

/* No answer was measured yet: the average is @min. */
void delay_init(struct delay *d, unsigned int min, unsigned int max);

/* An answer came after @ms to a request that was sent once only. */
void delay_measured(struct delay *d, uint64_t ms);

/* The pause after the first transmission; @average: for delay_next(). */
unsigned int delay_first(const struct delay *d, unsigned int *average);

/**
 * delay_next() - the pause after a repetition
 * @d: what was measured
 * @average: of this request; doubled
 * @random: any number
 */
unsigned int delay_next(const struct delay *d, unsigned int *average, unsigned int random);

#endif /* KMGWD_TRANSACTION_DELAY_H */
