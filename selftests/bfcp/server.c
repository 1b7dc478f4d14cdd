// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floor control ends for tests: the server (RFC 8855 13). It has two floors: whoever asks first has
 * the one, a chair gives away the other. The far end is participant and chair.
 */
#include <stdio.h>
#include <string.h>

#include "bfcp.h"

#define REQUESTS	8

struct request {
	char info[64];			/* what the participant has said; empty: nothing */
	struct bfcp_reqstatus status;
	enum bfcp_priority priority;
	uint16_t floor;
	uint16_t id;			/* from 1; 0: unused */
};

struct server {
	struct link *link;
	struct request requests[REQUESTS];
	uint16_t last_id;
	uint16_t last_tid;		/* of what is told unasked, version 2 */
	bool watched[FLOORS + 1];	/* the far end has asked about them, and is told of changes */
	bool bye;
};

/* Requests of a list in a message: of all floors, or of one. */
struct list_of {
	const struct server *server;
	uint16_t floor;			/* 0: all */
};

static bool settled(const struct request *r)
{
	return r->status.status > BFCP_GRANTED;
}

static int write_request(struct mbuf *mb, void *arg)
{
	const struct request *r = arg;
	uint16_t user = USER;

	return bfcp_attrs_encode(mb, 1,
				 BFCP_FLOOR_REQ_INFO, 6, &r->id,
				 BFCP_OVERALL_REQ_STATUS, 1, &r->id,
				 BFCP_REQUEST_STATUS, 0, &r->status,
				 BFCP_FLOOR_REQ_STATUS, 1, &r->floor,
				 BFCP_REQUEST_STATUS, 0, &r->status,
				 BFCP_BENEFICIARY_INFO, 2, &user,
				 BFCP_USER_DISP_NAME, 0, "Zo\xc3\xab",
				 BFCP_USER_URI, 0, "sip:zoe@example.com",
				 BFCP_REQUESTED_BY_INFO, 1, &user,
				 BFCP_USER_URI, 0, "sip:zoe@example.com",
				 BFCP_PRIORITY, 0, &r->priority,
				 BFCP_PART_PROV_INFO, 0, r->info);
}

static int write_requests(struct mbuf *mb, void *arg)
{
	const struct list_of *of = arg;
	struct request r;
	int i, err = 0;

	for (i = 0; i < REQUESTS && !err; i++) {
		r = of->server->requests[i];
		if (r.id && !settled(&r) && (!of->floor || of->floor == r.floor))
			err = write_request(mb, &r);
	}
	return err;
}

/* What is told unasked: over UDP it is a transaction of the server's, and the far end says Ack. */
static int told(struct server *s, enum bfcp_prim ack, int err)
{
	struct bfcp_msg *m;
	int status;

	if (err || link_reliable(s->link))
		return err;
	m = wire_receive(s->link, &status);
	if (!m || m->prim != ack || m->tid != s->last_tid || !m->r) {
		fprintf(stderr, "bfcp: no %s of transaction %u\n", bfcp_prim_name(ack), s->last_tid);
		err = -1;
	}
	mem_deref(m);
	return err;
}

static uint16_t own_tid(struct server *s)
{
	return link_reliable(s->link) ? 0 : ++s->last_tid;
}

static int floor_status(struct server *s, bool response, uint16_t tid, uint16_t floor)
{
	struct list_of of = { s, floor };
	struct bfcp_encode requests = { write_requests, &of };

	return wire_send(s->link, response, BFCP_FLOOR_STATUS, tid, 2,
			 BFCP_FLOOR_ID, 0, &floor, BFCP_ENCODE_HANDLER, 0, &requests);
}

static int request_status(struct server *s, bool response, uint16_t tid, struct request *r)
{
	struct bfcp_encode request = { write_request, r };

	return wire_send(s->link, response, BFCP_FLOOR_REQUEST_STATUS, tid, 1,
			 BFCP_ENCODE_HANDLER, 0, &request);
}

