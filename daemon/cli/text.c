// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures as text, in the manner of ip: what names the object at the left, the rest indented.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "cli/names.h"
#include "cli/show.h"

static void print_name(const char *key, enum name_kind kind, unsigned int value)
{
	struct name_buf buf;

	printf("%s %s", key, name_of(kind, value, &buf));
}

/* As it is written on the command line. */
static void print_endpoint(uint32_t context, uint32_t termination, unsigned int stream,
			   unsigned int component)
{
	printf("endpoint %" PRIu32 " %" PRIu32 " %u", context, termination, stream);
	if (component > KMGW_COMPONENT_MEDIA)
		print_name("", NAME_COMPONENT, component);
}

static void print_addr(const char *key, const struct cli_addr *p)
{
	char ip[INET6_ADDRSTRLEN] = "";

	inet_ntop(p->family, p->ip, ip, sizeof(ip));
	printf("%s %s port %u", key, ip, p->port);
}

static void print_device(const char *key, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (!ifindex)
		return;
	if (if_indextoname(ifindex, name))
		printf(" %s %s", key, name);
	else
		printf(" %s if%" PRIu32 " (gone)", key, ifindex);
}

static void print_filter(const struct cli_filter *p)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (p->family == AF_UNSPEC) {
		printf(" filter any");
	} else {
		inet_ntop(p->family, p->ip, ip, sizeof(ip));
		printf(" filter %s/%u", ip, p->prefixlen);
	}
	if (p->ports)
		printf(" ports %u-%u", p->port_min, p->port_max);
}

static void print_police(const struct cli_police *p)
{
	printf(" police");
	if (p->sustained)
		printf(" rate %" PRIu64 " burst %" PRIu32, p->sustained, p->burst);
	if (p->peak)
		printf(" peak %" PRIu64 " tolerance %" PRIu32, p->peak, p->tolerance);
}

/* What only some endpoints have, in a line of its own. */
static void print_gate(const struct pic_ep *p)
{
	if (!p->has_police && !p->has_source && !p->inactivity)
		return;
	printf("\n   ");
	if (p->has_police)
		print_police(&p->police);
	if (p->has_source)
		print_addr(" source", &p->source);
	if (p->inactivity) {
		printf(" inactivity %" PRIu32, p->inactivity);
		print_name("", NAME_DIRECTION, p->inactivity_dir);
		printf("%s", p->quiet ? " quiet" : "");
	}
}

static void print_time(uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char buf[32];
	struct tm tm;

	if (!ms || !gmtime_r(&seconds, &tm))
		return;
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	printf(" changed %s.%03uZ", buf, (unsigned int)(ms % 1000));
}

static void print_stats(const struct pic_stats *p)
{
	printf("    %-10s %12s %16s %16s %12s\n", "RX:", "packets", "octets", "plain", "drops");
	printf("    %-10s %12" PRIu64 " %16" PRIu64 " %16" PRIu64 " %12" PRIu64 "\n", "",
	       p->value[KMGW_A_STATS_RX_PACKETS], p->value[KMGW_A_STATS_RX_OCTETS],
	       p->value[KMGW_A_STATS_RX_PLAIN_OCTETS], p->value[KMGW_A_STATS_DROPS]);
	printf("    %-10s %12s %16s %16s %12s\n", "TX:", "packets", "octets", "plain", "stalls");
	printf("    %-10s %12" PRIu64 " %16" PRIu64 " %16" PRIu64 " %12" PRIu64 "\n", "",
	       p->value[KMGW_A_STATS_TX_PACKETS], p->value[KMGW_A_STATS_TX_OCTETS],
	       p->value[KMGW_A_STATS_TX_PLAIN_OCTETS], p->value[KMGW_A_STATS_STALLS]);
}

static void print_drops(const struct pic_drops *p)
{
	struct name_buf buf;
	bool any = false;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		if (!p->count[i])
			continue;
		printf("%s %s %" PRIu64, any ? "" : "    drops", name_of(NAME_REASON, i, &buf),
		       p->count[i]);
		any = true;
	}
	if (any)
		printf("\n");
}

static void print_hex(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		printf("%02x", data[i]);
}

void text_ctx(const struct pic_ctx *p, bool verbose)
{
	printf("context %" PRIu32 " endpoints %" PRIu32 " version %" PRIu32, p->id, p->endpoints,
	       p->version);
	if (p->userdata && !verbose)
		printf(" userdata %zu octets", p->userdata_len);
	printf("\n");
	if (p->userdata && verbose) {
		printf("    userdata ");
		print_hex(p->userdata, p->userdata_len);
		printf("\n");
	}
}

