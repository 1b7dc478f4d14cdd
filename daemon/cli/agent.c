// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw agent: asks the running kmgwd through its control socket.
 *
 * One line of JSON goes there, one comes back.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/agent.h"
#include "cli/cli.h"

#define DEFAULT_SOCKET	"/run/kmgw/control.sock"
#define REPLY_MAX	(64U << 20)

static const char help[] =
"Usage: kmgw agent [ socket PATH ] { status | stop | reload }\n"
"       kmgw agent [ socket PATH ] { drain | undrain } [ REALM ]\n"
"       kmgw agent [ socket PATH ] trace [ show | stop |\n"
"             start [ file NAME ] [ format { pcap | text } ] [ context ID ] ]\n";

/* The first letter of what only looks comes first: an abbreviation takes that. */
static const char *const verbs[] = {
	"status", "trace", "drain", "undrain", "reload", "stop", "socket", "help",
};

enum { VERB_STATUS, VERB_TRACE, VERB_DRAIN, VERB_UNDRAIN, VERB_RELOAD, VERB_STOP, VERB_SOCKET,
	VERB_HELP };

static int connect_to(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&un, sizeof(un)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int send_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Return: the line without its end, from malloc(), or NULL and errno. */
static char *receive_line(int fd)
{
	size_t len = 0, room = 0;
	char *line = NULL, *more;
	ssize_t n;

	for (;;) {
		if (len + 1 >= room) {
			room = room ? room * 2 : 65536;
			more = room > REPLY_MAX ? NULL : realloc(line, room);
			if (!more)
				break;
			line = more;
		}
		n = recv(fd, line + len, room - len - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = ECONNRESET;
			break;
		}
		len += (size_t)n;
		if (line[len - 1] == '\n') {
			line[len - 1] = '\0';
			return line;
		}
	}
	free(line);
	return NULL;
}

static int fail(const char *path, const char *why)
{
	fprintf(stderr, "kmgw: agent at %s: %s\n", path, why);
	return EXIT_REFUSED;
}

/* Takes request. Return: an exit status; *reply is set with EXIT_OK. */
static int exchange(const char *path, json_t *request, json_t **reply)
{
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	const char *error;
	json_t *obj;
	int fd, err;

	json_decref(request);
	if (!text)
		return fail(path, strerror(ENOMEM));
	fd = connect_to(path);
	if (fd < 0) {
		free(text);
		return fail(path, strerror(-fd));
	}
	err = send_all(fd, text, strlen(text));
	if (!err)
		err = send_all(fd, "\n", 1);
	free(text);
	if (!err) {
		line = receive_line(fd);
		err = line ? 0 : -errno;
	}
	close(fd);
	if (err)
		return fail(path, strerror(-err));
	obj = json_loads(line, 0, NULL);
	free(line);
	if (!json_is_true(json_object_get(obj, "ok"))) {
		error = json_string_value(json_object_get(obj, "error"));
		fail(path, error ? error : "not understood");
		json_decref(obj);
		return EXIT_REFUSED;
	}
	*reply = obj;
	return EXIT_OK;
}

static json_t *drain_request(struct args *a, const char *command)
{
	json_t *obj = json_pack("{s:s}", "command", command);

	if (args_left(a))
		json_object_set_new(obj, "realm", json_string(args_next(a, "realm")));
	return obj;
}

static int trace_options(struct args *a, json_t *obj)
{
	static const char *const names[] = { "file", "format", "context" };
	const char *word;
	uint32_t context;
	int option;

	while (args_left(a)) {
		option = args_option(a, names, sizeof(names) / sizeof(names[0]));
		if (option < 0)
			return option;
		if (option == 2) {
			if (args_number(a, "context", 1, UINT32_MAX - 2, &context))
				return -EINVAL;
			json_object_set_new(obj, "context", json_integer(context));
			continue;
		}
		word = args_next(a, names[option]);
		if (!word)
			return -EINVAL;
		json_object_set_new(obj, names[option], json_string(word));
	}
	return 0;
}

static json_t *trace_request(struct args *a)
{
	static const char *const actions[] = { "show", "start", "stop" };
	json_t *obj = json_pack("{s:s}", "command", "trace");
	int action = 0;

	if (args_left(a))
		action = args_verb(a, "action", actions, sizeof(actions) / sizeof(actions[0]));
	if (action < 0 || (action == 1 && trace_options(a, obj))) {
		json_decref(obj);
		return NULL;
	}
	json_object_set_new(obj, "action", json_string(actions[action]));
	return obj;
}

static void show(const struct cli *c, int verb, const json_t *reply)
{
	const json_t *result = json_object_get(reply, "result");

	if (c->json) {
		json_dumpf(result ? result : reply, stdout,
			   (c->pretty ? JSON_INDENT(4) : JSON_COMPACT) | JSON_ENCODE_ANY);
		printf("\n");
	} else if (verb == VERB_STATUS) {
		agent_text_status(result);
	} else if (verb == VERB_TRACE && result) {
		agent_text_trace(result);
	} else if (json_is_false(json_object_get(result, "told"))) {
		printf("No MGC was told.\n");
	}
}

int cmd_agent(struct cli *c)
{
	const char *path = DEFAULT_SOCKET;
	struct args *a = &c->args;
	json_t *request = NULL, *reply;
	int verb, status;

	if (cli_help(c, help))
		return EXIT_OK;
	verb = args_left(a) ? args_verb(a, "command", verbs, sizeof(verbs) / sizeof(verbs[0])) :
			      VERB_STATUS;
	if (verb == VERB_SOCKET) {
		path = args_next(a, "socket");
		verb = !path ? -1 : !args_left(a) ? VERB_STATUS :
		       args_verb(a, "command", verbs, VERB_SOCKET);
	}
	switch (verb) {
	case VERB_HELP:
		fputs(help, stdout);
		return EXIT_OK;
	case VERB_TRACE:
		request = trace_request(a);
		break;
	case VERB_DRAIN:
	case VERB_UNDRAIN:
		request = drain_request(a, verbs[verb]);
		break;
	case VERB_STATUS:
	case VERB_RELOAD:
	case VERB_STOP:
		request = json_pack("{s:s}", "command", verbs[verb]);
		break;
	default:
		break;
	}
	if (!request || args_done(a)) {
		json_decref(request);
		return cli_usage(c, help);
	}
	status = exchange(path, request, &reply);
	if (status == EXIT_OK) {
		show(c, verb, reply);
		json_decref(reply);
	}
	return status;
}
