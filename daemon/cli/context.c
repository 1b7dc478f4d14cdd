// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw context: an id, and what its user stored with it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/show.h"
#include "linux/kmgw.h"

static const char help[] =
"Usage: kmgw context [ show ] [ ID ]\n"
"       kmgw context add ID [ userdata HEX|@FILE ]\n"
"       kmgw context set ID userdata HEX|@FILE\n"
"       kmgw context del ID\n";

static int id(struct args *a, uint32_t *out)
{
	return args_number(a, "context", 1, KMGW_ID_MAX, out);
}

static int change(struct cli *c, uint8_t cmd, const char *verb, bool required)
{
	static const char *const words[] = { "userdata" };
	struct cli_blob blob = { NULL, 0 };
	struct args *a = &c->args;
	struct nlmsghdr *req;
	uint32_t context;
	bool given;
	int ret;

	if (id(a, &context))
		return cli_usage(c, help);
	given = required || args_left(a);
	if (given && (args_option(a, words, 1) < 0 ||
		      args_blob(a, "userdata", KMGW_USERDATA_MAX, &blob) || args_done(a))) {
		free(blob.data);
		return cli_usage(c, help);
	}
	ret = cli_connect(c);
	if (!ret) {
		req = genl_request(c->genl, cmd, 0);
		mnl_attr_put_u32(req, KMGW_A_CTX_ID, context);
		if (given)
			mnl_attr_put(req, KMGW_A_CTX_USERDATA, blob.len, blob.data);
		ret = cli_call(c, req, "context %s %" PRIu32, verb, context);
	}
	free(blob.data);
	return ret;
}

static int add(struct cli *c)
{
	return change(c, KMGW_CMD_CONTEXT_NEW, "add", false);
}

static int set(struct cli *c)
{
	return change(c, KMGW_CMD_CONTEXT_SET, "set", true);
}

static int del(struct cli *c)
{
	struct nlmsghdr *req;
	uint32_t context;

	if (id(&c->args, &context) || args_done(&c->args))
		return cli_usage(c, help);
	if (cli_connect(c))
		return EXIT_REFUSED;
	req = genl_request(c->genl, KMGW_CMD_CONTEXT_DEL, 0);
	mnl_attr_put_u32(req, KMGW_A_CTX_ID, context);
	return cli_call(c, req, "context del %" PRIu32, context);
}

static int show(struct cli *c)
{
	bool one = args_left(&c->args);
	struct nlmsghdr *req;
	uint32_t context = 0;
	int ret;

	if (one && (id(&c->args, &context) || args_done(&c->args)))
		return cli_usage(c, help);
	if (cli_connect(c))
		return EXIT_REFUSED;
	req = genl_request(c->genl, KMGW_CMD_CONTEXT_GET, one ? 0 : NLM_F_DUMP);
	if (one) {
		mnl_attr_put_u32(req, KMGW_A_CTX_ID, context);
		ret = cli_call(c, req, "context show %" PRIu32, context);
	} else {
		ret = cli_call(c, req, "context show");
	}
	if (!ret)
		show_ctxs(c);
	return ret;
}

int cmd_context(struct cli *c)
{
	static const char *const names[] = { "show", "list", "add", "set", "del" };
	static int (*const verbs[])(struct cli *) = { show, show, add, set, del };
	int verb;

	if (cli_help(c, help))
		return EXIT_OK;
	if (!args_left(&c->args))
		return show(c);
	verb = args_verb(&c->args, "verb of context", names, sizeof(names) / sizeof(names[0]));
	return verb < 0 ? cli_usage(c, help) : verbs[verb](c);
}
