/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * h248: an H.248.1 message (versions 1 to 3) as one typed tree.
 *
 * Purpose: what the codecs produce and the agent reads and builds. One tree for
 * requests and replies and for text and binary: names are kept as written
 * (compare with str_ieq()), values as text, SDP as one unescaped text.
 * Context: plain data, no locks. Lifetime: everything, texts included, lives in
 * the arena that the tree was made in; nothing points into the receive buffer.
 *
 * Lists: { first, last }, linked by next; zeroed memory is an empty list.
 * Optional numbers have a has_ flag, optional texts are absent when .p is NULL,
 * optional structs are pointers.
 */
#ifndef KMGWD_H248_H
#define KMGWD_H248_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/str.h"

#define H248_LIST(type)		struct { struct type *first, *last; }
#define h248_append(list, node) \
	do { \
		if ((list)->last) \
			(list)->last->next = (node); \
		else \
			(list)->first = (node); \
		(list)->last = (node); \
	} while (0)
#define h248_each(node, list) \
	for ((node) = (list)->first; (node); (node) = (node)->next)
#define h248_empty(list)	(!(list)->first)

/* ContextID: "-", "$", "*" */
#define H248_CONTEXT_NULL	0u
#define H248_CONTEXT_CHOOSE	0xfffffffeu
#define H248_CONTEXT_ALL	0xffffffffu

/* RequestID "*" */
#define H248_REQUEST_ALL	0xffffffffu

#define H248_NAME_MAX		64	/* octets in a NAME or a TerminationID */

/* ---- values ---------------------------------------------------------- */

/* pkg/item; "*" for all. A parameter name (no package) has pkg.p == NULL. */
struct h248_name {
	struct str pkg;
	struct str item;
};

struct h248_name_entry {
	struct h248_name_entry *next;
	struct h248_name name;
};

enum h248_form {
	H248_FORM_NONE,		/* no value: a statistic that is only named */
	H248_FORM_EQUAL,	/* = a */
	H248_FORM_NOT,		/* # a */
	H248_FORM_GREATER,	/* > a */
	H248_FORM_LESS,		/* < a */
	H248_FORM_AND,		/* = [ a, b ]: a list */
	H248_FORM_OR,		/* = { a, b }: alternatives */
	H248_FORM_RANGE,	/* = [ a : b ]: exactly two values */
};

struct h248_value {
	struct h248_value *next;
	struct str text;	/* without quotes; "$" CHOOSE, "*" ALL if not quoted */
	bool quoted;
};

/* property, event or signal parameter, statistic, ServiceChange extension */
struct h248_property {
	struct h248_property *next;
	struct h248_name name;
	enum h248_form form;
	H248_LIST(h248_value) values;
};

enum h248_tid_kind {
	H248_TID_NAME,		/* also with wildcards inside, see the flags */
	H248_TID_ROOT,
	H248_TID_CHOOSE,	/* "$" */
	H248_TID_ALL,		/* "*" */
};

struct h248_tid {
	struct h248_tid *next;
	enum h248_tid_kind kind;
	bool has_choose, has_all;	/* '$', '*' somewhere in it */
	struct str text;
};

enum h248_mid_kind {
	H248_MID_IP4,
	H248_MID_IP6,
	H248_MID_DOMAIN,	/* <text> */
	H248_MID_DEVICE,	/* pathNAME */
	H248_MID_MTP,		/* MTP{hex}; text = the hex digits */
	H248_MID_PORT,		/* a port alone; in ServiceChangeAddress only */
};

struct h248_mid {
	enum h248_mid_kind kind;
	uint8_t addr[16];	/* IP4: the first 4 */
	struct str text;	/* as written, brackets removed */
	bool has_port;
	uint16_t port;
};

struct h248_error {
	uint16_t code;
	struct str text;	/* absent: Error = 430 { } */
};

/* yyyymmdd T hhmmssss, digits only */
struct h248_time {
	char date[8];
	char time[8];
};

/* ---- media ----------------------------------------------------------- */

