// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: SDP of Local and Remote, read into struct bearer_want and filled in.
 *
 * Local may leave address, port and fingerprint to the gateway ("$"); what comes
 * back is the text as received with these filled in, and nothing else changed.
 * Of several alternatives the first that can be done is taken.
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/agent_private.h"
#include "bearer/addr.h"
#include "codec/sdp.h"
#include "lib/log.h"

#define FINGERPRINT_TEXT_MAX	224	/* "fingerprint:SHA-512 " and 64 octets as AA: */

static const struct {
	const char *name;
	enum bearer_proto proto;
	bool msrp;
} protos[] = {
	{ "TCP", BEARER_TCP, false },
	{ "TCP/MSRP", BEARER_TCP, true },
	{ "TCP/BFCP", BEARER_TCP, false },
	{ "TCP/TLS", BEARER_TLS, false },
	{ "TCP/TLS/MSRP", BEARER_TLS, true },
	{ "TCP/TLS/BFCP", BEARER_TLS, false },
	{ "UDP", BEARER_UDP, false },
	{ "udptl", BEARER_UDP, false },
	{ "RTP/AVP", BEARER_UDP, false },
	{ "RTP/AVPF", BEARER_UDP, false },
	{ "RTP/SAVP", BEARER_UDP, false },
	{ "RTP/SAVPF", BEARER_UDP, false },
	{ "UDP/DTLS", BEARER_DTLS, false },
	{ "UDP/TLS", BEARER_DTLS, false },
	{ "UDP/TLS/UDPTL", BEARER_DTLS, false },
	{ "UDP/DTLS/UDPTL", BEARER_DTLS, false },
};

static const struct {
	const char *name;
	enum bearer_hash hash;
	uint8_t len;
} hashes[] = {
	{ "SHA-1", BEARER_SHA1, 20 },
	{ "SHA-224", BEARER_SHA224, 28 },
	{ "SHA-256", BEARER_SHA256, 32 },
	{ "SHA-384", BEARER_SHA384, 48 },
	{ "SHA-512", BEARER_SHA512, 64 },
};

#define N_ELEMENTS(a)	(sizeof(a) / sizeof((a)[0]))

static struct str trim(struct str s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* "SHA-256 AA:BB" into its two words; the second is empty if there is only one. */
static void two_words(struct str s, struct str *first, struct str *second)
{
	size_t i;

	s = trim(s);
	for (i = 0; i < s.len && s.p[i] != ' ' && s.p[i] != '\t'; i++)
		;
	*first = (struct str){ s.p, i };
	*second = trim((struct str){ s.p + i, s.len - i });
}

/* What features leaves out is refused. */
static int feature_check(struct work *w, struct str proto, enum bearer_proto bearer, bool msrp)
{
	const unsigned int on = w->agent->config->features;

	/* A call that is there goes on. */
	if (w->adopting)
		return 0;
	if (msrp && !(on & CONFIG_FEATURE_MSRP))
		return refuse(w, 515, "transport %.*s: MSRP is switched off", STR_ARG(proto));
	if (bearer == BEARER_TLS && !(on & CONFIG_FEATURE_TLS))
		return refuse(w, 501, "transport %.*s: TLS is switched off", STR_ARG(proto));
	if (bearer == BEARER_DTLS && !(on & CONFIG_FEATURE_DTLS))
		return refuse(w, 501, "transport %.*s: DTLS is switched off", STR_ARG(proto));
	return 0;
}

static int proto_of(struct work *w, const struct sdp_session *s, enum bearer_proto *out,
		    bool *msrp)
{
	struct str proto = s->media.proto;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(protos); i++) {
		if (!str_iis(proto, protos[i].name))
			continue;
		*out = protos[i].proto;
		*msrp = protos[i].msrp;
		return feature_check(w, proto, protos[i].proto, protos[i].msrp);
	}
	return refuse(w, 449, "transport %.*s", STR_ARG(proto));
}

static bool is_rtp(struct str proto)
{
	return proto.len > 4 && str_iis((struct str){ proto.p, 4 }, "RTP/");
}

