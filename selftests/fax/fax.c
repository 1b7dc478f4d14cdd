// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fax machine for tests: spandsp's T.38 terminal on UDPTL, in the clear or over DTLS.
 *
 *	fax make FILE PAGES LINES
 *	fax compare FILE FILE		prints how many pages are the same
 *	fax send|receive FILE ADDRESS PORT FAR-ADDRESS FAR-PORT [OPTION=VALUE]...
 *
 * Options: redundancy=N earlier packets in each datagram; ecm=0|1; speed=N times as fast as a
 * real machine, at both ends alike; beat=FD, see below; frames=1: an ECM frame in one packet;
 * dtls=client|server, pem=FILE, priorities=STRING; voice=1: RTP first, until a line comes on standard
 * input. With voice the word "heard" is printed once the far end's RTP has come. With DTLS "secured" is
 * printed once the association is there, and the fax waits for a line: a handshake is not as much
 * faster than a real one as the fax is. Prints at the end, as JSON, what it saw.
 *
 * A machine's time goes on in ticks of 20 ms, and each takes at least its share of real time. One that
 * comes late does not hurry after: its timers would run out before it has read what is there for it.
 * With beat=FD, one end of a pair of sockets of which the far end has the other, neither machine is a
 * tick ahead of the other: one that gets no CPU for a while stops the other's timers, too.
 */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include <poll.h>
#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fax.h"

#define DATAGRAM_MAX	16384
#define IFP_MAX		1024
#define HISTORY		64		/* packets that can be sent again */
#define TICK_MS		20		/* of a real machine */
#define TICK		(8 * TICK_MS)	/* samples */
#define GIVE_UP		240000		/* ms of a real machine */
#define SILENCE		2000		/* ms that a finished machine still answers */

struct packet {
	uint16_t len;
	uint8_t ifp[IFP_MAX];
};

struct fax {
	struct link *link;
	t38_terminal_state_t *terminal;
	t38_core_state_t *core;
	struct packet sent[HISTORY];
	unsigned int redundancy;
	uint16_t next_sent, next_received;
	int beat;		/* told of each tick, tells of the far end's; -1: runs alone */
	bool any_received, done;
	unsigned int packets_sent, packets_received, recovered, lost, largest, pages;
	int result;
};

/* --- UDPTL (T.38 annex D: PER, aligned) --- */

static size_t put_ifp(uint8_t *out, const struct packet *p)
{
	size_t n = 0;

	if (p->len < 0x80) {
		out[n++] = (uint8_t)p->len;
	} else {
		out[n++] = (uint8_t)(0x80 | p->len >> 8);
		out[n++] = (uint8_t)p->len;
	}
	memcpy(out + n, p->ifp, p->len);
	return n + p->len;
}

static int on_packet(t38_core_state_t *core, void *priv, const uint8_t *buf, int len, int count)
{
	unsigned int i, again;
	uint8_t out[DATAGRAM_MAX];
	struct fax *f = priv;
	struct packet *p = &f->sent[f->next_sent % HISTORY];
	size_t n = 0;

	(void)core;
	(void)count;
	if (len > IFP_MAX)
		return -1;
	p->len = (uint16_t)len;
	memcpy(p->ifp, buf, (size_t)len);
	out[n++] = (uint8_t)(f->next_sent >> 8);
	out[n++] = (uint8_t)f->next_sent;
	n += put_ifp(out + n, p);
	out[n++] = 0;		/* what follows is earlier packets, not FEC */
	again = f->packets_sent < f->redundancy ? f->packets_sent : f->redundancy;
	out[n++] = (uint8_t)again;
	for (i = 1; i <= again; i++)
		n += put_ifp(out + n, &f->sent[(f->next_sent - i) % HISTORY]);
	link_send(f->link, out, n);
	f->next_sent++;
	f->packets_sent++;
	if (n > f->largest)
		f->largest = (unsigned int)n;
	return 0;
}

