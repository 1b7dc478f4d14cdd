// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures as JSON. The keys are documented in kmgw(8); they do not change.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

#include "cli/names.h"
#include "cli/show.h"

void json_out(const struct cli *c, json_t *obj)
{
	json_dumpf(obj, stdout, c->pretty ? JSON_INDENT(4) : JSON_COMPACT);
	json_decref(obj);
}

static void set_int(json_t *obj, const char *key, uint64_t value)
{
	json_object_set_new(obj, key, json_integer((json_int_t)value));
}

static void set_str(json_t *obj, const char *key, const char *value)
{
	json_object_set_new(obj, key, json_string(value));
}

static void set_name(json_t *obj, const char *key, enum name_kind kind, unsigned int value)
{
	struct name_buf buf;

	set_str(obj, key, name_of(kind, value, &buf));
}

static void set_hex(json_t *obj, const char *key, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * KMGW_USERDATA_MAX];
	size_t i;

	for (i = 0; i < len && i < KMGW_USERDATA_MAX; i++) {
		hex[2 * i] = digits[data[i] >> 4];
		hex[2 * i + 1] = digits[data[i] & 15];
	}
	json_object_set_new(obj, key, json_stringn(hex, 2 * i));
}

static json_t *addr(const struct cli_addr *p)
{
	json_t *obj = json_object();
	char ip[INET6_ADDRSTRLEN] = "";

	inet_ntop(p->family, p->ip, ip, sizeof(ip));
	set_str(obj, "address", ip);
	set_int(obj, "port", p->port);
	return obj;
}

static json_t *filter(const struct cli_filter *p)
{
	char ip[INET6_ADDRSTRLEN] = "", prefix[INET6_ADDRSTRLEN + 4];
	json_t *obj = json_object();

	if (p->family != AF_UNSPEC) {
		inet_ntop(p->family, p->ip, ip, sizeof(ip));
		snprintf(prefix, sizeof(prefix), "%s/%u", ip, p->prefixlen);
		set_str(obj, "prefix", prefix);
	}
	if (p->ports) {
		set_int(obj, "port_min", p->port_min);
		set_int(obj, "port_max", p->port_max);
	}
	return obj;
}

static json_t *filters(const struct pic_ep *p)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < p->filters; i++)
		json_array_append_new(list, filter(&p->filter[i]));
	return list;
}

static json_t *police(const struct cli_police *p)
{
	json_t *obj = json_object();

	if (p->sustained) {
		set_int(obj, "rate", p->sustained);
		set_int(obj, "burst", p->burst);
	}
	if (p->peak) {
		set_int(obj, "peak", p->peak);
		set_int(obj, "tolerance", p->tolerance);
	}
	return obj;
}

static json_t *stats_obj(const struct pic_stats *p)
{
	static const char *const keys[KMGW_A_STATS_MAX + 1] = {
		[KMGW_A_STATS_RX_PACKETS] = "rx_packets",
		[KMGW_A_STATS_RX_OCTETS] = "rx_octets",
		[KMGW_A_STATS_TX_PACKETS] = "tx_packets",
		[KMGW_A_STATS_TX_OCTETS] = "tx_octets",
		[KMGW_A_STATS_RX_PLAIN_OCTETS] = "rx_plain_octets",
		[KMGW_A_STATS_TX_PLAIN_OCTETS] = "tx_plain_octets",
		[KMGW_A_STATS_DROPS] = "drops",
		[KMGW_A_STATS_STALLS] = "stalls",
	};
	json_t *obj = json_object();
	unsigned int i;

	for (i = 0; i <= KMGW_A_STATS_MAX; i++) {
		if (keys[i])
			set_int(obj, keys[i], p->value[i]);
	}
	return obj;
}

static json_t *drops_obj(const struct pic_drops *p)
{
	json_t *obj = json_object();
	struct name_buf buf;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		if (p->count[i])
			set_int(obj, name_of(NAME_REASON, i, &buf), p->count[i]);
	}
	return obj;
}

static void set_device(json_t *obj, const char *key, uint32_t ifindex)
{
	char index_key[16], name[IF_NAMESIZE];

	if (!ifindex)
		return;
	snprintf(index_key, sizeof(index_key), "%s_index", key);
	set_int(obj, index_key, ifindex);
	/* The device may have gone since. */
	if (if_indextoname(ifindex, name))
		set_str(obj, key, name);
}

json_t *json_ctx(const struct pic_ctx *p)
{
	json_t *obj = json_object();

	set_int(obj, "context", p->id);
	set_int(obj, "endpoints", p->endpoints);
	set_int(obj, "version", p->version);
	if (p->userdata)
		set_hex(obj, "userdata", p->userdata, p->userdata_len);
	return obj;
}

static json_t *dtls_obj(const struct pic_dtls *p, bool stats)
{
	json_t *obj = json_object();

	if (p->keyed) {
		set_int(obj, "generation", p->generation);
		set_int(obj, "epoch", p->epoch);
	}
	if (p->cipher) {
		set_name(obj, "cipher", NAME_DTLS_CIPHER, p->cipher);
		set_str(obj, "driver", p->driver);
	}
	if (p->alert)
		set_int(obj, "alert", p->alert);
	if (stats) {
		set_int(obj, "rx_records", p->count[KMGW_A_DTLS_RX_RECORDS]);
		set_int(obj, "tx_records", p->count[KMGW_A_DTLS_TX_RECORDS]);
		set_int(obj, "rx_alerts", p->count[KMGW_A_DTLS_RX_ALERTS]);
		set_int(obj, "tx_alerts", p->count[KMGW_A_DTLS_TX_ALERTS]);
		set_int(obj, "replayed", p->count[KMGW_A_DTLS_REPLAYED]);
		set_int(obj, "bad_mac", p->count[KMGW_A_DTLS_BAD_MAC]);
		set_int(obj, "up", p->count[KMGW_A_DTLS_UP]);
	}
	return obj;
}