static enum bearer_media media_of(const struct sdp_session *s)
{
	if (str_iis(s->media.media, "message"))
		return BEARER_MEDIA_MESSAGE;
	if (str_iis(s->media.media, "image"))
		return BEARER_MEDIA_IMAGE;
	if (str_iis(s->media.media, "application"))
		return BEARER_MEDIA_APPLICATION;
	return BEARER_MEDIA_OTHER;
}

static int setup_of(struct work *w, const struct sdp_session *s, enum bearer_setup *out)
{
	static const char *const names[] = {
		[BEARER_SETUP_ACTIVE] = "active",
		[BEARER_SETUP_PASSIVE] = "passive",
		[BEARER_SETUP_ACTPASS] = "actpass",
		[BEARER_SETUP_HOLDCONN] = "holdconn",
	};
	struct str value;
	unsigned int i;

	*out = BEARER_SETUP_NONE;
	if (!sdp_attr(s, NULL, "setup", &value))
		return 0;
	value = trim(value);
	for (i = BEARER_SETUP_ACTIVE; i < N_ELEMENTS(names); i++) {
		if (str_iis(value, names[i])) {
			*out = (enum bearer_setup)i;
			return 0;
		}
	}
	return refuse(w, 449, "a=setup:%.*s", STR_ARG(value));
}

static int connection_of(struct work *w, const struct sdp_session *s, struct bearer_want *want)
{
	struct str value;

	if (!sdp_attr(s, NULL, "connection", &value))
		return 0;
	value = trim(value);
	if (str_iis(value, "new")) {
		want->connection_new = true;
		want->connection_existing = false;
	} else if (str_iis(value, "existing")) {
		want->connection_existing = true;
	} else {
		return refuse(w, 449, "a=connection:%.*s", STR_ARG(value));
	}
	return 0;
}

/* a=tls-id (RFC 8842 4): only whether it is another one matters, so a hash (FNV-1a) will do. */
static uint64_t tls_id_of(const struct sdp_session *s)
{
	uint64_t hash = 0xcbf29ce484222325;
	struct str value;
	size_t i;

	if (!sdp_attr(s, NULL, "tls-id", &value))
		return 0;
	value = trim(value);
	for (i = 0; i < value.len; i++)
		hash = (hash ^ (unsigned char)value.p[i]) * 0x100000001b3;
	return hash ? hash : 1;
}

/* a=path asks for rewriting, which is not built. */
static int check_path(struct work *w, const struct sdp_session *s, bool msrp)
{
	struct agent *agent = w->agent;
	struct str value;

	if (!msrp || !sdp_attr(s, NULL, "path", &value))
		return 0;
	if (agent->config->msrp_aware == CONFIG_MSRP_AWARE_REFUSE)
		return refuse(w, 501, "a=path with %.*s", STR_ARG(s->media.proto));
	if (!agent->msrp_path_logged)
		log_notice(agent->log, "a=path with %.*s is ignored, as configured",
			   STR_ARG(s->media.proto));
	agent->msrp_path_logged = true;
	return 0;
}

static int parse_address(struct str text, struct sockaddr_storage *out)
{
	char ip[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (!text.len || text.len >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text.p, text.len);
	ip[text.len] = '\0';
	if (inet_pton(AF_INET, ip, &((struct sockaddr_in *)out)->sin_addr) == 1)
		out->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)out)->sin6_addr) == 1)
		out->ss_family = AF_INET6;
	else
		return -EINVAL;
	return 0;
}

static int family_of(struct work *w, const struct sdp_connection *c, int *family)
{
	if (!str_iis(c->net, "IN") && !sdp_is_choose(c->net))
		return refuse(w, 449, "c=%.*s", STR_ARG(c->line->value));
	if (str_iis(c->type, "IP4"))
		*family = AF_INET;
	else if (str_iis(c->type, "IP6"))
		*family = AF_INET6;
	else if (sdp_is_choose(c->type))
		*family = AF_UNSPEC;
	else
		return refuse(w, 449, "c=%.*s", STR_ARG(c->line->value));
	return 0;
}

