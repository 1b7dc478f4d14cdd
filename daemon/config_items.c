// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: package_items, what the operator knows better of packages.
 *
 * Whether an item exists is for the agent to say: the table of packages is there.
 * Context: called before the event loop runs; no locks.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"

#define ITEMS_MAX	256
#define NAME_MAX_OCTETS	64

bool config_is_name(const char *text)
{
	size_t i;

	if (!isalpha((unsigned char)text[0]))
		return false;
	for (i = 1; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return i <= NAME_MAX_OCTETS;
}

static int load_number(struct config_loader *l, const config_setting_t *s, const char *key,
		       int max, bool *has, uint16_t *out)
{
	const config_setting_t *m = config_setting_get_member(s, key);
	int value;

	if (!m)
		return 0;
	value = config_setting_type(m) == CONFIG_TYPE_INT ? config_setting_get_int(m) : -1;
	if (value < 1 || value > max)
		return config_complain(l, m, "%s must be 1 to %d", key, max);
	*has = true;
	*out = (uint16_t)value;
	return 0;
}

static int load_item(struct config_loader *l, const config_setting_t *s, struct config_item *item)
{
	static const char *const known[] = { "item", "kind", "name", "id", "version", NULL };
	static const char *const kinds[] = { "property", "event", "signal", "statistic", NULL };
	const config_setting_t *m;
	unsigned int i;
	int err;

	if (!config_setting_is_group(s))
		return config_complain(l, s, "an item must be { item = ...; }");
	item->line = config_setting_source_line(s);
	err = config_check_keys(l, s, known);
	if (err)
		return err;
	m = config_setting_get_member(s, "item");
	if (!m)
		return config_complain(l, s, "item is missing");
	err = config_string(l, m, &item->item);
	m = config_setting_get_member(s, "kind");
	if (!err && m)
		err = config_string(l, m, &item->kind);
	for (i = 0; !err && item->kind && kinds[i] && strcmp(item->kind, kinds[i]); i++)
		;
	if (!err && item->kind && !kinds[i])
		return config_complain(l, m, "kind must be property, event, signal or statistic");
	m = config_setting_get_member(s, "name");
	if (!err && m)
		err = config_string(l, m, &item->name);
	if (!err && item->name && !config_is_name(item->name))
		return config_complain(l, m, "name \"%s\" must be a letter, then letters, digits, _",
				       item->name);
	if (!err)
		err = load_number(l, s, "id", 0xfffe, &item->has_id, &item->id);
	if (!err)
		err = load_number(l, s, "version", 99, &item->has_version, &item->version);
	if (!err && item->has_version && strchr(item->item, '/'))
		return config_complain(l, s, "only a package has a version");
	return err;
}

int config_load_items(struct config_loader *l, const config_setting_t *list)
{
	struct config *c = l->config;
	int n, i, err = 0;

	n = config_setting_is_list(list) ? config_setting_length(list) : -1;
	if (n < 0 || n > ITEMS_MAX)
		return config_complain(l, list,
				       "package_items must be a list of at most %d: ( { item = ...; } )",
				       ITEMS_MAX);
	c->item = calloc(n ? (size_t)n : 1, sizeof(*c->item));
	if (!c->item)
		return -ENOMEM;
	for (i = 0; !err && i < n; i++) {
		/* Counted first, so that config_free() sees what a failing one holds. */
		c->n_items++;
		err = load_item(l, config_setting_get_elem(list, (unsigned int)i), &c->item[i]);
	}
	return err;
}

void config_free_items(struct config *c)
{
	unsigned int i;

	for (i = 0; i < c->n_items; i++) {
		free(c->item[i].item);
		free(c->item[i].kind);
		free(c->item[i].name);
	}
	free(c->item);
}
