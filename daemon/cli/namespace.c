// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw stats, limits, flush: what concerns the network namespace as a whole.
 */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "lib/aead.h"
#include "linux/kmgw.h"

static const char stats_help[] =
"Usage: kmgw stats\n"
"Numbers of objects and their limits, totals of all endpoints (deleted ones\n"
"included) and drops by reason, of this network namespace; and the drivers of\n"
"the AEADs that this machine has used.\n";

static const char limits_help[] =
"Usage: kmgw limits [ show ]\n"
"       kmgw limits set [ contexts N ] [ endpoints N ] [ sockets N ]\n"
"                       [ syns N ]\n";

static const char flush_help[] =
"Usage: kmgw flush\n"
"Deletes every context of this network namespace and resets its connections.\n";

static json_t *aeads_json(void)
{
	json_t *list = json_array();
	struct aead_driver d;
	unsigned int i;

	for (i = 0; aead_names[i]; i++)
		if (!aead_driver(aead_names[i], &d))
			json_array_append_new(list, json_pack("{s:s,s:s,s:b}", "name", aead_names[i],
							      "driver", d.driver,
							      "generic", d.generic));
	return list;
}

static void aeads_text(void)
{
	struct aead_driver d;
	unsigned int i;

	for (i = 0; aead_names[i]; i++)
		if (!aead_driver(aead_names[i], &d))
			printf("    aead %s driver %s%s\n", aead_names[i], d.driver,
			       d.generic ? " (generic: slow, is the processor's driver loaded?)" : "");
}

static int get(struct cli *c, struct pic_ns *p)
{
	const struct nlmsghdr *nlh;
	int ret;

	if (cli_connect(c))
		return EXIT_REFUSED;
	ret = cli_call(c, genl_request(c->genl, KMGW_CMD_STATS_GET, 0), "stats");
	if (ret)
		return ret;
	nlh = genl_reply(c->genl, NULL);
	if (!nlh) {
		fprintf(stderr, "kmgw: stats: the kernel gave no answer\n");
		return EXIT_REFUSED;
	}
	pic_ns(p, nlh);
	return EXIT_OK;
}

int cmd_stats(struct cli *c)
{
	struct pic_ns p;
	json_t *obj;
	int ret;

	if (cli_help(c, stats_help))
		return EXIT_OK;
	if (args_done(&c->args))
		return cli_usage(c, stats_help);
	ret = get(c, &p);
	if (ret)
		return ret;
	if (c->json) {
		obj = json_ns(&p);
		json_object_set_new(obj, "aeads", aeads_json());
		json_out(c, obj);
		printf("\n");
	} else {
		text_ns(&p);
		aeads_text();
	}
	return EXIT_OK;
}

static int limits_show(struct cli *c)
{
	struct pic_ns p;
	json_t *obj;
	int ret;

	if (args_done(&c->args))
		return cli_usage(c, limits_help);
	ret = get(c, &p);
	if (ret)
		return ret;
	if (c->json) {
		obj = json_pack("{s:I,s:I,s:I,s:I}", "contexts", (json_int_t)p.max_contexts,
				"endpoints", (json_int_t)p.max_endpoints,
				"sockets", (json_int_t)p.max_sockets,
				"syns", (json_int_t)p.max_syns);
		json_out(c, obj);
		printf("\n");
	} else {
		printf("limits contexts %u endpoints %u sockets %u syns %u\n", p.max_contexts,
		       p.max_endpoints, p.max_sockets, p.max_syns);
	}
	return EXIT_OK;
}

static int limits_set(struct cli *c)
{
	static const char *const words[] = { "contexts", "endpoints", "sockets", "syns" };
	static const uint16_t attrs[] = {
		KMGW_A_NS_MAX_CONTEXTS, KMGW_A_NS_MAX_ENDPOINTS, KMGW_A_NS_MAX_SOCKETS,
		KMGW_A_NS_MAX_SYNS
	};
	bool given[4] = { false };
	struct nlmsghdr *req;
	uint32_t value[4];
	int i;

	do {
		i = args_option(&c->args, words, 4);
		if (i < 0 || args_number(&c->args, words[i], 0, UINT32_MAX, &value[i]))
			return cli_usage(c, limits_help);
		given[i] = true;
	} while (args_left(&c->args));
	if (cli_connect(c))
		return EXIT_REFUSED;
	req = genl_request(c->genl, KMGW_CMD_LIMITS_SET, 0);
	for (i = 0; i < 4; i++) {
		if (given[i])
			mnl_attr_put_u32(req, attrs[i], value[i]);
	}
	return cli_call(c, req, "limits set");
}

int cmd_limits(struct cli *c)
{
	static const char *const names[] = { "show", "list", "set" };
	static int (*const verbs[])(struct cli *) = { limits_show, limits_show, limits_set };
	int verb;

	if (cli_help(c, limits_help))
		return EXIT_OK;
	if (!args_left(&c->args))
		return limits_show(c);
	verb = args_verb(&c->args, "verb of limits", names, sizeof(names) / sizeof(names[0]));
	return verb < 0 ? cli_usage(c, limits_help) : verbs[verb](c);
}

int cmd_flush(struct cli *c)
{
	if (cli_help(c, flush_help))
		return EXIT_OK;
	if (args_done(&c->args))
		return cli_usage(c, flush_help);
	if (cli_connect(c))
		return EXIT_REFUSED;
	return cli_call(c, genl_request(c->genl, KMGW_CMD_FLUSH, 0), "flush");
}
