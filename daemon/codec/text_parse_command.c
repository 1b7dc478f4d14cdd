// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_command: commands, requests and replies alike. See text_scan.h. */
#include "codec/text_scan.h"

enum {
	D_MEDIA		= 1 << 0,
	D_MODEM		= 1 << 1,
	D_MUX		= 1 << 2,
	D_EVENTS	= 1 << 3,
	D_EVENT_BUFFER	= 1 << 4,
	D_SIGNALS	= 1 << 5,
	D_DIGITMAP	= 1 << 6,
	D_AUDIT		= 1 << 7,
	D_STATISTICS	= 1 << 8,
	D_OBSERVED	= 1 << 9,
	D_PACKAGES	= 1 << 10,
	D_SERVICES	= 1 << 11,
	D_ERROR		= 1 << 12,

	D_AMM = D_MEDIA | D_MODEM | D_MUX | D_EVENTS | D_EVENT_BUFFER | D_SIGNALS | D_DIGITMAP |
		D_AUDIT | D_STATISTICS,
	D_AUDITED = (D_AMM & ~D_AUDIT) | D_OBSERVED | D_PACKAGES | D_ERROR,
};

/* what may stand in a command, [0] in a request, [1] in its reply */
static const unsigned int legal[][2] = {
	[H248_ADD]		= { D_AMM, D_AUDITED },
	[H248_MOVE]		= { D_AMM, D_AUDITED },
	[H248_MODIFY]		= { D_AMM, D_AUDITED },
	[H248_SUBTRACT]		= { D_AUDIT, D_AUDITED },
	[H248_AUDIT_VALUE]	= { D_AUDIT, D_AUDITED },
	[H248_AUDIT_CAPABILITY]	= { D_AUDIT, D_AUDITED },
	[H248_NOTIFY]		= { D_OBSERVED | D_ERROR, D_ERROR },
	[H248_SERVICE_CHANGE]	= { D_SERVICES, D_SERVICES | D_ERROR },
};

bool h248_command_of(enum h248_token token, enum h248_command_kind *out)
{
	switch (token) {
	case TOK_ADD:
		*out = H248_ADD;
		return true;
	case TOK_MOVE:
		*out = H248_MOVE;
		return true;
	case TOK_MODIFY:
		*out = H248_MODIFY;
		return true;
	case TOK_SUBTRACT:
		*out = H248_SUBTRACT;
		return true;
	case TOK_AUDIT_VALUE:
		*out = H248_AUDIT_VALUE;
		return true;
	case TOK_AUDIT_CAP:
		*out = H248_AUDIT_CAPABILITY;
		return true;
	case TOK_NOTIFY:
		*out = H248_NOTIFY;
		return true;
	case TOK_SERVICE_CHANGE:
		*out = H248_SERVICE_CHANGE;
		return true;
	default:
		return false;
	}
}

/* one TerminationID, or "[" several "]" (v3) */
static bool parse_terms(struct parser *s, struct h248_command *cmd)
{
	bool list = scan_take(s, '['), more;
	struct h248_tid *tid;

	for (;;) {
		tid = scan_new(s, struct h248_tid);
		if (!tid || !scan_tid(s, tid))
			return false;
		h248_append(&cmd->terms, tid);
		if (!list)
			return true;
		if (!scan_more(s, ']', &more))
			return false;
		if (!more)
			return true;
	}
}

static unsigned int descriptor_bit(enum h248_token token)
{
	switch (token) {
	case TOK_MEDIA:
		return D_MEDIA;
	case TOK_MODEM:
		return D_MODEM;
	case TOK_MUX:
		return D_MUX;
	case TOK_EVENTS:
		return D_EVENTS;
	case TOK_EVENT_BUFFER:
		return D_EVENT_BUFFER;
	case TOK_SIGNALS:
		return D_SIGNALS;
	case TOK_DIGITMAP:
		return D_DIGITMAP;
	case TOK_AUDIT:
		return D_AUDIT;
	case TOK_STATISTICS:
		return D_STATISTICS;
	case TOK_OBSERVED:
		return D_OBSERVED;
	case TOK_PACKAGES:
		return D_PACKAGES;
	case TOK_SERVICES:
		return D_SERVICES;
	case TOK_ERROR:
		return D_ERROR;
	default:
		return 0;
	}
}

/* auditReturnItem: the bare token, where its descriptor would go on otherwise */
static unsigned int bare_item(struct parser *s, unsigned int bit)
{
	char next;

	scan_lwsp(s);
	next = *s->p;
	if (next != ',' && next != '}')
		return 0;
	switch (bit) {
	case D_MEDIA:
		return H248_AUDIT_MEDIA;
	case D_MODEM:
		return H248_AUDIT_MODEM;
	case D_MUX:
		return H248_AUDIT_MUX;
	case D_DIGITMAP:
		return H248_AUDIT_DIGITMAP;
	case D_STATISTICS:
		return H248_AUDIT_STATISTICS;
	case D_OBSERVED:
		return H248_AUDIT_OBSERVED;
	case D_PACKAGES:
		return H248_AUDIT_PACKAGES;
	default:
		return 0;
	}
}

