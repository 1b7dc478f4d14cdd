// SPDX-License-Identifier: GPL-2.0-only
/*
 * delay: see delay.h.
 *
 * The gains are those of TCP (an eighth and a quarter), and so is the factor of
 * the deviation. A pause is never shorter than the configured one, however fast
 * the MGC was so far: it may well take its execution time for the next request.
 */
#include "transaction/delay.h"

#define DEVIATIONS	4

void delay_init(struct delay *d, unsigned int min, unsigned int max)
{
	d->min = min;
	d->max = max;
	d->average = min * DELAY_SCALE;
	d->deviation = 0;
}

void delay_measured(struct delay *d, uint64_t ms)
{
	unsigned int sample = (ms < d->max ? (unsigned int)ms : d->max) * DELAY_SCALE;
	unsigned int error = sample > d->average ? sample - d->average : d->average - sample;

	if (sample > d->average)
		d->average += error / 8;
	else
		d->average -= error / 8;
	if (error > d->deviation)
		d->deviation += (error - d->deviation) / 4;
	else
		d->deviation -= (d->deviation - error) / 4;
}

static unsigned int bounded(const struct delay *d, unsigned int pause)
{
	pause += DEVIATIONS * d->deviation / DELAY_SCALE;
	if (pause < d->min)
		return d->min;
	return pause > d->max ? d->max : pause;
}

unsigned int delay_first(const struct delay *d, unsigned int *average)
{
	*average = d->average / DELAY_SCALE;
	if (*average < d->min)
		*average = d->min;
	return bounded(d, *average);
}

unsigned int delay_next(const struct delay *d, unsigned int *average, unsigned int random)
{
	*average = *average < d->max / 2 ? *average * 2 : d->max;
	/* Half of it is random, lest all that were sent at once be repeated at once. */
	return bounded(d, *average - random % (*average / 2 + 1));
}
