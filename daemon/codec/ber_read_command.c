// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_command: commands, requests and replies. See ber_in.h. */
#include "codec/ber_in.h"

struct command_reader {
	struct h248_command *cmd;
	unsigned int seen;	/* alternatives of a list of descriptors: 1 << tag */
};

/* After the terminations an error is one of the command. */
static bool enter(struct ber *b, const struct ber_tlv *t, const struct command_reader *r)
{
	if (!r->cmd->terms.first)
		return ber_fail(b, t->at, 0, "a command for no termination");
	b->err->level = H248_LEVEL_COMMAND;
	b->err->command = r->cmd->kind;
	b->err->terms = r->cmd->terms.first;
	return true;
}

static bool read_terms(struct ber *b, struct ber_tlv *t, void *to)
{
	struct command_reader *r = to;

	return ber_read_tids(b, t, &r->cmd->terms) && enter(b, t, r);
}

static bool read_term(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_tid *tid = ber_new(b, struct h248_tid);
	struct command_reader *r = to;

	if (!tid || !ber_read_tid(b, t, tid))
		return false;
	h248_append(&r->cmd->terms, tid);
	return enter(b, t, r);
}

/* ---- descriptors -------------------------------------------------------------------- */

static bool read_audit(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_audit(b, t, &((struct h248_command *)to)->audit);
}

static bool read_error(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_error(b, t, &((struct h248_command *)to)->error);
}

static bool read_observed(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_observed(b, t, &((struct h248_command *)to)->observed);
}

static bool read_empty_bits(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_audit_bits(b, t, &((struct h248_command *)to)->audit_items);
}

BER_TYPE(emptyDescriptors, BER_EXTENSIBLE,
	 BER_IN("auditToken", 0, true, read_empty_bits));

static bool read_empty(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &emptyDescriptors, to);
}

BER_TYPE(AmmDescriptor, BER_EXTENSIBLE,
	 BER_AT("mediaDescriptor", 0, false, ber_read_media, struct h248_command, media),
	 BER_AT("modemDescriptor", 1, false, ber_read_modem, struct h248_command, modem),
	 BER_AT("muxDescriptor", 2, false, ber_read_mux, struct h248_command, mux),
	 BER_AT("eventsDescriptor", 3, false, ber_read_events, struct h248_command, events),
	 BER_AT("eventBufferDescriptor", 4, false, ber_read_event_buffer,
		struct h248_command, event_buffer),
	 BER_AT("signalsDescriptor", 5, false, ber_read_signals, struct h248_command, signals),
	 BER_AT("digitMapDescriptor", 6, false, ber_read_digit_map,
		struct h248_command, digit_map),
	 BER_IN("auditDescriptor", 7, false, read_audit),
	 BER_AT("statisticsDescriptor", 8, false, ber_read_statistics,
		struct h248_command, statistics));
BER_TYPE(AuditReturnParameter, BER_EXTENSIBLE,
	 BER_IN("errorDescriptor", 0, false, read_error),
	 BER_AT("mediaDescriptor", 1, false, ber_read_media, struct h248_command, media),
	 BER_AT("modemDescriptor", 2, false, ber_read_modem, struct h248_command, modem),
	 BER_AT("muxDescriptor", 3, false, ber_read_mux, struct h248_command, mux),
	 BER_AT("eventsDescriptor", 4, false, ber_read_events, struct h248_command, events),
	 BER_AT("eventBufferDescriptor", 5, false, ber_read_event_buffer,
		struct h248_command, event_buffer),
	 BER_AT("signalsDescriptor", 6, false, ber_read_signals, struct h248_command, signals),
	 BER_AT("digitMapDescriptor", 7, false, ber_read_digit_map,
		struct h248_command, digit_map),
	 BER_IN("observedEventsDescriptor", 8, false, read_observed),
	 BER_AT("statisticsDescriptor", 9, false, ber_read_statistics,
		struct h248_command, statistics),
	 BER_AT("packagesDescriptor", 10, false, ber_read_packages, struct h248_command, packages),
	 BER_IN("emptyDescriptors", 11, false, read_empty));

static bool read_list(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
		      struct command_reader *r)
{
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each_choice(b, t, &e, &more))
			return false;
		if (!more)
			return true;
		if (e.class == BER_CONTEXT && e.tag < type->n) {
			if (r->seen & 1u << e.tag)
				return ber_fail(b, e.at, 448, "%s appears twice",
						type->fields[e.tag].name);
			r->seen |= 1u << e.tag;
		}
		if (!ber_choice(b, &e, type, 444, r->cmd))
			return false;
	}
}

static bool read_descriptors(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_list(b, t, &AmmDescriptor, to);
}

static bool read_return(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_list(b, t, &AuditReturnParameter, to);
}

/* ---- requests --------------------------------------------------------------------------- */

static bool read_request_audit(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_audit(b, t, ((struct command_reader *)to)->cmd);
}

/* in version 3 all of the terminations; the first of them came before */
static bool read_all_terms(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_command *cmd = ((struct command_reader *)to)->cmd;

	cmd->terms.first = cmd->terms.last = NULL;
	return read_terms(b, t, to);
}

static bool read_request_observed(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_observed(b, t, ((struct command_reader *)to)->cmd);
}

static bool read_command_error(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_error(b, t, ((struct command_reader *)to)->cmd);
}

static bool read_service(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_service_parm(b, t, &((struct command_reader *)to)->cmd->service_change);
}

BER_TYPE(AmmRequest, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("descriptors", 1, false, read_descriptors));
BER_TYPE(SubtractRequest, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("auditDescriptor", 1, true, read_request_audit));
BER_TYPE(AuditRequest, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_term),
	 BER_IN("auditDescriptor", 1, false, read_request_audit),
	 BER_IN("terminationIDList", 2, true, read_all_terms));
