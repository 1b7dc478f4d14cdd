// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: ServiceChanges that tell the MGC of a change while it controls the gateway.
 *
 * What happens while there is no MGC waits here for the next one, and so does what finds
 * too many requests outstanding. Of several changes of one termination only the last is of
 * interest then.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/registration_private.h"
#include "lib/log.h"

#define REPORTS_MAX	4096

struct service_report {
	struct service_report *next;
	struct service_order order;
	char tid[TERMINATION_NAME_MAX + 1];
};

static void on_told(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_error *err;
	struct agent *agent = priv;

	(void)version;
	if (!reply) {
		registration_lost(agent->registration, "ServiceChange was not answered");
		return;
	}
	err = service_error(reply);
	if (err) {
		counters_own_refused(agent, H248_SERVICE_CHANGE, err->code);
		log_notice(agent->log, "the MGC answered ServiceChange with error %u: %.*s",
			   err->code, STR_ARG(err->text));
	}
}

static int tell(struct agent *agent, const struct service_order *order)
{
	int err = service_send(agent, order, false, on_told, agent);

	if (err == -ENOBUFS)
		log_debug(agent->log, "ServiceChange %s %u of %s waits: too much is outstanding",
			  h248_method_name(order->method), order->reason, order->tid);
	else if (err)
		log_error(agent->log, "ServiceChange %s %u of %s cannot be sent: %s",
			  h248_method_name(order->method), order->reason, order->tid,
			  strerror(-err));
	else
		log_notice(agent->log, "ServiceChange %s %u of %s",
			   h248_method_name(order->method), order->reason, order->tid);
	return err;
}

static int keep(struct registration *r, const struct service_order *order)
{
	struct service_report **p = &r->reports, *old;
	unsigned int n = 0;

	while ((old = *p)) {
		if (!strcasecmp(old->tid, order->tid)) {
			*p = old->next;
			free(old);
			continue;
		}
		n++;
		p = &old->next;
	}
	if (n >= REPORTS_MAX)
		return -ENOBUFS;
	*p = calloc(1, sizeof(**p));
	if (!*p)
		return -ENOMEM;
	(*p)->order = *order;
	strcpy((*p)->tid, order->tid);
	(*p)->order.tid = (*p)->tid;
	return 0;
}

int registration_service_change(struct agent *agent, const char *tid, enum h248_method method,
				unsigned int reason, uint32_t delay)
{
	const struct service_order order = {
		.tid = tid, .method = method, .reason = reason, .delay = delay,
	};
	struct registration *r = agent->registration;
	int err;

	if (strlen(tid) > TERMINATION_NAME_MAX)
		return -EINVAL;
	/* Not before those that wait, and instead of an older one of this termination. */
	if (registration_active(r) && !r->reports) {
		err = tell(agent, &order);
		if (err != -ENOBUFS)
			return err;
	}
	return keep(r, &order);
}

void reports_flush(struct registration *r)
{
	struct service_report *report;

	while ((report = r->reports)) {
		if (tell(r->agent, &report->order) == -ENOBUFS)
			return;
		r->reports = report->next;
		free(report);
	}
}

void reports_free(struct registration *r)
{
	struct service_report *report;

	while ((report = r->reports)) {
		r->reports = report->next;
		free(report);
	}
}
