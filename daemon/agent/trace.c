// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the log of H.248 messages; see trace.h.
 *
 * Context: the thread of the event loop. Writing is synchronous: it goes to the
 * page cache, and whoever turns the trace on wants to see everything.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent_private.h"
#include "agent/mask.h"
#include "agent/pcap.h"
#include "agent/trace.h"
#include "agent/trace_filter.h"
#include "codec/codec.h"
#include "lib/log.h"

#define FLOWS_MAX	32
#define PATH_OCTETS	512

struct trace {
	struct trace_options options;
	char file[CONFIG_TRACE_NAME_MAX + 1];
	int fd;
	uint64_t size;			/* of the present file */
	uint64_t messages, octets, files;
	struct pcap_flow flows[FLOWS_MAX];
	unsigned int n_flows, next_flow;
	struct trace_filter *filter;	/* NULL: all messages */
};

static void path_of(const struct agent *agent, const char *file, unsigned int number, char *out)
{
	if (number)
		snprintf(out, PATH_OCTETS, "%s/%s.%u", agent->config->trace_dir, file, number);
	else
		snprintf(out, PATH_OCTETS, "%s/%s", agent->config->trace_dir, file);
}

/* NAME becomes NAME.1, and so on; the last one goes. */
static void rotate(const struct agent *agent, const char *file)
{
	unsigned int i = agent->config->trace_files;
	char from[PATH_OCTETS], to[PATH_OCTETS];

	if (i == 1) {
		path_of(agent, file, 0, from);
		unlink(from);
		return;
	}
	for (i--; i > 0; i--) {
		path_of(agent, file, i - 1, from);
		path_of(agent, file, i, to);
		rename(from, to);
	}
}

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_file(struct agent *agent, struct trace *t)
{
	struct strbuf head;
	char path[PATH_OCTETS];
	int err = 0;

	rotate(agent, t->file);
	path_of(agent, t->file, 0, path);
	/* A new file, or none: what is not ours is not written into. */
	t->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return -errno;
	if (fchmod(t->fd, 0640))
		err = -errno;
	t->size = 0;
	t->n_flows = 0;
	t->next_flow = 0;
	t->files++;
	strbuf_init(&head, 0);
	if (t->options.format == CONFIG_TRACE_PCAP)
		pcap_begin(&head);
	if (!err)
		err = head.err;
	if (!err)
		err = write_all(t->fd, head.p, head.len);
	t->size += head.len;
	strbuf_free(&head);
	if (err) {
		close(t->fd);
		t->fd = -1;
	}
	return err;
}

static struct pcap_flow *flow_of(const struct agent *agent, struct trace *t,
				 const struct transport_path *path)
{
	enum config_transport transport = transport_kind(agent->transport, path);
	struct pcap_flow *f;

	for (f = t->flows; f < t->flows + t->n_flows; f++)
		if (f->transport == transport && !memcmp(&f->remote, &path->addr, sizeof(f->remote)))
			return f;
	/* Whoever was first makes room: his numbers begin anew when he speaks again. */
	if (t->n_flows < FLOWS_MAX)
		f = &t->flows[t->n_flows++];
	else
		f = &t->flows[t->next_flow++ % FLOWS_MAX];
	*f = (struct pcap_flow){
		.local = agent->config->local, .remote = path->addr, .transport = transport,
		.sequence = { 1, 1 },
	};
	return f;
}

static void put_text(struct agent *agent, struct strbuf *out, const struct transport_path *path,
		     bool sent, const struct timespec *when, const char *data, size_t len)
{
	enum config_transport kind = transport_kind(agent->transport, path);
	const struct h248_codec *codec = transactions_codec(agent->transactions);
	struct h248_message *msg = NULL;
	struct h248_text_error err;
	struct arena a;
	char name[64];
	struct tm tm;

	gmtime_r(&when->tv_sec, &tm);
	strbuf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %s %s over %s, %zu octets\n",
		      tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec, when->tv_nsec / 1000, sent ? "sent to" : "received from",
		      transport_name(&path->addr, name, sizeof(name)), config_transport_name(kind), len);
	if (codec->encoding != H248_ENCODING_BINARY) {
		strbuf_add(out, data, len);
	} else {
		arena_init(&a, 8U << 20);
		if (h248_codec_parse(codec, &a, data, len, &msg, &err) ||
		    h248_text_write(msg, H248_TEXT_PRETTY, out))
			strbuf_puts(out, "(cannot be read)");
		arena_free(&a);
	}
	if (out->len && !out->err && out->p[out->len - 1] != '\n')
		strbuf_char(out, '\n');
	strbuf_char(out, '\n');
}