/* One IFP packet at the head. Return: octets with its length, 0: cut off. */
static size_t get_ifp(const uint8_t *p, size_t left, const uint8_t **ifp, size_t *len)
{
	size_t head = 1;

	if (!left)
		return 0;
	*len = p[0];
	if (p[0] & 0x80) {
		if (left < 2)
			return 0;
		*len = (size_t)(p[0] & 0x3f) << 8 | p[1];
		head = 2;
	}
	*ifp = p + head;
	return left - head < *len ? 0 : head + *len;
}

static void take(struct fax *f, uint16_t seq, const uint8_t *ifp, size_t len)
{
	if (len)
		t38_core_rx_ifp_packet(f->core, ifp, (int)len, seq);
	f->next_received = (uint16_t)(seq + 1);
}

static void on_datagram(struct fax *f, const uint8_t *p, size_t len)
{
	const uint8_t *ifp, *old[256];
	size_t ifp_len, old_len[256], used, at = 2;
	unsigned int n = 0, i, missing;
	uint16_t seq;

	if (len < 3 || (p[0] & 0xc0) == 0x80)
		return;		/* too short, or RTP that was on its way */
	seq = (uint16_t)(p[0] << 8 | p[1]);
	used = get_ifp(p + at, len - at, &ifp, &ifp_len);
	if (!used)
		return;
	at += used;
	f->packets_received++;
	if (at + 1 < len && p[at] == 0) {
		n = p[at + 1];
		at += 2;
		for (i = 0; i < n; i++) {
			used = get_ifp(p + at, len - at, &old[i], &old_len[i]);
			if (!used)
				break;
			at += used;
		}
		n = i;
	}
	missing = (uint16_t)(seq - f->next_received);
	if (f->any_received && missing >= 0x8000)
		return;		/* came late or twice */
	if (!f->any_received)
		missing = 0;
	f->any_received = true;
	f->lost += missing;
	for (i = missing < n ? missing : n; i; i--) {
		take(f, (uint16_t)(seq - i), old[i - 1], old_len[i - 1]);
		f->recovered++;
	}
	take(f, seq, ifp, ifp_len);
}

/* --- T.30 --- */

static void on_end(t30_state_t *s, void *priv, int result)
{
	struct fax *f = priv;
	t30_stats_t stats;

	t30_get_transfer_statistics(s, &stats);
	f->pages = (unsigned int)(stats.pages_tx + stats.pages_rx);
	f->result = result;
	f->done = true;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* RTP of a call before it becomes a fax; until a line comes. */
static void talk(struct fax *f)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	uint8_t packet[172] = { 0x80, 0 }, got[DATAGRAM_MAX];
	unsigned int n = 0, heard = 0;
	char line[16];
	ssize_t len;

	/* Without a buffer: a line that comes later is not for here. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (poll(&in, 1, 20) == 0) {
		packet[2] = (uint8_t)(n >> 8);
		packet[3] = (uint8_t)n++;
		link_send(f->link, packet, sizeof(packet));
		while ((len = link_receive(f->link, got, sizeof(got), 0)) > 0)
			if (got[0] == 0x80 && heard++ == 5)
				puts("heard");
		fflush(stdout);
	}
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

/* What comes meanwhile waits in the socket. */
static bool wait_for_line(void)
{
	char line[16];

	puts("secured");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin);
}

/* Waits until the far end is as far as we are. Return: false: it has ended. */
static bool beat_with(int fd)
{
	uint8_t octet = 0;

	return send(fd, &octet, 1, MSG_NOSIGNAL) == 1 && recv(fd, &octet, 1, 0) == 1;
}

/* What is there, and what comes until @until. Return: false: the far end has closed. */
static bool listen_until(struct fax *f, double until)
{
	uint8_t got[DATAGRAM_MAX];
	double left;
	ssize_t len;

	do {
		left = until - now();
		len = link_receive(f->link, got, sizeof(got), left > 0 ? (int)left + 1 : 0);
		if (len > 0)
			on_datagram(f, got, (size_t)len);
	} while (len > 0 || (len == 0 && now() < until));
	return len == 0;
}

