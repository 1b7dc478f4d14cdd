/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outage: can a realm be used, as far as the host's devices and addresses go?
 *
 * Purpose: the rule, as a function of what is and what was.
 * Context: pure.
 */
#ifndef KMGWD_BEARER_OUTAGE_H
#define KMGWD_BEARER_OUTAGE_H

#include <stdbool.h>

#include "config.h"
#include "kernel/link.h"

#define OUTAGE_WHY_MAX	128

struct outage {
	bool looked;			/* at least once */
	bool down;
	bool by_device;			/* it is down because of its device */
	unsigned int had;		/* addresses that it had, one bit each */
	char why[OUTAGE_WHY_MAX];	/* when down */
};

/**
 * outage_look() - find out how a realm is
 * @o: what is known of it, all zero at first; brought up to date
 * @realm: its configuration
 * @now: devices and addresses
 *
 * A realm is down when its device, or the one its addresses are on, has no carrier or is
 * gone; when it has none of its addresses; and when one that it had was taken away while
 * the device stayed up. A device that goes down takes IPv6 addresses with it which do not
 * come back by themselves: those are not waited for.
 * Return: whether it is down.
 */
bool outage_look(struct outage *o, const struct config_realm *realm,
		 const struct link_picture *now);

#endif /* KMGWD_BEARER_OUTAGE_H */
