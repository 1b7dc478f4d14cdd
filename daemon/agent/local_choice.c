// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what is taken of several alternatives in Local (H.248.1 7.1.7, 7.1.8).
 *
 * ReserveGroup keeps those session descriptions that the same port can serve beside
 * the one taken; without it there is one. ReserveValue keeps all formats of m=;
 * without it there is one, too, and what belonged to the others goes with them.
 * Context: the thread of the event loop.
 */
#include "agent/agent_private.h"
#include "codec/sdp.h"

/* "a=rtpmap:8 PCMA/8000", "a=fmtp:8 ..." of a format that was not taken */
static bool describes(const struct sdp_line *line, struct str format)
{
	static const char *const names[] = { "rtpmap:", "fmtp:" };
	struct str v = line->value;
	unsigned int i;
	size_t n;

	for (i = 0; line->type == 'a' && i < 2; i++) {
		n = strlen(names[i]);
		if (v.len < n + format.len || memcmp(v.p, names[i], n) ||
		    memcmp(v.p + n, format.p, format.len))
			continue;
		if (v.len == n + format.len || v.p[n + format.len] == ' ')
			return true;
	}
	return false;
}

static void drop_descriptions(struct sdp_session *s, struct str format)
{
	struct sdp_line **at = &s->lines, *line;

	s->last = NULL;
	while ((line = *at)) {
		if (describes(line, format)) {
			*at = line->next;
			continue;
		}
		s->last = line;
		at = &line->next;
	}
}

bool local_one_format(struct sdp_session *s)
{
	struct sdp_field *first = s->media.formats, *f;
	struct str *line = &s->media.line->value;

	if (!first || !first->next)
		return false;
	for (f = first->next; f; f = f->next)
		drop_descriptions(s, f->text);
	/* The formats come last, so the line ends after the first of them. */
	line->len = (size_t)(first->text.p + first->text.len - line->p);
	first->next = NULL;
	return true;
}

void local_keep_group(struct work *w, const struct termination *t, struct stream_change *change)
{
	struct sdp_session **at = &change->session->next, *s;
	struct stream_change probe;
	unsigned int code = w->code;
	bool same;

	while ((s = *at)) {
		probe = *change;
		same = !local_session(w, t, &probe, s) && probe.family == change->family &&
		       probe.port == change->port &&
		       probe.set.want.proto == change->set.want.proto &&
		       probe.set.want.setup == change->set.want.setup;
		w->code = code;
		if (same)
			at = &s->next;
		else
			*at = s->next;
	}
}
