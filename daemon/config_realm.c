// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: the realms of the configuration, and their ports against the host's.
 *
 * Context: called before the event loop runs; no locks.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_private.h"

#define FIRST_UNPRIVILEGED_PORT	1024

static bool interface_valid(const char *s)
{
	size_t i;

	if (!isalpha((unsigned char)s[0]) || strlen(s) > CONFIG_INTERFACE_MAX)
		return false;
	for (i = 1; s[i]; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	return true;
}

static bool address_usable(const struct sockaddr_storage *ss)
{
	const struct in6_addr *a6;
	uint32_t a4;

	if (ss->ss_family == AF_INET) {
		a4 = ntohl(((const struct sockaddr_in *)ss)->sin_addr.s_addr);
		return a4 != INADDR_ANY && a4 != INADDR_BROADCAST && !IN_MULTICAST(a4);
	}
	a6 = &((const struct sockaddr_in6 *)ss)->sin6_addr;
	return !IN6_IS_ADDR_UNSPECIFIED(a6) && !IN6_IS_ADDR_MULTICAST(a6) &&
	       !IN6_IS_ADDR_V4MAPPED(a6);
}

static int load_name(struct config_loader *l, const config_setting_t *s, struct config_realm *r)
{
	const config_setting_t *name = config_setting_get_member(s, "name");
	const config_setting_t *interface = config_setting_get_member(s, "interface");
	const char *text;

	text = name ? config_setting_get_string(name) : NULL;
	if (!text || !*text || strlen(text) > CONFIG_REALM_NAME_MAX || strpbrk(text, "\"\r\n"))
		return config_complain(l, name ? name : s,
				       "name of a realm must be a string of 1 to %d octets without quotes",
				       CONFIG_REALM_NAME_MAX);
	strcpy(r->name, text);

	text = interface ? config_setting_get_string(interface) : NULL;
	if (!text || !interface_valid(text))
		return config_complain(l, interface ? interface : s,
				       "interface of realm \"%s\" must be a letter, then letters, digits, _; at most %d",
				       r->name, CONFIG_INTERFACE_MAX);
	strcpy(r->interface, text);
	return 0;
}

static int load_addresses(struct config_loader *l, const config_setting_t *s,
			  struct config_realm *r)
{
	const config_setting_t *list = config_setting_get_member(s, "address");
	const config_setting_t *e;
	const char *text;
	int n, i;

	n = list && config_setting_is_array(list) ? config_setting_length(list) : 0;
	if (n < 1 || n > CONFIG_REALM_ADDRESSES_MAX)
		return config_complain(l, list ? list : s,
				       "address of realm \"%s\" must be an array of 1 to %d addresses",
				       r->name, CONFIG_REALM_ADDRESSES_MAX);
	for (i = 0; i < n; i++) {
		e = config_setting_get_elem(list, (unsigned int)i);
		text = config_setting_get_string(e);
		if (!text || config_parse_ip(text, &r->address[i]) ||
		    !address_usable(&r->address[i]))
			return config_complain(l, e, "realm \"%s\": \"%s\" is no address to send from",
					       r->name, text ? text : "?");
		r->n_addresses++;
	}
	return 0;
}

static int load_ports(struct config_loader *l, const config_setting_t *s, struct config_realm *r)
{
	const config_setting_t *list = config_setting_get_member(s, "ports");
	int min, max;

	if (!list || !config_setting_is_array(list) || config_setting_length(list) != 2)
		return config_complain(l, list ? list : s,
				       "ports of realm \"%s\" must be [ FIRST, LAST ]", r->name);
	min = config_setting_get_int_elem(list, 0);
	max = config_setting_get_int_elem(list, 1);
	if (min < FIRST_UNPRIVILEGED_PORT || max > 65535 || min > max)
		return config_complain(l, list,
				       "ports of realm \"%s\": %d to %d is not within %d to 65535",
				       r->name, min, max, FIRST_UNPRIVILEGED_PORT);
	r->port_min = (uint16_t)min;
	r->port_max = (uint16_t)max;
	return 0;
}

static int load_realm(struct config_loader *l, const config_setting_t *s, struct config_realm *r)
{
	static const char *const known[] = { "name", "interface", "address", "ports", "device",
					     "vrf", "certificate", "private_key", NULL };
	const struct { const char *key; char **field; } strings[] = {
		{ "device", &r->device },
		{ "vrf", &r->vrf },
		{ "certificate", &r->certificate },
		{ "private_key", &r->private_key },
	};
	const config_setting_t *m;
	unsigned int i;
	int err;

	if (!config_setting_is_group(s))
		return config_complain(l, s, "a realm must be { name = ...; }");
	r->line = config_setting_source_line(s);
	err = config_check_keys(l, s, known);
	if (!err)
		err = load_name(l, s, r);
	if (!err)
		err = load_addresses(l, s, r);
	if (!err)
		err = load_ports(l, s, r);
	for (i = 0; !err && i < sizeof(strings) / sizeof(strings[0]); i++) {
		m = config_setting_get_member(s, strings[i].key);
		if (m)
			err = config_string(l, m, strings[i].field);
	}
	if (!err && !r->certificate != !r->private_key)
		err = config_complain(l, s, "realm \"%s\": certificate and private_key belong together",
				      r->name);
	return err;
}

static bool same_ip(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
				  &((const struct sockaddr_in6 *)b)->sin6_addr);
}

