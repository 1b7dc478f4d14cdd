// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of the kernel as lists: one JSON array, or one block of text an object.
 */
#include "cli/show.h"

#include <stdio.h>

/* One object after the other, so that a large dump needs no second copy in memory. */
static void list(const struct cli *c, json_t *(*make)(const struct cli *, const struct nlmsghdr *))
{
	const struct nlmsghdr *nlh = NULL;
	const char *sep = "";

	printf("[");
	while ((nlh = genl_reply(c->genl, nlh))) {
		printf("%s", sep);
		json_out(c, make(c, nlh));
		sep = c->pretty ? ",\n" : ",";
	}
	printf("]\n");
}

static json_t *make_ctx(const struct cli *c, const struct nlmsghdr *nlh)
{
	struct pic_ctx p;

	(void)c;
	pic_ctx(&p, nlh);
	return json_ctx(&p);
}

static json_t *make_ep(const struct cli *c, const struct nlmsghdr *nlh)
{
	struct pic_ep p;

	pic_ep(&p, nlh);
	return json_ep(&p, c->stats);
}

void show_ctxs(const struct cli *c)
{
	const struct nlmsghdr *nlh = NULL;
	struct pic_ctx p;

	if (c->json) {
		list(c, make_ctx);
		return;
	}
	while ((nlh = genl_reply(c->genl, nlh))) {
		pic_ctx(&p, nlh);
		text_ctx(&p, c->verbose);
	}
}

void show_eps(const struct cli *c)
{
	const struct nlmsghdr *nlh = NULL;
	struct pic_ep p;

	if (c->json) {
		list(c, make_ep);
		return;
	}
	while ((nlh = genl_reply(c->genl, nlh))) {
		pic_ep(&p, nlh);
		text_ep(&p, c->stats);
	}
}