/* The address of Local: left open, or one of the realm's. */
static int local_address(struct work *w, const struct termination *t, const struct stream *s,
			 const struct sdp_connection *c, int *family)
{
	struct sockaddr_storage addr;
	unsigned int i;

	if (family_of(w, c, family))
		return -1;
	if (s->bearer && *family == AF_UNSPEC)
		*family = bearer_local(s->bearer)->ss_family;
	if (sdp_is_choose(c->addr)) {
		for (i = 0; i < t->realm->n_addresses; i++)
			if (*family == AF_UNSPEC || t->realm->address[i].ss_family == *family)
				break;
		if (i == t->realm->n_addresses)
			return refuse(w, 449, "c=%.*s: realm %s has no address of that family",
				      STR_ARG(c->line->value), t->realm->name);
	} else {
		if (parse_address(c->addr, &addr) ||
		    (*family != AF_UNSPEC && addr.ss_family != *family))
			return refuse(w, 449, "c=%.*s", STR_ARG(c->line->value));
		for (i = 0; i < t->realm->n_addresses; i++)
			if (addr_same_ip(&t->realm->address[i], &addr))
				break;
		if (i == t->realm->n_addresses)
			return refuse(w, 449, "c=%.*s: not an address of realm %s",
				      STR_ARG(c->line->value), t->realm->name);
		*family = addr.ss_family;
		if (s->bearer && !addr_same_ip(bearer_local(s->bearer), &addr))
			return refuse(w, 473, "c=%.*s: another address is reserved",
				      STR_ARG(c->line->value));
	}
	if (s->bearer && bearer_local(s->bearer)->ss_family != *family)
		return refuse(w, 473, "c=%.*s: an address of the other family is reserved",
			      STR_ARG(c->line->value));
	return 0;
}

static int local_port(struct work *w, const struct termination *t, const struct stream *s,
		      const struct sdp_media *m, uint16_t *port)
{
	uint64_t value;

	*port = 0;
	if (str_set(m->ports) && !str_is(m->ports, "1"))
		return refuse(w, 501, "m=%.*s: several ports", STR_ARG(m->line->value));
	if (sdp_is_choose(m->port))
		return 0;
	if (str_is(m->port, "-"))
		return refuse(w, 501, "m=%.*s: a stream without port", STR_ARG(m->line->value));
	if (!str_u64(m->port, 65535, &value))
		return refuse(w, 449, "port %.*s", STR_ARG(m->port));
	if (s->bearer && addr_port(bearer_local(s->bearer)) != value)
		return refuse(w, 473, "port %.*s: %u is reserved", STR_ARG(m->port),
			      addr_port(bearer_local(s->bearer)));
	if (value < t->realm->port_min || value > t->realm->port_max)
		return refuse(w, 449, "port %.*s: not of realm %s", STR_ARG(m->port),
			      t->realm->name);
	*port = (uint16_t)value;
	return 0;
}

static bool hash_permitted(const struct work *w, enum bearer_hash hash)
{
	/* What an earlier daemon agreed to goes on. */
	return w->adopting || (w->agent->config->fingerprint_hashes & 1U << hash);
}

/* Which hash "a=fingerprint:$", "$ $" or "SHA-256 $" asks for. */
static int hash_of(const struct work *w, struct str name, enum bearer_hash *out)
{
	unsigned int i;

	if (sdp_is_choose(name)) {
		/* Everybody knows SHA-256; without it, the strongest. */
		*out = BEARER_SHA256;
		if (hash_permitted(w, *out))
			return 0;
		for (i = BEARER_SHA512; !hash_permitted(w, (enum bearer_hash)i); i--)
			;
		*out = (enum bearer_hash)i;
		return 0;
	}
	for (i = 0; i < N_ELEMENTS(hashes); i++) {
		if (str_iis(name, hashes[i].name) && hash_permitted(w, hashes[i].hash)) {
			*out = hashes[i].hash;
			return 0;
		}
	}
	return -EINVAL;
}

/* A termination keeps the certificate whose fingerprint it has told, also for new streams. */
static int own_fingerprint(const struct work *w, const struct termination *t,
			   enum bearer_hash hash, char *buf, size_t len)
{
	const struct stream *s;

