// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: H.248 over SCTP (H.248.4), one message a user message, all on stream 0
 * so that they arrive in order.
 *
 * The association with the MGC in use is ours to open, from all local addresses to
 * all of the MGC's; while it is wanted it is opened again after every end, with a
 * pause that doubles. That with an MGC which has handed the gateway on stays for
 * LONG-TIMER: it may still wait for answers. An MGC may also connect to the gateway:
 * what comes there is answered there. A path that fails is the kernel's business as long as another
 * is left; it is logged.
 * Context: the thread of the event loop.
 * Lifetime: an association frees itself in its close callback; other parts know it
 * only by its number, so a late reply finds nothing rather than a stranger.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "transport/sctp_message.h"
#include "transport/transport_private.h"

#define QUEUE_MAX		(4U << 20)	/* an MGC that does not read is cut off */
#define ASSOCIATIONS_MAX	64		/* accepted ones */
#define BACKOFF_MIN		250		/* ms */
#define RECEIVE_BUDGET		32		/* messages in one turn of the loop */
#define STREAMS			1

/* Quick enough to move calls to another path before the caller gives up; ms. */
#define RTO_INITIAL		500
#define RTO_MIN			250
#define RTO_MAX			4000
#define PATH_RETRANSMISSIONS	3
#define ASSOC_RETRANSMISSIONS	8
#define INIT_ATTEMPTS		4

struct queued {
	struct queued *next;
	size_t len;
	char data[];
};

struct association {
	uv_poll_t poll;
	struct sctp_side *side;
	struct association *next;
	uint64_t number;
	int fd;
	bool outgoing, up, closing;
	struct sockaddr_storage peer;
	struct queued *first, *last;	/* what the socket had no room for */
	size_t queued;
	struct sctp_message in;
};

struct sctp_side {
	struct transport *transport;
	uv_poll_t listener;
	uv_timer_t retry;
	uv_timer_t farewell;		/* then associations with former MGCs end */
	int listen_fd;
	struct association *associations;
	struct association *current;	/* the one with the MGC, connecting or up */
	unsigned int n_accepted;
	unsigned int backoff;
	uint64_t last_number;
	unsigned int handles;		/* listener and timers not closed yet */
	struct log_limit ends;
	bool freed;
};

static void side_maybe_free(struct sctp_side *s)
{
	if (s->freed && !s->handles && !s->associations)
		free(s);
}

static void on_closed(uv_handle_t *handle)
{
	struct association *c = handle->data;
	struct sctp_side *s = c->side;
	struct association **p;
	struct queued *q;

	for (p = &s->associations; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	if (!c->outgoing)
		s->n_accepted--;
	while ((q = c->first)) {
		c->first = q->next;
		free(q);
	}
	close(c->fd);
	free(c);
	side_maybe_free(s);
}

static void start_retry(struct sctp_side *s);

static void association_close(struct association *c, const char *why)
{
	struct sctp_side *s = c->side;
	bool was_current = s->current == c;
	const struct log *log;
	char name[64];

	if (c->closing)
		return;
	c->closing = true;
	if (was_current)
		s->current = NULL;
	uv_close((uv_handle_t *)&c->poll, on_closed);
	if (!why || s->freed)
		return;
	log = &s->transport->config->log;
	if (c->up && (was_current || log_allowed(&s->ends, log, LOG_LEVEL_WARNING,
						 uv_now(s->transport->loop))))
		log_warning(log, "H.248 association with %s ended: %s",
			    transport_name(&c->peer, name, sizeof(name)), why);
	if (was_current) {
		if (c->up)
			s->transport->ops->link(s->transport->priv, false);
		else
			log_warning(log, "cannot associate with MGC %s: %s",
				    transport_name(&c->peer, name, sizeof(name)), why);
		/* The callback may have chosen another MGC. */
		if (!s->current)
			start_retry(s);
	}
}

/* ---- sockets ---- */

static int set(int fd, int option, const void *value, size_t len)
{
	return setsockopt(fd, IPPROTO_SCTP, option, value, (socklen_t)len) ? -errno : 0;
}

static int set_options(int fd, unsigned int heartbeat)
{
	const struct sctp_initmsg init = { .sinit_num_ostreams = STREAMS,
					   .sinit_max_instreams = UINT16_MAX,
					   .sinit_max_attempts = INIT_ATTEMPTS,
					   .sinit_max_init_timeo = RTO_MAX };
	const struct sctp_rtoinfo rto = { .srto_initial = RTO_INITIAL, .srto_min = RTO_MIN,
					  .srto_max = RTO_MAX };
	const struct sctp_assocparams assoc = { .sasoc_asocmaxrxt = ASSOC_RETRANSMISSIONS };
	const struct sctp_paddrparams path = { .spp_hbinterval = heartbeat,
					       .spp_pathmaxrxt = PATH_RETRANSMISSIONS,
					       .spp_flags = SPP_HB_ENABLE };
	const struct sctp_event_subscribe events = { .sctp_data_io_event = 1,
						     .sctp_association_event = 1,
						     .sctp_address_event = 1,
						     .sctp_shutdown_event = 1 };
	const int one = 1;
	int err;

	err = set(fd, SCTP_INITMSG, &init, sizeof(init));
	if (!err)
		err = set(fd, SCTP_RTOINFO, &rto, sizeof(rto));
	if (!err)
		err = set(fd, SCTP_ASSOCINFO, &assoc, sizeof(assoc));
	if (!err)
		err = set(fd, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path));
	if (!err)
		err = set(fd, SCTP_EVENTS, &events, sizeof(events));
	if (!err)
		err = set(fd, SCTP_NODELAY, &one, sizeof(one));
	return err;
}