static void run(struct fax *f, unsigned int speed)
{
	unsigned int ticks = 0, silent = 0;

	while (ticks++ < GIVE_UP / TICK_MS && silent < SILENCE / TICK_MS &&
	       listen_until(f, now() + (double)TICK_MS / speed)) {
		if (f->done)
			silent++;
		if (f->beat >= 0 && !beat_with(f->beat)) {
			close(f->beat);
			f->beat = -1;
		}
		t38_terminal_send_timeout(f->terminal, TICK);
	}
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
	size_t len = strlen(name);
	int i;

	for (i = 7; i < argc; i++)
		if (!strncmp(argv[i], name, len) && argv[i][len] == '=')
			return argv[i] + len + 1;
	return otherwise;
}

static unsigned int number(int argc, char **argv, const char *name, const char *otherwise)
{
	return (unsigned int)atoi(option(argc, argv, name, otherwise));
}

static void set_up(struct fax *f, bool calling, const char *file, bool ecm, bool frames)
{
	t30_state_t *t30;

	f->terminal = t38_terminal_init(NULL, calling, on_packet, f);
	f->core = t38_terminal_get_t38_core_state(f->terminal);
	t30 = t38_terminal_get_t30_state(f->terminal);
	t38_set_t38_version(f->core, 0);
	if (frames)
		t38_terminal_set_config(f->terminal, T38_TERMINAL_OPTION_NO_PACING);
	t30_set_tx_ident(t30, calling ? "calling" : "called");
	t30_set_ecm_capability(t30, ecm);
	t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION |
				       T30_SUPPORT_T4_2D_COMPRESSION |
				       T30_SUPPORT_T6_COMPRESSION);
	t30_set_phase_e_handler(t30, on_end, f);
	if (calling)
		t30_set_tx_file(t30, file, -1, -1);
	else
		t30_set_rx_file(t30, file, -1);
}

static int call(int argc, char **argv)
{
	const char *dtls = option(argc, argv, "dtls", NULL);
	struct fax f = { .redundancy = number(argc, argv, "redundancy", "3"),
			 .beat = atoi(option(argc, argv, "beat", "-1")), .result = -1 };

	f.link = link_open(argv[3], argv[4], argv[5], argv[6]);
	if (!f.link)
		return 1;
	if (number(argc, argv, "voice", "0"))
		talk(&f);
	if (dtls && (link_secure(f.link, strcmp(dtls, "server") ? LINK_CLIENT : LINK_SERVER,
				 option(argc, argv, "pem", ""),
				 option(argc, argv, "priorities", "NORMAL")) || !wait_for_line()))
		return 1;
	set_up(&f, !strcmp(argv[1], "send"), argv[2], number(argc, argv, "ecm", "1"),
	       number(argc, argv, "frames", "0"));
	run(&f, number(argc, argv, "speed", "1"));
	printf("{\"result\": \"%s\", \"pages\": %u, \"sent\": %u, \"received\": %u, \"lost\": %u, "
	       "\"recovered\": %u, \"largest\": %u}\n",
	       f.done ? t30_completion_code_to_str(f.result) : "not finished", f.pages,
	       f.packets_sent, f.packets_received, f.lost, f.recovered, f.largest);
	link_close(f.link);
	t38_terminal_free(f.terminal);
	return f.done && f.result == T30_ERR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	int same;

	if (argc == 5 && !strcmp(argv[1], "make"))
		return pages_make(argv[2], (unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]))
			? 1 : 0;
	if (argc == 4 && !strcmp(argv[1], "compare")) {
		same = pages_compare(argv[2], argv[3]);
		printf("%d\n", same);
		return same < 0;
	}
	if (argc >= 7 && (!strcmp(argv[1], "send") || !strcmp(argv[1], "receive")))
		return call(argc, argv);
	fputs("usage: fax make|compare|send|receive ..., see fax.c\n", stderr);
	return 2;
}
