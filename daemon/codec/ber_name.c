// SPDX-License-Identifier: GPL-2.0-only
/* ber_name: see ber_name.h */
#include <errno.h>

#include "codec/ber_name.h"

static int no_package_id(void *priv, struct str name, uint16_t *id)
{
	(void)priv, (void)name, (void)id;
	return -ENOENT;
}

static int no_package_name(void *priv, uint16_t id, struct str *name)
{
	(void)priv, (void)id, (void)name;
	return -ENOENT;
}

static int no_item_by_name(void *priv, enum h248_scope scope, struct str package,
			   struct str name, struct h248_item *out)
{
	(void)priv, (void)scope, (void)package, (void)name, (void)out;
	return -ENOENT;
}

static int no_item_by_id(void *priv, enum h248_scope scope, uint16_t package, uint16_t id,
			 struct h248_item *out)
{
	(void)priv, (void)scope, (void)package, (void)id, (void)out;
	return -ENOENT;
}

static int no_tid_to_binary(void *priv, struct str text, struct h248_binary_tid *out)
{
	(void)priv, (void)text, (void)out;
	return -ENOENT;
}

static int no_tid_to_text(void *priv, struct arena *a, const struct h248_binary_tid *tid,
			  struct str *text)
{
	(void)priv, (void)a, (void)tid, (void)text;
	return -ENOENT;
}

/* no items, so nobody asks for parameters or values of one */
static const struct h248_ids_ops no_ops = {
	.package_id = no_package_id,
	.package_name = no_package_name,
	.item_by_name = no_item_by_name,
	.item_by_id = no_item_by_id,
	.tid_to_binary = no_tid_to_binary,
	.tid_to_text = no_tid_to_text,
};

const struct h248_ids ber_no_ids = { .ops = &no_ops };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* as many octets as there are pairs of digits, at most max; -1 if there is anything else */
static int hex_octets(struct str s, uint8_t *out, size_t max)
{
	size_t i;
	int h, l;

	if (s.len % 2 || s.len / 2 > max)
		return -1;
	for (i = 0; i < s.len; i += 2) {
		h = hex_digit(s.p[i]);
		l = hex_digit(s.p[i + 1]);
		if (h < 0 || l < 0)
			return -1;
		out[i / 2] = (uint8_t)(h << 4 | l);
	}
	return (int)(s.len / 2);
}

static int hex_id(struct str name, uint16_t *id)
{
	uint8_t octet[2];

	if (name.len != 5 || ascii_lower(name.p[0]) != 'x' ||
	    hex_octets((struct str){ name.p + 1, 4 }, octet, 2) != 2)
		return -ENOENT;
	*id = (uint16_t)(octet[0] << 8 | octet[1]);
	return 0;
}

int ber_package_id(const struct h248_ids *ids, struct str name, uint16_t *id)
{
	int err;

	if (str_is(name, "*")) {
		*id = H248_ID_ALL;
		return 0;
	}
	err = ids->ops->package_id(ids->priv, name, id);
	return err == -ENOENT ? hex_id(name, id) : err;
}

int ber_map_id(const struct h248_ids *ids, struct str name, uint16_t *id)
{
	if (ids->ops->map_id && !ids->ops->map_id(ids->priv, name, id))
		return 0;
	return hex_id(name, id);
}

int ber_item_id(const struct h248_ids *ids, enum h248_scope scope, const struct h248_name *name,
		struct h248_item *out)
{
	int err;

	*out = (struct h248_item){ .id = H248_ID_ALL };
	if (str_is(name->item, "*"))
		return 0;
	err = ids->ops->item_by_name(ids->priv, scope, name->pkg, name->item, out);
	if (err != -ENOENT)
		return err;
	*out = (struct h248_item){ 0 };
	return hex_id(name->item, &out->id);
}

int ber_param_id(const struct h248_ids *ids, const struct h248_item *item, struct str name,
		 struct h248_item *out)
{
	int err = -ENOENT;

	if (item->handle)
		err = ids->ops->param_by_name(ids->priv, item, name, out);
	if (err != -ENOENT)
		return err;
	*out = (struct h248_item){ 0 };
	return hex_id(name, &out->id);
}

/* ROOT, "*" and "$" belong to every naming scheme */
static const struct h248_binary_tid root = {
	.id = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, .len = 8,
};

static const struct h248_binary_tid all = {
	.len = 8, .n_wildcards = 1, .wildcard = { H248_WILDCARD_ALL | H248_WILDCARD_BELOW | 63 },
};

static const struct h248_binary_tid choose = {
	.len = 8, .n_wildcards = 1, .wildcard = { H248_WILDCARD_BELOW | 63 },
};