static bool parse_descriptor_body(struct parser *s, struct h248_command *cmd, unsigned int bit)
{
	switch (bit) {
	case D_MEDIA:
		cmd->media = parse_media(s);
		return cmd->media;
	case D_MODEM:
		cmd->modem = parse_modem(s);
		return cmd->modem;
	case D_MUX:
		cmd->mux = parse_mux(s);
		return cmd->mux;
	case D_EVENTS:
		cmd->events = parse_events(s);
		return cmd->events;
	case D_EVENT_BUFFER:
		cmd->event_buffer = parse_event_buffer(s);
		return cmd->event_buffer;
	case D_SIGNALS:
		cmd->signals = parse_signals(s);
		return cmd->signals;
	case D_DIGITMAP:
		cmd->digit_map = parse_digit_map(s);
		return cmd->digit_map;
	case D_AUDIT:
		cmd->audit = parse_audit(s);
		return cmd->audit;
	case D_STATISTICS:
		cmd->statistics = parse_statistics(s);
		return cmd->statistics;
	case D_OBSERVED:
		cmd->observed = parse_observed(s);
		return cmd->observed;
	case D_PACKAGES:
		cmd->packages = parse_packages(s);
		return cmd->packages;
	case D_SERVICES:
		cmd->service_change = parse_service_change(s);
		return cmd->service_change;
	case D_ERROR:
		cmd->error = parse_error_descriptor(s);
		return cmd->error;
	default:
		return false;
	}
}

static bool parse_descriptor(struct parser *s, struct h248_command *cmd, unsigned int *seen)
{
	unsigned int bit, item;
	struct str word;

	if (!scan_word(s, "a descriptor", &word))
		return false;
	bit = descriptor_bit(h248_token_of(word));
	if (!bit) {
		/* a name is a descriptor that we do not know, all else is bad syntax */
		if (!scan_check_name(s, word, "a descriptor"))
			return false;
		return scan_fail(s, word.p, 444, "unknown descriptor %.*s", STR_ARG(word));
	}
	if (!(legal[cmd->kind][s->reply] & bit))
		return scan_fail(s, word.p, 447, "descriptor %.*s does not belong in %s",
				 STR_ARG(word), h248_command_name(cmd->kind));
	if (*seen & bit)
		return scan_fail(s, word.p, 448, "descriptor %.*s appears twice", STR_ARG(word));
	*seen |= bit;
	item = s->reply ? bare_item(s, bit) : 0;
	if (item) {
		cmd->audit_items |= item;
		return true;
	}
	return parse_descriptor_body(s, cmd, bit);
}

static bool parse_body(struct parser *s, struct h248_command *cmd)
{
	unsigned int seen = 0;
	bool more = true;

	if (!scan_take(s, '{')) {
		if (!s->reply &&
		    (cmd->kind == H248_NOTIFY || cmd->kind == H248_SERVICE_CHANGE))
			return scan_expected(s, "'{'");
		return true;
	}
	while (more)
		if (!parse_descriptor(s, cmd, &seen) || !scan_more(s, '}', &more))
			return false;
	return true;
}

/* "Context" "{" TerminationID, ... "}" or "Context" "{" Error "}" in an audit reply */
static bool parse_context_terms(struct parser *s, struct h248_command *cmd)
{
	struct h248_tid *tid;
	bool more = true;
	struct str word;

	cmd->context_audit = true;
	if (!scan_expect(s, '{'))
		return false;
	word = scan_ahead(s);
	if (h248_token_of(word) == TOK_ERROR) {
		const char *from = s->p;

		s->p += word.len;
		if (scan_peek(s, '=')) {
			cmd->error = parse_error_descriptor(s);
			return cmd->error && scan_expect(s, '}');
		}
		s->p = from;
	}
	while (more) {
		tid = scan_new(s, struct h248_tid);
		if (!tid || !scan_tid(s, tid))
			return false;
		h248_append(&cmd->terms, tid);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

bool parse_command(struct parser *s, struct h248_action *act, enum h248_token token,
		   bool optional, bool wildcard)
{
	struct h248_command *cmd = scan_new(s, struct h248_command);
	enum h248_error_level level = s->err->level;
	struct str word;

	if (!cmd || !h248_command_of(token, &cmd->kind))
		return false;
	cmd->optional = optional;
	cmd->wildcard_reply = wildcard;
	if (!scan_expect(s, '='))
		return false;
	word = scan_ahead(s);
	if (s->reply && h248_token_of(word) == TOK_CONTEXT &&
	    (cmd->kind == H248_AUDIT_VALUE || cmd->kind == H248_AUDIT_CAPABILITY)) {
		s->p += word.len;
		if (!parse_context_terms(s, cmd))
			return false;
		h248_append(&act->commands, cmd);
		return true;
	}
	if (!parse_terms(s, cmd))
		return false;
	s->err->level = H248_LEVEL_COMMAND;
	s->err->command = cmd->kind;
	s->err->terms = cmd->terms.first;
	if (!parse_body(s, cmd))
		return false;
	s->err->level = level;
	s->err->commands_before++;
	h248_append(&act->commands, cmd);
	return true;
}
