// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of the agent as text. What the daemon did not send is left out: the two may be of
 * different versions.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/agent.h"

static const char *text_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "-";
}

static long long number_of(const json_t *obj, const char *key)
{
	return (long long)json_integer_value(json_object_get(obj, key));
}

static void association(const json_t *a)
{
	printf("association %s", text_of(a, "state"));
	if (json_object_get(a, "mgc"))
		printf(" mgc %s", text_of(a, "mgc"));
	if (json_object_get(a, "version")) {
		printf(" %s version %lld profile %s", text_of(a, "transport"),
		       number_of(a, "version"), text_of(a, "profile"));
		printf(" for %lld s, silent %lld s", number_of(a, "since"),
		       number_of(a, "silent"));
	}
	printf("\n");
}

static void realm(const json_t *r)
{
	time_t expires = (time_t)number_of(r, "certificate_expires");
	struct tm tm;
	char date[32];

	printf("realm %s interface %s: %s\n", text_of(r, "name"), text_of(r, "interface"),
	       text_of(r, "state"));
	printf("    contexts %lld terminations %lld ports %lld/%lld exhausted %lld",
	       number_of(r, "contexts"), number_of(r, "terminations"), number_of(r, "ports_used"),
	       number_of(r, "ports"), number_of(r, "exhausted"));
	if (expires && gmtime_r(&expires, &tm) && strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		printf(" certificate until %s", date);
	printf("\n");
}

static void commands(const char *what, const json_t *way)
{
	json_t *all = json_object_get(way, "commands"), *errors = json_object_get(way, "errors"), *v;
	const char *key;

	printf("    %s: messages %lld octets %lld\n", what, number_of(way, "messages"),
	       number_of(way, "octets"));
	json_object_foreach(all, key, v)
		printf("        %s %lld refused %lld\n", key, number_of(v, "all"),
		       number_of(v, "refused"));
	if (!json_object_size(errors))
		return;
	printf("        errors");
	json_object_foreach(errors, key, v)
		printf(" %s: %lld", key, (long long)json_integer_value(v));
	printf("\n");
}

static void mgc(const json_t *m)
{
	printf("mgc %s: registrations %lld losses %lld\n", text_of(m, "address"),
	       number_of(m, "registrations"), number_of(m, "losses"));
	commands("received", json_object_get(m, "received"));
	commands("sent", json_object_get(m, "sent"));
}

static void group(const json_t *status, const char *name)
{
	json_t *obj = json_object_get(status, name), *v;
	const char *key, *sep = "";

	if (!obj)
		return;
	printf("%s: ", name);
	json_object_foreach(obj, key, v) {
		printf("%s%s %lld", sep, key, (long long)json_integer_value(v));
		sep = ", ";
	}
	printf("\n");
}

void agent_text_trace(const json_t *t)
{
	if (!json_is_object(t)) {
		printf("trace: off\n");
		return;
	}
	printf("trace %s %s: %s", text_of(t, "file"), text_of(t, "format"),
	       json_is_true(json_object_get(t, "writing")) ? "on" : "ended by an error");
	if (json_object_get(t, "context"))
		printf(", context %lld", number_of(t, "context"));
	printf(", messages %lld octets %lld files %lld\n", number_of(t, "messages"),
	       number_of(t, "octets"), number_of(t, "files"));
}

void agent_text_status(const json_t *s)
{
	json_t *list, *one;
	size_t i;

	printf("kmgwd %s process %lld up %lld s, mid %s\n", text_of(s, "version"),
	       number_of(s, "pid"), number_of(s, "uptime"), text_of(s, "mid"));
	association(json_object_get(s, "association"));
	printf("contexts %lld terminations %lld adopted %lld%s%s\n", number_of(s, "contexts"),
	       number_of(s, "terminations"), number_of(s, "adopted"),
	       json_is_true(json_object_get(s, "draining")) ? ", draining" : "",
	       json_is_true(json_object_get(s, "stopping")) ? ", stopping" : "");
	list = json_object_get(s, "realms");
	json_array_foreach(list, i, one)
		realm(one);
	list = json_object_get(s, "mgcs");
	json_array_foreach(list, i, one)
		mgc(one);
	list = json_object_get(s, "agent_paths");
	json_array_foreach(list, i, one)
		printf("TLS records of %lld/%lld/%lld go through the agent: %s\n",
		       number_of(one, "context"), number_of(one, "termination"),
		       number_of(one, "stream"), text_of(one, "reason"));
	group(s, "agent");
	group(s, "bearers");
	group(s, "transactions");
	group(s, "transport");
	agent_text_trace(json_object_get(s, "trace"));
}