static int error(struct server *s, const struct bfcp_msg *m, enum bfcp_err code, const char *why)
{
	struct bfcp_errcode what = { .code = code };

	return wire_send(s->link, true, BFCP_ERROR, m->tid, 2,
			 BFCP_ERROR_CODE, 0, &what, BFCP_ERROR_INFO, 0, why);
}

/* A request has a new status: its owner is told, and whoever watches the floor. */
static int becomes(struct server *s, struct request *r, enum bfcp_reqstat status, uint8_t qpos)
{
	int err;

	r->status = (struct bfcp_reqstatus){ .status = status, .qpos = qpos };
	err = told(s, BFCP_FLOOR_REQ_STATUS_ACK, request_status(s, false, own_tid(s), r));
	if (!err && s->watched[r->floor])
		err = told(s, BFCP_FLOOR_STATUS_ACK,
			   floor_status(s, false, own_tid(s), r->floor));
	return err;
}

/* The floor that is free of chairs goes to the first in its queue. */
static int give(struct server *s)
{
	struct request *first = NULL;
	int i;

	for (i = 0; i < REQUESTS; i++) {
		struct request *r = &s->requests[i];

		if (!r->id || settled(r) || r->floor != FLOOR_FREE)
			continue;
		if (r->status.status == BFCP_GRANTED)
			return 0;
		if (!first || r->id < first->id)
			first = r;
	}
	return first ? becomes(s, first, BFCP_GRANTED, 0) : 0;
}

static struct request *of_message(struct server *s, const struct bfcp_msg *m)
{
	uint16_t id;
	int i;

	if (!wire_u16(m, BFCP_FLOOR_REQUEST_ID, &id) && !wire_u16(m, BFCP_FLOOR_REQ_INFO, &id))
		return NULL;
	for (i = 0; i < REQUESTS; i++)
		if (s->requests[i].id == id && !settled(&s->requests[i]))
			return &s->requests[i];
	return NULL;
}

static int floor_request(struct server *s, const struct bfcp_msg *m)
{
	const struct bfcp_attr *a;
	struct request *r = NULL;
	int ahead = 0, err, i;
	uint16_t floor;

	if (!wire_u16(m, BFCP_FLOOR_ID, &floor) || !floor || floor > FLOORS)
		return error(s, m, BFCP_INVALID_FLOOR_ID, "there is no such floor");
	for (i = 0; i < REQUESTS; i++) {
		if (!s->requests[i].id)
			r = r ? r : &s->requests[i];
		else if (!settled(&s->requests[i]) && s->requests[i].floor == floor)
			ahead++;
	}
	if (!r)
		return error(s, m, BFCP_MAX_FLOOR_REQ_REACHED, "too many requests");
	*r = (struct request){ .id = ++s->last_id, .floor = floor, .priority = BFCP_PRIO_NORMAL,
			       .status.status = BFCP_PENDING };
	a = bfcp_msg_attr(m, BFCP_PRIORITY);
	if (a)
		r->priority = a->v.priority;
	a = bfcp_msg_attr(m, BFCP_PART_PROV_INFO);
	if (a)
		snprintf(r->info, sizeof(r->info), "%s", a->v.partprovinfo);
	err = request_status(s, true, m->tid, r);
	if (err || floor == FLOOR_CHAIRED)
		return err;
	return ahead ? becomes(s, r, BFCP_ACCEPTED, ahead) : give(s);
}

static int floor_release(struct server *s, const struct bfcp_msg *m)
{
	struct request *r = of_message(s, m);
	int err;

	if (!r)
		return error(s, m, BFCP_FLOOR_REQ_ID_NOT_EXIST, "there is no such request");
	r->status = (struct bfcp_reqstatus){
		.status = r->status.status == BFCP_GRANTED ? BFCP_RELEASED : BFCP_CANCELLED
	};
	err = request_status(s, true, m->tid, r);
	return err ? err : give(s);
}

static int floor_query(struct server *s, const struct bfcp_msg *m)
{
	uint16_t floor;
	int err;

	if (!wire_u16(m, BFCP_FLOOR_ID, &floor) || !floor || floor > FLOORS)
		return error(s, m, BFCP_INVALID_FLOOR_ID, "there is no such floor");
	s->watched[floor] = true;
	err = floor_status(s, true, m->tid, floor);
	return err;
}

