// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_context: ContextRequest, ContextAttrAuditRequest. See ber_in.h. */
#include "codec/ber_in.h"

static bool read_tristate(struct ber *b, struct ber_tlv *t, const char *what,
			  enum h248_tristate *out)
{
	bool on;

	if (!ber_bool(b, t, what, &on))
		return false;
	*out = on ? H248_ON : H248_OFF;
	return true;
}

static bool read_priority(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *attr = to;
	uint32_t v;

	if (!ber_uint(b, t, 15, "priority", &v))
		return false;
	attr->has_priority = true;
	attr->priority = (uint16_t)v;
	return true;
}

static bool read_emergency(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_tristate(b, t, "emergency", &((struct h248_context_attr *)to)->emergency);
}

static bool read_ieps(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_tristate(b, t, "iepscallind", &((struct h248_context_attr *)to)->ieps);
}

/* ---- Topology ------------------------------------------------------------------- */

static bool read_from(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_tid(b, t, &((struct h248_topology *)to)->from);
}

static bool read_to(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_tid(b, t, &((struct h248_topology *)to)->to);
}

static bool read_direction(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t v;

	if (!ber_uint(b, t, 2, "topologyDirection", &v))
		return false;
	((struct h248_topology *)to)->kind = H248_TOPOLOGY_BOTHWAY + v;
	return true;
}

static bool read_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_topology *tp = to;

	return ber_read_stream_id(b, t, "streamID", &tp->has_stream, &tp->stream);
}

/* says more than the direction of version 1 beside it */
static bool read_direction_v3(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t v;

	if (!ber_uint(b, t, 1, "topologyDirectionExtension", &v))
		return false;
	((struct h248_topology *)to)->kind = H248_TOPOLOGY_ONEWAY_EXTERNAL + v;
	return true;
}

BER_TYPE(TopologyRequest, BER_EXTENSIBLE,
	 BER_IN("terminationFrom", 0, false, read_from),
	 BER_IN("terminationTo", 1, false, read_to),
	 BER_IN("topologyDirection", 2, false, read_direction),
	 BER_IN("streamID", 3, true, read_stream),
	 BER_IN("topologyDirectionExtension", 4, true, read_direction_v3));

static bool read_topology(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *attr = to;
	struct h248_topology *tp;
	struct ber_tlv e;
	bool more;

	attr->has_topology = true;
	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return attr->topology.first || ber_fail(b, t->at, 0, "an empty topology");
		tp = ber_new(b, struct h248_topology);
		if (!tp || !ber_sequence(b, &e, &TopologyRequest, tp))
			return false;
		h248_append(&attr->topology, tp);
	}
}

/* ---- ContextRequest -------------------------------------------------------------- */

static bool read_context_list(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *attr = to;
	struct h248_context_id *c;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_INTEGER, &e, &more))
			return false;
		if (!more)
			return true;
		c = ber_new(b, struct h248_context_id);
		if (!c || !ber_uint(b, &e, UINT32_MAX, "contextID", &c->id))
			return false;
		h248_append(&attr->contexts, c);
	}
}

BER_TYPE(ContextRequest, BER_EXTENSIBLE,
	 BER_IN("priority", 0, true, read_priority),
	 BER_IN("emergency", 1, true, read_emergency),
	 BER_IN("topologyReq", 2, true, read_topology),
	 BER_IN("iepscallind", 3, true, read_ieps),
	 BER_AT("contextProp", 4, true, ber_read_properties, struct h248_context_attr, properties),
	 BER_IN("contextList", 5, true, read_context_list));

bool ber_read_context_request(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &ContextRequest, to);
}

/* ---- ContextAttrAuditRequest -------------------------------------------------------- */

static struct h248_context_attr *selection(struct ber *b, void *to)
{
	struct h248_context_audit *ca = to;

	if (!ca->select)
		ca->select = ber_new(b, struct h248_context_attr);
	return ca->select;
}

static bool read_names(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_audit *ca = to;
	ber_properties selected = { 0 };
	struct h248_context_attr *sel;
	struct h248_name_entry *n;
	struct h248_name name;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		selected.first = selected.last = NULL;
		if (!ber_read_ind_property(b, &e, &name, &selected))
			return false;
		if (selected.first) {
			sel = selection(b, ca);
			if (!sel)
				return false;
			h248_append(&sel->properties, selected.first);
			continue;
		}
		n = ber_new(b, struct h248_name_entry);
		if (!n)
			return false;
		n->name = name;
		h248_append(&ca->names, n);
	}
}

static bool select_priority(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *sel = selection(b, to);

	return sel && read_priority(b, t, sel);
}

static bool select_emergency(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *sel = selection(b, to);

	return sel && read_emergency(b, t, sel);
}

static bool select_ieps(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_attr *sel = selection(b, to);

	return sel && read_ieps(b, t, sel);
}

static bool read_and(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_context_audit *)to)->logic = H248_LOGIC_AND;
	return ber_null(b, t, "andAUDITSelect");
}

static bool read_or(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_context_audit *)to)->logic = H248_LOGIC_OR;
	return ber_null(b, t, "orAUDITSelect");
}

BER_TYPE(SelectLogic, BER_EXTENSIBLE,
	 BER_IN("andAUDITSelect", 0, false, read_and),
	 BER_IN("orAUDITSelect", 1, false, read_or));

static bool read_logic(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &SelectLogic, 0, to);
}

BER_TYPE(ContextAttrAuditRequest, BER_EXTENSIBLE,
	 BER_AT("topology", 0, true, ber_flag, struct h248_context_audit, topology),
	 BER_AT("emergency", 1, true, ber_flag, struct h248_context_audit, emergency),
	 BER_AT("priority", 2, true, ber_flag, struct h248_context_audit, priority),
	 BER_AT("iepscallind", 3, true, ber_flag, struct h248_context_audit, ieps),
	 BER_IN("contextPropAud", 4, true, read_names),
	 BER_IN("selectpriority", 5, true, select_priority),
	 BER_IN("selectemergency", 6, true, select_emergency),
	 BER_IN("selectiepscallind", 7, true, select_ieps),
	 BER_IN("selectLogic", 8, true, read_logic));

bool ber_read_context_audit(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_context_audit *ca = ber_new(b, struct h248_context_audit);

	*(struct h248_context_audit **)to = ca;
	return ca && ber_sequence(b, t, &ContextAttrAuditRequest, ca);
}
