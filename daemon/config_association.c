// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: the control association and what shows the agent to its operator.
 *
 * Context: as config.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_private.h"

/* in the order of enum config_method */
static const char *const method_names[CONFIG_METHODS] = {
	"Restart", "Forced", "Graceful", "Disconnected", "HandOff", "Failover",
};

/* in the order of enum config_change */
static const struct {
	const char *name;
	struct config_change_order order;
} changes[CONFIG_CHANGES] = {
	{ "cold", { CONFIG_METHOD_RESTART, 901 } },
	{ "warm", { CONFIG_METHOD_RESTART, 902 } },
	{ "disconnected", { CONFIG_METHOD_DISCONNECTED, 900 } },
	{ "failover", { CONFIG_METHOD_FAILOVER, 909 } },
	{ "hand_off", { CONFIG_METHOD_HAND_OFF, 903 } },
	{ "stop", { CONFIG_METHOD_FORCED, 905 } },
	{ "drain", { CONFIG_METHOD_GRACEFUL, 905 } },
	{ "undrain", { CONFIG_METHOD_RESTART, 918 } },
	{ "realm_down", { CONFIG_METHOD_FORCED, 906 } },
	{ "realm_up", { CONFIG_METHOD_RESTART, 900 } },
};

void config_association_defaults(struct config *c)
{
	unsigned int i;

	for (i = 0; i < CONFIG_CHANGES; i++)
		c->change[i] = changes[i].order;
}

/* "Restart 901" */
static bool parse_order(const char *text, struct config_change_order *out)
{
	size_t len = strcspn(text, " ");
	const char *digits = text + len + strspn(text + len, " ");
	unsigned int i;

	if (strlen(digits) != 3 || strspn(digits, "0123456789") != 3)
		return false;
	out->reason = (unsigned int)atoi(digits);
	for (i = 0; i < CONFIG_METHODS; i++) {
		if (strlen(method_names[i]) == len && !strncasecmp(text, method_names[i], len)) {
			out->method = (enum config_method)i;
			return out->reason >= 900;
		}
	}
	return false;
}

static int load_changes(struct config_loader *l, const config_setting_t *group)
{
	const char *known[CONFIG_CHANGES + 1] = { NULL };
	const config_setting_t *s;
	const char *text;
	unsigned int i;
	int err;

	if (!config_setting_is_group(group))
		return config_complain(l, group, "service_change must be a group { ... }");
	for (i = 0; i < CONFIG_CHANGES; i++)
		known[i] = changes[i].name;
	err = config_check_keys(l, group, known);
	for (i = 0; !err && i < CONFIG_CHANGES; i++) {
		s = config_setting_get_member(group, changes[i].name);
		if (!s)
			continue;
		text = config_setting_get_string(s);
		if (!text || !parse_order(text, &l->config->change[i]))
			err = config_complain(l, s,
					      "%s must be a method and a reason, such as \"Restart 901\"",
					      changes[i].name);
	}
	return err;
}

static int load_profiles(struct config_loader *l, const config_setting_t *list)
{
	struct config *c = l->config;
	const config_setting_t *e;
	const char *text;
	int n, i;

	n = config_setting_is_array(list) ? config_setting_length(list) : -1;
	if (n < 0 || n > CONFIG_PROFILES_MAX)
		return config_complain(l, list, "profile_accept must be an array of at most %d",
				       CONFIG_PROFILES_MAX);
	if (n && !c->profile)
		return config_complain(l, list, "profile_accept without profile");
	for (i = 0; i < n; i++) {
		e = config_setting_get_elem(list, (unsigned int)i);
		text = config_setting_get_string(e);
		if (!text || !config_profile_valid(text))
			return config_complain(l, e, "profile_accept must hold NAME/VERSION");
		snprintf(c->profile_accept[c->n_profiles++], CONFIG_PROFILE_MAX + 1, "%s", text);
	}
	return 0;
}

/* The name of a file in trace_dir: it cannot lead elsewhere. */
bool config_trace_name_valid(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return false;
	return name[0] && name[0] != '.' && strlen(name) <= CONFIG_TRACE_NAME_MAX;
}

int config_load_association(struct config_loader *l, const config_t *file)
{
	const config_setting_t *s;
	struct config *c = l->config;
	int err = 0;

	s = config_lookup(file, "service_change");
	if (s)
		err = load_changes(l, s);
	s = config_lookup(file, "profile_accept");
	if (s && !err)
		err = load_profiles(l, s);
	if (err)
		return err;
	if (c->version_min > c->version)
		return config_complain(l, config_lookup(file, "version_min"),
				       "version_min is above version");
	if (!c->run_dir || c->run_dir[0] != '/' || strlen(c->run_dir) > CONFIG_RUN_DIR_MAX)
		return config_complain(l, config_lookup(file, "run_dir"),
				       "run_dir must be an absolute path of at most %d octets",
				       CONFIG_RUN_DIR_MAX);
	if (!c->trace_dir || c->trace_dir[0] != '/')
		return config_complain(l, config_lookup(file, "trace_dir"),
				       "trace_dir must be an absolute path");
	if (c->trace && !config_trace_name_valid(c->trace))
		return config_complain(l, config_lookup(file, "trace"),
				       "trace \"%s\" must be the name of a file in trace_dir",
				       c->trace);
	if (c->metrics && config_parse_bracketed(c->metrics, &c->metrics_address))
		return config_complain(l, config_lookup(file, "metrics"),
				       "metrics must be \"[ADDRESS]:PORT\"");
	return 0;
}

const char *config_transport_name(enum config_transport transport)
{
	static const char *const names[] = {
		[CONFIG_TRANSPORT_UDP] = "udp",
		[CONFIG_TRANSPORT_TCP] = "tcp",
		[CONFIG_TRANSPORT_SCTP] = "sctp",
	};

	return names[transport];
}