	for (s = t->streams; s; s = s->next)
		if (s->bearer)
			return bearer_fingerprint(s->bearer, hash, buf, len);
	return bearer_own_fingerprint(w->agent->env, t->bearer_realm, hash, buf, len);
}

static int local_fingerprints(struct work *w, const struct termination *t,
			      const struct sdp_session *s, enum bearer_proto proto)
{
	struct sdp_line *line = NULL;
	struct str value, name, digest;
	enum bearer_hash hash;
	char own[FINGERPRINT_TEXT_MAX];
	int len;

	for (line = sdp_attr(s, NULL, "fingerprint", &value); line;
	     line = line->next ? sdp_attr(s, line->next, "fingerprint", &value) : NULL) {
		if (!bearer_proto_has_tls(proto))
			return refuse(w, 473, "a=fingerprint with %.*s", STR_ARG(s->media.proto));
		two_words(value, &name, &digest);
		if (hash_of(w, name, &hash))
			return refuse(w, 449, "a=fingerprint:%.*s", STR_ARG(value));
		/* The certificate may have been taken away since. */
		if (w->adopting)
			continue;
		len = own_fingerprint(w, t, hash, own, sizeof(own));
		if (len < 0)
			return refuse(w, 449, "a=fingerprint:%.*s", STR_ARG(value));
		if (sdp_is_choose(digest) || (sdp_is_choose(name) && !digest.len))
			continue;
		if (!str_iis(trim(value), own))
			return refuse(w, 449, "a=fingerprint:%.*s is not the gateway's",
				      STR_ARG(value));
	}
	return 0;
}

/* "53020", "53020 IN IP4 126.16.64.4" (RFC 3605); the address is @like's if there is none. */
static int parse_rtcp(struct str value, const struct sockaddr_storage *like,
		      struct sockaddr_storage *out)
{
	struct str port, rest, net, type;
	uint64_t n;

	two_words(value, &port, &rest);
	if (!str_u64(port, 65535, &n) || !n)
		return -EINVAL;
	*out = *like;
	if (rest.len) {
		two_words(rest, &net, &rest);
		two_words(rest, &type, &rest);
		if (!str_iis(net, "IN") || parse_address(rest, out) ||
		    !str_iis(type, out->ss_family == AF_INET6 ? "IP6" : "IP4"))
			return -EINVAL;
	}
	addr_set_port(out, (uint16_t)n);
	return 0;
}

/* a=rtcp of Local: a port, or "$"; the address is that of the media. */
static int local_rtcp(struct work *w, const struct stream_setting *set, const struct sdp_session *s,
		      bool rtp, uint16_t *port)
{
	struct sockaddr_storage any = { .ss_family = AF_INET }, at;
	struct str value;

	*port = 0;
	if (!rtp || !sdp_attr(s, NULL, "rtcp", &value))
		return 0;
	value = trim(value);
	if (!gate_wants_rtcp(w->agent, set, rtp))
		return sdp_has_choose(value) ?
		       refuse(w, 473, "a=rtcp:%.*s without rtcph/rsb = on", STR_ARG(value)) : 0;
	if (sdp_is_choose(value))
		return 0;
	if (parse_rtcp(value, &any, &at))
		return refuse(w, 449, "a=rtcp:%.*s", STR_ARG(value));
	*port = addr_port(&at);
	return 0;
}

/* Where RTCP of the far end is: a=rtcp, else the port after that of the media. */
static int remote_rtcp(struct work *w, const struct sdp_session *s, struct bearer_want *want)
{
	uint16_t port = addr_port(&want->remote);
	struct str value;

	want->has_rtcp_remote = true;
	want->rtcp_remote = want->remote;
	addr_set_port(&want->rtcp_remote, port && port < UINT16_MAX ? port + 1 : 0);
	if (!is_rtp(s->media.proto) || !sdp_attr(s, NULL, "rtcp", &value))
		return 0;
	if (parse_rtcp(trim(value), &want->remote, &want->rtcp_remote))
		return refuse(w, 449, "a=rtcp:%.*s", STR_ARG(value));
	return 0;
}

