// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw endpoint: one stream of one termination.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/ep_args.h"
#include "cli/show.h"
#include "linux/kmgw.h"

static const char help[] =
"Usage: kmgw endpoint [ show ] [ context ID | NAME ]\n"
"       kmgw endpoint add NAME udp|tcp local ADDR PORT [ vrf DEV ] [ OPTIONS ]\n"
"       kmgw endpoint set NAME [ move CONTEXT ] [ release [ abort ] ] [ OPTIONS ]\n"
"       kmgw endpoint release NAME [ abort ]\n"
"       kmgw endpoint del NAME [ stats ]\n"
"NAME := CONTEXT TERMINATION STREAM [ rtcp ]\n"
"OPTIONS := [ remote ADDR PORT ]\n"
"           [ plane splice|relay|merge [ restart ] ]\n"
"           [ mode sendreceive|sendonly|receiveonly|inactive ]\n"
"           [ dscp 0..63|keep ] [ dev DEV|none ]\n"
"           [ filter any|PREFIX [ ports MIN[-MAX] ] ]...\n"
"           [ police off|[ rate OCTETS burst OCTETS ] [ peak OCTETS [ tolerance US ] ] ]\n"
"           [ source off|ADDR PORT ] [ inactivity MS [ in|out|both ] ]\n"
"           [ latch [ relatch|off ] ] [ idle MS ] [ linger MS ] [ early MS ]\n"
"           [ idle-in MS ] [ octets N ] [ priority ordinary|emergency ] [ security none|dtls ]\n"
"           [ reserve | socket FD [ replace ] [ prefix HEX|@FILE ] [ note TEXT ] ]\n";

#define NAME_FMT	"%" PRIu32 " %" PRIu32 " %u%s"
#define NAME_ARGS(n)	(n)->context, (n)->termination, (n)->stream, \
			(n)->component == KMGW_COMPONENT_RTCP ? " rtcp" : ""

/*
 * The socket that keeps the port from every other program. It lives as long as the endpoint: the
 * kernel module holds it once this program has ended.
 */
static int reserve(struct cli *c, struct ep_args *e)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->local.port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->local.port) };
	struct sockaddr *sa = (struct sockaddr *)&in;
	socklen_t len = sizeof(in);
	char vrf[IF_NAMESIZE];
	int fd, on = 1, err;

	memcpy(&in.sin_addr, e->local.ip, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, e->local.ip, sizeof(in6.sin6_addr));
	if (e->local.family == AF_INET6) {
		sa = (struct sockaddr *)&in6;
		len = sizeof(in6);
	}
	fd = socket(e->local.family, SOCK_CLOEXEC |
		    (e->l4 == KMGW_L4_UDP ? SOCK_DGRAM : SOCK_STREAM), e->l4);
	if (fd < 0)
		return args_fail(&c->args, -errno, "reserve: %s", strerror(errno));
	if (e->local.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (e->vrf && (!if_indextoname(e->vrf, vrf) ||
		       setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, vrf, sizeof(vrf)) < 0))
		goto fail;
	if (bind(fd, sa, len) < 0)
		goto fail;
	e->socket = fd;
	return 0;
fail:
	err = -errno;
	close(fd);
	return args_fail(&c->args, err, "reserve port %u: %s", e->local.port, strerror(-err));
}

static int refuse_name(const struct ep_name *n, const char *verb, const char *why)
{
	fprintf(stderr, "kmgw: endpoint %s " NAME_FMT ": %s\n", verb, NAME_ARGS(n), why);
	return EXIT_REFUSED;
}

static int change(struct cli *c, struct ep_args *e, uint8_t cmd, const char *verb)
{
	struct nlmsghdr *req;
	int ret;

	if (cli_connect(c))
		return EXIT_REFUSED;
	if (e->reserve && reserve(c, e))
		return refuse_name(&e->name, verb, c->args.err);
	req = genl_request(c->genl, cmd, 0);
	ep_put(req, e);
	ret = cli_call(c, req, "endpoint %s " NAME_FMT, verb, NAME_ARGS(&e->name));
	if (e->reserve)
		close(e->socket);
	return ret;
}

