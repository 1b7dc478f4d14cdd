/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures for the reader: text in the manner of ip, or JSON.
 */
#ifndef KMGW_CLI_SHOW_H
#define KMGW_CLI_SHOW_H

#include <jansson.h>
#include <libmnl/libmnl.h>

#include "cli/cli.h"
#include "cli/picture.h"

json_t *json_ctx(const struct pic_ctx *p);
json_t *json_ep(const struct pic_ep *p, bool stats);
json_t *json_ns(const struct pic_ns *p);
json_t *json_event(const struct pic_event *p);
void json_out(const struct cli *c, json_t *obj);

void text_ctx(const struct pic_ctx *p, bool verbose);
void text_ep(const struct pic_ep *p, bool stats);
void text_ns(const struct pic_ns *p);
void text_event(const struct pic_event *p);

void show_ctxs(const struct cli *c);
void show_eps(const struct cli *c);

#endif
