/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the control association share.
 *
 * registration.c has the states and decides which MGC is asked, and when;
 * registration_send.c writes ServiceChange and reads the reply;
 * registration_report.c tells the MGC of changes once it is there.
 */
#ifndef KMGWD_REGISTRATION_PRIVATE_H
#define KMGWD_REGISTRATION_PRIVATE_H

#include "agent/agent_private.h"

struct service_report;

struct registration_reports {
	struct service_report *first;	/* what the MGC has not been told, oldest first */
};

/* ServiceChange of the gateway. */
struct service_order {
	const char *tid;
	enum h248_method method;
	unsigned int reason;
	uint32_t delay;			/* seconds; 0: none */
	bool registers;			/* with version, profile and time */
};

/* Return: 0 or a negative errno; @done is not called then. */
int service_send(struct agent *agent, const struct service_order *order, bool urgent,
		 transaction_done done, void *priv);

/* The first error anywhere in a reply, or NULL. */
const struct h248_error *service_error(const struct h248_transaction *reply);
/* Services of the first command that has them, or NULL. */
const struct h248_service_change *services_of(const struct h248_transaction *reply);

/* An MGC controls the gateway from now on: it is told what waited. */
void reports_flush(struct agent *agent);
void reports_free(struct registration_reports *reports);

struct registration_reports *registration_reports(struct registration *r);

#endif /* KMGWD_REGISTRATION_PRIVATE_H */