json_t *json_ep(const struct pic_ep *p, bool stats)
{
	json_t *obj = json_object(), *tls;

	set_int(obj, "context", p->context);
	set_int(obj, "termination", p->termination);
	set_int(obj, "stream", p->stream);
	set_name(obj, "component", NAME_COMPONENT, p->component);
	set_name(obj, "l4", NAME_L4, p->l4);
	set_name(obj, "plane", NAME_PLANE, p->plane);
	set_name(obj, "state", NAME_STATE, p->state);
	set_name(obj, "reason", NAME_REASON, p->reason);
	set_int(obj, "changed", p->changed);
	json_object_set_new(obj, "local", addr(&p->local));
	if (p->has_remote)
		json_object_set_new(obj, "remote", addr(&p->remote));
	set_name(obj, "mode", NAME_MODE, p->mode);
	if (p->dscp == KMGW_DSCP_KEEP)
		set_str(obj, "dscp", "keep");
	else
		set_int(obj, "dscp", p->dscp);
	set_device(obj, "dev", p->ifindex);
	set_device(obj, "vrf", p->vrf);
	if (p->plane == KMGW_PLANE_DATAGRAM)
		set_name(obj, "latch", NAME_LATCH, p->latch);
	if (p->has_latched)
		json_object_set_new(obj, "latched", addr(&p->latched));
	if (p->filters) {
		json_object_set_new(obj, "filter", filter(&p->filter[0]));
		json_object_set_new(obj, "filters", filters(p));
	}
	if (p->has_police)
		json_object_set_new(obj, "police", police(&p->police));
	if (p->has_source)
		json_object_set_new(obj, "source", addr(&p->source));
	if (p->inactivity) {
		set_int(obj, "inactivity", p->inactivity);
		set_name(obj, "inactivity_dir", NAME_DIRECTION, p->inactivity_dir);
		json_object_set_new(obj, "quiet", json_boolean(p->quiet));
	}
	if (p->plane == KMGW_PLANE_SPLICE) {
		set_int(obj, "idle", p->idle_timeout);
		set_int(obj, "linger", p->linger);
		if (p->idle_in)
			set_int(obj, "idle_in", p->idle_in);
		if (p->octet_limit)
			set_int(obj, "octets", p->octet_limit);
		set_name(obj, "priority", NAME_PRIORITY, p->priority);
	}
	if (p->plane == KMGW_PLANE_MERGE) {
		set_int(obj, "early", p->early);
		set_name(obj, "joined", NAME_JOINED, p->joined);
	}
	json_object_set_new(obj, "attached", json_boolean(p->attached));
	if (p->tls_version) {
		tls = json_object();
		set_name(tls, "version", NAME_TLS_VERSION, p->tls_version);
		set_name(tls, "cipher", NAME_CIPHER, p->tls_cipher);
		json_object_set_new(obj, "tls", tls);
	}
	if (p->note[0])
		set_str(obj, "note", p->note);
	if (p->security) {
		set_name(obj, "security", NAME_SECURITY, p->security);
		json_object_set_new(obj, "dtls", dtls_obj(&p->dtls, stats));
	}
	if (stats) {
		json_object_set_new(obj, "stats", stats_obj(&p->stats));
		json_object_set_new(obj, "drops", drops_obj(&p->drops));
	}
	return obj;
}

json_t *json_ns(const struct pic_ns *p)
{
	json_t *obj = json_object();

	set_int(obj, "contexts", p->contexts);
	set_int(obj, "endpoints", p->endpoints);
	set_int(obj, "sockets", p->sockets);
	set_int(obj, "max_contexts", p->max_contexts);
	set_int(obj, "max_endpoints", p->max_endpoints);
	set_int(obj, "max_sockets", p->max_sockets);
	set_int(obj, "syns", p->syns);
	set_int(obj, "max_syns", p->max_syns);
	set_int(obj, "events", p->events);
	json_object_set_new(obj, "stats", stats_obj(&p->stats));
	json_object_set_new(obj, "drops", drops_obj(&p->drops));
	return obj;
}

json_t *json_event(const struct pic_event *p)
{
	json_t *obj = json_object();

	set_name(obj, "event", NAME_EVENT, p->type);
	set_int(obj, "seq", p->seq);
	set_int(obj, "context", p->context);
	if (p->has_endpoint) {
		set_int(obj, "termination", p->termination);
		set_int(obj, "stream", p->stream);
		set_name(obj, "component", NAME_COMPONENT, p->component);
	}
	if (p->has_state) {
		set_name(obj, "state", NAME_STATE, p->state);
		set_name(obj, "reason", NAME_REASON, p->reason);
	}
	if (p->has_alert)
		set_int(obj, "alert", p->alert);
	if (p->has_latched)
		json_object_set_new(obj, "latched", addr(&p->latched));
	return obj;
}