enum h248_mode {
	H248_MODE_NONE,		/* not given */
	H248_MODE_SENDONLY,
	H248_MODE_RECVONLY,
	H248_MODE_SENDRECV,
	H248_MODE_INACTIVE,
	H248_MODE_LOOPBACK,
};

enum h248_tristate {
	H248_UNSET,
	H248_OFF,
	H248_ON,
};

struct h248_local_control {
	enum h248_mode mode;
	enum h248_tristate reserve_value;
	enum h248_tristate reserve_group;
	H248_LIST(h248_property) properties;
};

struct h248_statistics {
	H248_LIST(h248_property) items;	/* form NONE, EQUAL or AND */
};

struct h248_stream {
	struct h248_stream *next;
	uint16_t id;
	bool implied;		/* written in Media itself, no Stream = n { }; id is 1 */
	struct h248_local_control *control;
	struct str local;	/* SDP, "}" unescaped, no line end after the last line */
	struct str remote;
	struct h248_statistics *statistics;	/* v3 */
};

enum h248_service_state {
	H248_STATE_NONE,
	H248_STATE_TEST,
	H248_STATE_OUT_OF_SERVICE,
	H248_STATE_IN_SERVICE,
};

enum h248_buffer_control {
	H248_BUFFER_NONE,
	H248_BUFFER_OFF,
	H248_BUFFER_LOCKSTEP,
};

struct h248_term_state {
	enum h248_service_state service_state;
	enum h248_buffer_control buffer;
	H248_LIST(h248_property) properties;
};

struct h248_media {
	struct h248_term_state *state;
	H248_LIST(h248_stream) streams;
};

struct h248_text_entry {
	struct h248_text_entry *next;
	struct str text;
};

struct h248_modem {
	bool bracketed;		/* Modem[a, b], not Modem=a */
	H248_LIST(h248_text_entry) types;
	H248_LIST(h248_property) properties;
};

struct h248_mux {
	struct str type;	/* H221, H223, H226, V76, Nx64Kservice, X-... */
	H248_LIST(h248_tid) terms;
};

/* ---- events ---------------------------------------------------------- */

struct h248_digit_map {
	struct str name;	/* may be absent in an event */
	bool has_value;
	uint8_t t, s, l, z;	/* timers; 0: not given */
	struct str map;		/* white space and comments removed */
};

enum h248_notify {
	H248_NOTIFY_DEFAULT,
	H248_NOTIFY_IMMEDIATE,
	H248_NOTIFY_REGULATED,	/* regulated_embed may be set */
	H248_NOTIFY_NEVER,
};

struct h248_signals;
struct h248_events;

struct h248_embed {
	struct h248_signals *signals;
	struct h248_events *events;
};

struct h248_event {
	struct h248_event *next;
	struct h248_name name;
	bool has_stream;
	bool keep_active;
	bool reset_events;		/* v3 ResetEventsDescriptor */
	uint16_t stream;
	enum h248_notify notify;	/* v3 */
	struct h248_embed *regulated_embed;
	struct h248_embed *embed;
	struct h248_digit_map *digit_map;
	H248_LIST(h248_property) params;
};

/* Events, and EventBuffer (no id; streams and parameters only) */
struct h248_events {
	bool has_id;
	uint32_t id;
	H248_LIST(h248_event) items;
};

struct h248_observed_event {
	struct h248_observed_event *next;
	bool has_time;
	bool has_stream;
	uint16_t stream;
	struct h248_time time;
	struct h248_name name;
	H248_LIST(h248_property) params;
};

struct h248_observed {
	uint32_t id;
	H248_LIST(h248_observed_event) items;
};

/* ---- signals --------------------------------------------------------- */

enum h248_signal_type {
	H248_SIGNAL_NONE,
	H248_SIGNAL_ONOFF,
	H248_SIGNAL_TIMEOUT,
	H248_SIGNAL_BRIEF,
};

enum h248_direction {
	H248_DIRECTION_NONE,
	H248_DIRECTION_EXTERNAL,
	H248_DIRECTION_INTERNAL,
	H248_DIRECTION_BOTH,
};

