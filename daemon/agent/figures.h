/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * figures: the counters that have no labels, by name.
 *
 * Purpose: the status and the metrics page read the same table, so they cannot
 * differ in what they call a thing, nor in what it counts.
 */
#ifndef KMGWD_AGENT_FIGURES_H
#define KMGWD_AGENT_FIGURES_H

#include <stdint.h>

struct agent;
struct context;

struct figure {
	const char *group;		/* "transport", "transactions", "agent" */
	const char *name;
	const char *help;
};

/* The i-th, with its value; NULL after the last one. */
const struct figure *figure_at(const struct agent *agent, unsigned int i, uint64_t *value);

struct realm_figures {
	unsigned int terminations, contexts;	/* contexts: with a termination there */
	uint64_t ports, ports_used, exhausted;
	int64_t certificate_expires;		/* seconds since the epoch; 0: unknown */
	const char *state;
	const struct context *last;		/* of contexts; has no meaning outside */
};

/*
 * Of all realms, in their order in the configuration: free() it. NULL without memory.
 *
 * It looks at every termination, and no message is answered meanwhile: once for a page
 * and no more.
 */
struct realm_figures *figures_realms(const struct agent *agent);

#endif /* KMGWD_AGENT_FIGURES_H */
