// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the metrics page. Names are kmgw_..., counters end in _total; they are
 * documented in kmgwd(8).
 *
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/agent_private.h"
#include "agent/figures.h"
#include "agent/metrics.h"
#include "agent/realm_state.h"
#include "bearer/env.h"

#define SYSFS	"/sys/module/kmgw/"

static void head(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: a backslash, a quote and a line feed are escaped. */
static void label(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			strbuf_char(out, '\\');
		if (*text == '\n')
			strbuf_puts(out, "\\n");
		else
			strbuf_char(out, *text);
	}
}

static void gauge(struct strbuf *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, "gauge", help);
	strbuf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* ---- the agent ---- */

static void write_association(const struct agent *agent, struct strbuf *out)
{
	struct registration_picture r;

	registration_describe(agent->registration, &r);
	gauge(out, "kmgw_registered", "1 while an MGC controls the gateway", r.active);
	gauge(out, "kmgw_contexts", "Contexts", agent->n_contexts);
	gauge(out, "kmgw_terminations", "Terminations", agent->n_terminations);
	gauge(out, "kmgw_draining", "1 while the operator wants no new calls",
	      realm_draining(agent, NULL));
	gauge(out, "kmgw_uptime_seconds", "Time since the agent started",
	      (uv_now(agent->loop) - agent->started) / 1000);
	gauge(out, "kmgw_agent_sessions", "TLS sessions whose records the agent does",
	      bearer_env_agent_sessions(agent->env));
	head(out, "kmgw_info", "gauge", "Version of the agent");
	strbuf_puts(out, "kmgw_info{version=\"" KMGW_VERSION "\",mid=\"");
	label(out, agent->config->mid);
	strbuf_puts(out, "\"} 1\n");
}

static void write_figures(const struct agent *agent, struct strbuf *out)
{
	const struct figure *f;
	unsigned int i;
	uint64_t value;
	char name[96];

	for (i = 0; (f = figure_at(agent, i, &value)); i++) {
		snprintf(name, sizeof(name), "kmgw_%s_%s_total", f->group, f->name);
		head(out, name, "counter", f->help);
		strbuf_printf(out, "%s %llu\n", name, (unsigned long long)value);
	}
}

static const struct {
	const char *name, *type, *help;
	size_t offset;
	bool wide;			/* 64 bits */
} realm_rows[] = {
	{ "kmgw_realm_contexts", "gauge", "Contexts with a termination in the realm",
	  offsetof(struct realm_figures, contexts), false },
	{ "kmgw_realm_terminations", "gauge", "Terminations in the realm",
	  offsetof(struct realm_figures, terminations), false },
	{ "kmgw_realm_ports", "gauge", "Ports of the realm, of all addresses, TCP and UDP",
	  offsetof(struct realm_figures, ports), true },
	{ "kmgw_realm_ports_used", "gauge", "Those of them that calls have",
	  offsetof(struct realm_figures, ports_used), true },
	{ "kmgw_realm_exhausted_total", "counter", "Requests that found no free port",
	  offsetof(struct realm_figures, exhausted), true },
	{ "kmgw_realm_certificate_expiry_timestamp_seconds", "gauge",
	  "When the certificate of the realm expires; 0: unknown",
	  offsetof(struct realm_figures, certificate_expires), true },
};

static void write_realms(const struct agent *agent, const struct realm_figures *list,
			 struct strbuf *out)
{
	unsigned int i, k, narrow;
	const char *field;
	uint64_t value;

	for (k = 0; k < sizeof(realm_rows) / sizeof(realm_rows[0]); k++) {
		head(out, realm_rows[k].name, realm_rows[k].type, realm_rows[k].help);
		for (i = 0; i < agent->config->n_realms; i++) {
			field = (const char *)&list[i] + realm_rows[k].offset;
			if (realm_rows[k].wide) {
				memcpy(&value, field, sizeof(value));
			} else {
				memcpy(&narrow, field, sizeof(narrow));
				value = narrow;
			}
			strbuf_printf(out, "%s{realm=\"", realm_rows[k].name);
			label(out, agent->config->realm[i].name);
			strbuf_printf(out, "\"} %llu\n", (unsigned long long)value);
		}
	}
	head(out, "kmgw_realm_in_service", "gauge", "1 while the realm takes new calls");
	for (i = 0; i < agent->config->n_realms; i++) {
		strbuf_puts(out, "kmgw_realm_in_service{realm=\"");
		label(out, agent->config->realm[i].name);
		strbuf_printf(out, "\"} %d\n", !strcmp(list[i].state, "in service"));
	}
}

/* ---- by MGC ---- */

static const char *const ways[] = { "received", "sent" };

static const char *host_of(const struct counters_mgc *m, char *buf, size_t len)
{
	const void *ip = m->addr.ss_family == AF_INET6 ?
			 (const void *)&((const struct sockaddr_in6 *)&m->addr)->sin6_addr :
			 (const void *)&((const struct sockaddr_in *)&m->addr)->sin_addr;

	if (!m->addr.ss_family || !inet_ntop(m->addr.ss_family, ip, buf, (socklen_t)len))
		snprintf(buf, len, "others");
	return buf;
}

static void write_one(struct strbuf *out, const struct counters_mgc *m, const char *name,
		      const char *way, const char *key, const char *value, uint64_t count)
{
	char host[INET6_ADDRSTRLEN];

	strbuf_printf(out, "%s{mgc=\"%s\"", name, host_of(m, host, sizeof(host)));
	if (way)
		strbuf_printf(out, ",way=\"%s\"", way);
	if (key)
		strbuf_printf(out, ",%s=\"%s\"", key, value);
	strbuf_printf(out, "} %llu\n", (unsigned long long)count);
}