enum {
	H248_NC_TIMEOUT		= 1 << 0,
	H248_NC_BY_EVENT	= 1 << 1,
	H248_NC_BY_SIGNALS	= 1 << 2,
	H248_NC_OTHER		= 1 << 3,
	H248_NC_ITERATION	= 1 << 4,
};

struct h248_signal {
	struct h248_signal *next;
	struct h248_name name;
	bool has_stream, has_duration, has_request, has_delay;
	bool keep_active;
	uint8_t notify_completion;	/* H248_NC_*; 0: not given */
	uint16_t stream;
	uint16_t duration;		/* 1/100 s */
	uint16_t delay;			/* v3 Intersignal */
	uint32_t request;		/* v3 SPARequestID */
	enum h248_signal_type type;
	enum h248_direction direction;	/* v3 */
	H248_LIST(h248_property) params;
};

/* one entry of Signals: a signal, or a SignalList of several */
struct h248_signal_entry {
	struct h248_signal_entry *next;
	bool is_list;
	uint16_t list_id;
	H248_LIST(h248_signal) signals;	/* exactly one when !is_list */
};

struct h248_signals {
	H248_LIST(h248_signal_entry) items;	/* empty: stop all */
};

/* ---- audits ---------------------------------------------------------- */

/* bare tokens of Audit { }, and of audit replies */
enum {
	H248_AUDIT_MUX		= 1 << 0,
	H248_AUDIT_MODEM	= 1 << 1,
	H248_AUDIT_MEDIA	= 1 << 2,
	H248_AUDIT_EVENTS	= 1 << 3,
	H248_AUDIT_SIGNALS	= 1 << 4,
	H248_AUDIT_DIGITMAP	= 1 << 5,
	H248_AUDIT_STATISTICS	= 1 << 6,
	H248_AUDIT_OBSERVED	= 1 << 7,
	H248_AUDIT_PACKAGES	= 1 << 8,
	H248_AUDIT_EVENTBUFFER	= 1 << 9,
};

/* individual audits (v2); what has a value selects (v3) */
struct h248_ind_state {
	bool service_state, buffer;
	enum h248_form state_form;	/* NONE, EQUAL, NOT, GREATER or LESS */
	enum h248_service_state state;
	H248_LIST(h248_property) properties;	/* form NONE: only named */
};

struct h248_ind_control {
	bool mode, reserve_value, reserve_group;
	enum h248_form mode_form;
	enum h248_mode mode_value;
	H248_LIST(h248_property) properties;	/* form NONE: only named */
};

struct h248_ind_stream {
	struct h248_ind_stream *next;
	uint16_t id;
	bool implied;
	bool local, remote;
	struct str local_text, remote_text;	/* v3; absent when bare */
	struct h248_ind_control *control;
	H248_LIST(h248_name_entry) statistics;
};

struct h248_ind_media {
	struct h248_ind_state *state;
	H248_LIST(h248_ind_stream) streams;
};

struct h248_ind_event {
	struct h248_ind_event *next;
	bool has_id;			/* Events = id { } */
	bool has_stream;		/* EventBuffer { e { Stream = n } } */
	uint16_t stream;
	uint32_t id;
	struct h248_name name;
	struct str param;		/* EventBuffer { e { param } } */
};

struct h248_package {
	struct h248_package *next;
	struct str name;
	uint16_t version;
};

struct h248_audit {
	unsigned int items;		/* H248_AUDIT_* */
	struct h248_ind_media *media;
	H248_LIST(h248_ind_event) events;
	H248_LIST(h248_ind_event) event_buffer;
	/* Signals { }: an entry without signals and !is_list */
	H248_LIST(h248_signal_entry) signals;
	H248_LIST(h248_text_entry) digit_maps;
	H248_LIST(h248_name_entry) statistics;
	H248_LIST(h248_package) packages;
};

struct h248_packages {
	H248_LIST(h248_package) items;
};

/* ---- ServiceChange --------------------------------------------------- */

enum h248_method {
	H248_METHOD_NONE,
	H248_METHOD_FAILOVER,
	H248_METHOD_FORCED,
	H248_METHOD_GRACEFUL,
	H248_METHOD_RESTART,
	H248_METHOD_DISCONNECTED,
	H248_METHOD_HANDOFF,
	H248_METHOD_EXTENSION,	/* method_name: X-... */
};

