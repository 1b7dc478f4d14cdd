// SPDX-License-Identifier: GPL-2.0-only
/* agent: see trace_filter.h. */
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/trace_filter.h"

#define ARENA_MAX	(8U << 20)
#define KNOWN_MAX	256		/* transactions of the context that may be answered yet */
#define KEPT_MAX	64		/* requests whose context is not known yet */

struct kept {
	struct transport_path path;
	struct timespec when;
	bool sent;
	uint32_t id;
	char *data;			/* NULL: unused */
	size_t len;
};

struct trace_filter {
	uint32_t context;
	struct {
		uint32_t id;
		bool sent;
	} known[KNOWN_MAX];
	unsigned int n_known;		/* ever */
	struct kept kept[KEPT_MAX];
	unsigned int n_kept;		/* ever */
};

struct trace_filter *trace_filter_new(uint32_t context)
{
	struct trace_filter *f = calloc(1, sizeof(*f));

	if (f)
		f->context = context;
	return f;
}

void trace_filter_free(struct trace_filter *f)
{
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < KEPT_MAX; i++)
		free(f->kept[i].data);
	free(f);
}

static bool is_known(const struct trace_filter *f, uint32_t id, bool sent)
{
	unsigned int i, n = f->n_known < KNOWN_MAX ? f->n_known : KNOWN_MAX;

	for (i = 0; i < n; i++)
		if (f->known[i].id == id && f->known[i].sent == sent)
			return true;
	return false;
}

static void know(struct trace_filter *f, uint32_t id, bool sent)
{
	if (is_known(f, id, sent))
		return;
	f->known[f->n_known % KNOWN_MAX].id = id;
	f->known[f->n_known % KNOWN_MAX].sent = sent;
	f->n_known++;
}

static void keep(struct trace_filter *f, const struct transport_path *path, bool sent,
		 uint32_t id, const char *data, size_t len)
{
	struct kept *k = &f->kept[f->n_kept++ % KEPT_MAX];

	free(k->data);
	*k = (struct kept){ .path = *path, .sent = sent, .id = id, .len = len };
	clock_gettime(CLOCK_REALTIME, &k->when);
	k->data = malloc(len ? len : 1);
	if (k->data)
		memcpy(k->data, data, len);
}

/* The request that a reply answers was kept aside: it comes first. */
static void release(struct trace_filter *f, struct agent *agent, uint32_t id, bool sent,
		    trace_kept kept)
{
	unsigned int i;
	struct kept *k;

	for (i = 0; i < KEPT_MAX; i++) {
		k = &f->kept[i];
		if (!k->data || k->id != id || k->sent != sent)
			continue;
		kept(agent, &k->path, k->sent, &k->when, k->data, k->len);
		free(k->data);
		k->data = NULL;
	}
}

static bool wants(struct trace_filter *f, const struct h248_transaction *tr, bool sent,
		  bool *open)
{
	const struct h248_action *act;

	/* What answers a request goes the other way. */
	if (tr->kind != H248_REQUEST && is_known(f, tr->id, !sent))
		return true;
	h248_each(act, &tr->actions) {
		if (act->context == f->context)
			return true;
		if (tr->kind == H248_REQUEST && (act->context == H248_CONTEXT_CHOOSE ||
						 act->context == H248_CONTEXT_ALL))
			*open = true;
	}
	return false;
}

bool trace_filter_wants(struct trace_filter *f, struct agent *agent,
			const struct h248_codec *codec, const struct transport_path *path,
			bool sent, const char *data, size_t len, trace_kept kept)
{
	const struct h248_transaction *tr;
	struct h248_message *msg = NULL;
	struct h248_text_error err;
	bool wanted = false, open;
	struct arena a;

	arena_init(&a, ARENA_MAX);
	if (!h248_codec_parse(codec, &a, data, len, &msg, &err) && msg) {
		h248_each(tr, &msg->transactions) {
			open = false;
			if (wants(f, tr, sent, &open)) {
				wanted = true;
				if (tr->kind == H248_REQUEST)
					know(f, tr->id, sent);
				else
					release(f, agent, tr->id, !sent, kept);
			} else if (open) {
				keep(f, path, sent, tr->id, data, len);
			}
		}
	}
	arena_free(&a);
	return wanted;
}
