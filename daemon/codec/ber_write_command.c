// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_command: commands, requests and replies. See ber_out.h. */
#include "codec/ber_out.h"

static void write_descriptors(struct ber_out *o, const struct h248_command *c)
{
	size_t at = ber_open(o, BER_C(1));

	if (c->media)
		ber_write_media(o, BER_C(0), c->media);
	if (c->modem)
		ber_write_modem(o, BER_C(1), c->modem);
	if (c->mux)
		ber_write_mux(o, BER_C(2), c->mux);
	if (c->events)
		ber_write_events(o, BER_C(3), c->events);
	if (c->event_buffer)
		ber_write_event_buffer(o, BER_C(4), c->event_buffer);
	if (c->signals)
		ber_write_signals(o, BER_C(5), c->signals);
	if (c->digit_map)
		ber_write_digit_map(o, BER_C(6), c->digit_map);
	if (c->audit)
		ber_write_audit(o, BER_C(7), c->audit);
	if (c->statistics)
		ber_write_statistics(o, BER_C(8), c->statistics);
	ber_close(o, at);
}

static bool has_audit(const struct h248_command *c)
{
	return c->error || c->media || c->modem || c->mux || c->events || c->event_buffer ||
	       c->signals || c->digit_map || c->observed || c->statistics || c->packages ||
	       c->audit_items;
}

static void write_termination_audit(struct ber_out *o, const struct h248_command *c)
{
	size_t at = ber_open(o, BER_C(1)), empty;

	if (c->error)
		ber_write_error(o, BER_C(0), c->error);
	if (c->media)
		ber_write_media(o, BER_C(1), c->media);
	if (c->modem)
		ber_write_modem(o, BER_C(2), c->modem);
	if (c->mux)
		ber_write_mux(o, BER_C(3), c->mux);
	if (c->events)
		ber_write_events(o, BER_C(4), c->events);
	if (c->event_buffer)
		ber_write_event_buffer(o, BER_C(5), c->event_buffer);
	if (c->signals)
		ber_write_signals(o, BER_C(6), c->signals);
	if (c->digit_map)
		ber_write_digit_map(o, BER_C(7), c->digit_map);
	if (c->observed)
		ber_write_observed(o, BER_C(8), c->observed);
	if (c->statistics)
		ber_write_statistics(o, BER_C(9), c->statistics);
	if (c->packages)
		ber_write_packages(o, BER_C(10), c->packages);
	if (c->audit_items) {
		empty = ber_open(o, BER_C(11));
		ber_out_bits(o, BER_P(0), c->audit_items);
		ber_close(o, empty);
	}
	ber_close(o, at);
}

/* ---- ServiceChange ------------------------------------------------------------------- */

static void write_profile(struct ber_out *o, const struct h248_service_change *sc)
{
	size_t at = ber_open(o, BER_C(3)), name = ber_open(o, BER_P(0));

	strbuf_str(o->b, sc->profile);
	strbuf_char(o->b, '/');
	strbuf_u64(o->b, sc->profile_version);
	ber_close(o, name);
	ber_close(o, at);
}

static void write_parm(struct ber_out *o, const struct h248_service_change *sc)
{
	size_t at = ber_open(o, BER_C(1));

	/* methods X-... and extensions have no binary form */
	if (!sc->method || sc->method == H248_METHOD_EXTENSION || sc->extensions.first)
		ber_invalid(o);
	ber_out_uint(o, BER_P(0), (uint32_t)(sc->method - H248_METHOD_FAILOVER));
	if (sc->address)
		ber_write_address(o, BER_C(1), sc->address);
	if (sc->has_version)
		ber_out_uint(o, BER_P(2), sc->version);
	if (sc->profile.p)
		write_profile(o, sc);
	if (!sc->reason.p)
		ber_invalid(o);
	ber_write_reason(o, BER_C(4), sc->reason);
	if (sc->has_delay)
		ber_out_uint(o, BER_P(5), sc->delay);
	if (sc->mgc)
		ber_write_mid(o, BER_C(6), sc->mgc);
	if (sc->has_time)
		ber_write_time(o, BER_C(7), &sc->time);
	if (sc->audit)
		ber_write_audit(o, BER_C(9), sc->audit);
	if (sc->incomplete)
		ber_out_null(o, BER_P(10));
	ber_close(o, at);
}

static void write_res_parm(struct ber_out *o, const struct h248_service_change *sc)
{
	size_t at = ber_open(o, BER_C(1));

	if (sc && sc->mgc)
		ber_write_mid(o, BER_C(0), sc->mgc);
	if (sc && sc->address)
		ber_write_address(o, BER_C(1), sc->address);
	if (sc && sc->has_version)
		ber_out_uint(o, BER_P(2), sc->version);
	if (sc && sc->profile.p)
		write_profile(o, sc);
	if (sc && sc->has_time)
		ber_write_time(o, BER_C(4), &sc->time);
	ber_close(o, at);
}