static int hex_tid(struct str text, struct h248_binary_tid *out)
{
	const char *mark = text.len ? memchr(text.p, '_', text.len) : NULL;
	struct str id = text, fields = STR_NONE;
	int n;

	if (mark) {
		id.len = (size_t)(mark - text.p);
		fields = (struct str){ mark + 1, text.len - id.len - 1 };
	}
	if (!id.len || ascii_lower(id.p[0]) != 'x')
		return -ENOENT;
	n = hex_octets((struct str){ id.p + 1, id.len - 1 }, out->id, H248_BINARY_TID_MAX);
	if (n < 1)
		return -ENOENT;
	out->len = (uint8_t)n;
	n = hex_octets(fields, out->wildcard, H248_WILDCARDS_MAX);
	if (n < 0)
		return -ENOENT;
	out->n_wildcards = (uint8_t)n;
	return 0;
}

int ber_tid_id(const struct h248_ids *ids, const struct h248_tid *tid,
	       struct h248_binary_tid *out)
{
	int err;

	switch (tid->kind) {
	case H248_TID_ROOT:
		*out = root;
		return 0;
	case H248_TID_ALL:
		*out = all;
		return 0;
	case H248_TID_CHOOSE:
		*out = choose;
		return 0;
	case H248_TID_NAME:
		break;
	}
	*out = (struct h248_binary_tid){ 0 };
	err = ids->ops->tid_to_binary(ids->priv, tid->text, out);
	return err == -ENOENT ? hex_tid(tid->text, out) : err;
}

static struct str hex_id_name(struct arena *a, uint16_t id)
{
	return arena_printf(a, "x%04x", id);
}

struct str ber_map_name(const struct h248_ids *ids, struct arena *a, uint16_t id)
{
	struct str name;

	if (ids->ops->map_name && !ids->ops->map_name(ids->priv, id, &name))
		return name;
	return hex_id_name(a, id);
}

struct str ber_package_name(const struct h248_ids *ids, struct arena *a, uint16_t id)
{
	struct str name;

	if (id == H248_ID_ALL)
		return STR("*");
	if (!ids->ops->package_name(ids->priv, id, &name))
		return name;
	return hex_id_name(a, id);
}

struct str ber_item_name(const struct h248_ids *ids, struct arena *a, enum h248_scope scope,
			 uint16_t package, uint16_t id, struct h248_item *item)
{
	*item = (struct h248_item){ .id = id };
	if (id == H248_ID_ALL)
		return STR("*");
	if (!ids->ops->item_by_id(ids->priv, scope, package, id, item))
		return item->name;
	*item = (struct h248_item){ .id = id };
	return hex_id_name(a, id);
}

struct str ber_param_name(const struct h248_ids *ids, struct arena *a,
			  const struct h248_item *item, uint16_t id, struct h248_item *param)
{
	*param = (struct h248_item){ .id = id };
	if (item->handle && !ids->ops->param_by_id(ids->priv, item, id, param))
		return param->name;
	*param = (struct h248_item){ .id = id };
	return hex_id_name(a, id);
}

static struct str hex_name(struct arena *a, const struct h248_binary_tid *tid)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 + 2 * (H248_BINARY_TID_MAX + H248_WILDCARDS_MAX)];
	size_t n = 0;
	unsigned int i;

	text[n++] = 'x';
	for (i = 0; i < tid->len; i++) {
		text[n++] = digits[tid->id[i] >> 4];
		text[n++] = digits[tid->id[i] & 15];
	}
	if (tid->n_wildcards)
		text[n++] = '_';
	for (i = 0; i < tid->n_wildcards; i++) {
		text[n++] = digits[tid->wildcard[i] >> 4];
		text[n++] = digits[tid->wildcard[i] & 15];
	}
	return arena_str(a, (struct str){ text, n });
}

struct str ber_tid_name(const struct h248_ids *ids, struct arena *a,
			const struct h248_binary_tid *tid)
{
	uint8_t field = tid->wildcard[0];
	struct str text;
	int err;

	if (!tid->n_wildcards && tid->len == root.len && !memcmp(tid->id, root.id, root.len))
		return STR("ROOT");
	/* the highest level and all below: the whole name */
	if (tid->n_wildcards == 1 && field & H248_WILDCARD_BELOW &&
	    (field & H248_WILDCARD_BIT) == tid->len * 8 - 1)
		return field & H248_WILDCARD_ALL ? STR("*") : STR("$");
	err = ids->ops->tid_to_text(ids->priv, a, tid, &text);
	if (err == -ENOMEM)
		return STR_NONE;
	return err ? hex_name(a, tid) : text;
}
