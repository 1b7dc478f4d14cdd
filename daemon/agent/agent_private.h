/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the agent share: its objects and the calls between them.
 *
 * One command is executed in two steps: everything that can be refused is
 * refused before anything is changed. So each descriptor has a check and an
 * apply; between them lies only what cannot be asked in advance.
 */
#ifndef KMGWD_AGENT_PRIVATE_H
#define KMGWD_AGENT_PRIVATE_H

#include "agent/agent.h"
#include "agent/counters.h"
#include "agent/package_ids.h"
#include "agent/packages.h"
#include "bearer/bearer.h"
#include "lib/log.h"
#include "lib/strbuf.h"

#define TERMINATION_NAME_MAX	64	/* octets, H.248.1 Annex B */
#define GROUP_DEFAULT		1
#define STREAMS_MAX		16	/* in one termination */

struct agent;
struct buffered_event;
struct context;
struct flows;
struct psk;
struct realm_states;
struct registration;
struct sdp;
struct sdp_session;
struct termination;
struct totals;

/* A property of LocalControl as text; NULL: its default. */
struct local_properties {
	char *value[ROW_LOCALS];
};

/* Where a pre-shared key can stand; the first that has one wins. */
enum psk_source {
	PSK_OF_REMOTE,
	PSK_OF_LOCAL,
	PSK_OF_CONTROL,
	PSK_SOURCES,
};

/* What the MGC has said of a stream, and what follows from it. */
struct stream_setting {
	enum h248_mode mode;
	enum h248_tristate reserve_value, reserve_group;
	struct local_properties properties;
	char *local, *remote;		/* SDP as answered, as received, but for keys; NULL: none */
	struct psk *psk[PSK_SOURCES];	/* a reference each; NULL: none */
	enum bearer_proto remote_proto;
	uint16_t rtcp_port;		/* a=rtcp of Local; 0: none, or for the gateway to choose */
	uint32_t statistics;		/* which are reported; STATISTICS_ALL */
	struct bearer_want want;
};

/* One stream of one termination: the endpoint. */
struct stream {
	struct stream *next;
	struct termination *termination;
	uint16_t id;
	struct bearer *bearer;		/* NULL: no Local yet */
	struct stream_setting set;
	bool tcp_signal;		/* EstBNC was received: not a relay */
	bool reported;			/* this attempt's failure, or this connection's end */
};

/* adid/ipstop: how long nothing has passed */
struct silence {
	uint64_t after;			/* ms; 0: not armed */
	unsigned int watched;		/* streams that the module watches: all of them; 0: counters do */
	uv_timer_t *timer;		/* between two looks at the counters; NULL: there was none yet */
	uint64_t in, out;		/* octets when last looked at */
	uint64_t in_since, out_since;	/* ms of the loop's clock */
	bool want_in, want_out;
	bool reported;
};

struct termination {
	struct termination *next;	/* in its context */
	struct termination *hash_next;
	struct context *context;
	struct agent *agent;
	const struct config_realm *realm;
	struct realm *bearer_realm;
	uint16_t group;
	uint32_t number;		/* unique in the gateway */
	uint32_t mark;			/* of the list that it is in already */
	char name[TERMINATION_NAME_MAX + 1];
	uint64_t added;			/* ms of the loop's clock */
	enum h248_service_state service_state;
	struct stream *streams;		/* in order of id */
	bool tls_by_signal;		/* a tlsbsc item was received */
	uint32_t statistics;		/* which are reported */
	char *db;			/* MGCInfo/db of TerminationState; NULL: empty */

	/* Events: as received, in an arena of their own */
	struct arena events_arena;
	struct h248_events *events;	/* NULL: nothing armed */

	/* EventBuffer, and what waits in LockStep */
	struct arena buffer_arena;
	struct h248_events *buffer_events;
	bool lockstep;
	bool waiting;			/* for a new Events descriptor */
	struct buffered_event *buffered;
	unsigned int n_buffered;

	/* hangterm/thb */
	uv_timer_t *heartbeat;
	uint64_t heartbeat_ms;		/* 0: not armed */
	struct silence silence;
};

struct context {
	struct context *hash_next;
	struct context *next, *prev;	/* all of them, by age */
	uint32_t id;
	uint16_t priority;
	bool emergency, ieps;
	struct termination *terminations;
	unsigned int n_terminations;
	struct flows *flows;		/* topology; NULL: all flows both ways */
	struct h248_action *out;	/* its part of the reply to the action with that serial */
	uint32_t out_serial;
	struct context *changed_next;	/* of those whose record is out of date */
	bool changed, unrecorded;
};

