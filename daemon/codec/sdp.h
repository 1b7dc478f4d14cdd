/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sdp: session descriptions as H.248 carries them in Local and Remote.
 *
 * Purpose: several sessions (each from "v=" on: alternatives), at most one m= in
 * each, "$" (CHOOSE) in any field, "-" where a field does not apply. Every line is
 * kept as it came; only what is set through the functions here changes, so that
 * a reply echoes the request with the "$" filled in.
 * Context: plain data. Lifetime: the arena's; texts point into the text parsed,
 * which must live as long (that of an h248_message does).
 */
#ifndef KMGWD_SDP_H
#define KMGWD_SDP_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/str.h"

struct sdp_line {
	struct sdp_line *next;
	char type;
	bool media_level;	/* after m= */
	struct str value;	/* after "=", without the line end */
};

/* c=<net> <type> <addr>[/...]; every field may be "$" or "-" */
struct sdp_connection {
	struct sdp_line *line;	/* NULL: no c= */
	struct str net, type, addr;
};

struct sdp_field {
	struct sdp_field *next;
	struct str text;
};

/* m=<media> <port>[/<n>] <proto> <fmt> ... */
struct sdp_media {
	struct sdp_line *line;	/* NULL: no m= */
	struct str media, port, ports, proto;	/* ports: what follows "/", or absent */
	struct sdp_field *formats;
};

struct sdp_session {
	struct sdp_session *next;
	struct sdp_line *lines;		/* in order; the first is v= */
	struct sdp_line *last;
	struct sdp_connection session_connection;
	struct sdp_connection media_connection;
	struct sdp_media media;
};

struct sdp {
	struct sdp_session *sessions;	/* none: the text was empty */
};

struct sdp_error {
	unsigned int line;	/* from 1, of the SDP text */
	unsigned int column;	/* from 1 */
	char text[96];
};

/**
 * sdp_parse() - read Local or Remote
 * Return: 0; -EBADMSG and err (answer 474); -ENOMEM
 */
int sdp_parse(struct arena *a, struct str text, struct sdp **out, struct sdp_error *err);

/* lines joined by CRLF, none after the last, for h248_stream.local; .p NULL at the limit */
struct str sdp_text(struct arena *a, const struct sdp *sdp);

static inline bool sdp_is_choose(struct str field)
{
	return field.len == 1 && field.p[0] == '$';
}

/* "$" as a field of its own, or as a part between "/" or ":", anywhere in the value */
bool sdp_has_choose(struct str value);

/* the c= that holds for the media: at media level, else at session level */
const struct sdp_connection *sdp_connection(const struct sdp_session *s);

/*
 * a=<name>[:<value>]. sdp_attr() gives the first of that name at or after from (NULL:
 * from the start), and its value (empty text if it has none); media level and
 * session level alike, names are exact.
 */
struct sdp_line *sdp_attr(const struct sdp_session *s, struct sdp_line *from,
			  const char *name, struct str *value);

/* Setters: the line is written anew. Return: 0, -ENOENT no such line, -ENOMEM. */
int sdp_set_connection(struct arena *a, struct sdp_session *s, const char *net,
		       const char *type, const char *addr);
int sdp_set_port(struct arena *a, struct sdp_session *s, unsigned int port);
int sdp_set_line(struct arena *a, struct sdp_line *line, struct str value);
/*
 * "-", not applicable, for every field of m= that is "$": media, transport, formats. Set the port before.
 * Return: 1 there were such fields, else as above
 */
int sdp_set_not_applicable(struct arena *a, struct sdp_session *s);

#endif /* KMGWD_SDP_H */
