// SPDX-License-Identifier: GPL-2.0-only
/* env: a realm for those who look at it from outside; see env.h. */
#include "bearer/cert.h"
#include "bearer/env.h"
#include "bearer/realm.h"

void bearer_realm_describe(const struct realm *r, struct bearer_realm_picture *out)
{
	unsigned int i, l4;

	*out = (struct bearer_realm_picture){ .exhausted = r->exhausted };
	for (i = 0; i < r->n_addresses; i++) {
		for (l4 = 0; l4 < 2; l4++) {
			if (!r->address[i].ports[l4])
				continue;
			out->ports += ports_total(r->address[i].ports[l4]);
			out->ports_used += ports_used(r->address[i].ports[l4]);
		}
	}
	if (r->cert && r->cert->expires > 0)
		out->certificate_expires = r->cert->expires;
}