static int chair_action(struct server *s, const struct bfcp_msg *m)
{
	const struct bfcp_attr *info = bfcp_msg_attr(m, BFCP_FLOOR_REQ_INFO);
	const struct bfcp_attr *a = bfcp_attr_subattr(info, BFCP_FLOOR_REQ_STATUS);
	struct request *r = of_message(s, m);
	int err;

	a = bfcp_attr_subattr(a, BFCP_REQUEST_STATUS);
	if (!r || !a)
		return error(s, m, BFCP_FLOOR_REQ_ID_NOT_EXIST, "there is no such request");
	if (r->floor != FLOOR_CHAIRED)
		return error(s, m, BFCP_UNAUTH_OPERATION, "this floor has no chair");
	err = wire_send(s->link, true, BFCP_CHAIR_ACTION_ACK, m->tid, 0);
	return err ? err : becomes(s, r, a->v.reqstatus.status, 0);
}

static int hello(struct server *s, const struct bfcp_msg *m)
{
	enum bfcp_prim prims[BFCP_GOODBYE_ACK];
	enum bfcp_attrib attribs[BFCP_OVERALL_REQ_STATUS];
	struct bfcp_supprim all_prims = {
		prims, link_reliable(s->link) ? BFCP_ERROR : BFCP_GOODBYE_ACK
	};
	struct bfcp_supattr all_attribs = { attribs, BFCP_OVERALL_REQ_STATUS };
	unsigned int i;

	for (i = 0; i < BFCP_GOODBYE_ACK; i++)
		prims[i] = i + 1;
	for (i = 0; i < BFCP_OVERALL_REQ_STATUS; i++)
		attribs[i] = i + 1;
	return wire_send(s->link, true, BFCP_HELLO_ACK, m->tid, 2,
			 BFCP_SUPPORTED_PRIMS, 0, &all_prims,
			 BFCP_SUPPORTED_ATTRS, 0, &all_attribs);
}

static int user_status(struct server *s, const struct bfcp_msg *m)
{
	struct list_of of = { s, 0 };
	struct bfcp_encode requests = { write_requests, &of };
	uint16_t user = USER;

	return wire_send(s->link, true, BFCP_USER_STATUS, m->tid, 2,
			 BFCP_BENEFICIARY_INFO, 1, &user,
			 BFCP_USER_DISP_NAME, 0, "Zo\xc3\xab",
			 BFCP_ENCODE_HANDLER, 0, &requests);
}

static int serve(struct server *s, const struct bfcp_msg *m)
{
	struct request *r;

	switch (m->prim) {
	case BFCP_HELLO:
		return hello(s, m);
	case BFCP_FLOOR_QUERY:
		return floor_query(s, m);
	case BFCP_FLOOR_REQUEST:
		return floor_request(s, m);
	case BFCP_FLOOR_RELEASE:
		return floor_release(s, m);
	case BFCP_FLOOR_REQUEST_QUERY:
		r = of_message(s, m);
		if (!r)
			return error(s, m, BFCP_FLOOR_REQ_ID_NOT_EXIST, "there is no such request");
		return request_status(s, true, m->tid, r);
	case BFCP_USER_QUERY:
		return user_status(s, m);
	case BFCP_CHAIR_ACTION:
		return chair_action(s, m);
	case BFCP_GOODBYE:
		s->bye = true;
		return wire_send(s->link, true, BFCP_GOODBYE_ACK, m->tid, 0);
	default:
		return error(s, m, BFCP_UNKNOWN_PRIM, "no request");
	}
}

int server_run(struct link *l)
{
	struct server s = { .link = l };
	struct bfcp_msg *m;
	int err = 0, status = 0;

	while (!err && !s.bye) {
		m = wire_receive(l, &status);
		if (!m)
			break;
		err = serve(&s, m);
		mem_deref(m);
	}
	return err || status < 0;
}
