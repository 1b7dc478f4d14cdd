// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: looks at and changes the kernel's media plane, in the manner of ip(8), and at H.248 messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const char help[] =
"Usage: kmgw [ OPTIONS ] OBJECT { COMMAND | help }\n"
"OBJECT := { context (ctx) | endpoint (ep) | monitor | stats | limits | flush |\n"
"            h248 | agent }\n"
"OPTIONS := { -V[ersion] | -h[elp] | -j[son] | -p[retty] | -s[tatistics] |\n"
"             -v[erbose] | -n[etns] NAME }\n";

/* With -V[ersion] and -v[erbose] the first letter decides, so these are no getopt_long() names. */
static const char *const option_names[] = {
	"json", "pretty", "statistics", "verbose", "netns", "help", "Version"
};

enum { OPT_JSON, OPT_PRETTY, OPT_STATS, OPT_VERBOSE, OPT_NETNS, OPT_HELP, OPT_VERSION, OPT_COUNT };

int cli_connect(struct cli *c)
{
	char err[256];

	if (!genl_open(&c->genl, err, sizeof(err)))
		return EXIT_OK;
	fprintf(stderr, "kmgw: %s\n", err);
	return EXIT_REFUSED;
}

/* What was wrong in the words, and what would be right. */
int cli_usage(struct cli *c, const char *text)
{
	if (c->args.err[0])
		fprintf(stderr, "kmgw: %s\n", c->args.err);
	fputs(text, stderr);
	return EXIT_USAGE;
}

/* True when the next word asks for help, which has then been given. */
bool cli_help(struct cli *c, const char *text)
{
	const char *word = args_peek(&c->args);

	if (!word || (strcmp(word, "help") && strcmp(word, "--help") && strcmp(word, "-h")))
		return false;
	fputs(text, stdout);
	return true;
}

/* Sends a request; a refusal is printed with the name of its object. Returns an exit status. */
int cli_call(struct cli *c, struct nlmsghdr *req, const char *what, ...)
{
	va_list ap;
	int err;

	err = genl_call(c->genl, req);
	if (!err && c->genl->torn)
		fprintf(stderr, "kmgw: objects change faster than they can be listed: incomplete\n");
	if (!err)
		return EXIT_OK;
	fputs("kmgw: ", stderr);
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", c->genl->err);
	return EXIT_REFUSED;
}

static int enter_netns(struct args *a)
{
	const char *name = args_next(a, "netns");
	char path[256];
	int fd, err;

	if (!name)
		return -EINVAL;
	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return args_fail(a, -errno, "netns %s: %s", name, strerror(errno));
	err = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	close(fd);
	return err ? args_fail(a, err, "netns %s: %s", name, strerror(-err)) : 0;
}

static int find_option(const char *word)
{
	int i;

	word += word[1] == '-' ? 2 : 1;
	for (i = 0; i < OPT_COUNT; i++) {
		if (args_is_prefix(word, option_names[i]))
			return i;
	}
	return -1;
}

/* Options come before the object. Returns -1 to go on, or an exit status. */
static int parse_options(struct cli *c)
{
	struct args *a = &c->args;
	const char *word;

	while (args_left(a) && args_peek(a)[0] == '-') {
		word = args_next(a, "option");
		switch (find_option(word)) {
		case OPT_JSON:
			c->json = true;
			break;
		case OPT_PRETTY:
			c->pretty = true;
			break;
		case OPT_STATS:
			c->stats = true;
			break;
		case OPT_VERBOSE:
			c->verbose = true;
			break;
		case OPT_NETNS:
			if (enter_netns(a)) {
				fprintf(stderr, "kmgw: %s\n", a->err);
				return EXIT_REFUSED;
			}
			break;
		case OPT_HELP:
			fputs(help, stdout);
			return EXIT_OK;
		case OPT_VERSION:
			printf("kmgw %s\n", KMGW_VERSION);
			return EXIT_OK;
		default:
			args_fail(a, -EINVAL, "\"%s\" is no option", word);
			return cli_usage(c, help);
		}
	}
	return -1;
}

static int cmd_help(struct cli *c)
{
	(void)c;
	fputs(help, stdout);
	return EXIT_OK;
}

static int run(struct cli *c)
{
	static const char *const names[] = {
		"context", "ctx", "endpoint", "ep", "monitor", "stats", "limits", "flush", "help",
		"h248", "agent"
	};
	static int (*const objects[])(struct cli *) = {
		cmd_context, cmd_context, cmd_endpoint, cmd_endpoint, cmd_monitor, cmd_stats,
		cmd_limits, cmd_flush, cmd_help, cmd_h248,
		cmd_agent
	};
	int ret = parse_options(c), object;

	if (ret >= 0)
		return ret;
	object = args_verb(&c->args, "object", names, sizeof(names) / sizeof(names[0]));
	if (object < 0)
		return cli_usage(c, help);
	return objects[object](c);
}

int main(int argc, char **argv)
{
	struct cli c = { 0 };
	int ret;

	args_init(&c.args, argc - 1, argv + 1);
	ret = run(&c);
	genl_close(c.genl);
	if ((fflush(stdout) || ferror(stdout)) && ret == EXIT_OK) {
		fprintf(stderr, "kmgw: output: %s\n", strerror(errno));
		ret = EXIT_REFUSED;
	}
	return ret;
}