/*
 * A signal that was done while a command was executed; g/sc follows the reply.
 * ROW_NOT_DONE: the event buffer is to be worked off.
 */
struct completion {
	struct completion *next;
	uint32_t termination;
	uint16_t stream;
	enum row_id signal;
	const char *method;		/* of g/sc */
	bool has_list, has_request;
	uint16_t list;
	uint32_t request;
};

struct agent_counters {
	uint64_t foreign_requests;	/* refused with 504 or 505 */
	uint64_t notifies, notifies_lost;
	uint64_t contexts_refused;	/* 412 */
	uint64_t ports_refused;		/* 510 */
};

struct agent {
	uv_loop_t *loop;
	const struct config *config;
	const struct log *log;
	struct bearer_env *env;
	const struct agent_ops *ops;
	void *priv;
	struct transport *transport;
	struct transactions *transactions;
	struct registration *registration;
	struct packages packages;
	struct package_ids package_ids;
	struct h248_ids ids;		/* the same, as the binary codec sees it */
	struct agent_counters counters;
	struct counters by_mgc;
	struct log_limit orders;	/* of the MGC, told */

	unsigned int buckets;		/* of both tables; a power of two */
	struct context **context_table;
	struct termination **termination_table;
	struct context *contexts, *last_context;
	unsigned int n_contexts, n_terminations;
	uint32_t last_context_id, last_number;
	uint32_t last_mark, last_serial;

	/* ROOT */
	char root_value[ROW_ROOTS][16];
	struct arena root_arena;
	struct h248_events *root_events;
	bool out_of_service;		/* ServiceChange Forced from the MGC */
	struct service_states *services;	/* what the MGC has ordered */
	bool stopping;			/* the operator ends it */
	struct operator_stop *stop;
	struct control *control;	/* NULL: no control socket */
	struct metrics *metrics;	/* NULL: none are served */
	struct trace *trace;		/* NULL: messages are not logged */
	uint64_t started;		/* ms of the loop's clock */
	bool draining;			/* the operator wants no new calls */
	struct realm_states *realm_states;
	bool realms_starting;
	unsigned int adopted;		/* contexts of an earlier run */
	uint32_t adopted_number;	/* the highest of their terminations */

	/* records of contexts, kept by the module: record.h */
	struct context *changed;
	struct arena record_arena;
	struct strbuf record_text;

	/* ocp/mg_overload, chp/mgcon */
	unsigned int overload;		/* per cent of new calls that are too many */
	unsigned int overload_share, reduction_told;
	uv_timer_t overload_timer;
	unsigned int handles;		/* that close before the agent can go */

	/* signals done, not reported yet */
	struct completion *completions, **completions_end;
	uv_timer_t completion_timer;
	bool msrp_path_logged;
};

/* One command under execution: where it may complain. */
struct work {
	struct agent *agent;
	struct arena *a;
	unsigned int code;		/* H.248.8; 0: nothing to complain about */
	bool wild;			/* one of many: what it lacks is passed over */
	char text[160];
	bool adopting;			/* the module does already what is asked for */
	bool emergency;			/* an Add for an emergency call: it may use the reserve */
};

