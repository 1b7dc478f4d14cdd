// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes messages of the module. An attribute that is absent, of an unexpected size or of a newer
 * module leaves the field as it is: zero.
 */
#include "cli/picture.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void get_u8(uint8_t *v, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*v))
		*v = mnl_attr_get_u8(attr);
}

static void get_u16(uint16_t *v, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*v))
		*v = mnl_attr_get_u16(attr);
}

static void get_be16(uint16_t *v, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*v))
		*v = ntohs(mnl_attr_get_u16(attr));
}

static void get_u32(uint32_t *v, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*v))
		*v = mnl_attr_get_u32(attr);
}

static void get_u64(uint64_t *v, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*v))
		*v = mnl_attr_get_u64(attr);
}

static void get_ip(int *family, uint8_t ip[16], int want, size_t len, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) != len)
		return;
	*family = want;
	memcpy(ip, mnl_attr_get_payload(attr), len);
}

static void get_addr(struct cli_addr *p, const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_ADDR_IPV4:
			get_ip(&p->family, p->ip, AF_INET, 4, attr);
			break;
		case KMGW_A_ADDR_IPV6:
			get_ip(&p->family, p->ip, AF_INET6, 16, attr);
			break;
		case KMGW_A_ADDR_PORT:
			get_be16(&p->port, attr);
			break;
		}
	}
}

static void get_filter(struct cli_filter *p, const struct nlattr *nest)
{
	const struct nlattr *attr;

	p->port_max = 65535;
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_FILTER_IPV4:
			get_ip(&p->family, p->ip, AF_INET, 4, attr);
			break;
		case KMGW_A_FILTER_IPV6:
			get_ip(&p->family, p->ip, AF_INET6, 16, attr);
			break;
		case KMGW_A_FILTER_PREFIXLEN:
			get_u8(&p->prefixlen, attr);
			break;
		case KMGW_A_FILTER_PORT_MIN:
			get_be16(&p->port_min, attr);
			break;
		case KMGW_A_FILTER_PORT_MAX:
			get_be16(&p->port_max, attr);
			break;
		}
	}
	p->ports = p->port_min || p->port_max != 65535;
}

static void get_police(struct cli_police *p, const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_POLICE_SUSTAINED:
			get_u64(&p->sustained, attr);
			break;
		case KMGW_A_POLICE_BURST:
			get_u32(&p->burst, attr);
			break;
		case KMGW_A_POLICE_PEAK:
			get_u64(&p->peak, attr);
			break;
		case KMGW_A_POLICE_PEAK_TOLERANCE:
			get_u32(&p->tolerance, attr);
			break;
		}
	}
}

static void get_stats(struct pic_stats *p, const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) <= KMGW_A_STATS_MAX)
			get_u64(&p->value[mnl_attr_get_type(attr)], attr);
	}
}

static void get_dtls(struct pic_dtls *p, const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_DTLS_GENERATION:
			get_u32(&p->generation, attr);
			p->keyed = true;
			break;
		case KMGW_A_DTLS_EPOCH:
			get_u16(&p->epoch, attr);
			break;
		case KMGW_A_DTLS_CIPHER:
			get_u8(&p->cipher, attr);
			break;
		case KMGW_A_DTLS_DRIVER:
			snprintf(p->driver, sizeof(p->driver), "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
			break;
		case KMGW_A_DTLS_ALERT:
			get_u8(&p->alert, attr);
			break;
		default:
			if (mnl_attr_get_type(attr) <= KMGW_A_DTLS_MAX)
				get_u64(&p->count[mnl_attr_get_type(attr)], attr);
		}
	}
}

static void get_drop(struct pic_drops *p, const struct nlattr *nest)
{
	const struct nlattr *attr;
	uint8_t reason = 0;
	uint64_t count = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == KMGW_A_DROP_REASON)
			get_u8(&reason, attr);
		else if (mnl_attr_get_type(attr) == KMGW_A_DROP_COUNT)
			get_u64(&count, attr);
	}
	p->count[reason] += count;
}

void pic_ctx(struct pic_ctx *p, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	memset(p, 0, sizeof(*p));
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_CTX_ID:
			get_u32(&p->id, attr);
			break;
		case KMGW_A_CTX_USERDATA:
			p->userdata = mnl_attr_get_payload(attr);
			p->userdata_len = mnl_attr_get_payload_len(attr);
			break;
		case KMGW_A_CTX_VERSION:
			get_u32(&p->version, attr);
			break;
		case KMGW_A_CTX_ENDPOINTS:
			get_u32(&p->endpoints, attr);
			break;
		}
	}
}

