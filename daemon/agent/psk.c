// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: pre-shared keys of TLS, out of Local, Remote and LocalControl.
 *
 * Nobody has published how the "Pre-Shared Key" element of TS 23.333 is carried. It is taken
 * from a=psk, k= (RFC 4566 5.12) and a property, whose name is that of the attribute, too.
 * A key goes no further than into struct psk: descriptors are kept, audited and recorded
 * without it, and what is refused does not echo it.
 * Context: the thread of the event loop.
 */
#include <stdio.h>
#include <string.h>

#include "agent/agent_private.h"
#include "bearer/psk.h"
#include "codec/sdp.h"

#define KEY_RULE "16 to 64 octets in hexadecimal or base64"

_Static_assert(PSK_KEY_MIN == 16 && PSK_KEY_MAX == 64, "KEY_RULE tells it");

struct key {
	uint8_t octets[PSK_KEY_MAX];
	size_t len;			/* 0: none */
};

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, ascii_lower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool from_hex(struct str s, struct key *out)
{
	int high, low;
	size_t i;

	if (s.len % 2 || s.len / 2 > sizeof(out->octets))
		return false;
	for (i = 0; i < s.len / 2; i++) {
		high = hex(s.p[2 * i]);
		low = hex(s.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->octets[i] = (uint8_t)(high << 4 | low);
	}
	out->len = i;
	return true;
}

/* RFC 4648 4; the filling may be left out. */
static bool from_base64(struct str s, struct key *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0, n = 0;
	const char *at;
	size_t i;

	for (i = 0; i < 2 && s.len && s.p[s.len - 1] == '='; i++)
		s.len--;
	for (i = 0; i < s.len; i++) {
		at = s.p[i] ? strchr(digits, s.p[i]) : NULL;
		if (!at)
			return false;
		bits = bits << 6 | (unsigned int)(at - digits);
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		if (out->len == sizeof(out->octets))
			return false;
		out->octets[out->len++] = (uint8_t)(bits >> n);
	}
	return n < 6 && !(bits & ((1U << n) - 1));
}

static bool after(struct str s, const char *prefix, struct str *rest)
{
	size_t n = strlen(prefix);

	*rest = (struct str){ s.p + n, s.len - n };
	return s.len >= n && str_iis((struct str){ s.p, n }, prefix);
}

static bool in_range(const struct key *key)
{
	return key->len >= PSK_KEY_MIN && key->len <= PSK_KEY_MAX;
}

/* "hex:", "base64:", or neither: what has hexadecimal digits only is taken as such. */
static bool key_of_text(struct str s, struct key *out)
{
	struct str rest;

	*out = (struct key){ 0 };
	if (after(s, "hex:", &rest))
		return from_hex(rest, out) && in_range(out);
	if (after(s, "base64:", &rest))
		return from_base64(rest, out) && in_range(out);
	if (from_hex(s, out))
		return in_range(out);
	*out = (struct key){ 0 };
	return from_base64(s, out) && in_range(out);
}

static bool key_of_k(struct str s, struct key *out)
{
	struct str rest;

	*out = (struct key){ 0 };
	if (after(s, "base64:", &rest))
		return from_base64(rest, out) && in_range(out);
	if (!after(s, "clear:", &rest) || rest.len > sizeof(out->octets))
		return false;
	memcpy(out->octets, rest.p, rest.len);
	out->len = rest.len;
	return in_range(out);
}

static int set_psk(struct work *w, struct psk **to, const struct key *key, const char *identity)
{
	struct psk *psk = key->len ? psk_new(key->octets, key->len, identity) : NULL;

	if (key->len && !psk)
		return refuse_memory(w);
	psk_put(*to);
	*to = psk;
	return 0;
}

/* ---- SDP ---- */

static bool is_attribute(const struct sdp_line *l, const char *name, struct str *value)
{
	struct str rest;

	return l->type == 'a' && after(l->value, name, &rest) && after(rest, ":", value);
}

static bool has_tls(const struct sdp_session *s)
{
	struct str rest;

	return after(s->media.proto, "TCP/TLS", &rest) || after(s->media.proto, "UDP/TLS", &rest) ||
	       after(s->media.proto, "UDP/DTLS", &rest);
}

static int add_key(struct work *w, const char *what, const struct key *one, struct key *all)
{
	if (all->len && (all->len != one->len || memcmp(all->octets, one->octets, one->len)))
		return refuse(w, 449, "%s has more than one pre-shared key", what);
	*all = *one;
	return 0;
}

/* Return: 1 a line that must not be kept, 0 another one, -1 refused. */
static int read_line(struct work *w, const char *what, const struct sdp_session *s,
		     const struct sdp_line *l, struct key *all, struct str *identity)
{
	const struct packages *names = &w->agent->packages;
	const char *psk = packages_row_name(names, packages_row(ROW_PSK));
	const char *id = packages_row_name(names, packages_row(ROW_PSK_IDENTITY));
	struct str value;
	struct key one;
	int err;

	if (is_attribute(l, id, &value)) {
		if (!value.len || value.len > PSK_IDENTITY_MAX)
			return refuse(w, 449, "a=%s: not 1 to %d octets", id, PSK_IDENTITY_MAX);
		*identity = value;
		return 0;
	}
	if (l->type == 'k') {
		/* Other transports may have a use of their own for it, which is not ours. */
		if (!has_tls(s))
			return 1;
		if (!key_of_k(l->value, &one))
			err = refuse(w, 449, "k=: not clear or base64 with 16 to 64 octets");
		else
			err = add_key(w, what, &one, all);
	} else if (is_attribute(l, psk, &value)) {
		if (!key_of_text(value, &one))
			err = refuse(w, 449, "a=%s: not " KEY_RULE, psk);
		else
			err = add_key(w, what, &one, all);
	} else {
		return 0;
	}
	explicit_bzero(&one, sizeof(one));
	return err ? -1 : 1;
}

int psk_of_sdp(struct work *w, const char *what, struct sdp *sdp, struct psk **to)
{
	char name[PSK_IDENTITY_MAX + 1];
	struct str identity = STR("");
	struct key all = { 0 };
	struct sdp_session *s;
	struct sdp_line **p;
	int ret = 0;

	for (s = sdp->sessions; s && ret >= 0; s = s->next) {
		s->last = NULL;
		for (p = &s->lines; *p && ret >= 0;) {
			ret = read_line(w, what, s, *p, &all, &identity);
			if (ret == 1) {
				*p = (*p)->next;
				continue;
			}
			s->last = *p;
			p = &(*p)->next;
		}
	}
	if (ret >= 0) {
		snprintf(name, sizeof(name), "%.*s", STR_ARG(identity));
		ret = set_psk(w, to, &all, name);
	}
	explicit_bzero(&all, sizeof(all));
	return ret < 0 ? -1 : 0;
}

/* ---- LocalControl ---- */

int psk_of_property(struct work *w, const struct h248_property *p, struct stream_setting *set)
{
	const struct h248_value *v = p->values.first;
	const char *name = packages_row_name(&w->agent->packages, packages_row(ROW_PSK));
	struct key key = { 0 };
	int err;

	if (p->form != H248_FORM_EQUAL || !v || v->next ||
	    (v->text.len && !key_of_text(v->text, &key)))
		err = refuse(w, 449, "%s: not " KEY_RULE, name);
	else
		err = set_psk(w, &set->psk[PSK_OF_CONTROL], &key, "");
	explicit_bzero(&key, sizeof(key));
	return err;
}

/* The identity may come with the key, before it or after it. */
static int name_property_key(struct work *w, struct stream_setting *set)
{
	struct psk *psk = set->psk[PSK_OF_CONTROL];
	const char *identity = property_get(set, ROW_PSK_IDENTITY);
	struct key key = { 0 };
	int err;

	if (!psk || !strcmp(psk->identity, identity))
		return 0;
	memcpy(key.octets, psk->key, psk->len);
	key.len = psk->len;
	err = set_psk(w, &set->psk[PSK_OF_CONTROL], &key, identity);
	explicit_bzero(&key, sizeof(key));
	return err;
}

/* ---- settings ---- */

void psk_copy(struct stream_setting *to, const struct stream_setting *from)
{
	unsigned int i;

	for (i = 0; i < PSK_SOURCES; i++)
		to->psk[i] = psk_get(from->psk[i]);
}

void psk_free(struct stream_setting *set)
{
	unsigned int i;

	for (i = 0; i < PSK_SOURCES; i++)
		psk_put(set->psk[i]);
}

int psk_to_want(struct work *w, struct stream_setting *set, bool has_local)
{
	enum bearer_proto proto = has_local ? set->want.proto : set->remote_proto;
	unsigned int i;

	if (name_property_key(w, set))
		return -1;
	set->want.psk = NULL;
	for (i = 0; i < PSK_SOURCES && !set->want.psk; i++)
		set->want.psk = set->psk[i];
	if (!set->want.psk || bearer_proto_has_tls(proto) || (!has_local && !set->want.has_remote))
		return 0;
	return refuse(w, 473, "a pre-shared key without TLS");
}
