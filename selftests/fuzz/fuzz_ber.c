// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any octets as an H.248 binary message. What is read must be written and read again as the same; what is
 * not read must have a place in the octets and, if any, an answer that is read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/ber.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* a package "p" with an item of each type, which are also the parameters of each other */
static const char *const names[] = { "z", "a", "b", "c", "d", "e", "f" };

#define N_NAMES	(sizeof(names) / sizeof(names[0]))

static int package_id(void *priv, struct str name, uint16_t *id)
{
	(void)priv;
	*id = 1;
	return str_iis(name, "p") ? 0 : -ENOENT;
}

static int package_name(void *priv, uint16_t id, struct str *name)
{
	(void)priv;
	*name = STR("p");
	return id == 1 ? 0 : -ENOENT;
}

static int by_id(uint16_t id, struct h248_item *out)
{
	if (id >= N_NAMES)
		return -ENOENT;
	*out = (struct h248_item){
		.id = id, .type = (enum h248_type)id, .name = str_c(names[id]),
		.handle = names, .values = names,
	};
	return 0;
}

static int by_name(struct str name, struct h248_item *out)
{
	uint16_t id;

	for (id = 0; id < N_NAMES; id++)
		if (str_iis(name, names[id]))
			return by_id(id, out);
	return -ENOENT;
}

static int item_by_name(void *priv, enum h248_scope scope, struct str package, struct str name,
			struct h248_item *out)
{
	(void)priv, (void)scope;
	return str_iis(package, "p") ? by_name(name, out) : -ENOENT;
}

static int item_by_id(void *priv, enum h248_scope scope, uint16_t package, uint16_t id,
		      struct h248_item *out)
{
	(void)priv, (void)scope;
	return package == 1 ? by_id(id, out) : -ENOENT;
}

static int param_by_name(void *priv, const struct h248_item *item, struct str name,
			 struct h248_item *out)
{
	(void)priv, (void)item;
	return by_name(name, out);
}

static int param_by_id(void *priv, const struct h248_item *item, uint16_t id,
		       struct h248_item *out)
{
	(void)priv, (void)item;
	return by_id(id, out);
}

static int enum_number(void *priv, const struct h248_item *item, struct str name,
		       uint32_t *number)
{
	struct h248_item found;

	(void)priv, (void)item;
	if (by_name(name, &found))
		return -ENOENT;
	*number = found.id;
	return 0;
}

static int enum_name(void *priv, const struct h248_item *item, uint32_t number, struct str *name)
{
	(void)priv, (void)item;
	if (number >= N_NAMES)
		return -ENOENT;
	*name = str_c(names[number]);
	return 0;
}

static int tid_to_binary(void *priv, struct str text, struct h248_binary_tid *out)
{
	(void)priv, (void)text, (void)out;
	return -ENOENT;
}

static int tid_to_text(void *priv, struct arena *a, const struct h248_binary_tid *tid,
		       struct str *text)
{
	(void)priv, (void)a, (void)tid, (void)text;
	return -ENOENT;
}

static const struct h248_ids_ops ops = {
	.package_id = package_id,
	.package_name = package_name,
	.item_by_name = item_by_name,
	.item_by_id = item_by_id,
	.param_by_name = param_by_name,
	.param_by_id = param_by_id,
	.enum_number = enum_number,
	.enum_name = enum_name,
	.tid_to_binary = tid_to_binary,
	.tid_to_text = tid_to_text,
};

static const struct h248_ids ids = { .ops = &ops };

static void write_all(const struct h248_message *msg, struct strbuf *out)
{
	strbuf_init(out, 0);
	if (h248_ber_write(msg, &ids, out))
		abort();
}

static void same(const struct h248_message *msg)
{
	struct h248_text_error err;
	struct h248_message *again;
	struct strbuf a, b;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	write_all(msg, &a);
	if (h248_ber_parse(&arena, &ids, a.p, a.len, &again, &err))
		abort();
	write_all(again, &b);
	if (a.len != b.len || memcmp(a.p, b.p, a.len))
		abort();
	strbuf_free(&a);
	strbuf_free(&b);
	arena_free(&arena);
}

static void answer(struct arena *arena, const struct h248_text_error *err, size_t size)
{
	struct h248_text_error other;
	struct h248_message *msg;
	struct h248_mid mid;
	struct strbuf out;

	if (err->code < 400 || err->code > 599 || err->offset > size ||
	    strpbrk(err->text, "\"\r\n"))
		abort();
	if (h248_mid_parse(arena, STR("[10.0.0.1]:2945"), &mid))
		return;
	msg = h248_text_error_reply(arena, &mid, 2, err);
	if (!msg)
		return;
	write_all(msg, &out);
	if (h248_ber_parse(arena, &ids, out.p, out.len, &msg, &other) == -EBADMSG)
		abort();
	strbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct arena arena;
	int r;

	/* the first octet sets how little memory there is */
	if (!size)
		return 0;
	arena_init(&arena, data[0] < 32 ? data[0] * 256u : 4u << 20);
	r = h248_ber_parse(&arena, &ids, data + 1, size - 1, &msg, &err);
	if (!r)
		same(msg);
	else if (r == -EBADMSG)
		answer(&arena, &err, size - 1);
	arena_free(&arena);
	return 0;
}
