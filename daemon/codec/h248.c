// SPDX-License-Identifier: GPL-2.0-only
/* h248: names, look-ups and builders for the message tree. See h248.h. */
#include <stdio.h>

#include "codec/h248.h"

const char *h248_command_name(enum h248_command_kind kind)
{
	static const char *const names[] = {
		[H248_ADD] = "Add",
		[H248_MOVE] = "Move",
		[H248_MODIFY] = "Modify",
		[H248_SUBTRACT] = "Subtract",
		[H248_AUDIT_VALUE] = "AuditValue",
		[H248_AUDIT_CAPABILITY] = "AuditCapability",
		[H248_NOTIFY] = "Notify",
		[H248_SERVICE_CHANGE] = "ServiceChange",
	};

	return names[kind];
}

const char *h248_method_name(enum h248_method method)
{
	static const char *const names[] = {
		[H248_METHOD_NONE] = "none",
		[H248_METHOD_FAILOVER] = "Failover",
		[H248_METHOD_FORCED] = "Forced",
		[H248_METHOD_GRACEFUL] = "Graceful",
		[H248_METHOD_RESTART] = "Restart",
		[H248_METHOD_DISCONNECTED] = "Disconnected",
		[H248_METHOD_HANDOFF] = "HandOff",
		[H248_METHOD_EXTENSION] = "extension",
	};

	return names[method];
}

bool h248_mid_equal(const struct h248_mid *a, const struct h248_mid *b)
{
	if (a->kind != b->kind || a->has_port != b->has_port ||
	    (a->has_port && a->port != b->port))
		return false;
	switch (a->kind) {
	case H248_MID_IP4:
		return !memcmp(a->addr, b->addr, 4);
	case H248_MID_IP6:
		return !memcmp(a->addr, b->addr, 16);
	case H248_MID_DOMAIN:
	case H248_MID_DEVICE:
	case H248_MID_MTP:
		return str_ieq(a->text, b->text);
	case H248_MID_PORT:
		return true;
	}
	return false;
}

struct h248_tid h248_tid_of(struct str text)
{
	struct h248_tid tid = {
		.text = text,
		.has_choose = str_has(text, '$'),
		.has_all = str_has(text, '*'),
	};

	if (text.len == 1 && tid.has_choose)
		tid.kind = H248_TID_CHOOSE;
	else if (text.len == 1 && tid.has_all)
		tid.kind = H248_TID_ALL;
	else if (text.len == 4 && str_iis(text, "ROOT"))
		tid.kind = H248_TID_ROOT;
	return tid;
}

bool h248_name_is(const struct h248_name *name, const char *pkg, const char *item)
{
	return str_iis(name->item, item) && (pkg ? str_iis(name->pkg, pkg) : !name->pkg.p);
}

struct str h248_first(const struct h248_property *p)
{
	return p && p->values.first ? p->values.first->text : STR_NONE;
}

struct h248_property *h248_find_from(struct h248_property *first, const char *pkg,
				     const char *item)
{
	for (; first; first = first->next)
		if (h248_name_is(&first->name, pkg, item))
			return first;
	return NULL;
}

struct h248_message *h248_message_new(struct arena *a, uint8_t version, const struct h248_mid *mid)
{
	struct h248_message *msg = arena_new(a, struct h248_message);

	if (!msg)
		return NULL;
	msg->version = version;
	msg->mid = *mid;
	msg->mid.text = arena_str(a, mid->text);
	return mid->text.p && !msg->mid.text.p ? NULL : msg;
}

struct h248_transaction *h248_transaction_add(struct arena *a, struct h248_message *msg,
					      enum h248_transaction_kind kind, uint32_t id)
{
	struct h248_transaction *tr = arena_new(a, struct h248_transaction);

	if (!tr)
		return NULL;
	tr->kind = kind;
	tr->id = id;
	h248_append(&msg->transactions, tr);
	return tr;
}

struct h248_action *h248_action_add(struct arena *a, struct h248_transaction *tr, uint32_t context)
{
	struct h248_action *act = arena_new(a, struct h248_action);

	if (!act)
		return NULL;
	act->context = context;
	h248_append(&tr->actions, act);
	return act;
}

struct h248_tid *h248_tid_add(struct arena *a, struct h248_command *cmd, struct str tid)
{
	struct h248_tid *t = arena_new(a, struct h248_tid);
	struct str copy = arena_str(a, tid);

	if (!t || !copy.p)
		return NULL;
	*t = h248_tid_of(copy);
	h248_append(&cmd->terms, t);
	return t;
}

struct h248_command *h248_command_add(struct arena *a, struct h248_action *act,
				      enum h248_command_kind kind, struct str tid)
{
	struct h248_command *cmd = arena_new(a, struct h248_command);

	if (!cmd || !h248_tid_add(a, cmd, tid))
		return NULL;
	cmd->kind = kind;
	h248_append(&act->commands, cmd);
	return cmd;
}

struct h248_error *h248_error_new(struct arena *a, unsigned int code, const char *fmt, ...)
{
	struct h248_error *e = arena_new(a, struct h248_error);
	va_list ap;
	char *p;

	if (!e)
		return NULL;
	e->code = (uint16_t)code;
	va_start(ap, fmt);
	e->text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	if (!e->text.p)
		return NULL;
	/* often made of what a peer sent: keep it a string that can be written */
	for (p = (char *)e->text.p; *p; p++) {
		if (*p == '"')
			*p = '\'';
		else if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	return e;
}

struct h248_stream *h248_stream_add(struct arena *a, struct h248_command *cmd, uint16_t id)
{
	struct h248_stream *st = arena_new(a, struct h248_stream);

	if (!cmd->media)
		cmd->media = arena_new(a, struct h248_media);
	if (!st || !cmd->media)
		return NULL;
	st->id = id ? id : 1;
	st->implied = !id;
	h248_append(&cmd->media->streams, st);
	return st;
}

struct h248_property *h248_property_new(struct arena *a, struct str pkg, struct str item,
					enum h248_form form)
{
	struct h248_property *p = arena_new(a, struct h248_property);

	if (!p)
		return NULL;
	p->form = form;
	p->name.pkg = arena_str(a, pkg);
	p->name.item = arena_str(a, item);
	if (!p->name.item.p || (pkg.p && !p->name.pkg.p))
		return NULL;
	return p;
}

struct h248_value *h248_value_add(struct arena *a, struct h248_property *p, struct str text,
				  bool quoted)
{
	struct h248_value *v = arena_new(a, struct h248_value);

	if (!v)
		return NULL;
	v->text = arena_str(a, text);
	if (!v->text.p)
		return NULL;
	v->quoted = quoted;
	h248_append(&p->values, v);
	return v;
}

struct h248_package *h248_package_add(struct arena *a, struct h248_command *cmd, struct str name,
				      uint16_t version)
{
	struct h248_package *p = arena_new(a, struct h248_package);

	if (!cmd->packages)
		cmd->packages = arena_new(a, struct h248_packages);
	if (!p || !cmd->packages)
		return NULL;
	p->name = arena_str(a, name);
	if (!p->name.p)
		return NULL;
	p->version = version;
	h248_append(&cmd->packages->items, p);
	return p;
}