/* What may be left open is address, port, that of RTCP, and fingerprint. */
static int no_other_choose(struct work *w, const struct sdp_session *s)
{
	const struct sdp_line *l;

	for (l = s->lines; l; l = l->next) {
		if (l->type == 'c' || l == s->media.line || !sdp_has_choose(l->value))
			continue;
		if (l->type == 'a' && l->value.len > 12 &&
		    !strncmp(l->value.p, "fingerprint:", 12))
			continue;
		if (l->type == 'a' && str_is(l->value, "rtcp:$") && is_rtp(s->media.proto))
			continue;
		return refuse(w, 449, "%c=%.*s", l->type, STR_ARG(l->value));
	}
	return 0;
}

static int has_lines(struct work *w, const struct sdp_session *s, const char *what)
{
	const struct sdp_connection *c = sdp_connection(s);

	if (!s->media.line)
		return refuse(w, 474, "%s has no m=", what);
	if (!c || !c->line)
		return refuse(w, 474, "%s has no c=", what);
	return 0;
}

int local_session(struct work *w, const struct termination *t, struct stream_change *change,
		  struct sdp_session *s)
{
	const struct stream *stream = change->stream;
	struct bearer_want want = change->set.want;
	enum bearer_proto proto;
	uint16_t rtcp_port;
	bool msrp;
	int err;

	err = has_lines(w, s, "Local");
	if (!err)
		err = proto_of(w, s, &proto, &msrp);
	if (err)
		return err;
	if (stream->bearer && bearer_proto_is_tcp(proto) != bearer_proto_is_tcp(want.proto))
		return refuse(w, 473, "transport %.*s: the stream cannot change between TCP and UDP",
			      STR_ARG(s->media.proto));
	want.proto = proto;
	want.rtp = is_rtp(s->media.proto);
	want.media = media_of(s);
	want.tls_id = tls_id_of(s);
	err = check_path(w, s, msrp);
	if (!err)
		err = setup_of(w, s, &want.setup);
	if (!err)
		err = connection_of(w, s, &want);
	if (!err)
		err = local_address(w, t, stream, sdp_connection(s), &change->family);
	if (!err)
		err = local_port(w, t, stream, &s->media, &change->port);
	if (!err)
		err = local_fingerprints(w, t, s, proto);
	if (!err)
		err = local_rtcp(w, &change->set, s, want.rtp, &rtcp_port);
	if (!err)
		err = no_other_choose(w, s);
	if (err)
		return err;
	change->set.want = want;
	change->set.rtcp_port = rtcp_port;
	change->session = s;
	return 0;
}

/* Without the pre-shared key, which goes to *psk. */
static int parse(struct work *w, const char *what, struct str text, struct sdp **out,
		 struct psk **psk)
{
	struct sdp_error err;
	int ret = sdp_parse(w->a, text, out, &err);

	if (ret == -EBADMSG)
		return refuse(w, 474, "%s, line %u column %u: %s", what, err.line, err.column,
			      err.text);
	if (ret)
		return refuse_memory(w);
	if (!(*out)->sessions)
		return refuse(w, 474, "%s is empty", what);
	return psk_of_sdp(w, what, *out, psk);
}

/* Leaves of the alternatives what is reserved. */
static void local_choose(struct work *w, const struct termination *t, struct stream_change *change)
{
	struct sdp_session *s = change->session;

	if (change->set.reserve_group == H248_ON)
		local_keep_group(w, t, change);
	else
		s->next = NULL;
	change->sdp->sessions = s;
	for (; s && change->set.reserve_value != H248_ON; s = s->next)
		if (local_one_format(s))
			change->echo_local = true;
}

int local_check(struct work *w, const struct termination *t, struct stream_change *change,
		struct str text)
{
	struct sdp_session *s;
	struct work first = *w;

	if (parse(w, "Local", text, &change->sdp, &change->set.psk[PSK_OF_LOCAL]))
		return -1;
	for (s = change->sdp->sessions; s; s = s->next) {
		if (!local_session(w, t, change, s)) {
			change->echo_local = change->sdp->sessions->next != NULL;
			local_choose(w, t, change);
			return 0;
		}
		/* The reply gives the reason of the alternative that the MGC prefers. */
		if (s == change->sdp->sessions)
			first = *w;
		w->code = 0;
	}
	*w = first;
	return -1;
}