struct h248_service_change {
	enum h248_method method;
	bool has_delay, has_version, has_time;
	bool incomplete;		/* v3 */
	uint8_t version;		/* ServiceChangeVersion */
	uint8_t profile_version;
	uint16_t reason_code;		/* 0: reason is absent or has no number */
	uint32_t delay;
	struct str method_name;
	struct str reason;		/* all of it: "901 Cold Boot" */
	struct str profile;		/* name */
	struct h248_mid *address;
	struct h248_mid *mgc;		/* MgcIdToTry */
	struct h248_time time;
	struct h248_audit *audit;	/* v2 */
	H248_LIST(h248_property) extensions;
};

/* ---- commands, actions, transactions --------------------------------- */

enum h248_command_kind {
	H248_ADD,
	H248_MOVE,
	H248_MODIFY,
	H248_SUBTRACT,
	H248_AUDIT_VALUE,
	H248_AUDIT_CAPABILITY,
	H248_NOTIFY,
	H248_SERVICE_CHANGE,
};

/* a request or a reply; the agent checks which descriptors it wants where */
struct h248_command {
	struct h248_command *next;
	enum h248_command_kind kind;
	bool optional;			/* O- */
	bool wildcard_reply;		/* W- */
	/* AuditValue = Context { terms }: the reply lists the terminations only */
	bool context_audit;
	unsigned int audit_items;	/* bare tokens in a reply */
	H248_LIST(h248_tid) terms;	/* one; v3 has lists */
	struct h248_media *media;
	struct h248_modem *modem;
	struct h248_mux *mux;
	struct h248_events *events;
	struct h248_events *event_buffer;
	struct h248_signals *signals;
	struct h248_digit_map *digit_map;
	struct h248_audit *audit;
	struct h248_statistics *statistics;
	struct h248_observed *observed;
	struct h248_packages *packages;
	struct h248_service_change *service_change;
	struct h248_error *error;
};

enum h248_topology_kind {
	H248_TOPOLOGY_BOTHWAY,
	H248_TOPOLOGY_ISOLATE,
	H248_TOPOLOGY_ONEWAY,
	H248_TOPOLOGY_ONEWAY_EXTERNAL,	/* v3 */
	H248_TOPOLOGY_ONEWAY_BOTH,	/* v3 */
};

struct h248_topology {
	struct h248_topology *next;
	struct h248_tid from, to;
	enum h248_topology_kind kind;
	bool has_stream;		/* v2 */
	uint16_t stream;
};

struct h248_context_id {
	struct h248_context_id *next;
	uint32_t id;
};

struct h248_context_attr {
	bool has_topology;
	bool has_priority;
	uint16_t priority;
	enum h248_tristate emergency;
	enum h248_tristate ieps;		/* v3 */
	H248_LIST(h248_topology) topology;
	H248_LIST(h248_property) properties;	/* v3 ContextAttr { ... } */
	H248_LIST(h248_context_id) contexts;	/* v3 ContextAttr { ContextList = { } } */
};

enum h248_logic {
	H248_LOGIC_NONE,
	H248_LOGIC_AND,
	H248_LOGIC_OR,
};

struct h248_context_audit {
	bool topology, emergency, priority, ieps;
	bool in_attr;				/* written inside ContextAttr { } */
	H248_LIST(h248_name_entry) names;	/* v3 */
	/* v3: selection */
	struct h248_context_attr *select;
	enum h248_logic logic;
};

struct h248_action {
	struct h248_action *next;
	uint32_t context;
	struct h248_context_attr attr;
	struct h248_context_audit *audit;
	H248_LIST(h248_command) commands;
	struct h248_error *error;	/* in a reply: after, or instead of, the commands */
};

enum h248_transaction_kind {
	H248_REQUEST,
	H248_REPLY,
	H248_PENDING,
	H248_ACK,
	H248_SEGMENT,		/* v3 */
};

struct h248_ack {
	struct h248_ack *next;
	uint32_t first, last;	/* equal for a single id */
};