/* Addresses as bindx and connectx want them: one behind the other, without gaps. */
struct packed {
	char data[(1 + CONFIG_SCTP_ADDRESSES_MAX) * sizeof(struct sockaddr_in6)];
	int n;
	size_t used;
};

static void pack(struct packed *p, const struct sockaddr_storage *addr, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)(p->data + p->used);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(p->data + p->used);

	if (addr->ss_family == AF_INET) {
		*in4 = *(const struct sockaddr_in *)addr;
		in4->sin_port = port;
		p->used += sizeof(*in4);
	} else {
		*in6 = *(const struct sockaddr_in6 *)addr;
		in6->sin6_port = port;
		p->used += sizeof(*in6);
	}
	p->n++;
}

static int open_socket(const struct transport *t, uint16_t port, int *out)
{
	const struct config *c = t->config;
	struct packed own = { .n = 0 };
	const int one = 1;
	unsigned int i;
	int fd, err;

	pack(&own, &c->local, port);
	for (i = 0; i < c->n_sctp_local; i++)
		pack(&own, &c->sctp_local[i], port);
	fd = socket(c->local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
	if (fd < 0)
		return -errno;
	err = set_options(fd, c->sctp_heartbeat);
	if (!err && port && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err = -errno;
	if (!err && c->local.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		err = -errno;
	if (!err && sctp_bindx(fd, (struct sockaddr *)own.data, own.n, SCTP_BINDX_ADD_ADDR))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

/* Takes over the descriptor. */
static struct association *association_new(struct sctp_side *s, int fd, bool outgoing)
{
	struct association *c = calloc(1, sizeof(*c));

	if (!c || uv_poll_init(s->transport->loop, &c->poll, fd)) {
		free(c);
		close(fd);
		return NULL;
	}
	c->side = s;
	c->fd = fd;
	c->outgoing = outgoing;
	c->number = ++s->last_number | TRANSPORT_SCTP_NUMBER;
	c->poll.data = c;
	c->next = s->associations;
	s->associations = c;
	if (!outgoing)
		s->n_accepted++;
	return c;
}

/* ---- receiving ---- */

static void path_changed(const struct association *c, const struct sctp_paddr_change *change)
{
	const struct log *log = &c->side->transport->config->log;
	struct sockaddr_storage addr;
	char name[64];

	/* the structure is packed: its address may be at odds with alignment */
	memcpy(&addr, (const char *)change + offsetof(struct sctp_paddr_change, spc_aaddr),
	       sizeof(addr));
	transport_name(&addr, name, sizeof(name));
	if (change->spc_state == SCTP_ADDR_UNREACHABLE)
		log_warning(log, "MGC's address %s cannot be reached", name);
	else if (change->spc_state == SCTP_ADDR_AVAILABLE)
		log_notice(log, "MGC's address %s can be reached", name);
}

static void notified(struct association *c, const char *data, size_t len)
{
	union sctp_notification n;

	memset(&n, 0, sizeof(n));
	memcpy(&n, data, len < sizeof(n) ? len : sizeof(n));
	switch (n.sn_header.sn_type) {
	case SCTP_ASSOC_CHANGE:
		if (n.sn_assoc_change.sac_state == SCTP_COMM_LOST ||
		    n.sn_assoc_change.sac_state == SCTP_CANT_STR_ASSOC)
			association_close(c, "no path is left, or the far end gave it up");
		else if (n.sn_assoc_change.sac_state == SCTP_RESTART)
			association_close(c, "the far end has restarted");
		break;
	case SCTP_SHUTDOWN_EVENT:
		association_close(c, "closed by the far end");
		break;
	case SCTP_PEER_ADDR_CHANGE:
		path_changed(c, &n.sn_paddr_change);
		break;
	}
}

/* Return: false when there is nothing more for now. */
static bool receive_one(struct association *c)
{
	struct transport_path path = { .addr = c->peer, .connection = c->number };
	struct transport *t = c->side->transport;
	struct sctp_sndrcvinfo info = { 0 };
	struct sctp_message *in = &c->in;
	int flags = MSG_DONTWAIT;
	int n;

	n = sctp_recvmsg(c->fd, in->data + in->used, sizeof(in->data) - in->used, NULL, NULL,
			 &info, &flags);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		association_close(c, n ? strerror(errno) : "closed by the far end");
		return false;
	}
	if (flags & MSG_NOTIFICATION) {
		notified(c, in->data + in->used, (size_t)n);
		return !c->closing;
	}
	switch (sctp_message_add(in, (size_t)n, info.sinfo_ppid, flags & MSG_EOR)) {
	case SCTP_MORE:
		break;
	case SCTP_MALFORMED:
		t->counters.malformed++;
		break;
	case SCTP_COMPLETE:
		t->counters.received++;
		t->ops->message(t->priv, &path, in->data, in->used);
		sctp_message_reset(in);
		break;
	}
	return !c->closing;
}

/* ---- sending ---- */

static int put(const struct association *c, const char *data, size_t len)
{
	const struct sctp_sndrcvinfo info = { .sinfo_ppid = htonl(SCTP_PPID_H248) };

	return sctp_send(c->fd, data, len, &info, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct association *c)
{
	int err = uv_poll_start(&c->poll, UV_READABLE | (c->first || !c->up ? UV_WRITABLE : 0),
				on_poll);

	if (err)
		association_close(c, uv_strerror(err));
}

static void drain(struct association *c)
{
	struct queued *q;
	int err;

	while ((q = c->first)) {
		err = put(c, q->data, q->len);
		if (err == -EAGAIN)
			return;
		if (err) {
			association_close(c, strerror(-err));
			return;
		}
		c->queued -= q->len;
		c->first = q->next;
		free(q);
	}
	c->last = NULL;
	watch(c);
}

static int enqueue(struct association *c, const char *data, size_t len)
{
	struct queued *q;

	if (c->queued + len > QUEUE_MAX) {
		association_close(c, "the far end does not read");
		return -ENOBUFS;
	}
	q = malloc(sizeof(*q) + len);
	if (!q)
		return -ENOMEM;
	q->next = NULL;
	q->len = len;
	memcpy(q->data, data, len);
	if (c->last)
		c->last->next = q;
	else
		c->first = q;
	c->last = q;
	c->queued += len;
	watch(c);
	return 0;
}

int sctp_side_send(struct sctp_side *s, uint64_t connection, const char *data, size_t len)
{
	struct association *c;
	int err;

	if (len > SCTP_MESSAGE_MAX)
		return -EMSGSIZE;
	for (c = s->associations; c; c = c->next)
		if (c->number == connection)
			break;
	if (!c || c->closing || !c->up)
		return -ENOTCONN;
	err = c->first ? -EAGAIN : put(c, data, len);
	return err == -EAGAIN ? enqueue(c, data, len) : err;
}

/* ---- life of an association ---- */

static void connected(struct association *c)
{
	struct sctp_side *s = c->side;

	c->up = true;
	s->backoff = 0;
	watch(c);
	if (!c->closing)
		s->transport->ops->link(s->transport->priv, true);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct association *c = poll->data;
	socklen_t len = sizeof(int);
	int err = 0, i;

	if (c->closing)
		return;
	if (status < 0) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		association_close(c, err ? strerror(err) : uv_strerror(status));
		return;
	}
	/* What came before the end, or with the beginning, is worth reading. */
	if (!c->up && (events & UV_WRITABLE))
		connected(c);
	if (!c->closing && c->first && (events & UV_WRITABLE))
		drain(c);
	if (events & UV_READABLE)
		for (i = 0; i < RECEIVE_BUDGET && !c->closing && receive_one(c); i++)
			;
}

static bool is_former(const struct association *c)
{
	return c->outgoing && c->up && !c->closing && c != c->side->current;
}

static struct association *former_with(const struct sctp_side *s,
				       const struct sockaddr_storage *peer)
{
	struct association *c;

	for (c = s->associations; c; c = c->next)
		if (is_former(c) && transport_same_end(&c->peer, peer))
			break;
	return c;
}

void sctp_side_connect(struct sctp_side *s)
{
	struct transport *t = s->transport;
	const struct config_mgc *mgc = &t->mgc;
	/* sin_port and sin6_port are at the same place */
	uint16_t port = ((const struct sockaddr_in *)&mgc->address)->sin_port;
	struct packed to = { .n = 0 };
	struct association *c;
	char name[64];
	unsigned int i;
	int fd, err;

	s->current = former_with(s, &mgc->address);
	if (s->current)
		return;
	err = open_socket(t, 0, &fd);
	if (err) {
		log_warning(&t->config->log, "no SCTP socket for MGC %s: %s",
			    transport_name(&mgc->address, name, sizeof(name)), strerror(-err));
		start_retry(s);
		return;
	}
	c = association_new(s, fd, true);
	if (!c) {
		start_retry(s);
		return;
	}
	s->current = c;
	c->peer = mgc->address;
	pack(&to, &mgc->address, port);
	for (i = 0; i < mgc->n_more; i++)
		pack(&to, &mgc->more[i], port);
	if (sctp_connectx(fd, (struct sockaddr *)to.data, to.n, NULL) && errno != EINPROGRESS)
		association_close(c, strerror(errno));
	else
		watch(c);
}

static void on_retry(uv_timer_t *timer)
{
	struct sctp_side *s = timer->data;

	if (!s->current)
		sctp_side_connect(s);
}

static void start_retry(struct sctp_side *s)
{
	unsigned int max = s->transport->config->tcp_backoff_max;

	s->backoff = s->backoff ? s->backoff * 2 : BACKOFF_MIN;
	if (s->backoff > max)
		s->backoff = max;
	uv_timer_start(&s->retry, on_retry, s->backoff, 0);
}

void sctp_side_disconnect(struct sctp_side *s)
{
	uv_timer_stop(&s->retry);
	s->backoff = 0;
	if (s->current)
		association_close(s->current, NULL);
}

static void on_farewell(uv_timer_t *timer)
{
	struct sctp_side *s = timer->data;
	struct association *c;

	for (c = s->associations; c; c = c->next)
		if (is_former(c))
			association_close(c, NULL);
}

void sctp_side_leave(struct sctp_side *s)
{
	if (!s->current || !s->current->up) {
		sctp_side_disconnect(s);
		return;
	}
	uv_timer_stop(&s->retry);
	s->backoff = 0;
	s->current = NULL;
	uv_timer_start(&s->farewell, on_farewell, s->transport->config->long_timer, 0);
}

uint64_t sctp_side_current(const struct sctp_side *s)
{
	return s->current && s->current->up ? s->current->number : 0;
}

static void on_incoming(uv_poll_t *poll, int status, int events)
{
	struct sctp_side *s = poll->data;
	struct sockaddr_storage peer = { 0 };
	struct association *c;
	socklen_t len = sizeof(peer);
	int fd;

	(void)events;
	if (status < 0)
		return;
	fd = accept4(s->listen_fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (s->n_accepted >= ASSOCIATIONS_MAX || !transport_permitted(s->transport, &peer)) {
		s->transport->counters.foreign++;
		close(fd);
		return;
	}
	c = association_new(s, fd, false);
	if (!c)
		return;
	/* An MGC is known by its first address, whichever it has connected from. */
	c->peer = transport_known_as(s->transport, &peer);
	c->up = true;
	watch(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct sctp_side *s = handle->data;

	s->handles--;
	side_maybe_free(s);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct sctp_side *s = handle->data;

	close(s->listen_fd);
	on_handle_closed(handle);
}

static int start_listening(struct sctp_side *s)
{
	const struct config *c = s->transport->config;
	int err;

	err = open_socket(s->transport, ((const struct sockaddr_in *)&c->local)->sin_port,
			  &s->listen_fd);
	if (err)
		return err;
	err = listen(s->listen_fd, 16) ? -errno : 0;
	if (!err)
		err = uv_poll_init(s->transport->loop, &s->listener, s->listen_fd);
	if (err) {
		close(s->listen_fd);
		s->listen_fd = -1;
		return err;
	}
	s->listener.data = s;
	s->handles++;
	return uv_poll_start(&s->listener, UV_READABLE, on_incoming);
}

int sctp_side_new(struct transport *t, struct sctp_side **out)
{
	struct sctp_side *s = calloc(1, sizeof(*s));
	char name[64];
	int err;

	if (!s)
		return -ENOMEM;
	s->transport = t;
	s->listen_fd = -1;
	uv_timer_init(t->loop, &s->retry);
	s->retry.data = s;
	uv_timer_init(t->loop, &s->farewell);
	s->farewell.data = s;
	s->handles = 2;
	err = start_listening(s);
	if (err) {
		log_error(&t->config->log, "cannot receive H.248 on SCTP %s: %s%s",
			  transport_name(&t->config->local, name, sizeof(name)), strerror(-err),
			  err == -EPROTONOSUPPORT ? " (is the module sctp there?)" : "");
		sctp_side_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void sctp_side_free(struct sctp_side *s)
{
	struct association *c;

	if (!s)
		return;
	s->freed = true;
	for (c = s->associations; c; c = c->next)
		association_close(c, NULL);
	uv_close((uv_handle_t *)&s->retry, on_handle_closed);
	uv_close((uv_handle_t *)&s->farewell, on_handle_closed);
	if (s->listen_fd >= 0)
		uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}