/* Notes the first reason to refuse. Return: -1, to be handed on. */
int refuse(struct work *w, unsigned int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* memory is used up */
int refuse_memory(struct work *w);

/* ---- context.c ---- */
struct context *context_find(const struct agent *agent, uint32_t id);
/* Return: NULL and a refusal: none left, or no memory. */
struct context *context_new(struct work *w);
/* The same with the id that it had. */
struct context *context_adopt(struct work *w, uint32_t id);
/* With all its terminations. */
void context_delete(struct context *c, struct agent *agent);
void context_free(struct context *c, struct agent *agent);
struct termination *termination_find(const struct agent *agent, uint32_t number);
void context_link(struct context *c, struct termination *t);
/* Before another one of the context; NULL: as the last. */
void context_link_before(struct context *c, struct termination *t, struct termination *next);
void context_unlink(struct termination *t);
uint32_t termination_number(struct agent *agent);

/* ---- termination.c ---- */
/* Not in the context yet: context_link() does that. Return: NULL and a refusal. */
struct termination *termination_new(struct work *w, struct context *c, uint16_t group,
				    const struct config_realm *realm);
/* Ends the bearers. The context stays. */
void termination_free(struct termination *t);
/* The same without touching the bearers: the environment frees them. */
void termination_forget(struct termination *t);
void context_forget(struct context *c, struct agent *agent);
struct stream *termination_stream(const struct termination *t, uint16_t id);
void termination_heard(struct termination *t);
/* Its final figures are added to @total unless NULL. */
void stream_free(struct stream *s, struct totals *total);
void setting_free(struct stream_setting *s);

/* ---- tid.c ---- */
/* What a TerminationID of a request asks for. */
struct tid_pattern {
	enum h248_tid_kind kind;
	struct str text;
	bool wild;			/* '*' somewhere */
	bool choose;			/* '$' somewhere */
	/* for choose: what is fixed */
	bool has_group, has_interface;
	uint16_t group;
	struct str interface;
};

int tid_parse(struct work *w, const struct h248_tid *tid, struct tid_pattern *out);
bool tid_matches(const struct tid_pattern *p, const struct termination *t);
/* Existing termination by its exact name anywhere in the gateway, or NULL. */
struct termination *tid_lookup(struct agent *agent, struct str name);

/* ---- request.c ---- */
/* Is it about an emergency context, so that it may go ahead of others? */
bool request_precedence(void *priv, const struct h248_transaction *req);
void request_execute(void *priv, struct arena *a, const struct h248_transaction *req,
		     struct h248_transaction *reply);

/* ---- media.c: Media of Add and Modify ---- */
struct stream_change {
	struct stream_change *next;
	struct stream *stream;		/* changed or new */
	bool is_new;
	bool new_bearer;		/* stream->bearer was made for this command */
	bool media_given;		/* Local, Remote or LocalControl was there */
	bool echo_local;		/* something in Local was left to the gateway */
	struct sdp *sdp;		/* Local of the request, or NULL */
	struct sdp_session *session;	/* the alternative taken */
	int family;			/* of Local; AF_UNSPEC: left open */
	uint16_t port;			/* 0: left open */
	struct stream_setting set;	/* as it shall be; after apply: as it was */
};

struct media_change {
	struct stream_change *first, *last;
	bool has_state;
	enum h248_service_state service_state;
	enum h248_buffer_control buffer;	/* NONE: not given */
	char *db;			/* NULL: not given */
};

struct signal_plan;

/*
 * media_check() - read Media and find out whether it can be done
 *
 * New streams get their bearer here, since only that shows whether there is a
 * port. Return: 0, or -1 and a refusal; media_undo() in both cases unless
 * media_apply() follows.
 */
int media_check(struct work *w, struct termination *t, const struct h248_media *media,
		struct media_change *change);
/* The same for a termination that comes from another context: all its streams are looked at. */
int media_check_move(struct work *w, struct termination *t, const struct h248_media *media,
		     struct media_change *change);
/* After that: takes the endpoints that were there to another context, all or none. */
int media_move(struct work *w, struct termination *t, const struct media_change *change,
	       uint32_t from, uint32_t to);
/* And back, when what came after it failed. */
void media_move_back(struct termination *t, const struct media_change *change, uint32_t from);
int media_apply(struct work *w, struct termination *t, struct media_change *change);
void media_undo(struct termination *t, struct media_change *change);
void media_done(struct media_change *change);
const struct bearer_ops *media_bearer_ops(void);
/* Local as the reply shows it. */
int media_reply(struct work *w, const struct media_change *change, struct h248_command *reply);
/* What the command makes of a stream, or what it is. */
const struct stream_setting *media_setting(const struct media_change *change,
					   const struct stream *s);
/* Interlinkage and topology depend on both ends: brings all streams of a context up to date. */
void media_refresh(struct context *c);
/* The context has become one of an emergency call, or is none any more: its streams follow. */
void media_set_emergency(struct context *c);

/* ---- topology.c ---- */
/* What topology leaves of the mode of a stream. */
enum kmgw_mode topology_mask(const struct termination *t, uint16_t stream, enum kmgw_mode mode);
/* A termination has left the context. */
void topology_forget(struct context *c, uint32_t termination);
void topology_free(struct context *c);
/* As triples. @streams: those of single streams, too; @exceptions: only what is not Bothway. */
int topology_fill(struct work *w, const struct context *c, bool streams, bool exceptions,
		  struct h248_context_attr *out);
/* From such triples, of a context that has no topology yet. */
int topology_adopt(struct work *w, struct context *c, const struct h248_context_attr *attr);

/* ---- local_remote.c: SDP to struct bearer_want and back ---- */
/* Reads Local; takes the first alternative that can be done. */
int local_check(struct work *w, const struct termination *t, struct stream_change *change,
		struct str text);
/* With the bearer there: fills in what was left open, and keeps the text. */
int local_fill(struct work *w, const struct termination *t, struct stream_change *change);
/* One alternative: is it possible, and what does it want? */
int local_session(struct work *w, const struct termination *t, struct stream_change *change,
		  struct sdp_session *s);
int remote_check(struct work *w, struct stream_setting *set, bool has_local, struct str text);

/* ---- psk.c: pre-shared keys ---- */
/* Takes the key out of a description, and the lines with it: *to is replaced, NULL if there is none. */
int psk_of_sdp(struct work *w, const char *what, struct sdp *sdp, struct psk **to);
int psk_of_property(struct work *w, const struct h248_property *p, struct stream_setting *set);
/* *to gets references of its own. */
void psk_copy(struct stream_setting *to, const struct stream_setting *from);
void psk_free(struct stream_setting *set);
/* The key that is in force. has_local: there is a Local, now or before. Return: 0 or -1 refused */
int psk_to_want(struct work *w, struct stream_setting *set, bool has_local);

/* ---- local_choice.c: of several alternatives in Local ---- */
/* Leaves one format in m=. Return: were there others? */
bool local_one_format(struct sdp_session *s);
/* Leaves the alternatives that can be served beside the one taken. */
void local_keep_group(struct work *w, const struct termination *t, struct stream_change *change);

/* ---- properties.c ---- */
int properties_check(struct work *w, const struct h248_local_control *lc,
		     struct stream_setting *set);
const char *property_get(const struct stream_setting *set, enum row_id id);
/* The property with its value, for a message; NULL: no memory. */
struct h248_property *property_write(const struct packages *names, struct arena *a,
				     const struct row *row, const char *value);
bool property_on(const struct stream_setting *set, enum row_id id);
int properties_copy(struct local_properties *to, const struct local_properties *from);
/* seplink: what the stream opens; Return: 0 none, 1 and the target, -1 refused */
int linktopo_target(struct work *w, const struct stream_setting *set, struct str *termination,
		    uint16_t *stream);
/* TerminationState of a termination: *db is replaced when MGCInfo/db is there */
int state_properties_check(struct work *w, const struct h248_term_state *state, char **db);
int root_properties_check(struct work *w, const struct h248_term_state *state);
void root_properties_apply(struct agent *agent, const struct h248_term_state *state);
const char *root_property(const struct agent *agent, enum row_id id, char *buf, size_t len);
/* tells the transactions what ROOT's timers and limits are */
void root_limits_apply(struct agent *agent);

/* ---- gate.c ---- */
/* Is it a value of gm/sam, spr or lsa? */
bool gate_value_valid(enum row_id id, const char *value);
/* Is RTCP on a port of its own asked for a stream whose transport is RTP's, or is not? */
bool gate_wants_rtcp(const struct agent *agent, const struct stream_setting *set, bool rtp);
/* What gm, tman, ds and Remote mean to the bearer. Return: 0, or -1 refused */
int gate_to_want(struct work *w, const struct termination *t, struct stream_setting *set);

/* ---- signals.c ---- */
#define SIGNALS_MAX	32

struct signal_plan {
	unsigned int n;
	struct {
		enum row_id id;
		struct stream *stream;
		enum kmgw_latch latch;	/* ipnapt/latch */
		bool complete;		/* g/sc was asked for */
		bool has_list, has_request;
		uint16_t list;
		uint32_t request;
	} item[SIGNALS_MAX];
	bool tls;			/* a tlsbsc item is among them */
};

int signals_check(struct work *w, struct termination *t, const struct h248_signals *signals,
		  const struct media_change *change, struct signal_plan *plan);
int signals_apply(struct work *w, struct termination *t, const struct signal_plan *plan);
/* Only what does not depend on the termination: for signals that an event embeds. */
int signals_check_names(struct work *w, const struct h248_signals *signals);
/* Check and apply; signals that cannot be done complete with g/sc NC. */
int signals_activate(struct work *w, struct termination *t, const struct h248_signals *signals);

/* ---- events.c ---- */
int events_check(struct work *w, const struct h248_events *events, unsigned int on);
int events_buffer_check(struct work *w, const struct h248_events *events);
/* A new Events or EventBuffer descriptor that was copied and not yet put in place. */
struct events_change {
	bool given;
	struct arena arena;
	struct h248_events *events;	/* NULL: it is empty */
};

int events_prepare(struct work *w, const struct h248_events *events,
		   struct events_change *change);
void events_drop(struct events_change *change);
void events_commit(struct termination *t, struct events_change *change);
void events_commit_buffer(struct termination *t, struct events_change *change);
void events_commit_root(struct agent *agent, struct events_change *change);
/* EventBufferControl; Off forgets what waits. */
void events_set_lockstep(struct termination *t, bool on);
bool events_name_tls(const struct agent *agent, const struct h248_events *events);
/* What waits in the buffer, for an audit; *out becomes NULL when nothing does. */
int events_observed(struct work *w, const struct termination *t, struct h248_observed **out);
void events_init(struct termination *t);
void events_free(struct termination *t);

/* ---- event_sources.c ---- */
void events_bearer(void *priv, enum bearer_event event, const char *reason);
/* Both happen after the reply to the command under execution. */
void events_signal_completed(const struct termination *t, const struct completion *what);
void events_later(const struct termination *t);
/* The Events descriptor is another one. */
void event_timers_changed(struct termination *t);
/* Streams got their ports: are they watched, too? */
void event_streams_changed(struct termination *t);
void event_timers_free(struct termination *t);

/* ---- event_root.c ---- */
/* it/ito: ms of silence after which ROOT reports; 0: not armed */
uint64_t events_inactivity(const struct agent *agent);
void events_report_inactivity(struct agent *agent);
/* The queue of requests is filled to so many per cent. */
void events_overload(void *priv, unsigned int percent);
/* An Add is executed: it may be one of those that are too many. */
void events_overload_add(struct agent *agent, bool emergency);
/* ipra/arc: names of realms that are available now, and that no longer are */
void events_realms_changed(struct agent *agent, const char *const *up, unsigned int n_up,
			   const char *const *down, unsigned int n_down);

/* ---- statistics.c ---- */
#define STATISTICS_ALL	UINT32_MAX

/* What the streams of a termination, or of several, have counted. */
struct totals {
	struct bearer_stats all;
	struct bearer_stats rtp, datagrams;	/* only streams of that kind */
	bool has_rtp, has_datagrams;
};

void statistics_add(struct bearer_stats *to, const struct bearer_stats *st);
void totals_add(struct totals *to, const struct stream_setting *set,
		const struct bearer_stats *st);
void totals_stream(const struct stream *s, struct totals *to);
void totals_termination(const struct termination *t, struct totals *to);
void totals_join(struct totals *to, const struct totals *from);
/* Which statistics a descriptor names; @set: of a stream, or NULL. */
int statistics_select(struct work *w, const struct h248_statistics *st,
		      const struct stream_setting *set, uint32_t *mask);
/* @ask: only those named; NULL: all of the mask. *to becomes NULL when there are none. */
int statistics_fill(struct work *w, const struct totals *t, uint64_t dur, uint32_t mask,
		    const struct h248_name_entry *ask, struct h248_statistics **to);
uint64_t statistics_duration(const struct termination *t);
/* The descriptor that chooses these; *to becomes NULL for all. Return: 0 or -ENOMEM. */
int statistics_names(const struct agent *agent, struct arena *a, uint32_t mask,
		     struct h248_statistics **to);

/* ---- audit.c ---- */
int audit_check(struct work *w, const struct h248_audit *audit, bool capability);
int audit_termination(struct work *w, const struct termination *t, const struct h248_audit *audit,
		      struct h248_command *reply);
int audit_root(struct work *w, const struct h248_audit *audit, struct h248_command *reply);
/* Takes out what has nothing in it, and so has no way to be written. */
void audit_tidy(struct h248_command *reply);
/* audit_select.c; v3: does the audit ask only terminations that meet its conditions? Does this one? */
bool audit_selects(const struct h248_audit *audit);
bool audit_selected(struct work *w, const struct termination *t, const struct h248_audit *audit);
/* pieces of a reply */
struct h248_property *audit_property(struct work *w, const struct row *row, enum h248_form form);
int audit_value(struct work *w, struct h248_property *p, const char *text, bool quoted);
bool audit_wants(const struct packages *p, const struct h248_property *first, bool all,
		 const struct row *row);

/* ---- audit_capability.c ---- */
int audit_capability(struct work *w, const struct h248_audit *audit, bool root,
		     struct h248_command *reply);

/* ---- audit_union.c: one reply for several; the audits are taken apart for it ---- */
int audit_union(struct work *w, struct h248_command **each, size_t n, struct h248_command *reply);

/* ---- commands.c, service_change.c ---- */
struct command {
	struct work *w;
	struct context *context;	/* NULL: the null context */
	const struct h248_command *req;
	struct h248_action *out;	/* where the reply goes; NULL: no reply is wanted */
	bool emergency;			/* the context is one of an emergency call, or will be */
};

/* cmd->context may be made here, when make_context is set. Return: 0, or -1 and a refusal. */
int command_add(struct command *cmd, const struct tid_pattern *tid, bool make_context);
int command_modify(struct command *cmd, struct termination *t);
int command_modify_root(struct command *cmd);
/* From another context to cmd->context; the old one goes with its last termination. */
int command_move(struct command *cmd, struct termination *t);
/* Adds its final figures to *total; the context goes with its last termination. */
int command_subtract(struct command *cmd, struct termination *t, struct totals *total);
int command_service_change_root(struct command *cmd);
int command_service_change(struct command *cmd, struct termination *t);
/* Realms all of whose terminations the pattern means: how many there are, or -1 and a refusal. */
int service_change_realms(struct work *w, const struct h248_service_change *sc,
			  const struct tid_pattern *p);

/* ---- service_state.c: orders of the MGC ---- */
enum service_state {
	SERVICE_IN,
	SERVICE_GRACEFUL,		/* no new calls but those of emergency contexts */
	SERVICE_FORCED,
};

int service_states_new(struct agent *agent);
void service_states_free(struct agent *agent);
/* delay: s until a Graceful one becomes Forced; 0: never */
void service_order_root(struct agent *agent, enum service_state state, uint32_t delay);
void service_order_realm(struct agent *agent, const struct config_realm *realm,
			 enum service_state state, uint32_t delay);
void service_order_termination(struct termination *t, enum service_state state, uint32_t delay);
enum service_state service_of_root(const struct agent *agent);
enum service_state service_of_realm(const struct agent *agent, const struct config_realm *realm);
/* May a termination be added there? false: 502 was noted. */
bool service_admits(struct work *w, const struct config_realm *realm, bool emergency);

/* Ends all calls. */
void contexts_clear(struct agent *agent);

/* ---- registration.c ---- */
int registration_new(struct agent *agent, struct registration **out);
void registration_free(struct registration *r);
void registration_start(struct registration *r);
unsigned int registration_admit(void *priv, const struct transport_path *from,
				const struct h248_message *msg);
void registration_heard(void *priv, const struct transport_path *from);
/* An error for a whole message: it may be the header of a registration that this MGC does not read. */
void registration_message_error(void *priv, const struct transport_path *from, unsigned int code);
void registration_link(void *priv, bool up);
bool registration_active(const struct registration *r);
uint8_t registration_version(const struct registration *r);
/* The profile agreed on, "NAME/1", or NULL. */
const char *registration_profile(const struct registration *r);

/* For those who look at the association from outside. */
struct registration_picture {
	const char *state;
	bool active;
	struct config_mgc mgc;		/* used, or tried last */
	uint8_t version;
	const char *profile;		/* NULL: none */
	uint64_t since, silent;		/* s; only while active */
};

void registration_describe(const struct registration *r, struct registration_picture *out);
/**
 * registration_service_change() - tell the MGC that something of the gateway has changed
 * @agent: the agent
 * @tid: "ROOT", a termination, or all of an interface: "ip/1/access/"*
 * @method: Forced, Graceful or Restart
 * @reason: of H.248.1; its text is added
 * @delay: seconds of a Graceful one; 0: none is given
 *
 * While no MGC controls the gateway it waits for one; of several for the same
 * termination the last one is told then.
 * Return: 0, or a negative errno.
 */
int registration_service_change(struct agent *agent, const char *tid, enum h248_method method,
				unsigned int reason, uint32_t delay);
/* An own request was not answered: the MGC has failed. */
void registration_lost(struct registration *r, const char *why);
/* ServiceChange of the MGC: after the reply has gone out */
void registration_hand_off(struct registration *r, const struct config_mgc *mgc);
void registration_start_anew(struct registration *r);
/* it/ito was armed or taken away */
void registration_inactivity_changed(struct registration *r);
/* In the list of MGCs or in mgc_allow? */
bool registration_allowed(const struct agent *agent, const struct h248_mid *mid,
			  struct config_mgc *out);

/* UTC now, as H.248 writes it */
void h248_now(struct h248_time *out);

#endif /* KMGWD_AGENT_PRIVATE_H */