static void write_messages(const struct counters *c, struct strbuf *out)
{
	const struct counters_mgc *m;
	unsigned int w;

	head(out, "kmgw_mgc_registrations_total", "counter", "Registrations with the MGC");
	for (m = c->mgc; m < c->mgc + c->n; m++)
		write_one(out, m, "kmgw_mgc_registrations_total", NULL, NULL, NULL,
			  m->registrations);
	head(out, "kmgw_mgc_losses_total", "counter", "Losses of the MGC's control");
	for (m = c->mgc; m < c->mgc + c->n; m++)
		write_one(out, m, "kmgw_mgc_losses_total", NULL, NULL, NULL, m->losses);
	head(out, "kmgw_mgc_messages_total", "counter", "H.248 messages");
	for (m = c->mgc; m < c->mgc + c->n; m++)
		for (w = 0; w < COUNTERS_WAYS; w++)
			write_one(out, m, "kmgw_mgc_messages_total", ways[w], NULL, NULL,
				  m->messages[w]);
	head(out, "kmgw_mgc_octets_total", "counter", "Octets of them");
	for (m = c->mgc; m < c->mgc + c->n; m++)
		for (w = 0; w < COUNTERS_WAYS; w++)
			write_one(out, m, "kmgw_mgc_octets_total", ways[w], NULL, NULL,
				  m->octets[w]);
}

static void write_commands(const struct counters *c, struct strbuf *out, const char *name,
			   const char *help, bool refused)
{
	const struct counters_mgc *m;
	unsigned int w, i;

	head(out, name, "counter", help);
	for (m = c->mgc; m < c->mgc + c->n; m++)
		for (w = 0; w < COUNTERS_WAYS; w++)
			for (i = 0; i < COUNTERS_COMMANDS; i++)
				if (m->commands[w][i])
					write_one(out, m, name, ways[w], "command",
						  h248_command_name((enum h248_command_kind)i),
						  refused ? m->refused[w][i] : m->commands[w][i]);
}

static void write_errors(const struct counters *c, struct strbuf *out)
{
	const struct counters_mgc *m;
	unsigned int w, i;
	char code[16];

	head(out, "kmgw_mgc_errors_total", "counter", "Errors of H.248.8, by who gave them");
	for (m = c->mgc; m < c->mgc + c->n; m++) {
		for (w = 0; w < COUNTERS_WAYS; w++) {
			for (i = 0; i < COUNTERS_CODES; i++) {
				if (!m->errors[w][i])
					continue;
				snprintf(code, sizeof(code), "%u", COUNTERS_CODE_MIN + i);
				write_one(out, m, "kmgw_mgc_errors_total", ways[w], "code", code,
					  m->errors[w][i]);
			}
		}
	}
}

/* ---- the module ---- */

static bool read_number(const char *dir, const char *file, unsigned long long *value)
{
	char path[320], text[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), SYSFS "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return sscanf(text, "%llu", value) == 1;
}

static void write_file(struct strbuf *out, const char *file, const char *name,
		       unsigned long long value)
{
	bool object = !strcmp(file, "contexts") || !strcmp(file, "endpoints") ||
		      !strcmp(file, "sockets");
	char own[320];

	if (name) {
		strbuf_printf(out, "%s{reason=\"%s\"} %llu\n", name, file, value);
		return;
	}
	snprintf(own, sizeof(own), "kmgw_kernel_%s%s", file, object ? "" : "_total");
	head(out, own, object ? "gauge" : "counter",
	     object ? "Objects of the module" : "Total of the module");
	strbuf_printf(out, "%s %llu\n", own, value);
}

/* With a name one metric with the files as label, else one for each file. */
static void write_directory(struct strbuf *out, const char *dir, const char *name,
			    const char *help)
{
	unsigned long long value;
	struct dirent **list;
	char path[64];
	int n, i;

	snprintf(path, sizeof(path), SYSFS "%s", dir);
	n = scandir(path, &list, NULL, alphasort);
	if (n < 0)
		return;
	if (name)
		head(out, name, "counter", help);
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.' && read_number(dir, list[i]->d_name, &value))
			write_file(out, list[i]->d_name, name, value);
		free(list[i]);
	}
	free(list);
}

int metrics_write(struct agent *agent, struct strbuf *out)
{
	struct realm_figures *list = figures_realms(agent);
	const struct counters *c = &agent->by_mgc;
	int64_t expiry = bearer_env_expiry(agent->env);

	if (!list)
		return -ENOMEM;
	write_association(agent, out);
	if (expiry > 0)
		gauge(out, "kmgw_certificate_expiry_timestamp_seconds",
		      "When the first of the certificates in use expires", (uint64_t)expiry);
	write_realms(agent, list, out);
	free(list);
	write_figures(agent, out);
	write_messages(c, out);
	write_commands(c, out, "kmgw_mgc_commands_total", "Commands of H.248, by who gave them",
		       false);
	write_commands(c, out, "kmgw_mgc_commands_refused_total",
		       "Those answered with an error", true);
	write_errors(c, out);
	write_directory(out, "stats", NULL, NULL);
	write_directory(out, "drops", "kmgw_kernel_drops_by_reason_total", "Drops of the module");
	write_directory(out, "ends", "kmgw_kernel_ends_total", "Connections that ended");
	return out->err;
}
