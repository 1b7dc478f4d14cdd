// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: reads the configuration file.
 *
 * One table holds every key that is a plain value: its name, type, default and
 * limits. What is not in the table or in the lists below it is an error, since a
 * misspelt key that is silently ignored runs a gateway with the wrong settings.
 * Context: called once before the event loop runs; no locks.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config_private.h"

#define H248_TEXT_PORT	2944
#define H248_BINARY_PORT	2945

enum key_type {
	KEY_TIME,		/* seconds in the file, whole or decimal; ms in the struct */
	KEY_UINT,
	KEY_STRING,		/* empty means NULL */
	KEY_ENUM,
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	double def, min, max;			/* in the unit of the file */
	const char *const *names;		/* KEY_ENUM: value 0, 1, ... */
};

static const char *const encoding_names[] = { "pretty", "compact", "binary", NULL };
static const char *const profile_variant_names[] = { "all", "iq", "ix", "mp", NULL };
static const char *const tcp_open_names[] = { "signal", "auto", NULL };
static const char *const tls_start_names[] = { "auto", "signal", NULL };
static const char *const msrp_aware_names[] = { "refuse", "ignore", NULL };
static const char *const rtcp_names[] = { "off", "on", NULL };
static const char *const trace_format_names[] = { "pcap", "text", NULL };