static bool realms_collide(const struct config_realm *a, const struct config_realm *b)
{
	unsigned int i, j;

	/* Different VRFs are different address spaces. */
	if (strcmp(a->vrf ? a->vrf : "", b->vrf ? b->vrf : ""))
		return false;
	if (a->port_max < b->port_min || b->port_max < a->port_min)
		return false;
	for (i = 0; i < a->n_addresses; i++)
		for (j = 0; j < b->n_addresses; j++)
			if (same_ip(&a->address[i], &b->address[j]))
				return true;
	return false;
}

static int check_unique(struct config_loader *l, const config_setting_t *s,
			const struct config_realm *r)
{
	const struct config_realm *other;

	for (other = l->config->realm; other < r; other++) {
		if (!strcmp(other->name, r->name))
			return config_complain(l, s, "realm \"%s\" exists already (line %u)",
					       r->name, other->line);
		if (!strcasecmp(other->interface, r->interface))
			return config_complain(l, s, "interface \"%s\" belongs to realm \"%s\" already",
					       r->interface, other->name);
		if (realms_collide(other, r))
			return config_complain(l, s,
					       "realms \"%s\" and \"%s\" share an address and ports",
					       other->name, r->name);
	}
	return 0;
}

int config_load_realms(struct config_loader *l, const config_setting_t *list)
{
	struct config *c = l->config;
	const config_setting_t *s;
	int n, i, err;

	n = config_setting_is_list(list) ? config_setting_length(list) : 0;
	if (n < 1 || n > CONFIG_REALMS_MAX)
		return config_complain(l, list, "realm must be a list of 1 to %d: ( { name = ...; } )",
				       CONFIG_REALMS_MAX);
	c->realm = calloc((size_t)n, sizeof(*c->realm));
	if (!c->realm)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		s = config_setting_get_elem(list, (unsigned int)i);
		/* Counted first, so that config_free() sees what a failing one holds. */
		c->n_realms++;
		err = load_realm(l, s, &c->realm[i]);
		if (!err)
			err = check_unique(l, s, &c->realm[i]);
		if (err)
			return err;
	}
	return 0;
}

/* One bit per port. */
struct port_set {
	uint8_t bits[65536 / 8];
};

static bool has_port(const struct port_set *set, unsigned int port)
{
	return set->bits[port / 8] & (1U << (port % 8));
}

/* "1-3,7": the kernel's way to print a bitmap; white space and errors end it. */
static void parse_port_list(const char *text, struct port_set *set)
{
	unsigned long from, to;
	char *end;

	memset(set, 0, sizeof(*set));
	while (isdigit((unsigned char)*text)) {
		from = strtoul(text, &end, 10);
		to = from;
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		for (; from <= to && from <= 65535; from++)
			set->bits[from / 8] |= (uint8_t)(1U << (from % 8));
		if (*end != ',')
			break;
		text = end + 1;
	}
}

int config_check_ports(const struct config *c, const char *range, const char *reserved,
		       char *err, size_t errlen)
{
	const struct config_realm *bad = NULL;
	unsigned int low, high, i, port, len;
	char list[4096];
	struct port_set set;
	size_t used;

	if (sscanf(range, "%u %u", &low, &high) != 2) {
		snprintf(err, errlen, "ip_local_port_range \"%s\" is not understood", range);
		return -EINVAL;
	}
	parse_port_list(reserved, &set);
	/* What is reserved already must stay so: sysctl replaces the whole list. */
	len = (unsigned int)strcspn(reserved, " \t\r\n");
	used = (size_t)snprintf(list, sizeof(list), "%.*s", (int)len, reserved);
	for (i = 0; i < c->n_realms; i++) {
		const struct config_realm *r = &c->realm[i];

		for (port = r->port_min; port <= r->port_max; port++)
			if (port >= low && port <= high && !has_port(&set, port))
				break;
		if (port > r->port_max)
			continue;
		if (!bad)
			bad = r;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u-%u",
						 used ? "," : "", r->port_min, r->port_max);
	}
	if (!bad)
		return 0;
	snprintf(err, errlen,
		 "%s:%u: ports %u-%u of realm \"%s\" overlap the host's ephemeral ports %u-%u; reserve them: sysctl -w net.ipv4.ip_local_reserved_ports=%s",
		 c->path, bad->line, bad->port_min, bad->port_max, bad->name, low, high, list);
	return -EINVAL;
}
