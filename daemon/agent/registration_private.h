/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the control association share.
 *
 * registration.c has the states and decides which MGC is asked, and when;
 * registration_mgc.c knows MGCs by address and says who may give orders;
 * registration_send.c writes ServiceChange and judges the reply;
 * registration_report.c tells the MGC of changes once it is there;
 * registration_watch.c notices that it is silent.
 */
#ifndef KMGWD_REGISTRATION_PRIVATE_H
#define KMGWD_REGISTRATION_PRIVATE_H

#include "agent/agent_private.h"

struct service_report;

enum registration_state {
	STATE_IDLE,
	STATE_PAUSE,			/* before the next attempt */
	STATE_CONNECTING,		/* TCP or SCTP is not up yet */
	STATE_ASKING,			/* ServiceChange was sent */
	STATE_MOVING,			/* accepted; connecting to ServiceChangeAddress */
	STATE_ACTIVE,
};

/* An MGC whose terms the gateway cannot meet: its requests get this error. */
struct incompatible_mgc {
	struct sockaddr_storage addr;
	unsigned int code;
};

struct registration {
	struct agent *agent;
	enum registration_state state;
	enum config_change change;	/* why the gateway registers */
	unsigned int index;		/* into the list: the MGC tried, or used */
	unsigned int tried;		/* in a row without success */
	unsigned int redirects;
	unsigned int pause;
	unsigned int orders;		/* of MGCs to register anew, since orders_since */
	uint64_t orders_since;
	struct config_mgc mgc;		/* tried or used: where requests go */
	struct config_mgc home;		/* where the gateway registered; family 0: never */
	uint8_t offered;		/* version of the attempt */
	uint8_t header;			/* version it is written in */
	uint8_t version;		/* agreed on */
	unsigned int profile_offered;	/* of the attempt: number among those acceptable */
	char profile[CONFIG_PROFILE_MAX + 1];	/* agreed on; empty: none */
	struct incompatible_mgc incompatible[CONFIG_MGCS_MAX];
	unsigned int n_incompatible;
	uint64_t heard;
	uint64_t reported;		/* when it/ito went out last */
	uint64_t since;			/* registered, by the clock of the loop */
	uv_timer_t timer;		/* waits for a connection, or out a pause */
	uv_timer_t watch;		/* silence of the MGC */
	struct service_report *reports;	/* what the MGC has not been told, oldest first */
	unsigned int handles;
};

/* ---- registration_mgc.c ---- */
const char *mgc_name(const struct config_mgc *mgc, char *buf, size_t len);
bool mgc_same(const struct config_mgc *a, const struct config_mgc *b);
/* Its terms cannot be met (code 406, 459), or can be now (0). */
void mgc_set_incompatible(struct registration *r, const struct config_mgc *mgc,
			  unsigned int code);

/* ---- registration_send.c ---- */
/* ServiceChange of the gateway. */
struct service_order {
	const char *tid;
	enum h248_method method;
	unsigned int reason;
	uint32_t delay;			/* seconds; 0: none */
	/* of a registration: */
	uint8_t version;		/* 0: it is none */
	const char *profile;		/* "NAME/1", or NULL */
};

/* Return: 0 or a negative errno; @done is not called then. */
int service_send(struct agent *agent, const struct service_order *order, bool urgent,
		 transaction_done done, void *priv);
enum h248_method service_method(enum config_method method);
/* The number-th profile that is acceptable, best first, or NULL. */
const char *service_profile(const struct config *c, unsigned int number);
/* The first error anywhere in a reply, or NULL. */
const struct h248_error *service_error(const struct h248_transaction *reply);
/* Services of the first command that has them, or NULL. */
const struct h248_service_change *services_of(const struct h248_transaction *reply);
/*
 * What was agreed on, into r->version and r->profile.
 * Return: 0, or the error that the terms of the MGC deserve; why says so.
 */
unsigned int service_negotiate(struct registration *r, const struct h248_service_change *sc,
			       char *why, size_t len);

/* ---- registration_report.c ---- */
/* An MGC controls the gateway: it is told what waited, as far as there is room. */
void reports_flush(struct registration *r);
void reports_free(struct registration *r);

/* ---- registration_watch.c ---- */
/* The MGC was heard, or the time it may be silent has changed. */
void watch_again(struct registration *r);

#endif /* KMGWD_REGISTRATION_PRIVATE_H */