static int add(struct cli *c)
{
	struct ep_args e;
	int ret;

	ret = ep_args_add(&c->args, &e) ? cli_usage(c, help) :
	      change(c, &e, KMGW_CMD_ENDPOINT_NEW, "add");
	ep_args_free(&e);
	return ret;
}

static int set(struct cli *c)
{
	struct ep_args e;
	int ret;

	ret = ep_args_set(&c->args, &e) ? cli_usage(c, help) :
	      change(c, &e, KMGW_CMD_ENDPOINT_SET, "set");
	ep_args_free(&e);
	return ret;
}

/* One optional word at the end of the line. */
static int last_word(struct args *a, const char *word, bool *found)
{
	*found = args_left(a) && args_is_prefix(args_peek(a), word);
	if (*found)
		a->pos++;
	return args_done(a);
}

static int release(struct cli *c)
{
	struct ep_args e = { .release = KMGW_RELEASE_ORDERLY };
	bool abort;

	if (ep_args_name(&c->args, &e.name) || last_word(&c->args, "abort", &abort))
		return cli_usage(c, help);
	if (abort)
		e.release = KMGW_RELEASE_ABORT;
	e.given = 1ULL << KMGW_A_EP_RELEASE;
	return change(c, &e, KMGW_CMD_ENDPOINT_SET, "release");
}

static int del(struct cli *c)
{
	struct nlmsghdr *req;
	struct ep_name name;
	bool stats;
	int ret;

	if (ep_args_name(&c->args, &name) || last_word(&c->args, "stats", &stats))
		return cli_usage(c, help);
	if (cli_connect(c))
		return EXIT_REFUSED;
	stats |= c->verbose;
	req = genl_request(c->genl, KMGW_CMD_ENDPOINT_DEL, stats ? NLM_F_ECHO : 0);
	ep_put_name(req, &name);
	ret = cli_call(c, req, "endpoint del " NAME_FMT, NAME_ARGS(&name));
	if (!ret && stats) {
		c->stats = true;
		show_eps(c);
	}
	return ret;
}

static int show_one(struct cli *c)
{
	struct nlmsghdr *req;
	struct ep_name name;
	int ret;

	if (ep_args_name(&c->args, &name) || args_done(&c->args))
		return cli_usage(c, help);
	if (cli_connect(c))
		return EXIT_REFUSED;
	req = genl_request(c->genl, KMGW_CMD_ENDPOINT_GET, 0);
	ep_put_name(req, &name);
	ret = cli_call(c, req, "endpoint show " NAME_FMT, NAME_ARGS(&name));
	if (!ret)
		show_eps(c);
	return ret;
}

static int show(struct cli *c)
{
	struct nlmsghdr *req;
	uint32_t context = 0;
	int ret;

	if (args_left(&c->args)) {
		if (!args_is_prefix(args_peek(&c->args), "context"))
			return show_one(c);
		c->args.pos++;
		if (args_number(&c->args, "context", 1, KMGW_ID_MAX, &context) ||
		    args_done(&c->args))
			return cli_usage(c, help);
	}
	if (cli_connect(c))
		return EXIT_REFUSED;
	req = genl_request(c->genl, KMGW_CMD_ENDPOINT_GET, NLM_F_DUMP);
	if (context)
		mnl_attr_put_u32(req, KMGW_A_EP_CONTEXT, context);
	ret = cli_call(c, req, "endpoint show");
	if (!ret)
		show_eps(c);
	return ret;
}

int cmd_endpoint(struct cli *c)
{
	static const char *const names[] = { "show", "list", "add", "set", "del", "release" };
	static int (*const verbs[])(struct cli *) = { show, show, add, set, del, release };
	int verb;

	if (cli_help(c, help))
		return EXIT_OK;
	if (!args_left(&c->args))
		return show(c);
	verb = args_verb(&c->args, "verb of endpoint", names, sizeof(names) / sizeof(names[0]));
	return verb < 0 ? cli_usage(c, help) : verbs[verb](c);
}