static int fill_fingerprints(struct work *w, const struct termination *t,
			     struct sdp_session *s, bool *filled)
{
	char text[FINGERPRINT_TEXT_MAX] = "fingerprint:";
	const size_t prefix = strlen(text);
	struct str value, name, digest;
	struct sdp_line *line;
	enum bearer_hash hash;

	for (line = sdp_attr(s, NULL, "fingerprint", &value); line;
	     line = line->next ? sdp_attr(s, line->next, "fingerprint", &value) : NULL) {
		two_words(value, &name, &digest);
		if (!sdp_is_choose(digest) && !(sdp_is_choose(name) && !digest.len))
			continue;
		if (hash_of(w, name, &hash) ||
		    own_fingerprint(w, t, hash, text + prefix, sizeof(text) - prefix) < 0)
			return refuse(w, 500, "the gateway's fingerprint cannot be told");
		if (sdp_set_line(w->a, line, str_c(text)))
			return refuse_memory(w);
		*filled = true;
	}
	return 0;
}

static int keep_text(struct work *w, char **to, struct str text)
{
	char *copy = str_set(text) ? malloc(text.len + 1) : NULL;

	if (!copy)
		return refuse_memory(w);
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	free(*to);
	*to = copy;
	return 0;
}

static int fill_rtcp(struct work *w, struct stream_change *change, struct sdp_session *s)
{
	struct sdp_line *line;
	struct str value, text;

	line = sdp_attr(s, NULL, "rtcp", &value);
	if (!line || !sdp_is_choose(trim(value)))
		return 0;
	text = arena_printf(w->a, "rtcp:%u", bearer_rtcp_port(change->stream->bearer));
	if (!str_set(text) || sdp_set_line(w->a, line, text))
		return refuse_memory(w);
	change->echo_local = true;
	return 0;
}

static int fill_session(struct work *w, const struct termination *t, struct stream_change *change,
			struct sdp_session *s)
{
	const struct sockaddr_storage *local = bearer_local(change->stream->bearer);
	const struct sdp_connection *c = sdp_connection(s);
	char ip[INET6_ADDRSTRLEN];
	bool v6 = local->ss_family == AF_INET6;
	int err = 0;

	if (sdp_is_choose(c->addr) || sdp_is_choose(c->type) || sdp_is_choose(c->net)) {
		inet_ntop(local->ss_family,
			  v6 ? (const void *)&((const struct sockaddr_in6 *)local)->sin6_addr :
			       (const void *)&((const struct sockaddr_in *)local)->sin_addr,
			  ip, sizeof(ip));
		err = sdp_set_connection(w->a, s, "IN", v6 ? "IP6" : "IP4", ip);
		change->echo_local = true;
	}
	if (!err && sdp_is_choose(s->media.port)) {
		err = sdp_set_port(w->a, s, addr_port(local));
		change->echo_local = true;
	}
	/* media and formats mean nothing here, but what was "$" is not in the reply */
	if (!err)
		err = sdp_set_not_applicable(w->a, s);
	if (err < 0)
		return refuse_memory(w);
	if (err)
		change->echo_local = true;
	return fill_rtcp(w, change, s) || fill_fingerprints(w, t, s, &change->echo_local) ? -1 : 0;
}

