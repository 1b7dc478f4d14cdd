// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_parse: message, transactions, actions. See text.h and text_scan.h.
 *
 * The parser is a recursive descent without backtracking over more than a word;
 * its depth is that of the grammar, never of the input.
 */
#include <errno.h>

#include "codec/text_scan.h"

/* [ "O-" ] [ "W-" ] in front of a command */
static struct str take_prefixes(struct str word, bool *optional, bool *wildcard)
{
	*optional = *wildcard = false;
	if (word.len > 2 && ascii_lower(word.p[0]) == 'o' && word.p[1] == '-') {
		*optional = true;
		word.p += 2;
		word.len -= 2;
	}
	if (word.len > 2 && ascii_lower(word.p[0]) == 'w' && word.p[1] == '-') {
		*wildcard = true;
		word.p += 2;
		word.len -= 2;
	}
	return word;
}

static bool twice(struct parser *s, struct str word)
{
	return scan_fail(s, word.p, 0, "%.*s appears twice", STR_ARG(word));
}

/* contextProperty, contextAudit; *known false if the token is neither */
static bool parse_context_item(struct parser *s, struct h248_action *act, struct str word,
			       enum h248_token token, bool *known)
{
	struct h248_context_attr *attr = &act->attr;

	*known = true;
	switch (token) {
	case TOK_TOPOLOGY:
		return attr->has_topology ? twice(s, word) : parse_topology(s, attr);
	case TOK_PRIORITY:
		if (attr->has_priority)
			return twice(s, word);
		attr->has_priority = true;
		return scan_expect(s, '=') && scan_u16(s, "a priority", &attr->priority);
	case TOK_EMERGENCY:
	case TOK_EMERGENCY_OFF:
		if (attr->emergency)
			return twice(s, word);
		attr->emergency = token == TOK_EMERGENCY ? H248_ON : H248_OFF;
		return true;
	case TOK_IEPS:
		return attr->ieps ? twice(s, word) : parse_on_off(s, &attr->ieps);
	case TOK_CONTEXT_ATTR:
		/* one for properties, one for the list of contexts */
		return parse_context_attr(s, attr);
	case TOK_CONTEXT_AUDIT:
		if (s->reply)
			return scan_fail(s, word.p, 0, "%.*s in a reply", STR_ARG(word));
		if (act->audit)
			return twice(s, word);
		act->audit = parse_context_audit(s);
		return act->audit;
	default:
		*known = false;
		return true;
	}
}

static bool parse_action_item(struct parser *s, struct h248_action *act)
{
	struct str word, command;
	enum h248_command_kind kind;
	bool optional, wildcard;
	enum h248_token token;
	bool known;

	if (!scan_word(s, "a command or a context property", &word))
		return false;
	token = h248_token_of(word);
	if (!parse_context_item(s, act, word, token, &known))
		return false;
	if (known)
		return true;
	if (token == TOK_ERROR && s->reply) {
		act->error = parse_error_descriptor(s);
		return act->error;
	}
	/* replies carry no prefixes */
	command = s->reply ? word : take_prefixes(word, &optional, &wildcard);
	if (s->reply)
		optional = wildcard = false;
	token = h248_token_of(command);
	if (h248_command_of(token, &kind))
		return parse_command(s, act, token, optional, wildcard);
	if (!scan_check_name(s, command, "a command"))
		return false;
	return scan_fail(s, word.p, 443, "unknown command %.*s", STR_ARG(command));
}

static struct h248_action *parse_action(struct parser *s)
{
	struct h248_action *act = scan_new(s, struct h248_action);
	bool more = true;
	struct str word;

	if (!act || !scan_word(s, "Context", &word))
		return NULL;
	if (h248_token_of(word) != TOK_CONTEXT) {
		scan_fail(s, word.p, 0, "expected Context, found %.*s", STR_ARG(word));
		return NULL;
	}
	if (!scan_expect(s, '=') || !parse_context_id(s, &act->context))
		return NULL;
	s->err->level = H248_LEVEL_ACTION;
	s->err->context = act->context;
	s->err->commands_before = 0;
	if (s->reply && !scan_peek(s, '{')) {
		s->err->level = H248_LEVEL_TRANSACTION;
		return act;
	}
	if (!scan_expect(s, '{'))
		return NULL;
	while (more) {
		if (!parse_action_item(s, act) || !scan_more(s, '}', &more))
			return NULL;
		if (more && act->error) {
			scan_expected(s, "'}' after the error");
			return NULL;
		}
	}
	s->err->level = H248_LEVEL_TRANSACTION;
	s->err->actions_before++;
	return act;
}

