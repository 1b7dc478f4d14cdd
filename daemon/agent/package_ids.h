/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * package_ids: the table of packages and the scheme of TerminationIDs, as the binary
 * codec asks for them (codec/ids.h).
 *
 * TerminationIDs have 8 octets: group (2), place of the realm in the configuration from
 * 1 (2), number (4). Context: any, nothing is changed. Lifetime: that of the table.
 */
#ifndef KMGWD_PACKAGE_IDS_H
#define KMGWD_PACKAGE_IDS_H

#include "agent/packages.h"
#include "codec/ids.h"

struct package_ids {
	const struct packages *packages;
	const struct config *config;
};

/* p must outlive what is returned */
struct h248_ids package_ids(struct package_ids *p);

#endif /* KMGWD_PACKAGE_IDS_H */
