// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: MGCs by address: which the gateway may be sent to, and who may give orders.
 *
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>

#include "agent/registration_private.h"

const char *mgc_name(const struct config_mgc *mgc, char *buf, size_t len)
{
	return transport_name(&mgc->address, buf, len);
}

bool mgc_same(const struct config_mgc *a, const struct config_mgc *b)
{
	return a->transport == b->transport && transport_same_end(&a->address, &b->address);
}

/* ---- where an MGC may send the gateway ---- */

static bool mid_to_mgc(const struct agent *agent, const struct h248_mid *mid,
		       struct config_mgc *out)
{
	uint16_t port = htons(mid->has_port ? mid->port : config_default_port(agent->config));

	*out = agent->registration->mgc;
	switch (mid->kind) {
	case H248_MID_IP4: {
		struct sockaddr_in *in4 = (struct sockaddr_in *)&out->address;

		memset(&out->address, 0, sizeof(out->address));
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, mid->addr, 4);
		in4->sin_port = port;
		return true;
	}
	case H248_MID_IP6: {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->address;

		memset(&out->address, 0, sizeof(out->address));
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, mid->addr, 16);
		in6->sin6_port = port;
		return true;
	}
	case H248_MID_PORT:
		/* ServiceChangeAddress: the same host at another port */
		((struct sockaddr_in *)&out->address)->sin_port = htons(mid->port);
		return mid->port != 0;
	default:
		return false;
	}
}

bool registration_allowed(const struct agent *agent, const struct h248_mid *mid,
			  struct config_mgc *out)
{
	const struct config *c = agent->config;
	unsigned int i;

	if (!mid_to_mgc(agent, mid, out) || out->address.ss_family != c->local.ss_family)
		return false;
	for (i = 0; i < c->n_mgcs; i++) {
		if (transport_same_host(&c->mgc[i].address, &out->address)) {
			out->transport = c->mgc[i].transport;
			memcpy(out->more, c->mgc[i].more, sizeof(out->more));
			out->n_more = c->mgc[i].n_more;
			return true;
		}
	}
	out->n_more = 0;
	for (i = 0; i < c->n_mgc_allow; i++)
		if (transport_same_host(&c->mgc_allow[i], &out->address))
			return true;
	return false;
}

/* ---- who may give orders ---- */

void mgc_set_incompatible(struct registration *r, const struct config_mgc *mgc, unsigned int code)
{
	unsigned int i;

	for (i = 0; i < r->n_incompatible; i++)
		if (transport_same_host(&r->incompatible[i].addr, &mgc->address))
			break;
	if (!code) {
		if (i < r->n_incompatible)
			r->incompatible[i] = r->incompatible[--r->n_incompatible];
		return;
	}
	if (i == CONFIG_MGCS_MAX)
		return;
	r->incompatible[i].addr = mgc->address;
	r->incompatible[i].code = code;
	if (i == r->n_incompatible)
		r->n_incompatible++;
}

unsigned int registration_admit(void *priv, const struct transport_path *from,
				const struct h248_message *msg)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;
	unsigned int code = 0, i;

	if (!transport_same_host(&r->mgc.address, &from->addr))
		code = r->home.address.ss_family ? 504 : 505;
	else if (r->state != STATE_ACTIVE)
		code = 505;
	else if (msg->version > agent->config->version)
		code = 406;
	for (i = 0; i < r->n_incompatible; i++)
		if (transport_same_host(&r->incompatible[i].addr, &from->addr))
			code = r->incompatible[i].code;
	if (code)
		agent->counters.foreign_requests++;
	return code;
}