static void write_service_result(struct ber_out *o, const struct h248_command *c)
{
	size_t at = ber_open(o, BER_C(1));

	if (c->error)
		ber_write_error(o, BER_C(0), c->error);
	else
		write_res_parm(o, c->service_change);
	ber_close(o, at);
}

/* ---- requests -------------------------------------------------------------------------- */

static void write_audit_request(struct ber_out *o, const struct h248_command *c)
{
	static const struct h248_audit nothing;

	ber_write_tid(o, BER_C(0), c->terms.first);
	ber_write_audit(o, BER_C(1), c->audit ? c->audit : &nothing);
	if (c->terms.first->next)
		ber_write_tids(o, BER_C(2), c->terms.first);
}

static void write_request(struct ber_out *o, const struct h248_command *c, uint8_t tag)
{
	size_t at = ber_open(o, tag);

	if (c->kind == H248_AUDIT_VALUE || c->kind == H248_AUDIT_CAPABILITY) {
		write_audit_request(o, c);
		ber_close(o, at);
		return;
	}
	ber_write_tids(o, BER_C(0), c->terms.first);
	switch (c->kind) {
	case H248_SUBTRACT:
		if (c->audit)
			ber_write_audit(o, BER_C(1), c->audit);
		break;
	case H248_NOTIFY:
		if (c->observed)
			ber_write_observed(o, BER_C(1), c->observed);
		else
			ber_invalid(o);
		if (c->error)
			ber_write_error(o, BER_C(2), c->error);
		break;
	case H248_SERVICE_CHANGE:
		if (c->service_change)
			write_parm(o, c->service_change);
		else
			ber_invalid(o);
		break;
	default:
		write_descriptors(o, c);
	}
	ber_close(o, at);
}

/* ---- replies ----------------------------------------------------------------------------- */

static void write_audit_reply(struct ber_out *o, const struct h248_command *c)
{
	bool list = c->terms.first && c->terms.first->next;
	size_t at;

	if (c->context_audit && c->error) {
		ber_write_error(o, BER_C(1), c->error);
		return;
	}
	if (c->context_audit) {
		ber_write_tids(o, BER_C(0), c->terms.first);
		return;
	}
	at = ber_open(o, list ? BER_C(3) : BER_C(2));
	if (list)
		ber_write_tids(o, BER_C(0), c->terms.first);
	else
		ber_write_tid(o, BER_C(0), c->terms.first);
	write_termination_audit(o, c);
	ber_close(o, at);
}

static void write_reply(struct ber_out *o, const struct h248_command *c, uint8_t tag)
{
	size_t at = ber_open(o, tag);

	switch (c->kind) {
	case H248_AUDIT_VALUE:
	case H248_AUDIT_CAPABILITY:
		write_audit_reply(o, c);
		break;
	case H248_NOTIFY:
		ber_write_tids(o, BER_C(0), c->terms.first);
		if (c->error)
			ber_write_error(o, BER_C(1), c->error);
		break;
	case H248_SERVICE_CHANGE:
		ber_write_tids(o, BER_C(0), c->terms.first);
		write_service_result(o, c);
		break;
	default:
		ber_write_tids(o, BER_C(0), c->terms.first);
		if (has_audit(c))
			write_termination_audit(o, c);
	}
	ber_close(o, at);
}

void ber_write_command(struct ber_out *o, const struct h248_command *cmd, bool reply)
{
	static const uint8_t tags[] = {
		[H248_ADD] = BER_C(0),
		[H248_MOVE] = BER_C(1),
		[H248_MODIFY] = BER_C(2),
		[H248_SUBTRACT] = BER_C(3),
		[H248_AUDIT_CAPABILITY] = BER_C(4),
		[H248_AUDIT_VALUE] = BER_C(5),
		[H248_NOTIFY] = BER_C(6),
		[H248_SERVICE_CHANGE] = BER_C(7),
	};
	size_t at, choice;

	if (!cmd->terms.first && !cmd->context_audit) {
		ber_invalid(o);
		return;
	}
	if (reply) {
		write_reply(o, cmd, tags[cmd->kind]);
		return;
	}
	at = ber_open(o, BER_O_SEQUENCE);
	choice = ber_open(o, BER_C(0));
	write_request(o, cmd, tags[cmd->kind]);
	ber_close(o, choice);
	if (cmd->optional)
		ber_out_null(o, BER_P(1));
	if (cmd->wildcard_reply)
		ber_out_null(o, BER_P(2));
	ber_close(o, at);
}