static void ep_attr(struct pic_ep *p, const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr)) {
	case KMGW_A_EP_CONTEXT:
		get_u32(&p->context, attr);
		break;
	case KMGW_A_EP_TERMINATION:
		get_u32(&p->termination, attr);
		break;
	case KMGW_A_EP_STREAM:
		get_u16(&p->stream, attr);
		break;
	case KMGW_A_EP_L4:
		get_u8(&p->l4, attr);
		break;
	case KMGW_A_EP_PLANE:
		get_u8(&p->plane, attr);
		break;
	case KMGW_A_EP_LOCAL:
		get_addr(&p->local, attr);
		break;
	case KMGW_A_EP_REMOTE:
		get_addr(&p->remote, attr);
		p->has_remote = true;
		break;
	case KMGW_A_EP_MODE:
		get_u8(&p->mode, attr);
		break;
	case KMGW_A_EP_DSCP:
		get_u8(&p->dscp, attr);
		break;
	case KMGW_A_EP_IFINDEX:
		get_u32(&p->ifindex, attr);
		break;
	case KMGW_A_EP_VRF:
		get_u32(&p->vrf, attr);
		break;
	case KMGW_A_EP_FILTER:
		if (p->filters < KMGW_FILTERS_MAX)
			get_filter(&p->filter[p->filters++], attr);
		break;
	case KMGW_A_EP_IDLE_TIMEOUT:
		get_u32(&p->idle_timeout, attr);
		break;
	case KMGW_A_EP_LINGER:
		get_u32(&p->linger, attr);
		break;
	case KMGW_A_EP_EARLY:
		get_u32(&p->early, attr);
		break;
	case KMGW_A_EP_PRIORITY:
		get_u8(&p->priority, attr);
		break;
	case KMGW_A_EP_OCTET_LIMIT:
		get_u64(&p->octet_limit, attr);
		break;
	case KMGW_A_EP_IDLE_IN:
		get_u32(&p->idle_in, attr);
		break;
	case KMGW_A_EP_JOINED:
		get_u8(&p->joined, attr);
		break;
	case KMGW_A_EP_STATE:
		get_u8(&p->state, attr);
		break;
	case KMGW_A_EP_REASON:
		get_u8(&p->reason, attr);
		break;
	case KMGW_A_EP_CHANGED:
		get_u64(&p->changed, attr);
		break;
	case KMGW_A_EP_ATTACHED:
		p->attached = true;
		break;
	case KMGW_A_EP_TLS_VERSION:
		get_u16(&p->tls_version, attr);
		break;
	case KMGW_A_EP_TLS_CIPHER:
		get_u16(&p->tls_cipher, attr);
		break;
	case KMGW_A_EP_NOTE:
		snprintf(p->note, sizeof(p->note), "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
		break;
	case KMGW_A_EP_SECURITY:
		get_u8(&p->security, attr);
		break;
	case KMGW_A_EP_DTLS:
		get_dtls(&p->dtls, attr);
		break;
	case KMGW_A_EP_STATS:
		get_stats(&p->stats, attr);
		break;
	case KMGW_A_EP_DROP:
		get_drop(&p->drops, attr);
		break;
	case KMGW_A_EP_COMPONENT:
		get_u8(&p->component, attr);
		break;
	case KMGW_A_EP_LATCH:
		get_u8(&p->latch, attr);
		break;
	case KMGW_A_EP_LATCHED:
		get_addr(&p->latched, attr);
		p->has_latched = true;
		break;
	case KMGW_A_EP_POLICE:
		get_police(&p->police, attr);
		p->has_police = true;
		break;
	case KMGW_A_EP_SOURCE:
		get_addr(&p->source, attr);
		p->has_source = true;
		break;
	case KMGW_A_EP_INACTIVITY:
		get_u32(&p->inactivity, attr);
		break;
	case KMGW_A_EP_INACTIVITY_DIR:
		get_u8(&p->inactivity_dir, attr);
		break;
	case KMGW_A_EP_QUIET:
		p->quiet = true;
		break;
	}
}

void pic_ep(struct pic_ep *p, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	memset(p, 0, sizeof(*p));
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		ep_attr(p, attr);
}

void pic_ns(struct pic_ns *p, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	memset(p, 0, sizeof(*p));
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_NS_CONTEXTS:
			get_u32(&p->contexts, attr);
			break;
		case KMGW_A_NS_ENDPOINTS:
			get_u32(&p->endpoints, attr);
			break;
		case KMGW_A_NS_SOCKETS:
			get_u32(&p->sockets, attr);
			break;
		case KMGW_A_NS_MAX_CONTEXTS:
			get_u32(&p->max_contexts, attr);
			break;
		case KMGW_A_NS_MAX_ENDPOINTS:
			get_u32(&p->max_endpoints, attr);
			break;
		case KMGW_A_NS_MAX_SOCKETS:
			get_u32(&p->max_sockets, attr);
			break;
		case KMGW_A_NS_SYNS:
			get_u32(&p->syns, attr);
			break;
		case KMGW_A_NS_MAX_SYNS:
			get_u32(&p->max_syns, attr);
			break;
		case KMGW_A_NS_EVENTS:
			get_u64(&p->events, attr);
			break;
		case KMGW_A_NS_STATS:
			get_stats(&p->stats, attr);
			break;
		case KMGW_A_NS_DROP:
			get_drop(&p->drops, attr);
			break;
		}
	}
}

void pic_event(struct pic_event *p, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	memset(p, 0, sizeof(*p));
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_EV_SEQ:
			get_u64(&p->seq, attr);
			break;
		case KMGW_A_EV_TYPE:
			get_u8(&p->type, attr);
			break;
		case KMGW_A_EV_CONTEXT:
			get_u32(&p->context, attr);
			break;
		case KMGW_A_EV_TERMINATION:
			get_u32(&p->termination, attr);
			p->has_endpoint = true;
			break;
		case KMGW_A_EV_STREAM:
			get_u16(&p->stream, attr);
			break;
		case KMGW_A_EV_STATE:
			get_u8(&p->state, attr);
			p->has_state = true;
			break;
		case KMGW_A_EV_REASON:
			get_u8(&p->reason, attr);
			break;
		case KMGW_A_EV_ALERT:
			get_u8(&p->alert, attr);
			p->has_alert = true;
			break;
		case KMGW_A_EV_COMPONENT:
			get_u8(&p->component, attr);
			break;
		case KMGW_A_EV_LATCHED:
			get_addr(&p->latched, attr);
			p->has_latched = true;
			break;
		}
	}
}
