// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: counters by MGC, command and error code.
 *
 * Context: the thread of the event loop.
 */
#include "agent/agent_private.h"

struct counters_mgc *counters_of(struct agent *agent, const struct sockaddr_storage *addr)
{
	struct counters *c = &agent->by_mgc;
	struct counters_mgc *m;

	for (m = c->mgc; m < c->mgc + c->n; m++)
		if (transport_same_host(&m->addr, addr))
			return m;
	if (c->n == COUNTERS_MGCS - 1 ||
	    (addr->ss_family != AF_INET && addr->ss_family != AF_INET6))
		return &c->mgc[COUNTERS_MGCS - 1];
	m = &c->mgc[c->n++];
	m->addr = *addr;
	if (addr->ss_family == AF_INET)
		((struct sockaddr_in *)&m->addr)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&m->addr)->sin6_port = 0;
	return m;
}

void counters_received(struct agent *agent, const struct transport_path *from, size_t len)
{
	struct counters_mgc *m = counters_of(agent, &from->addr);

	m->messages[COUNTERS_RECEIVED]++;
	m->octets[COUNTERS_RECEIVED] += len;
	agent->by_mgc.current = m;
}

void counters_sent(struct agent *agent, const struct transport_path *to, size_t len)
{
	struct counters_mgc *m = counters_of(agent, &to->addr);

	m->messages[COUNTERS_SENT]++;
	m->octets[COUNTERS_SENT] += len;
}

static struct counters_mgc *current(struct agent *agent)
{
	return agent->by_mgc.current ? agent->by_mgc.current :
				       &agent->by_mgc.mgc[COUNTERS_MGCS - 1];
}

static void count_code(struct counters_mgc *m, enum counters_way way, unsigned int code)
{
	if (code >= COUNTERS_CODE_MIN && code < COUNTERS_CODE_MIN + COUNTERS_CODES)
		m->errors[way][code - COUNTERS_CODE_MIN]++;
}

void counters_command(struct agent *agent, enum h248_command_kind kind, unsigned int code)
{
	struct counters_mgc *m = current(agent);

	m->commands[COUNTERS_RECEIVED][kind]++;
	if (!code)
		return;
	m->refused[COUNTERS_RECEIVED][kind]++;
	count_code(m, COUNTERS_SENT, code);
}

void counters_error(struct agent *agent, unsigned int code)
{
	count_code(current(agent), COUNTERS_SENT, code);
}

void counters_own(struct agent *agent, enum h248_command_kind kind)
{
	struct transport_path path;

	/* Held back while there is no connection: it still goes to this MGC, or to none. */
	transport_path(agent->transport, &path);
	counters_of(agent, &path.addr)->commands[COUNTERS_SENT][kind]++;
}

void counters_own_refused(struct agent *agent, enum h248_command_kind kind, unsigned int code)
{
	struct counters_mgc *m = current(agent);

	m->refused[COUNTERS_SENT][kind]++;
	count_code(m, COUNTERS_RECEIVED, code);
}