int local_fill(struct work *w, const struct termination *t, struct stream_change *change)
{
	struct sdp_session *s;

	for (s = change->session; s; s = s->next)
		if (fill_session(w, t, change, s))
			return -1;
	return keep_text(w, &change->set.local, sdp_text(w->a, change->sdp));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Return: 1 understood, 0 a hash that nobody here knows or trusts, -1 nonsense. */
static int parse_fingerprint(const struct work *w, struct str value,
			     struct bearer_fingerprint *out)
{
	struct str name, digest;
	unsigned int i, n = 0;
	int high, low;
	size_t at;

	two_words(value, &name, &digest);
	for (i = 0; i < N_ELEMENTS(hashes); i++)
		if (str_iis(name, hashes[i].name))
			break;
	if (i == N_ELEMENTS(hashes))
		return 0;
	if (digest.len != hashes[i].len * 3U - 1)
		return -1;
	for (at = 0; at < digest.len; at += 3) {
		high = hex_digit(digest.p[at]);
		low = hex_digit(digest.p[at + 1]);
		if (high < 0 || low < 0 || (at + 2 < digest.len && digest.p[at + 2] != ':'))
			return -1;
		out->digest[n++] = (uint8_t)(high << 4 | low);
	}
	out->hash = hashes[i].hash;
	out->len = hashes[i].len;
	return hash_permitted(w, out->hash);
}

static int remote_fingerprints(struct work *w, const struct sdp_session *s,
			       struct bearer_want *want)
{
	struct bearer_fingerprint fp;
	struct sdp_line *line;
	struct str value, unknown = STR_NONE;
	int ret;

	want->n_fp = 0;
	for (line = sdp_attr(s, NULL, "fingerprint", &value); line;
	     line = line->next ? sdp_attr(s, line->next, "fingerprint", &value) : NULL) {
		memset(&fp, 0, sizeof(fp));
		ret = parse_fingerprint(w, value, &fp);
		if (ret < 0)
			return refuse(w, 449, "a=fingerprint:%.*s", STR_ARG(value));
		if (!ret) {
			unknown = value;
			continue;
		}
		if (want->n_fp == BEARER_FINGERPRINTS_MAX)
			return refuse(w, 449, "more than %d fingerprints", BEARER_FINGERPRINTS_MAX);
		want->fp[want->n_fp++] = fp;
	}
	if (str_set(unknown) && !want->n_fp)
		return refuse(w, 449, "a=fingerprint:%.*s", STR_ARG(unknown));
	return 0;
}

static int remote_session(struct work *w, struct stream_setting *set, bool has_local,
			  struct sdp_session *s)
{
	struct bearer_want want = set->want;
	const struct sdp_connection *c;
	enum bearer_proto proto;
	uint64_t port;
	int family;
	bool msrp;
	int err;

	err = has_lines(w, s, "Remote");
	if (!err)
		err = proto_of(w, s, &proto, &msrp);
	if (!err)
		err = check_path(w, s, msrp);
	if (!err)
		err = setup_of(w, s, &want.remote_setup);
	if (!err)
		err = connection_of(w, s, &want);
	if (!err)
		err = remote_fingerprints(w, s, &want);
	if (err)
		return err;
	want.remote_tls_id = tls_id_of(s);
	c = sdp_connection(s);
	if (family_of(w, c, &family))
		return -1;
	if (parse_address(c->addr, &want.remote) || want.remote.ss_family != family)
		return refuse(w, 449, "c=%.*s", STR_ARG(c->line->value));
	if (!str_u64(s->media.port, 65535, &port))
		return refuse(w, 449, "port %.*s", STR_ARG(s->media.port));
	if (family == AF_INET6)
		((struct sockaddr_in6 *)&want.remote)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)&want.remote)->sin_port = htons((uint16_t)port);
	if (has_local && proto != set->want.proto)
		return refuse(w, 473, "transport %.*s: Local has another one",
			      STR_ARG(s->media.proto));
	if (remote_rtcp(w, s, &want))
		return -1;
	want.has_remote = true;
	set->want = want;
	set->remote_proto = proto;
	return 0;
}

int remote_check(struct work *w, struct stream_setting *set, bool has_local, struct str text)
{
	struct work first = *w;
	struct sdp_session *s;
	struct sdp *sdp;

	if (parse(w, "Remote", text, &sdp, &set->psk[PSK_OF_REMOTE]))
		return -1;
	for (s = sdp->sessions; s; s = s->next) {
		if (!remote_session(w, set, has_local, s)) {
			sdp->sessions = s;
			s->next = NULL;
			return keep_text(w, &set->remote, sdp_text(w->a, sdp));
		}
		if (s == sdp->sessions)
			first = *w;
		w->code = 0;
	}
	*w = first;
	return -1;
}
