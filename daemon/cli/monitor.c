// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw monitor: events as they come.
 *
 * Events are hints, so a reader that loses some has lost nothing that a dump does not give back. On a
 * gap in the numbers, or ENOBUFS, this program says so, prints all objects, and goes on. The number
 * of the last event is read before the dump: what the dump may already show is then not printed a
 * second time, and what it may not show yet is.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "linux/kmgw.h"

static const char help[] =
"Usage: kmgw monitor [ dump ] [ rcvbuf OCTETS ]\n"
"Prints events until it is interrupted. dump: all objects first. rcvbuf: size of\n"
"the receive buffer.\n";

struct monitor {
	struct cli *cli;
	struct genl *events;
	uint64_t last;		/* number of the last event printed or covered by a dump */
};

/* In JSON every line is one object: "event" or "dump" says what it is. */
static void json_line(json_t *obj)
{
	json_dumpf(obj, stdout, JSON_COMPACT);
	json_decref(obj);
	printf("\n");
}

static void say(const struct monitor *m, const char *key, const char *what, uint64_t seq)
{
	if (m->cli->json)
		json_line(json_pack("{s:s,s:I}", key, what, "seq", (json_int_t)seq));
	else
		printf("[%" PRIu64 "] %s%s\n", seq, key[0] == 'd' ? "dump " : "", what);
}

static int read_last(struct monitor *m)
{
	struct genl *g = m->cli->genl;
	const struct nlmsghdr *nlh;
	struct pic_ns p;
	int ret;

	ret = cli_call(m->cli, genl_request(g, KMGW_CMD_STATS_GET, 0), "monitor: stats");
	if (ret)
		return ret;
	nlh = genl_reply(g, NULL);
	if (!nlh)
		return EXIT_REFUSED;
	pic_ns(&p, nlh);
	m->last = p.events;
	return EXIT_OK;
}

static json_t *tagged(const char *kind, json_t *obj)
{
	json_t *line = json_pack("{s:s}", "dump", kind);

	json_object_update(line, obj);
	json_decref(obj);
	return line;
}

static int dump_contexts(struct monitor *m, bool *torn)
{
	struct cli *c = m->cli;
	const struct nlmsghdr *nlh = NULL;
	struct pic_ctx p;
	int ret;

	ret = cli_call(c, genl_request(c->genl, KMGW_CMD_CONTEXT_GET, NLM_F_DUMP),
		       "monitor: contexts");
	if (ret)
		return ret;
	*torn |= c->genl->torn;
	while ((nlh = genl_reply(c->genl, nlh))) {
		pic_ctx(&p, nlh);
		if (c->json)
			json_line(tagged("context", json_ctx(&p)));
		else
			text_ctx(&p, c->verbose);
	}
	return EXIT_OK;
}

static int dump_endpoints(struct monitor *m, bool *torn)
{
	struct cli *c = m->cli;
	const struct nlmsghdr *nlh = NULL;
	struct pic_ep p;
	int ret;

	ret = cli_call(c, genl_request(c->genl, KMGW_CMD_ENDPOINT_GET, NLM_F_DUMP),
		       "monitor: endpoints");
	if (ret)
		return ret;
	*torn |= c->genl->torn;
	while ((nlh = genl_reply(c->genl, nlh))) {
		pic_ep(&p, nlh);
		if (c->json)
			json_line(tagged("endpoint", json_ep(&p, c->stats)));
		else
			text_ep(&p, c->stats);
	}
	return EXIT_OK;
}

/* A dump that was torn by changes may lack objects that were there all the time: once more. */
static int dump(struct monitor *m)
{
	bool torn;
	int ret;

	do {
		torn = false;
		ret = read_last(m);
		if (ret)
			return ret;
		say(m, "dump", "begin", m->last);
		ret = dump_contexts(m, &torn);
		if (!ret)
			ret = dump_endpoints(m, &torn);
		if (ret)
			return ret;
		say(m, "dump", torn ? "torn" : "end", m->last);
	} while (torn);
	return EXIT_OK;
}

/*
 * After an overrun the kernel drops events without another word until the queue has been emptied, so
 * that comes before the dump. What is thrown away here is older than the dump.
 */
static int gap(struct monitor *m)
{
	size_t len;
	int err;

	say(m, "event", "gap", m->last + 1);
	do {
		err = genl_receive(m->events, MSG_DONTWAIT, &len);
	} while (!err || err == -ENOBUFS || err == -EINTR);
	return dump(m);
}

/* Returns false if events before this one were lost. */
static bool event(struct monitor *m, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *gnlh = mnl_nlmsg_get_payload(nlh);
	struct pic_event p;

	if (nlh->nlmsg_type != m->events->family || gnlh->cmd != KMGW_CMD_EVENT)
		return true;
	pic_event(&p, nlh);
	if (p.seq > m->last + 1)
		return false;
	/* The last dump covers it. */
	if (p.seq <= m->last)
		return true;
	m->last = p.seq;
	if (m->cli->json)
		json_line(json_event(&p));
	else
		text_event(&p);
	return true;
}

/* One read of the socket; may carry several events. */
static int follow(struct monitor *m)
{
	const struct nlmsghdr *nlh;
	size_t got = 0;
	int len, err;

	err = genl_receive(m->events, 0, &got);
	if (err == -EINTR)
		return EXIT_OK;
	if (err == -ENOBUFS)
		return gap(m);
	if (err) {
		fprintf(stderr, "kmgw: monitor: %s\n", strerror(-err));
		return EXIT_REFUSED;
	}
	len = (int)got;
	for (nlh = (const struct nlmsghdr *)m->events->rx; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len)) {
		if (!event(m, nlh))
			return gap(m);
	}
	return EXIT_OK;
}

static int flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	fprintf(stderr, "kmgw: monitor: output: %s\n", strerror(errno));
	return EXIT_REFUSED;
}

/* Subscribes first and reads the number of the last event then: nothing falls between the two. */
static int run(struct monitor *m, bool first, uint32_t rcvbuf)
{
	char err[256];
	int ret;

	if (genl_open(&m->events, err, sizeof(err))) {
		fprintf(stderr, "kmgw: %s\n", err);
		return EXIT_REFUSED;
	}
	if (genl_subscribe(m->events, (int)rcvbuf)) {
		fprintf(stderr, "kmgw: monitor: %s\n", m->events->err);
		return EXIT_REFUSED;
	}
	ret = read_last(m);
	if (!ret) {
		say(m, "event", "start", m->last);
		ret = first ? dump(m) : EXIT_OK;
	}
	while (!ret) {
		ret = flush();
		if (!ret)
			ret = follow(m);
	}
	return ret;
}

int cmd_monitor(struct cli *c)
{
	static const char *const words[] = { "dump", "rcvbuf" };
	struct monitor m = { .cli = c };
	uint32_t rcvbuf = 0;
	bool first = false;
	int ret, word;

	if (cli_help(c, help))
		return EXIT_OK;
	while (args_left(&c->args)) {
		word = args_option(&c->args, words, 2);
		if (word < 0 || (word == 1 && args_number(&c->args, "rcvbuf", 1, INT32_MAX / 2, &rcvbuf)))
			return cli_usage(c, help);
		if (!word)
			first = true;
	}
	if (cli_connect(c))
		return EXIT_REFUSED;
	ret = run(&m, first, rcvbuf);
	genl_close(m.events);
	return ret;
}