static void write_message(struct agent *agent, const struct transport_path *path, bool sent,
			  const struct timespec *when, const char *data, size_t len)
{
	uint64_t limit = (uint64_t)agent->config->trace_size << 20;
	struct trace *t = agent->trace;
	struct strbuf out, clean;
	int err;

	if (t->fd < 0)
		return;
	strbuf_init(&clean, 0);
	strbuf_add(&clean, data, len);
	strbuf_init(&out, 0);
	if (t->options.format == CONFIG_TRACE_PCAP) {
		if (!clean.err && len) {
			mask_secrets(clean.p, clean.len);
			pcap_message(&out, flow_of(agent, t, path), when, sent, clean.p, clean.len);
		}
	} else {
		put_text(agent, &out, path, sent, when, data, len);
		if (!out.err)
			mask_secrets(out.p, out.len);
	}
	err = clean.err ? clean.err : out.err;
	if (!err)
		err = write_all(t->fd, out.p, out.len);
	t->size += out.len;
	t->messages++;
	t->octets += out.len;
	strbuf_free(&out);
	explicit_bzero(clean.p, clean.len);
	strbuf_free(&clean);
	if (!err && t->size >= limit) {
		close(t->fd);
		t->fd = -1;
		err = open_file(agent, t);
	}
	if (err) {
		log_error(agent->log, "trace %s/%s ends: %s", agent->config->trace_dir, t->file,
			  strerror(-err));
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
	}
}

void trace_message(struct agent *agent, const struct transport_path *path, bool sent,
		   const char *data, size_t len)
{
	const struct h248_codec *codec;
	struct trace *t = agent->trace;
	struct timespec now;

	if (!t || t->fd < 0)
		return;
	codec = transactions_codec(agent->transactions);
	if (t->filter && !trace_filter_wants(t->filter, agent, codec, path, sent, data, len,
					     write_message))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	write_message(agent, path, sent, &now, data, len);
}

int trace_start(struct agent *agent, const struct trace_options *options)
{
	struct trace *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->options = *options;
	snprintf(t->file, sizeof(t->file), "%s", options->file);
	t->options.file = t->file;
	if (mkdir(agent->config->trace_dir, 0750) && errno != EEXIST) {
		err = -errno;
		free(t);
		return err;
	}
	if (options->context) {
		t->filter = trace_filter_new(options->context);
		if (!t->filter) {
			free(t);
			return -ENOMEM;
		}
	}
	trace_stop(agent);
	err = open_file(agent, t);
	if (err) {
		trace_filter_free(t->filter);
		free(t);
		return err;
	}
	agent->trace = t;
	log_notice(agent->log, "H.248 messages are written to %s/%s", agent->config->trace_dir,
		   t->file);
	return 0;
}

void trace_stop(struct agent *agent)
{
	struct trace *t = agent->trace;

	if (!t)
		return;
	agent->trace = NULL;
	if (t->fd >= 0)
		close(t->fd);
	log_notice(agent->log, "H.248 messages are not written any more");
	trace_filter_free(t->filter);
	free(t);
}

json_t *trace_json(struct agent *agent)
{
	const struct trace *t = agent->trace;
	char path[PATH_OCTETS];
	json_t *obj;

	if (!t)
		return json_null();
	path_of(agent, t->file, 0, path);
	obj = json_pack("{s:s,s:s,s:b,s:I,s:I,s:I}", "file", path,
			"format", t->options.format == CONFIG_TRACE_PCAP ? "pcap" : "text",
			"writing", t->fd >= 0, "messages", (json_int_t)t->messages,
			"octets", (json_int_t)t->octets, "files", (json_int_t)t->files);
	if (obj && t->options.context)
		json_object_set_new(obj, "context", json_integer(t->options.context));
	return obj;
}
