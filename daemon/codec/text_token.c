// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_token: see text_token.h.
 *
 * Reading a message looks up every word in it, so this is a perfect hash: no two words of the
 * grammar share a slot. A new token needs its lines in the table; if it meets another one there, the
 * compiler refuses the initializer, and other factors have to be tried.
 */
#include "codec/text_token.h"

static const struct str forms[TOK_COUNT][2] = {
#define X(name, pretty, compact) \
	[TOK_##name] = { { pretty, sizeof(pretty) - 1 }, { compact, sizeof(compact) - 1 } },
	H248_TOKENS(X)
#undef X
};

/* what other stacks write; the first is how version 2 prints it, the second a misprint */
static const struct {
	enum h248_token token;
	struct str text;
} aliases[] = {
	{ TOK_EMERGENCY_OFF, { "EmergencyOffToken", 17 } },
	{ TOK_AND_LOGIC, { "ANSLgc", 6 } },
};

#define LETTER(c)	((unsigned int)(c) & 0x1f)

/* of the first, second, third and last letter, whatever their case, and the length */
#define HASH(c0, c1, c2, cn, len) \
	((LETTER(c0) * 287 + LETTER(c1) * 688 + LETTER(c2) * 1151 + LETTER(cn) * 684 + \
	  (unsigned int)(len) * 430) & 2047)

#define W(c0, c1, c2, cn, len, token) [HASH(c0, c1, c2, cn, len)] = TOK_##token

static const unsigned char slots[2048] = {
	W('a', 'd', 'd', 'd', 3, ADD), W('a', 'a', 'a', 'a', 1, ADD),
	W('a', 'n', 'd', 'c', 6, AND_LOGIC), W('a', 'n', 's', 'c', 6, AND_LOGIC),
	W('a', 'u', 'd', 't', 5, AUDIT), W('a', 't', 't', 't', 2, AUDIT),
	W('a', 'u', 'd', 'y', 15, AUDIT_CAP), W('a', 'c', 'c', 'c', 2, AUDIT_CAP),
	W('a', 'u', 'd', 'e', 10, AUDIT_VALUE), W('a', 'v', 'v', 'v', 2, AUDIT_VALUE),
	W('a', 'u', 't', 'n', 14, AUTH), W('a', 'u', 'u', 'u', 2, AUTH),
	W('b', 'o', 't', 'h', 4, BOTH), W('b', 'b', 'b', 'b', 1, BOTH),
	W('b', 'o', 't', 'y', 7, BOTHWAY), W('b', 'w', 'w', 'w', 2, BOTHWAY),
	W('b', 'r', 'i', 'f', 5, BRIEF), W('b', 'r', 'r', 'r', 2, BRIEF),
	W('b', 'u', 'f', 'r', 6, BUFFER), W('b', 'f', 'f', 'f', 2, BUFFER),
	W('c', 'o', 'n', 't', 7, CONTEXT), W('c', 'c', 'c', 'c', 1, CONTEXT),
	W('c', 'o', 'n', 'r', 11, CONTEXT_ATTR), W('c', 't', 't', 't', 2, CONTEXT_ATTR),
	W('c', 'o', 'n', 't', 12, CONTEXT_AUDIT), W('c', 'a', 'a', 'a', 2, CONTEXT_AUDIT),
	W('c', 'o', 'n', 't', 11, CONTEXT_LIST), W('c', 'l', 't', 't', 3, CONTEXT_LIST),
	W('d', 'e', 'l', 'y', 5, DELAY), W('d', 'l', 'l', 'l', 2, DELAY),
	W('d', 'i', 'g', 'p', 8, DIGITMAP), W('d', 'm', 'm', 'm', 2, DIGITMAP),
	W('s', 'p', 'a', 'n', 12, DIRECTION), W('s', 'p', 'a', 'i', 5, DIRECTION),
	W('d', 'i', 's', 'd', 12, DISCONNECTED), W('d', 'c', 'c', 'c', 2, DISCONNECTED),
	W('d', 'u', 'r', 'n', 8, DURATION), W('d', 'r', 'r', 'r', 2, DURATION),
	W('e', 'm', 'b', 'd', 5, EMBED), W('e', 'm', 'm', 'm', 2, EMBED),
	W('e', 'm', 'e', 'y', 9, EMERGENCY), W('e', 'g', 'g', 'g', 2, EMERGENCY),
	W('e', 'm', 'e', 'n', 17, EMERGENCY_OFF), W('e', 'm', 'e', 'f', 12, EMERGENCY_OFF),
	W('e', 'g', 'o', 'o', 3, EMERGENCY_OFF),
	W('e', 'm', 'e', 'e', 14, EMERGENCY_VALUE), W('e', 'g', 'v', 'v', 3, EMERGENCY_VALUE),
	W('e', 'r', 'r', 'r', 5, ERROR), W('e', 'r', 'r', 'r', 2, ERROR),
	W('e', 'v', 'e', 'r', 11, EVENT_BUFFER), W('e', 'b', 'b', 'b', 2, EVENT_BUFFER),
	W('e', 'v', 'e', 's', 6, EVENTS), W('e', 'e', 'e', 'e', 1, EVENTS),
	W('e', 'x', 't', 'l', 8, EXTERNAL), W('e', 'x', 'x', 'x', 2, EXTERNAL),
	W('f', 'a', 'i', 'r', 8, FAILOVER), W('f', 'l', 'l', 'l', 2, FAILOVER),
	W('f', 'o', 'r', 'd', 6, FORCED), W('f', 'o', 'o', 'o', 2, FORCED),
	W('g', 'r', 'a', 'l', 8, GRACEFUL), W('g', 'r', 'r', 'r', 2, GRACEFUL),
	W('h', 'a', 'n', 'f', 7, HANDOFF), W('h', 'o', 'o', 'o', 2, HANDOFF),
	W('i', 'e', 'p', 'l', 8, IEPS), W('i', 'e', 'p', 's', 4, IEPS),
	W('i', 'm', 'm', 'd', 14, IMM_ACK), W('i', 'a', 'a', 'a', 2, IMM_ACK),
	W('i', 'm', 'm', 'y', 15, IMM_NOTIFY), W('n', 'b', 'i', 'n', 4, IMM_NOTIFY),
	W('i', 'n', 'a', 'e', 8, INACTIVE), W('i', 'n', 'n', 'n', 2, INACTIVE),
	W('i', 'n', 's', 'e', 9, IN_SERVICE), W('i', 'v', 'v', 'v', 2, IN_SERVICE),
	W('i', 'n', 't', 'l', 8, INTERNAL), W('i', 't', 't', 't', 2, INTERNAL),
	W('i', 'n', 't', 'l', 11, INTERSIGNAL), W('s', 'p', 'a', 's', 5, INTERSIGNAL),
	W('i', 'n', 't', 't', 10, INT_BY_EVENT), W('i', 'b', 'e', 'e', 3, INT_BY_EVENT),
	W('i', 'n', 't', 'r', 13, INT_BY_SIGNALS), W('i', 'b', 's', 's', 3, INT_BY_SIGNALS),
	W('i', 's', 'o', 'e', 7, ISOLATE), W('i', 's', 's', 's', 2, ISOLATE),
	W('i', 't', 'e', 'n', 9, ITERATION), W('i', 'r', 'r', 'r', 2, ITERATION),
	W('k', 'e', 'e', 'e', 10, KEEP_ACTIVE), W('k', 'a', 'a', 'a', 2, KEEP_ACTIVE),
	W('l', 'o', 'c', 'l', 5, LOCAL), W('l', 'l', 'l', 'l', 1, LOCAL),
	W('l', 'o', 'c', 'l', 12, LOCAL_CONTROL), W('o', 'o', 'o', 'o', 1, LOCAL_CONTROL),
	W('l', 'o', 'c', 'p', 8, LOCKSTEP), W('s', 'p', 'p', 'p', 2, LOCKSTEP),
	W('l', 'o', 'o', 'k', 8, LOOPBACK), W('l', 'b', 'b', 'b', 2, LOOPBACK),
	W('m', 'e', 'd', 'a', 5, MEDIA), W('m', 'm', 'm', 'm', 1, MEDIA),
	W('m', 'e', 'g', 'o', 6, MEGACO),
	W('m', 'e', 't', 'd', 6, METHOD), W('m', 't', 't', 't', 2, METHOD),
	W('m', 'g', 'c', 'y', 10, MGC_ID), W('m', 'g', 'g', 'g', 2, MGC_ID),
	W('m', 'o', 'd', 'e', 4, MODE), W('m', 'o', 'o', 'o', 2, MODE),
	W('m', 'o', 'd', 'm', 5, MODEM), W('m', 'd', 'd', 'd', 2, MODEM),
	W('m', 'o', 'd', 'y', 6, MODIFY), W('m', 'f', 'f', 'f', 2, MODIFY),
	W('m', 'o', 'v', 'e', 4, MOVE), W('m', 'v', 'v', 'v', 2, MOVE),
	W('m', 't', 'p', 'p', 3, MTP),
	W('m', 'u', 'x', 'x', 3, MUX), W('m', 'x', 'x', 'x', 2, MUX),
	W('n', 'e', 'v', 'y', 11, NEVER_NOTIFY), W('n', 'b', 'n', 'n', 4, NEVER_NOTIFY),
	W('n', 'o', 't', 'y', 6, NOTIFY), W('n', 'n', 'n', 'n', 1, NOTIFY),
	W('n', 'o', 't', 'n', 16, NOTIFY_COMPLETION),
	W('n', 'c', 'c', 'c', 2, NOTIFY_COMPLETION),
	W('o', 'b', 's', 's', 14, OBSERVED), W('o', 'e', 'e', 'e', 2, OBSERVED),
	W('o', 'f', 'f', 'f', 3, OFF),
	W('o', 'n', 'n', 'n', 2, ON),
	W('o', 'n', 'e', 'y', 6, ONEWAY), W('o', 'w', 'w', 'w', 2, ONEWAY),
	W('o', 'n', 'e', 'h', 10, ONEWAY_BOTH), W('o', 'w', 'b', 'b', 3, ONEWAY_BOTH),
	W('o', 'n', 'e', 'l', 14, ONEWAY_EXTERNAL), W('o', 'w', 'e', 'e', 3, ONEWAY_EXTERNAL),
	W('o', 'n', 'o', 'f', 5, ON_OFF), W('o', 'o', 'o', 'o', 2, ON_OFF),
	W('o', 'r', 'l', 'c', 5, OR_LOGIC),
	W('o', 't', 'h', 'n', 11, OTHER_REASON), W('o', 'r', 'r', 'r', 2, OTHER_REASON),
	W('o', 'u', 't', 'e', 12, OUT_OF_SERVICE), W('o', 's', 's', 's', 2, OUT_OF_SERVICE),
	W('p', 'a', 'c', 's', 8, PACKAGES), W('p', 'g', 'g', 'g', 2, PACKAGES),
	W('p', 'e', 'n', 'g', 7, PENDING), W('p', 'n', 'n', 'n', 2, PENDING),
	W('p', 'r', 'i', 'y', 8, PRIORITY), W('p', 'r', 'r', 'r', 2, PRIORITY),
	W('p', 'r', 'o', 'e', 7, PROFILE), W('p', 'f', 'f', 'f', 2, PROFILE),
	W('r', 'e', 'a', 'n', 6, REASON), W('r', 'e', 'e', 'e', 2, REASON),
	W('r', 'e', 'c', 'y', 11, RECV_ONLY), W('r', 'c', 'c', 'c', 2, RECV_ONLY),
	W('r', 'e', 'g', 'y', 15, REGULATED_NOTIFY),
	W('n', 'b', 'r', 'n', 4, REGULATED_NOTIFY),
	W('r', 'e', 'm', 'e', 6, REMOTE), W('r', 'r', 'r', 'r', 1, REMOTE),
	W('r', 'e', 'p', 'y', 5, REPLY), W('p', 'p', 'p', 'p', 1, REPLY),
	W('s', 'p', 'a', 'd', 12, REQUEST_ID), W('s', 'p', 'a', 'q', 5, REQUEST_ID),
	W('r', 'e', 's', 'p', 13, RESERVED_GROUP), W('r', 'g', 'g', 'g', 2, RESERVED_GROUP),
	W('r', 'e', 's', 'e', 13, RESERVED_VALUE), W('r', 'v', 'v', 'v', 2, RESERVED_VALUE),
	W('r', 'e', 's', 'r', 21, RESET_EVENTS), W('r', 's', 'e', 'e', 3, RESET_EVENTS),
	W('r', 'e', 's', 't', 7, RESTART), W('r', 's', 's', 's', 2, RESTART),
	W('s', 'e', 'g', 't', 7, SEGMENT), W('s', 'm', 'm', 'm', 2, SEGMENT),
	W('e', 'n', 'd', 'd', 3, SEGMENT_END),
	W('s', 'e', 'n', 'y', 8, SEND_ONLY), W('s', 'o', 'o', 'o', 2, SEND_ONLY),
	W('s', 'e', 'n', 'e', 11, SEND_RECV), W('s', 'r', 'r', 'r', 2, SEND_RECV),
	W('s', 'e', 'r', 's', 8, SERVICES), W('s', 'v', 'v', 'v', 2, SERVICES),
	W('s', 'e', 'r', 'e', 13, SERVICE_CHANGE), W('s', 'c', 'c', 'c', 2, SERVICE_CHANGE),
	W('s', 'e', 'r', 's', 20, SERVICE_CHANGE_ADDRESS),
	W('a', 'd', 'd', 'd', 2, SERVICE_CHANGE_ADDRESS),
	W('s', 'e', 'r', 'c', 16, SERVICE_CHANGE_INC),
	W('s', 'i', 'c', 'c', 3, SERVICE_CHANGE_INC),
	W('s', 'e', 'r', 's', 13, SERVICE_STATES), W('s', 'i', 'i', 'i', 2, SERVICE_STATES),
	W('s', 'i', 'g', 's', 7, SIGNALS), W('s', 'g', 'g', 'g', 2, SIGNALS),
	W('s', 'i', 'g', 't', 10, SIGNAL_LIST), W('s', 'l', 'l', 'l', 2, SIGNAL_LIST),
	W('s', 'i', 'g', 'e', 10, SIGNAL_TYPE), W('s', 'y', 'y', 'y', 2, SIGNAL_TYPE),
	W('s', 't', 'a', 's', 10, STATISTICS), W('s', 'a', 'a', 'a', 2, STATISTICS),
	W('s', 't', 'r', 'm', 6, STREAM), W('s', 't', 't', 't', 2, STREAM),
	W('s', 'u', 'b', 't', 8, SUBTRACT), W('s', 's', 's', 's', 1, SUBTRACT),
	W('t', 'e', 'r', 'e', 16, TERMINATION_STATE),
	W('t', 's', 's', 's', 2, TERMINATION_STATE),
	W('t', 'e', 's', 't', 4, TEST), W('t', 'e', 'e', 'e', 2, TEST),
	W('t', 'i', 'm', 't', 7, TIMEOUT), W('t', 'o', 'o', 'o', 2, TIMEOUT),
	W('t', 'o', 'p', 'y', 8, TOPOLOGY), W('t', 'p', 'p', 'p', 2, TOPOLOGY),
	W('t', 'r', 'a', 'n', 11, TRANSACTION), W('t', 't', 't', 't', 1, TRANSACTION),
	W('t', 'r', 'a', 'k', 22, TRANSACTION_ACK), W('k', 'k', 'k', 'k', 1, TRANSACTION_ACK),
	W('v', 'e', 'r', 'n', 7, VERSION), W('v', 'v', 'v', 'v', 1, VERSION),
};

#undef W

static bool same(struct str word, struct str token)
{
	size_t i;

	if (word.len != token.len)
		return false;
	/* no octet of a word becomes one of a token by this but by being it */
	for (i = 0; i < word.len; i++)
		if ((word.p[i] ^ token.p[i]) & ~0x20)
			return false;
	return true;
}

enum h248_token h248_token_of(struct str word)
{
	const char *p = word.p;
	enum h248_token token;
	size_t n = word.len, i;

	if (!n)
		return TOK_NONE;
	if (n == 1 && (*p == '!' || *p == '&'))
		return *p == '!' ? TOK_MEGACO : TOK_SEGMENT_END;
	token = slots[HASH(p[0], p[n > 1], p[n > 2 ? 2 : n - 1], p[n - 1], n)];
	if (token == TOK_NONE)
		return TOK_NONE;
	if (same(word, forms[token][0]) || same(word, forms[token][1]))
		return token;
	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (same(word, aliases[i].text))
			return aliases[i].token;
	return TOK_NONE;
}

struct str h248_token_text(enum h248_token token, bool compact)
{
	return forms[token][compact];
}