struct h248_transaction {
	struct h248_transaction *next;
	enum h248_transaction_kind kind;
	bool imm_ack;		/* reply */
	bool has_segment;	/* reply, v3 */
	bool segment_end;
	uint16_t segment;
	uint32_t id;		/* not in H248_ACK */
	H248_LIST(h248_action) actions;
	struct h248_error *error;	/* reply */
	H248_LIST(h248_ack) acks;
};

struct h248_auth {
	struct str index, sequence, data;	/* hex digits without 0x */
};

struct h248_message {
	uint8_t version;
	struct h248_mid mid;
	struct h248_auth *auth;
	struct h248_error *error;	/* the body is an error: never answer it */
	H248_LIST(h248_transaction) transactions;
	/* text: the copy that all texts point into, to find the place of one; else NULL */
	const char *source;
};

/* ---- helpers (h248.c) ------------------------------------------------ */

bool h248_mid_equal(const struct h248_mid *a, const struct h248_mid *b);
/*
 * h248_mid_parse() - "[10.0.0.1]:2944", "<mg.example>:2944", "MTP{0a0b}", a name
 * Return: 0, -EINVAL, -ENOMEM
 */
int h248_mid_parse(struct arena *a, struct str text, struct h248_mid *out);

/* classifies a termination id; text must live as long as the tree */
struct h248_tid h248_tid_of(struct str text);
bool h248_name_is(const struct h248_name *name, const char *pkg, const char *item);

/* the words of the long form, for logs: "Add", "Restart" */
const char *h248_command_name(enum h248_command_kind kind);
const char *h248_method_name(enum h248_method method);

/* first value of a property as text; absent when it has none */
struct str h248_first(const struct h248_property *p);
/* the first property of that name, or NULL */
#define h248_find(list, pkg, item)	h248_find_from((list)->first, (pkg), (item))
struct h248_property *h248_find_from(struct h248_property *first, const char *pkg,
				     const char *item);

/*
 * Builders. Each allocates in the arena, appends to its parent and returns the
 * new node, or NULL at the arena's limit. Texts are copied.
 */
struct h248_message *h248_message_new(struct arena *a, uint8_t version,
				      const struct h248_mid *mid);
struct h248_transaction *h248_transaction_add(struct arena *a, struct h248_message *msg,
					      enum h248_transaction_kind kind, uint32_t id);
struct h248_action *h248_action_add(struct arena *a, struct h248_transaction *tr,
				    uint32_t context);
struct h248_command *h248_command_add(struct arena *a, struct h248_action *act,
				      enum h248_command_kind kind, struct str tid);
struct h248_tid *h248_tid_add(struct arena *a, struct h248_command *cmd, struct str tid);
struct h248_error *h248_error_new(struct arena *a, unsigned int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* makes cmd->media when it is missing; id 0 asks for the implied stream 1 */
struct h248_stream *h248_stream_add(struct arena *a, struct h248_command *cmd, uint16_t id);

/*
 * A property with one value. The value is quoted if quoted is set or if it
 * could not be written otherwise.
 */
struct h248_property *h248_property_new(struct arena *a, struct str pkg, struct str item,
					enum h248_form form);
struct h248_value *h248_value_add(struct arena *a, struct h248_property *p, struct str text,
				  bool quoted);
#define h248_property_add(a, list, pkg, item, value, quoted) __extension__ ({ \
	struct h248_property *p_ = h248_property_new((a), str_c(pkg), str_c(item), \
						     H248_FORM_EQUAL); \
	if (p_ && !h248_value_add((a), p_, (value), (quoted))) \
		p_ = NULL; \
	if (p_) \
		h248_append((list), p_); \
	p_; })
struct h248_package *h248_package_add(struct arena *a, struct h248_command *cmd,
				      struct str name, uint16_t version);

/* deep copies into another arena, for what outlives its message; NULL at the limit */
struct h248_events *h248_events_copy(struct arena *a, const struct h248_events *e);
struct h248_signals *h248_signals_copy(struct arena *a, const struct h248_signals *s);

#endif /* KMGWD_H248_H */