static bool parse_actions(struct parser *s, struct h248_transaction *tr)
{
	struct h248_action *act;
	bool more = true;

	while (more) {
		act = parse_action(s);
		if (!act)
			return false;
		h248_append(&tr->actions, act);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static void enter_transaction(struct parser *s, const struct h248_transaction *tr)
{
	s->err->level = H248_LEVEL_TRANSACTION;
	s->err->transaction_kind = tr->kind;
	s->err->transaction = tr->id;
	s->err->actions_before = 0;
	s->err->commands_before = 0;
	s->reply = tr->kind == H248_REPLY;
}

static bool parse_request(struct parser *s, struct h248_transaction *tr)
{
	if (!scan_expect(s, '=') || !scan_u32(s, "a transaction id", &tr->id))
		return false;
	enter_transaction(s, tr);
	return scan_expect(s, '{') && parse_actions(s, tr);
}

/* TransactionID [ "/" segmentNumber [ "/" SegmentationComplete ] ]: one word */
static bool parse_segmented_id(struct parser *s, struct h248_transaction *tr)
{
	struct str word, part;
	uint32_t v;
	size_t n;

	if (!scan_word(s, "a transaction id", &word))
		return false;
	part = word;
	for (n = 0; n < word.len && word.p[n] != '/';)
		n++;
	part.len = n;
	if (!scan_number(part, UINT32_MAX, &tr->id))
		goto bad;
	if (n == word.len)
		return true;
	part.p = word.p + n + 1;
	for (n++; n < word.len && word.p[n] != '/';)
		n++;
	part.len = (size_t)(word.p + n - part.p);
	if (!scan_number(part, UINT16_MAX, &v))
		goto bad;
	tr->has_segment = true;
	tr->segment = (uint16_t)v;
	if (n == word.len)
		return true;
	part = (struct str){ word.p + n + 1, word.len - n - 1 };
	if (h248_token_of(part) != TOK_SEGMENT_END)
		goto bad;
	tr->segment_end = true;
	return true;
bad:
	return scan_fail(s, word.p, 0, "expected a transaction id, found %.*s", STR_ARG(word));
}

static bool parse_reply(struct parser *s, struct h248_transaction *tr)
{
	enum h248_token token;
	struct str word;

	if (!scan_expect(s, '=') || !parse_segmented_id(s, tr))
		return false;
	enter_transaction(s, tr);
	if (!scan_expect(s, '{'))
		return false;
	word = scan_ahead(s);
	token = h248_token_of(word);
	if (token == TOK_IMM_ACK) {
		s->p += word.len;
		tr->imm_ack = true;
		if (!scan_expect(s, ','))
			return false;
		word = scan_ahead(s);
		token = h248_token_of(word);
	}
	if (token != TOK_ERROR)
		return parse_actions(s, tr);
	s->p += word.len;
	tr->error = parse_error_descriptor(s);
	return tr->error && scan_expect(s, '}');
}

static bool parse_pending(struct parser *s, struct h248_transaction *tr)
{
	if (!scan_expect(s, '=') || !scan_u32(s, "a transaction id", &tr->id))
		return false;
	enter_transaction(s, tr);
	return scan_expect(s, '{') && scan_expect(s, '}');
}

static bool parse_segment(struct parser *s, struct h248_transaction *tr)
{
	if (!scan_expect(s, '=') || !parse_segmented_id(s, tr))
		return false;
	enter_transaction(s, tr);
	return tr->has_segment || scan_expected(s, "a segment number");
}

/* id, or first "-" last */
static bool parse_ack(struct parser *s, struct h248_ack *ack)
{
	struct str word, from, to;
	const char *dash;

	if (!scan_word(s, "a transaction id", &word))
		return false;
	dash = memchr(word.p, '-', word.len);
	from = (struct str){ word.p, dash ? (size_t)(dash - word.p) : word.len };
	to = dash ? (struct str){ dash + 1, word.len - from.len - 1 } : from;
	if (scan_number(from, UINT32_MAX, &ack->first) && scan_number(to, UINT32_MAX, &ack->last))
		return true;
	return scan_fail(s, word.p, 0, "expected a transaction id, found %.*s", STR_ARG(word));
}

static bool parse_acks(struct parser *s, struct h248_transaction *tr)
{
	struct h248_ack *ack;
	bool more = true;

	if (!scan_expect(s, '{'))
		return false;
	while (more) {
		ack = scan_new(s, struct h248_ack);
		if (!ack || !parse_ack(s, ack))
			return false;
		h248_append(&tr->acks, ack);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static const struct {
	enum h248_token token;
	enum h248_transaction_kind kind;
	bool (*parse)(struct parser *s, struct h248_transaction *tr);
} transactions[] = {
	{ TOK_TRANSACTION, H248_REQUEST, parse_request },
	{ TOK_REPLY, H248_REPLY, parse_reply },
	{ TOK_PENDING, H248_PENDING, parse_pending },
	{ TOK_TRANSACTION_ACK, H248_ACK, parse_acks },
	{ TOK_SEGMENT, H248_SEGMENT, parse_segment },
};

static bool parse_transaction(struct parser *s, struct h248_transaction *tr, struct str word)
{
	enum h248_token token = h248_token_of(word);
	size_t i;

	for (i = 0; i < sizeof(transactions) / sizeof(transactions[0]); i++) {
		if (transactions[i].token != token)
			continue;
		tr->kind = transactions[i].kind;
		/* an id that cannot be read is answered as 0 */
		enter_transaction(s, tr);
		return transactions[i].parse(s, tr);
	}
	return scan_fail(s, word.p, 0, "expected a transaction, found %.*s", STR_ARG(word));
}

/* what only answers something is never answered itself */
static bool is_answer(enum h248_token token)
{
	return token == TOK_ERROR || token == TOK_REPLY || token == TOK_PENDING ||
	       token == TOK_TRANSACTION_ACK || token == TOK_SEGMENT;
}

static bool parse_transactions(struct parser *s, struct h248_message *msg)
{
	struct h248_transaction *tr;
	struct str word;

	do {
		s->err->level = H248_LEVEL_MESSAGE;
		tr = scan_new(s, struct h248_transaction);
		if (!tr || !scan_word(s, "a transaction", &word))
			return false;
		s->err->never_answer = is_answer(h248_token_of(word));
		if (h248_token_of(word) == TOK_ERROR && !msg->transactions.first) {
			msg->error = parse_error_descriptor(s);
			scan_lwsp(s);
			return msg->error && (s->p == s->end || scan_expected(s, "the end"));
		}
		if (!parse_transaction(s, tr, word))
			return false;
		h248_append(&msg->transactions, tr);
		scan_lwsp(s);
	} while (s->p != s->end);
	return true;
}

/* "0x" hex digits */
static bool parse_auth_part(struct parser *s, size_t min, size_t max, struct str *out)
{
	struct str word;
	size_t i;

	if (!scan_word(s, "0x and hex digits", &word))
		return false;
	if (word.len < 2 + min || word.len > 2 + max || word.p[0] != '0' ||
	    ascii_lower(word.p[1]) != 'x')
		goto bad;
	for (i = 2; i < word.len; i++)
		if (!is_class(word.p[i], CH_HEX))
			goto bad;
	*out = (struct str){ word.p + 2, word.len - 2 };
	return true;
bad:
	if (min == max)
		return scan_fail(s, word.p, 0, "expected 0x and %zu hex digits", min);
	return scan_fail(s, word.p, 0, "expected 0x and %zu to %zu hex digits", min, max);
}

static bool parse_auth(struct parser *s, struct h248_message *msg)
{
	struct h248_auth *auth = scan_new(s, struct h248_auth);

	msg->auth = auth;
	return auth && scan_expect(s, '=') && parse_auth_part(s, 8, 8, &auth->index) &&
	       scan_expect(s, ':') && parse_auth_part(s, 8, 8, &auth->sequence) &&
	       scan_expect(s, ':') && parse_auth_part(s, 24, 64, &auth->data);
}

/* MegacopToken "/" Version: one word */
static bool parse_protocol(struct parser *s, struct h248_message *msg, struct str word)
{
	const char *slash = memchr(word.p, '/', word.len);
	struct str name = word;
	uint32_t version;

	if (!slash)
		return scan_fail(s, word.p, 0, "expected MEGACO/version");
	name.len = (size_t)(slash - word.p);
	if (h248_token_of(name) != TOK_MEGACO ||
	    !scan_number((struct str){ slash + 1, word.len - name.len - 1 }, 99, &version))
		return scan_fail(s, word.p, 0, "expected MEGACO/version");
	msg->version = (uint8_t)version;
	return true;
}

static bool parse_message(struct parser *s, struct h248_message *msg)
{
	struct str word;

	if (!scan_word(s, "MEGACO", &word))
		return false;
	if (h248_token_of(word) == TOK_AUTH) {
		if (!parse_auth(s, msg) || !scan_word(s, "MEGACO", &word))
			return false;
	}
	if (!parse_protocol(s, msg, word) || !parse_mid(s, &msg->mid))
		return false;
	s->err->has_header = true;
	/* only now: who sent it is needed for the answer */
	s->err->never_answer = is_answer(h248_token_of(scan_ahead(s)));
	if (!msg->version || msg->version > H248_TEXT_VERSION_MAX)
		return scan_fail(s, word.p, 406, "version %u is not supported", msg->version);
	return parse_transactions(s, msg);
}

int h248_text_parse(struct arena *a, const void *buf, size_t len, struct h248_message **msg,
		    struct h248_text_error *err)
{
	struct parser s = { .a = a, .err = err };
	struct h248_message *m;
	char *copy;

	memset(err, 0, sizeof(*err));
	*msg = NULL;
	m = arena_new(a, struct h248_message);
	copy = len < SIZE_MAX ? arena_text(a, len + 1) : NULL;
	if (!m || !copy) {
		err->code = 510;
		strcpy(err->text, "message takes too much memory");
		return -ENOMEM;
	}
	if (len)
		memcpy(copy, buf, len);
	copy[len] = '\0';
	s.p = s.start = copy;
	s.end = copy + len;
	s.original = buf;
	m->source = copy;
	*msg = m;
	if (parse_message(&s, m))
		return 0;
	return s.nomem ? -ENOMEM : -EBADMSG;
}