static void print_dtls(const struct pic_dtls *p)
{
	printf("\n    dtls");
	if (p->keyed)
		printf(" generation %" PRIu32 " epoch %u", p->generation, p->epoch);
	if (p->cipher) {
		print_name(" cipher", NAME_DTLS_CIPHER, p->cipher);
		printf(" driver %s", p->driver);
	} else {
		printf(" no keys");
	}
	if (p->alert)
		printf(" alert %u", p->alert);
}

static void print_dtls_counters(const struct pic_dtls *p)
{
	printf("    dtls records in %" PRIu64 " out %" PRIu64 " alerts in %" PRIu64 " out %" PRIu64
	       " replayed %" PRIu64 " bad mac %" PRIu64 " up %" PRIu64 "\n",
	       p->count[KMGW_A_DTLS_RX_RECORDS], p->count[KMGW_A_DTLS_TX_RECORDS],
	       p->count[KMGW_A_DTLS_RX_ALERTS], p->count[KMGW_A_DTLS_TX_ALERTS],
	       p->count[KMGW_A_DTLS_REPLAYED], p->count[KMGW_A_DTLS_BAD_MAC],
	       p->count[KMGW_A_DTLS_UP]);
}

void text_ep(const struct pic_ep *p, bool stats)
{
	unsigned int i;

	print_endpoint(p->context, p->termination, p->stream, p->component);
	print_name("", NAME_L4, p->l4);
	print_name(" plane", NAME_PLANE, p->plane);
	print_name(" state", NAME_STATE, p->state);
	print_name(" reason", NAME_REASON, p->reason);
	print_addr("\n    local", &p->local);
	if (p->has_remote)
		print_addr(" remote", &p->remote);
	print_device("dev", p->ifindex);
	print_device("vrf", p->vrf);
	if (p->latch)
		print_name(" latch", NAME_LATCH, p->latch);
	if (p->has_latched)
		print_addr(" latched", &p->latched);
	print_name("\n    mode", NAME_MODE, p->mode);
	if (p->dscp == KMGW_DSCP_KEEP)
		printf(" dscp keep");
	else
		printf(" dscp %u", p->dscp);
	for (i = 0; i < p->filters; i++)
		print_filter(&p->filter[i]);
	print_gate(p);
	if (p->security) {
		print_name(" security", NAME_SECURITY, p->security);
		print_dtls(&p->dtls);
	}
	printf("\n   ");
	if (p->plane == KMGW_PLANE_SPLICE)
		printf(" idle %" PRIu32 " linger %" PRIu32, p->idle_timeout, p->linger);
	if (p->idle_in)
		printf(" idle-in %" PRIu32, p->idle_in);
	if (p->octet_limit)
		printf(" octets %" PRIu64, p->octet_limit);
	if (p->priority)
		print_name(" priority", NAME_PRIORITY, p->priority);
	if (p->plane == KMGW_PLANE_MERGE) {
		printf(" early %" PRIu32, p->early);
		print_name(" joined", NAME_JOINED, p->joined);
	}
	printf("%s", p->attached ? " attached" : "");
	if (p->tls_version) {
		print_name(" tls", NAME_TLS_VERSION, p->tls_version);
		print_name("", NAME_CIPHER, p->tls_cipher);
	}
	print_time(p->changed);
	printf("\n");
	if (p->note[0])
		printf("    note %s\n", p->note);
	if (stats) {
		print_stats(&p->stats);
		if (p->security)
			print_dtls_counters(&p->dtls);
		print_drops(&p->drops);
	}
}

void text_ns(const struct pic_ns *p)
{
	printf("contexts %" PRIu32 " of %" PRIu32 " endpoints %" PRIu32 " of %" PRIu32
	       " sockets %" PRIu32 " of %" PRIu32 " syns %" PRIu32 " of %" PRIu32
	       " events %" PRIu64 "\n",
	       p->contexts, p->max_contexts, p->endpoints, p->max_endpoints, p->sockets,
	       p->max_sockets, p->syns, p->max_syns, p->events);
	print_stats(&p->stats);
	print_drops(&p->drops);
}

void text_event(const struct pic_event *p)
{
	printf("[%" PRIu64 "]", p->seq);
	print_name("", NAME_EVENT, p->type);
	printf(" ");
	if (p->has_endpoint)
		print_endpoint(p->context, p->termination, p->stream, p->component);
	else
		printf("context %" PRIu32, p->context);
	if (p->has_state) {
		print_name(" state", NAME_STATE, p->state);
		print_name(" reason", NAME_REASON, p->reason);
	}
	if (p->has_alert)
		printf(" alert %u", p->alert);
	if (p->has_latched)
		print_addr(" latched", &p->latched);
	printf("\n");
}