BER_TYPE(NotifyRequest, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("observedEventsDescriptor", 1, false, read_request_observed),
	 BER_IN("errorDescriptor", 2, true, read_command_error));
BER_TYPE(ServiceChangeRequest, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("serviceChangeParms", 1, false, read_service));

/* ---- replies ------------------------------------------------------------------------------- */

static bool read_result_error(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_command_error(b, t, to);
}

static bool read_result(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_service_result(b, t, &((struct command_reader *)to)->cmd->service_change);
}

BER_TYPE(ServiceChangeResult, BER_FIXED,
	 BER_IN("errorDescriptor", 0, false, read_result_error),
	 BER_IN("serviceChangeResParms", 1, false, read_result));

static bool read_service_result(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &ServiceChangeResult, 0, to);
}

BER_TYPE(AmmsReply, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("terminationAudit", 1, true, read_return));
BER_TYPE(NotifyReply, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("errorDescriptor", 1, true, read_command_error));
BER_TYPE(ServiceChangeReply, BER_EXTENSIBLE,
	 BER_IN("terminationID", 0, false, read_terms),
	 BER_IN("serviceChangeResult", 1, false, read_service_result));
BER_TYPE(AuditResult, BER_FIXED,
	 BER_IN("terminationID", 0, false, read_term),
	 BER_IN("terminationAuditResult", 1, false, read_return));
BER_TYPE(TermListAuditResult, BER_EXTENSIBLE,
	 BER_IN("terminationIDList", 0, false, read_terms),
	 BER_IN("terminationAuditResult", 1, false, read_return));

static bool read_context_terms(struct ber *b, struct ber_tlv *t, void *to)
{
	struct command_reader *r = to;

	r->cmd->context_audit = true;
	return ber_read_tids(b, t, &r->cmd->terms) &&
	       (r->cmd->terms.first || ber_fail(b, t->at, 0, "an empty list of terminations"));
}

static bool read_audit_error(struct ber *b, struct ber_tlv *t, void *to)
{
	struct command_reader *r = to;

	r->cmd->context_audit = true;
	return read_error(b, t, r->cmd);
}

static bool read_audit_result(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &AuditResult, to);
}

static bool read_list_result(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &TermListAuditResult, to);
}

BER_TYPE(AuditReply, BER_EXTENSIBLE,
	 BER_IN("contextAuditResult", 0, false, read_context_terms),
	 BER_IN("error", 1, false, read_audit_error),
	 BER_IN("auditResult", 2, false, read_audit_result),
	 BER_IN("auditResultTermList", 3, false, read_list_result));

/* ---- Command, CommandReply ------------------------------------------------------------------ */

static bool read_add(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_ADD;
	return ber_sequence(b, t, b->reply ? &AmmsReply : &AmmRequest, to);
}

static bool read_move(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_MOVE;
	return ber_sequence(b, t, b->reply ? &AmmsReply : &AmmRequest, to);
}

static bool read_modify(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_MODIFY;
	return ber_sequence(b, t, b->reply ? &AmmsReply : &AmmRequest, to);
}

static bool read_subtract(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_SUBTRACT;
	return ber_sequence(b, t, b->reply ? &AmmsReply : &SubtractRequest, to);
}

static bool read_audit_command(struct ber *b, struct ber_tlv *t, struct command_reader *r,
			       enum h248_command_kind kind)
{
	r->cmd->kind = kind;
	if (b->reply)
		return ber_explicit_choice(b, t, &AuditReply, 0, r);
	return ber_sequence(b, t, &AuditRequest, r);
}

static bool read_audit_cap(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_audit_command(b, t, to, H248_AUDIT_CAPABILITY);
}

static bool read_audit_value(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_audit_command(b, t, to, H248_AUDIT_VALUE);
}

static bool read_notify(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_NOTIFY;
	return ber_sequence(b, t, b->reply ? &NotifyReply : &NotifyRequest, to);
}

static bool read_service_change(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->kind = H248_SERVICE_CHANGE;
	return ber_sequence(b, t, b->reply ? &ServiceChangeReply : &ServiceChangeRequest, to);
}

BER_TYPE(Command, BER_EXTENSIBLE,
	 BER_IN("Add", 0, false, read_add),
	 BER_IN("Move", 1, false, read_move),
	 BER_IN("Modify", 2, false, read_modify),
	 BER_IN("Subtract", 3, false, read_subtract),
	 BER_IN("AuditCapability", 4, false, read_audit_cap),
	 BER_IN("AuditValue", 5, false, read_audit_value),
	 BER_IN("Notify", 6, false, read_notify),
	 BER_IN("ServiceChange", 7, false, read_service_change));

static bool read_any(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &Command, 443, to);
}

static bool read_optional(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->optional = true;
	return ber_null(b, t, "optional");
}

static bool read_wildcard_return(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct command_reader *)to)->cmd->wildcard_reply = true;
	return ber_null(b, t, "wildcardReturn");
}

BER_TYPE(CommandRequest, BER_EXTENSIBLE,
	 BER_IN("command", 0, false, read_any),
	 BER_IN("optional", 1, true, read_optional),
	 BER_IN("wildcardReturn", 2, true, read_wildcard_return));

bool ber_read_command(struct ber *b, struct ber_tlv *t, struct h248_action *act,
		      struct h248_command *cmd)
{
	enum h248_error_level level = b->err->level;
	struct command_reader r = { .cmd = cmd };
	bool good;

	if (b->reply)
		good = ber_choice(b, t, &Command, 443, &r);
	else
		good = ber_sequence(b, t, &CommandRequest, &r);
	if (!good)
		return false;
	b->err->level = level;
	b->err->commands_before++;
	h248_append(&act->commands, cmd);
	return true;
}
