// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_token: see text_token.h. The spellings are sorted by first letter, then by
 * length: a word is compared in full with very few of them.
 */
#include "codec/text_token.h"

static const struct str forms[TOK_COUNT][2] = {
#define X(name, pretty, compact) \
	[TOK_##name] = { { pretty, sizeof(pretty) - 1 }, { compact, sizeof(compact) - 1 } },
	H248_TOKENS(X)
#undef X
};

struct spelling {
	unsigned char len;
	unsigned char token;
	char text[23];		/* lower case */
};

#define S(spelling, token) { sizeof(spelling) - 1, TOK_##token, spelling }

static const struct spelling w_bang[] = {
	S("!", MEGACO),
};

static const struct spelling w_amp[] = {
	S("&", SEGMENT_END),
};

static const struct spelling w_a[] = {
	S("a", ADD),
	S("ac", AUDIT_CAP),
	S("ad", SERVICE_CHANGE_ADDRESS),
	S("at", AUDIT),
	S("au", AUTH),
	S("av", AUDIT_VALUE),
	S("add", ADD),
	S("audit", AUDIT),
	S("andlgc", AND_LOGIC),
	S("anslgc", AND_LOGIC),	/* a misprint that another stack sends */
	S("auditvalue", AUDIT_VALUE),
	S("authentication", AUTH),
	S("auditcapability", AUDIT_CAP),
};

static const struct spelling w_b[] = {
	S("b", BOTH),
	S("bf", BUFFER),
	S("br", BRIEF),
	S("bw", BOTHWAY),
	S("both", BOTH),
	S("brief", BRIEF),
	S("buffer", BUFFER),
	S("bothway", BOTHWAY),
};

static const struct spelling w_c[] = {
	S("c", CONTEXT),
	S("ca", CONTEXT_AUDIT),
	S("ct", CONTEXT_ATTR),
	S("clt", CONTEXT_LIST),
	S("context", CONTEXT),
	S("contextattr", CONTEXT_ATTR),
	S("contextlist", CONTEXT_LIST),
	S("contextaudit", CONTEXT_AUDIT),
};

static const struct spelling w_d[] = {
	S("dc", DISCONNECTED),
	S("dl", DELAY),
	S("dm", DIGITMAP),
	S("dr", DURATION),
	S("delay", DELAY),
	S("digitmap", DIGITMAP),
	S("duration", DURATION),
	S("disconnected", DISCONNECTED),
};

static const struct spelling w_e[] = {
	S("e", EVENTS),
	S("eb", EVENT_BUFFER),
	S("eg", EMERGENCY),
	S("em", EMBED),
	S("er", ERROR),
	S("ex", EXTERNAL),
	S("ego", EMERGENCY_OFF),
	S("egv", EMERGENCY_VALUE),
	S("end", SEGMENT_END),
	S("embed", EMBED),
	S("error", ERROR),
	S("events", EVENTS),
	S("external", EXTERNAL),
	S("emergency", EMERGENCY),
	S("eventbuffer", EVENT_BUFFER),
	S("emergencyoff", EMERGENCY_OFF),
	S("emergencyvalue", EMERGENCY_VALUE),
	S("emergencyofftoken", EMERGENCY_OFF),	/* how version 2 prints it */
};

static const struct spelling w_f[] = {
	S("fl", FAILOVER),
	S("fo", FORCED),
	S("forced", FORCED),
	S("failover", FAILOVER),
};

static const struct spelling w_g[] = {
	S("gr", GRACEFUL),
	S("graceful", GRACEFUL),
};

static const struct spelling w_h[] = {
	S("ho", HANDOFF),
	S("handoff", HANDOFF),
};

static const struct spelling w_i[] = {
	S("ia", IMM_ACK),
	S("in", INACTIVE),
	S("ir", ITERATION),
	S("is", ISOLATE),
	S("it", INTERNAL),
	S("iv", IN_SERVICE),
	S("ibe", INT_BY_EVENT),
	S("ibs", INT_BY_SIGNALS),
	S("ieps", IEPS),
	S("isolate", ISOLATE),
	S("iepscall", IEPS),
	S("inactive", INACTIVE),
	S("internal", INTERNAL),
	S("inservice", IN_SERVICE),
	S("iteration", ITERATION),
	S("intbyevent", INT_BY_EVENT),
	S("intersignal", INTERSIGNAL),
	S("intbysigdescr", INT_BY_SIGNALS),
	S("immackrequired", IMM_ACK),
	S("immediatenotify", IMM_NOTIFY),
};

static const struct spelling w_k[] = {
	S("k", TRANSACTION_ACK),
	S("ka", KEEP_ACTIVE),
	S("keepactive", KEEP_ACTIVE),
};

static const struct spelling w_l[] = {
	S("l", LOCAL),
	S("lb", LOOPBACK),
	S("local", LOCAL),
	S("lockstep", LOCKSTEP),
	S("loopback", LOOPBACK),
	S("localcontrol", LOCAL_CONTROL),
};

static const struct spelling w_m[] = {
	S("m", MEDIA),
	S("md", MODEM),
	S("mf", MODIFY),
	S("mg", MGC_ID),
	S("mo", MODE),
	S("mt", METHOD),
	S("mv", MOVE),
	S("mx", MUX),
	S("mtp", MTP),
	S("mux", MUX),
	S("mode", MODE),
	S("move", MOVE),
	S("media", MEDIA),
	S("modem", MODEM),
	S("megaco", MEGACO),
	S("method", METHOD),
	S("modify", MODIFY),
	S("mgcidtotry", MGC_ID),
};

static const struct spelling w_n[] = {
	S("n", NOTIFY),
	S("nc", NOTIFY_COMPLETION),
	S("nbin", IMM_NOTIFY),
	S("nbnn", NEVER_NOTIFY),
	S("nbrn", REGULATED_NOTIFY),
	S("notify", NOTIFY),
	S("nevernotify", NEVER_NOTIFY),
	S("notifycompletion", NOTIFY_COMPLETION),
};

static const struct spelling w_o[] = {
	S("o", LOCAL_CONTROL),
	S("oe", OBSERVED),
	S("on", ON),
	S("oo", ON_OFF),
	S("or", OTHER_REASON),
	S("os", OUT_OF_SERVICE),
	S("ow", ONEWAY),
	S("off", OFF),
	S("owb", ONEWAY_BOTH),
	S("owe", ONEWAY_EXTERNAL),
	S("onoff", ON_OFF),
	S("orlgc", OR_LOGIC),
	S("oneway", ONEWAY),
	S("onewayboth", ONEWAY_BOTH),
	S("otherreason", OTHER_REASON),
	S("outofservice", OUT_OF_SERVICE),
	S("observedevents", OBSERVED),
	S("onewayexternal", ONEWAY_EXTERNAL),
};

static const struct spelling w_p[] = {
	S("p", REPLY),
	S("pf", PROFILE),
	S("pg", PACKAGES),
	S("pn", PENDING),
	S("pr", PRIORITY),
	S("pending", PENDING),
	S("profile", PROFILE),
	S("packages", PACKAGES),
	S("priority", PRIORITY),
};

static const struct spelling w_r[] = {
	S("r", REMOTE),
	S("rc", RECV_ONLY),
	S("re", REASON),
	S("rg", RESERVED_GROUP),
	S("rs", RESTART),
	S("rv", RESERVED_VALUE),
	S("rse", RESET_EVENTS),
	S("reply", REPLY),
	S("reason", REASON),
	S("remote", REMOTE),
	S("restart", RESTART),
	S("receiveonly", RECV_ONLY),
	S("reservedgroup", RESERVED_GROUP),
	S("reservedvalue", RESERVED_VALUE),
	S("regulatednotify", REGULATED_NOTIFY),
	S("reseteventsdescriptor", RESET_EVENTS),
};

static const struct spelling w_s[] = {
	S("s", SUBTRACT),
	S("sa", STATISTICS),
	S("sc", SERVICE_CHANGE),
	S("sg", SIGNALS),
	S("si", SERVICE_STATES),
	S("sl", SIGNAL_LIST),
	S("sm", SEGMENT),
	S("so", SEND_ONLY),
	S("sp", LOCKSTEP),
	S("sr", SEND_RECV),
	S("st", STREAM),
	S("sv", SERVICES),
	S("sy", SIGNAL_TYPE),
	S("sic", SERVICE_CHANGE_INC),
	S("spadi", DIRECTION),
	S("spais", INTERSIGNAL),
	S("sparq", REQUEST_ID),
	S("stream", STREAM),
	S("segment", SEGMENT),
	S("signals", SIGNALS),
	S("sendonly", SEND_ONLY),
	S("services", SERVICES),
	S("subtract", SUBTRACT),
	S("signallist", SIGNAL_LIST),
	S("signaltype", SIGNAL_TYPE),
	S("statistics", STATISTICS),
	S("sendreceive", SEND_RECV),
	S("spadirection", DIRECTION),
	S("sparequestid", REQUEST_ID),
	S("servicechange", SERVICE_CHANGE),
	S("servicestates", SERVICE_STATES),
	S("servicechangeinc", SERVICE_CHANGE_INC),
	S("servicechangeaddress", SERVICE_CHANGE_ADDRESS),
};

static const struct spelling w_t[] = {
	S("t", TRANSACTION),
	S("te", TEST),
	S("to", TIMEOUT),
	S("tp", TOPOLOGY),
	S("ts", TERMINATION_STATE),
	S("test", TEST),
	S("timeout", TIMEOUT),
	S("topology", TOPOLOGY),
	S("transaction", TRANSACTION),
	S("terminationstate", TERMINATION_STATE),
	S("transactionresponseack", TRANSACTION_ACK),
};

static const struct spelling w_v[] = {
	S("v", VERSION),
	S("version", VERSION),
};

#undef S

#define LETTER(index, table) [(index) & 0x1f] = { table, sizeof(table) / sizeof((table)[0]) }

/* by the low five bits of the first octet */
static const struct {
	const struct spelling *first;
	size_t n;
} letters[32] = {
	LETTER('a', w_a), LETTER('b', w_b), LETTER('c', w_c), LETTER('d', w_d), LETTER('e', w_e),
	LETTER('f', w_f), LETTER('g', w_g), LETTER('h', w_h), LETTER('i', w_i), LETTER('k', w_k),
	LETTER('l', w_l), LETTER('m', w_m), LETTER('n', w_n), LETTER('o', w_o), LETTER('p', w_p),
	LETTER('r', w_r), LETTER('s', w_s), LETTER('t', w_t), LETTER('v', w_v),
};

enum h248_token h248_token_of(struct str word)
{
	const struct spelling *s;
	size_t i, k, n;

	if (!word.len || word.len >= sizeof(s->text))
		return TOK_NONE;
	if (word.len == 1 && word.p[0] == w_bang[0].text[0])
		return (enum h248_token)w_bang[0].token;
	if (word.len == 1 && word.p[0] == w_amp[0].text[0])
		return (enum h248_token)w_amp[0].token;
	s = letters[word.p[0] & 0x1f].first;
	n = letters[word.p[0] & 0x1f].n;
	for (i = 0; i < n && s[i].len <= word.len; i++) {
		if (s[i].len != word.len)
			continue;
		for (k = 0; k < word.len; k++)
			if (ascii_lower(word.p[k]) != s[i].text[k])
				break;
		if (k == word.len)
			return (enum h248_token)s[i].token;
	}
	return TOK_NONE;
}

struct str h248_token_text(enum h248_token token, bool compact)
{
	return forms[token][compact];
}