#define TIME(field, d, lo, hi) \
	{ #field, KEY_TIME, offsetof(struct config, field), d, lo, hi, NULL }
#define UINT(field, d, lo, hi) \
	{ #field, KEY_UINT, offsetof(struct config, field), d, lo, hi, NULL }
#define STRING(field) \
	{ #field, KEY_STRING, offsetof(struct config, field), 0, 0, 0, NULL }
#define ENUM(field, d) \
	{ #field, KEY_ENUM, offsetof(struct config, field), d, 0, 0, field ## _names }

static const struct key keys[] = {
	UINT(version, 2, 1, 3),
	UINT(version_min, 1, 1, 3),
	STRING(profile),
	ENUM(profile_variant, CONFIG_VARIANT_ALL),
	ENUM(encoding, CONFIG_ENCODING_PRETTY),
	UINT(max_contexts, 10000, 1, 1000000),
	UINT(max_terminations, 2, 1, 64),
	UINT(max_replies, 1000000, 16, 10000000),
	UINT(max_message, 1400, 256, 65507),
	UINT(max_handshakes, 1000, 1, 1000000),
	UINT(emergency_reserve, 5, 0, 50),
	UINT(max_pdu, 65531, 512, 65531),
	UINT(max_queue, 2000, 1, 100000),
	TIME(retransmit_min, 0.5, 0.01, 10),
	TIME(retransmit_max, 4, 0.01, 60),
	TIME(t_max, 25, 0.1, 600),
	TIME(long_timer, 30, 0.1, 600),
	TIME(inactivity, 0, 0, 86400),
	TIME(restart_delay, 0, 0, 600),
	TIME(stop_wait, 3, 0, 60),
	TIME(tcp_backoff_max, 30, 0.1, 600),
	TIME(sctp_heartbeat, 5, 0.1, 3600),
	ENUM(tcp_open, CONFIG_TCP_OPEN_SIGNAL),
	ENUM(tls_start, CONFIG_TLS_START_AUTO),
	TIME(tcp_active_guard, 20, 0.01, 3600),
	TIME(tcp_passive_guard, 0, 0, 86400),
	TIME(peer_guard, 30, 0, 86400),
	TIME(tls_guard, 10, 0.01, 3600),
	TIME(tls_ticket_wait, 0.2, 0, 10),
	TIME(release_linger, 2, 0, 600),
	TIME(tcp_keepalive, 120, 0, 7200),
	TIME(tcp_user_timeout, 60, 0, 3600),
	TIME(idle_timeout, 0, 0, 86400),
	UINT(transfer_limit, 0, 0, 1048576),
	TIME(merge_early, 0, 0, 86400),
	TIME(port_quarantine, 30, 0, 3600),
	TIME(realm_holddown, 1, 0, 600),
	ENUM(rtcp, CONFIG_RTCP_OFF),
	ENUM(msrp_aware, CONFIG_MSRP_AWARE_REFUSE),
	STRING(certificate),
	STRING(private_key),
	STRING(state_dir),
	STRING(run_dir),
	STRING(metrics),
	STRING(trace_dir),
	STRING(trace),
	ENUM(trace_format, CONFIG_TRACE_PCAP),
	UINT(trace_size, 16, 1, 1024),
	UINT(trace_files, 4, 1, 100),
	STRING(log_level),
};

struct package_key {
	const char *name;
	size_t offset;
	const char *def;
};

#define PACKAGE(field, d) { #field, offsetof(struct config_packages, field), d }

static const struct package_key package_keys[] = {
	PACKAGE(tcpbcc, "tcpbcc"),
	PACKAGE(tlsbsc, "tlsbsc"),
	PACKAGE(seplink, "seplink"),
	PACKAGE(est_bnc, "EstBNC"),
	PACKAGE(rel_bnc, "RelBNC"),
	PACKAGE(bnc_change, "BNCChange"),
	PACKAGE(linktopo, "linktopo"),
};

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

int config_complain(struct config_loader *l, const config_setting_t *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (l->err[0])
		return -EINVAL;
	if (s)
		n = snprintf(l->err, l->errlen, "%s:%u: ", l->config->path,
			     config_setting_source_line(s));
	else
		n = snprintf(l->err, l->errlen, "%s: ", l->config->path);
	if (n < 0 || (size_t)n >= l->errlen)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(l->err + n, l->errlen - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool in_list(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

int config_check_keys(struct config_loader *l, const config_setting_t *s,
		      const char *const *known)
{
	const config_setting_t *child;
	int i;

	for (i = 0; i < config_setting_length(s); i++) {
		child = config_setting_get_elem(s, (unsigned int)i);
		if (!in_list(config_setting_name(child), known))
			return config_complain(l, child, "unknown key \"%s\"",
					       config_setting_name(child));
	}
	return 0;
}

int config_string(struct config_loader *l, const config_setting_t *s, char **out)
{
	const char *text = config_setting_get_string(s);

	if (!text || !*text)
		return config_complain(l, s, "%s must be a string that is not empty",
				       config_setting_name(s) ? config_setting_name(s) : "value");
	free(*out);
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

int config_parse_ip(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		return 0;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		return 0;
	}
	return -EINVAL;
}

static void set_port(struct sockaddr_storage *ss, uint16_t port)
{
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)ss)->sin6_port = htons(port);
}

/* "[10.0.0.1]:2944", "[2001:db8::1]": the form of an H.248 mId. */
int config_parse_bracketed(const char *text, struct sockaddr_storage *out)
{
	const char *end = strchr(text, ']');
	char ip[INET6_ADDRSTRLEN + 1];
	unsigned long port = H248_TEXT_PORT;
	char *stop;
	size_t len;

	if (text[0] != '[' || !end)
		return -EINVAL;
	len = (size_t)(end - text - 1);
	if (!len || len >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text + 1, len);
	ip[len] = '\0';
	if (config_parse_ip(ip, out))
		return -EINVAL;
	if (end[1]) {
		if (end[1] != ':' || !isdigit((unsigned char)end[2]))
			return -EINVAL;
		port = strtoul(end + 2, &stop, 10);
		if (*stop || !port || port > 65535)
			return -EINVAL;
	}
	set_port(out, (uint16_t)port);
	return 0;
}

/* The other forms of an mId: "<domain>:port", or a device name (pathNAME). */
static bool mid_is_name(const char *text)
{
	const char *end, *p;
	char *stop;
	unsigned long port;

	if (text[0] == '<') {
		end = strchr(text, '>');
		if (!end || end == text + 1)
			return false;
		for (p = text + 1; p < end; p++)
			if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
				return false;
		if (!end[1])
			return true;
		if (end[1] != ':' || !isdigit((unsigned char)end[2]))
			return false;
		port = strtoul(end + 2, &stop, 10);
		return !*stop && port && port <= 65535;
	}
	if (!isalpha((unsigned char)text[0]) || strlen(text) > 64)
		return false;
	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_/@.-", *p))
			return false;
	return true;
}

uint16_t config_default_port(const struct config *c)
{
	return c->encoding == CONFIG_ENCODING_BINARY ? H248_BINARY_PORT : H248_TEXT_PORT;
}

/* An address as in an mId; without a port it is the encoding's. */
static int parse_own(const struct config *c, const char *text, struct sockaddr_storage *out)
{
	int err = config_parse_bracketed(text, out);

	if (!err && !strstr(text, "]:"))
		set_port(out, config_default_port(c));
	return err;
}

static int load_mid(struct config_loader *l, const config_t *file)
{
	const config_setting_t *mid = config_lookup(file, "mid");
	const config_setting_t *listen = config_lookup(file, "listen");
	struct config *c = l->config;
	const char *text;

	if (!mid)
		return config_complain(l, NULL, "mid is missing");
	text = config_setting_get_string(mid);
	if (!text || strlen(text) > CONFIG_MID_MAX)
		return config_complain(l, mid, "mid must be a string of at most %d octets",
				       CONFIG_MID_MAX);
	if (parse_own(c, text, &c->local) && !mid_is_name(text))
		return config_complain(l, mid,
				       "mid \"%s\" is none of [ADDRESS]:PORT, <DOMAIN>:PORT, NAME",
				       text);
	strcpy(c->mid, text);
	if (listen) {
		text = config_setting_get_string(listen);
		if (!text || parse_own(c, text, &c->local))
			return config_complain(l, listen, "listen must be \"[ADDRESS]:PORT\"");
	} else if (!c->local.ss_family) {
		return config_complain(l, mid,
				       "mid \"%s\" is not an address: listen = \"[ADDRESS]:PORT\" is needed",
				       c->mid);
	}
	return 0;
}

/* Further addresses of one end of an SCTP association, of the same family as the first. */
static int load_more(struct config_loader *l, const config_setting_t *list, unsigned int max,
		     struct sockaddr_storage *out, unsigned int *count)
{
	const config_setting_t *e;
	const char *text;
	int n, i;

	n = config_setting_is_array(list) ? config_setting_length(list) : -1;
	if (n < 0 || (unsigned int)n > max)
		return config_complain(l, list, "%s must be an array of at most %u addresses",
				       config_setting_name(list), max);
	for (i = 0; i < n; i++) {
		e = config_setting_get_elem(list, (unsigned int)i);
		text = config_setting_get_string(e);
		if (!text || config_parse_ip(text, &out[i]) ||
		    out[i].ss_family != l->config->local.ss_family)
			return config_complain(l, e, "%s must hold addresses of one family",
					       config_setting_name(list));
	}
	*count = (unsigned int)n;
	return 0;
}

static int load_mgc(struct config_loader *l, const config_setting_t *s, struct config_mgc *out)
{
	static const char *const known[] = { "address", "port", "transport", "more", NULL };
	const config_setting_t *m;
	const char *text;
	int port;
	int err;

	if (!config_setting_is_group(s))
		return config_complain(l, s, "an mgc must be { address = ...; }");
	err = config_check_keys(l, s, known);
	if (err)
		return err;

	m = config_setting_get_member(s, "address");
	text = m ? config_setting_get_string(m) : NULL;
	if (!text || config_parse_ip(text, &out->address))
		return config_complain(l, m ? m : s, "address of an mgc must be an IP address");

	m = config_setting_get_member(s, "port");
	port = m ? config_setting_get_int(m) : config_default_port(l->config);
	if (port < 1 || port > 65535)
		return config_complain(l, m ? m : s, "port of an mgc must be 1 to 65535");
	set_port(&out->address, (uint16_t)port);

	m = config_setting_get_member(s, "transport");
	text = m ? config_setting_get_string(m) : "udp";
	if (text && !strcmp(text, "udp"))
		out->transport = CONFIG_TRANSPORT_UDP;
	else if (text && !strcmp(text, "tcp"))
		out->transport = CONFIG_TRANSPORT_TCP;
	else if (text && !strcmp(text, "sctp"))
		out->transport = CONFIG_TRANSPORT_SCTP;
	else
		return config_complain(l, m, "transport of an mgc must be \"udp\", \"tcp\" or \"sctp\"");
	if (out->address.ss_family != l->config->local.ss_family)
		return config_complain(l, s, "the mgc and the gateway's own address differ in family");
	m = config_setting_get_member(s, "more");
	if (m && out->transport != CONFIG_TRANSPORT_SCTP)
		return config_complain(l, m, "only an mgc with SCTP has more addresses");
	return m ? load_more(l, m, CONFIG_SCTP_ADDRESSES_MAX, out->more, &out->n_more) : 0;
}

static int load_mgcs(struct config_loader *l, const config_t *file)
{
	const config_setting_t *list = config_lookup(file, "mgc");
	struct config *c = l->config;
	int n, i, err;

	if (!list)
		return config_complain(l, NULL, "mgc is missing");
	n = config_setting_is_list(list) ? config_setting_length(list) : 0;
	if (n < 1 || n > CONFIG_MGCS_MAX)
		return config_complain(l, list, "mgc must be a list of 1 to %d: ( { address = ...; } )",
				       CONFIG_MGCS_MAX);
	for (i = 0; i < n; i++) {
		err = load_mgc(l, config_setting_get_elem(list, (unsigned int)i), &c->mgc[i]);
		if (err)
			return err;
		c->n_mgcs++;
	}
	list = config_lookup(file, "local");
	return list ? load_more(l, list, CONFIG_SCTP_ADDRESSES_MAX, c->sctp_local,
				&c->n_sctp_local) : 0;
}

static int load_mgc_allow(struct config_loader *l, const config_t *file)
{
	const config_setting_t *list = config_lookup(file, "mgc_allow");
	struct config *c = l->config;
	const config_setting_t *e;
	const char *text;
	int n, i;

	if (!list)
		return 0;
	n = config_setting_is_array(list) ? config_setting_length(list) : -1;
	if (n < 0 || n > CONFIG_MGCS_MAX)
		return config_complain(l, list, "mgc_allow must be an array of at most %d addresses",
				       CONFIG_MGCS_MAX);
	for (i = 0; i < n; i++) {
		e = config_setting_get_elem(list, (unsigned int)i);
		text = config_setting_get_string(e);
		if (!text || config_parse_ip(text, &c->mgc_allow[i]))
			return config_complain(l, e, "mgc_allow must hold IP addresses");
		c->n_mgc_allow++;
	}
	return 0;
}

int config_names(struct config_loader *l, const config_t *file, const char *key,
		 const char *const *names, unsigned int *set)
{
	const config_setting_t *list = config_lookup(file, key), *e;
	const char *text;
	unsigned int f;
	int n, i;

	if (!list)
		return 0;
	if (!config_setting_is_array(list))
		return config_complain(l, list, "%s must be an array: [ \"%s\", \"%s\" ]", key,
				       names[0], names[1]);
	*set = 0;
	n = config_setting_length(list);
	for (i = 0; i < n; i++) {
		e = config_setting_get_elem(list, (unsigned int)i);
		text = config_setting_get_string(e);
		for (f = 0; names[f]; f++)
			if (text && !strcmp(text, names[f]))
				break;
		if (!names[f])
			return config_complain(l, e, "%s cannot hold \"%s\"", key, text ? text : "?");
		*set |= 1U << f;
	}
	return 0;
}

static int load_features(struct config_loader *l, const config_t *file)
{
	static const char *const names[] = { "tls", "dtls", "merge", "msrp", NULL };

	l->config->features = CONFIG_FEATURE_TLS | CONFIG_FEATURE_DTLS | CONFIG_FEATURE_MERGE |
			      CONFIG_FEATURE_MSRP;
	return config_names(l, file, "features", names, &l->config->features);
}

/* Room for all of them is there: the values are few and short. */
static void list_names(const char *const *names, char *buf, size_t len)
{
	size_t n = 0;

	for (; *names && n < len; names++)
		n += (size_t)snprintf(buf + n, len - n, "%s\"%s\"", n ? ", " : "", *names);
}

static int load_key(struct config_loader *l, const struct key *k, const config_setting_t *s)
{
	void *field = (char *)l->config + k->offset;
	char names[64];
	const char *text;
	double value;
	unsigned int i;

	switch (k->type) {
	case KEY_TIME:
	case KEY_UINT:
		if (config_setting_type(s) == CONFIG_TYPE_INT)
			value = config_setting_get_int(s);
		else if (config_setting_type(s) == CONFIG_TYPE_FLOAT && k->type == KEY_TIME)
			value = config_setting_get_float(s);
		else
			return config_complain(l, s, "%s must be a number%s", k->name,
					       k->type == KEY_TIME ? " of seconds" : "");
		if (!(value >= k->min && value <= k->max))
			return config_complain(l, s, "%s must be %g to %g%s, not %g", k->name,
					       k->min, k->max,
					       k->type == KEY_TIME ? " s" : "", value);
		*(unsigned int *)field = k->type == KEY_TIME ? (unsigned int)(value * 1000 + 0.5) :
							       (unsigned int)value;
		return 0;
	case KEY_STRING:
		text = config_setting_get_string(s);
		if (!text)
			return config_complain(l, s, "%s must be a string", k->name);
		free(*(char **)field);
		*(char **)field = NULL;
		return *text ? config_string(l, s, field) : 0;
	case KEY_ENUM:
		text = config_setting_get_string(s);
		for (i = 0; text && k->names[i]; i++) {
			if (!strcmp(text, k->names[i])) {
				*(unsigned int *)field = i;
				return 0;
			}
		}
		list_names(k->names, names, sizeof(names));
		return config_complain(l, s, "%s must be one of %s", k->name, names);
	}
	return -EINVAL;
}

static int load_packages(struct config_loader *l, const config_setting_t *s)
{
	const char *known[N_ELEMENTS(package_keys) + 1] = { NULL };
	const config_setting_t *m;
	unsigned int i;
	char **field;
	int err;

	if (!config_setting_is_group(s))
		return config_complain(l, s, "packages must be a group { ... }");
	for (i = 0; i < N_ELEMENTS(package_keys); i++)
		known[i] = package_keys[i].name;
	err = config_check_keys(l, s, known);
	if (err)
		return err;
	for (i = 0; i < N_ELEMENTS(package_keys); i++) {
		m = config_setting_get_member(s, package_keys[i].name);
		if (!m)
			continue;
		field = (char **)((char *)&l->config->packages + package_keys[i].offset);
		err = config_string(l, m, field);
		if (err)
			return err;
		if (!config_is_name(*field))
			return config_complain(l, m,
					       "%s \"%s\" must be a letter, then letters, digits, _",
					       package_keys[i].name, *field);
	}
	return 0;
}

static int set_defaults(struct config *c)
{
	char **field;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(keys); i++) {
		unsigned int *u = (unsigned int *)((char *)c + keys[i].offset);

		if (keys[i].type == KEY_TIME)
			*u = (unsigned int)(keys[i].def * 1000 + 0.5);
		else if (keys[i].type != KEY_STRING)
			*u = (unsigned int)keys[i].def;
	}
	for (i = 0; i < N_ELEMENTS(package_keys); i++) {
		field = (char **)((char *)&c->packages + package_keys[i].offset);
		*field = strdup(package_keys[i].def);
		if (!*field)
			return -ENOMEM;
	}
	c->state_dir = strdup("/var/lib/kmgw");
	c->log_level = strdup("info");
	c->run_dir = strdup("/run/kmgw");
	c->trace_dir = strdup("/var/log/kmgw");
	config_association_defaults(c);
	return c->state_dir && c->log_level && c->run_dir && c->trace_dir ? 0 : -ENOMEM;
}

/* NAME SLASH 1*2DIGIT, H.248.1 Annex B */
bool config_profile_valid(const char *p)
{
	size_t name = 0;
	size_t digits;

	if (!isalpha((unsigned char)*p))
		return false;
	while (isalnum((unsigned char)p[name]) || p[name] == '_')
		name++;
	if (name > 64 || p[name] != '/')
		return false;
	digits = strspn(p + name + 1, "0123456789");
	return digits >= 1 && digits <= 2 && !p[name + 1 + digits];
}

static int check_relations(struct config_loader *l, const config_t *file)
{
	struct config *c = l->config;
	enum log_level level;

	if (!c->log_level || log_level_from_name(c->log_level, &level))
		return config_complain(l, config_lookup(file, "log_level"),
				       "log_level must be error, warning, notice, info or debug");
	log_init(&c->log, STDERR_FILENO, level);
	if (!c->state_dir || c->state_dir[0] != '/')
		return config_complain(l, config_lookup(file, "state_dir"),
				       "state_dir must be an absolute path");
	if (c->profile && !config_profile_valid(c->profile))
		return config_complain(l, config_lookup(file, "profile"),
				       "profile \"%s\" must be NAME/VERSION, such as threegiq/1",
				       c->profile);
	if (c->retransmit_min > c->retransmit_max)
		return config_complain(l, config_lookup(file, "retransmit_min"),
				       "retransmit_min is longer than retransmit_max");
	if (c->t_max >= c->long_timer)
		return config_complain(l, config_lookup(file, config_lookup(file, "t_max") ?
							"t_max" : "long_timer"),
				       "t_max must be shorter than long_timer");
	if (!c->certificate != !c->private_key)
		return config_complain(l, config_lookup(file, c->certificate ? "certificate" :
							"private_key"),
				       "certificate and private_key belong together");
	/* An MGC of a profile that has the package says when TLS starts. */
	if (!config_lookup(file, "tls_start") && c->profile)
		c->tls_start = CONFIG_TLS_START_SIGNAL;
	return 0;
}

static int load(struct config_loader *l, const config_t *file)
{
	static const char *const others[] = {
		"mid", "listen", "local", "mgc", "mgc_allow", "packages", "package_items", "realm",
		"features", "service_change", "profile_accept", "tls_versions", "tls_legacy",
		"tls_resumption",
		"fingerprint_hashes",
	};
	const char *known[N_ELEMENTS(keys) + N_ELEMENTS(others) + 1] = { NULL };
	const config_setting_t *s;
	unsigned int i;
	int err;

	for (i = 0; i < N_ELEMENTS(keys); i++)
		known[i] = keys[i].name;
	for (i = 0; i < N_ELEMENTS(others); i++)
		known[N_ELEMENTS(keys) + i] = others[i];
	err = config_check_keys(l, config_root_setting(file), known);
	if (err)
		return err;

	for (i = 0; i < N_ELEMENTS(keys); i++) {
		s = config_lookup(file, keys[i].name);
		err = s ? load_key(l, &keys[i], s) : 0;
		if (err)
			return err;
	}
	s = config_lookup(file, "packages");
	err = s ? load_packages(l, s) : 0;
	s = config_lookup(file, "package_items");
	if (!err && s)
		err = config_load_items(l, s);
	if (!err)
		err = load_mid(l, file);
	if (!err)
		err = load_mgcs(l, file);
	if (!err)
		err = load_mgc_allow(l, file);
	if (!err)
		err = load_features(l, file);
	if (!err)
		err = config_load_tls(l, file);
	if (!err)
		err = check_relations(l, file);
	if (!err)
		err = config_load_association(l, file);
	if (err)
		return err;
	s = config_lookup(file, "realm");
	if (!s)
		return config_complain(l, NULL, "realm is missing");
	return config_load_realms(l, s);
}

int config_load(const char *path, struct config **out, char *err, size_t errlen)
{
	struct config_loader l = { .err = err, .errlen = errlen };
	config_t file;
	FILE *f;
	int ret;

	err[0] = '\0';
	l.config = calloc(1, sizeof(*l.config));
	if (!l.config || !(l.config->path = strdup(path))) {
		free(l.config);
		snprintf(err, errlen, "%s: out of memory", path);
		return -ENOMEM;
	}

	/* config_read_file() does not tell a missing file from a forbidden one. */
	f = fopen(path, "re");
	if (!f) {
		ret = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		config_free(l.config);
		return ret;
	}

	config_init(&file);
	ret = set_defaults(l.config);
	if (!ret && config_read(&file, f) != CONFIG_TRUE) {
		snprintf(err, errlen, "%s:%d: %s", path, config_error_line(&file),
			 config_error_text(&file));
		ret = -EINVAL;
	}
	fclose(f);
	if (!ret)
		ret = load(&l, &file);
	config_destroy(&file);
	if (ret) {
		if (!err[0])
			snprintf(err, errlen, "%s: %s", path, strerror(-ret));
		config_free(l.config);
		return ret;
	}
	*out = l.config;
	return 0;
}

void config_free(struct config *c)
{
	unsigned int i;

	if (!c)
		return;
	for (i = 0; i < c->n_realms; i++) {
		free(c->realm[i].device);
		free(c->realm[i].vrf);
		free(c->realm[i].certificate);
		free(c->realm[i].private_key);
	}
	free(c->realm);
	for (i = 0; i < N_ELEMENTS(keys); i++)
		if (keys[i].type == KEY_STRING)
			free(*(char **)((char *)c + keys[i].offset));
	for (i = 0; i < N_ELEMENTS(package_keys); i++)
		free(*(char **)((char *)&c->packages + package_keys[i].offset));
	config_free_items(c);
	free(c->path);
	free(c);
}
