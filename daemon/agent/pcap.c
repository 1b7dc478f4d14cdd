// SPDX-License-Identifier: GPL-2.0-only
/* agent: packets around messages; see pcap.h. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "agent/pcap.h"

#define LINKTYPE_RAW	101		/* begins with the IP header */
#define SNAPLEN		262144
#define PART_MAX	60000		/* octets of a message in one packet */
#define H248_PPID	7		/* SCTP payload protocol identifier */
#define TPKT_HEADER	4

enum { SCTP_PROTO = 132, SCTP_FIRST = 2, SCTP_LAST = 1 };

static void put16(struct strbuf *b, unsigned int v)
{
	strbuf_char(b, (char)(v >> 8));
	strbuf_char(b, (char)v);
}

static void put32(struct strbuf *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b, v & 0xffff);
}

/* The file's own numbers are in host order; its magic number says which that is. */
static void host16(struct strbuf *b, uint16_t v)
{
	strbuf_add(b, (const char *)&v, sizeof(v));
}

static void host32(struct strbuf *b, uint32_t v)
{
	strbuf_add(b, (const char *)&v, sizeof(v));
}

void pcap_begin(struct strbuf *out)
{
	host32(out, 0xa1b23c4d);	/* nanoseconds */
	host16(out, 2);
	host16(out, 4);
	host32(out, 0);
	host32(out, 0);
	host32(out, SNAPLEN);
	host32(out, LINKTYPE_RAW);
}

static unsigned int port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port :
						((const struct sockaddr_in *)a)->sin_port);
}

static void put_address(struct strbuf *b, const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		strbuf_add(b, (const char *)&((const struct sockaddr_in6 *)a)->sin6_addr, 16);
	else
		strbuf_add(b, (const char *)&((const struct sockaddr_in *)a)->sin_addr, 4);
}

static uint32_t sum16(uint32_t sum, const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += (uint32_t)p[len - 1] << 8;
	return sum;
}

static unsigned int fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint32_t crc32c(const char *data, size_t len)
{
	uint32_t crc = ~0U;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= (unsigned char)data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78 & -(crc & 1));
	}
	return ~crc;
}

static void set16(char *p, unsigned int v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
}

static void put_ip(struct strbuf *b, const struct sockaddr_storage *from,
		   const struct sockaddr_storage *to, unsigned int proto, size_t payload)
{
	size_t start = b->len;

	if (from->ss_family == AF_INET6) {
		put32(b, 6U << 28);
		put16(b, (unsigned int)payload);
		strbuf_char(b, (char)proto);
		strbuf_char(b, 64);
		put_address(b, from);
		put_address(b, to);
		return;
	}
	put16(b, 0x4500);
	put16(b, (unsigned int)payload + 20);
	put32(b, 0x4000);		/* no id, don't fragment */
	strbuf_char(b, 64);
	strbuf_char(b, (char)proto);
	put16(b, 0);
	put_address(b, from);
	put_address(b, to);
	if (!b->err)
		set16(b->p + start + 10, fold(sum16(0, b->p + start, 20)));
}

/* The checksum of UDP and TCP, with the addresses before it. */
static void set_checksum(struct strbuf *b, size_t start, size_t at,
			 const struct sockaddr_storage *from, const struct sockaddr_storage *to,
			 unsigned int proto)
{
	struct strbuf addresses;
	unsigned int sum;

	if (b->err)
		return;
	strbuf_init(&addresses, 0);
	put_address(&addresses, from);
	put_address(&addresses, to);
	sum = fold(sum16(sum16(proto + (uint32_t)(b->len - start), addresses.p, addresses.len),
			 b->p + start, b->len - start));
	strbuf_free(&addresses);
	/* 0 would mean that there is none */
	set16(b->p + at, sum || proto != IPPROTO_UDP ? sum : 0xffff);
}

static void put_udp(struct strbuf *b, const struct sockaddr_storage *from,
		    const struct sockaddr_storage *to, struct str part)
{
	size_t start;

	put_ip(b, from, to, IPPROTO_UDP, part.len + 8);
	start = b->len;
	put16(b, port_of(from));
	put16(b, port_of(to));
	put16(b, (unsigned int)part.len + 8);
	put16(b, 0);
	strbuf_str(b, part);
	set_checksum(b, start, start + 6, from, to, IPPROTO_UDP);
}

static void put_tcp(struct strbuf *b, struct pcap_flow *f, bool sent,
		    const struct sockaddr_storage *from, const struct sockaddr_storage *to,
		    struct str part)
{
	size_t start;

	put_ip(b, from, to, IPPROTO_TCP, part.len + 20);
	start = b->len;
	put16(b, port_of(from));
	put16(b, port_of(to));
	put32(b, f->sequence[sent]);
	put32(b, f->sequence[!sent]);
	put16(b, 5 << 12 | 0x18);	/* header of 5 words, PSH and ACK */
	put16(b, 0xffff);
	put32(b, 0);
	strbuf_str(b, part);
	set_checksum(b, start, start + 16, from, to, IPPROTO_TCP);
	f->sequence[sent] += (uint32_t)part.len;
}

static void put_sctp(struct strbuf *b, struct pcap_flow *f, bool sent,
		     const struct sockaddr_storage *from, const struct sockaddr_storage *to,
		     struct str part, unsigned int flags)
{
	size_t padding = (4 - part.len % 4) % 4, start;
	uint32_t crc;

	put_ip(b, from, to, SCTP_PROTO, part.len + padding + 28);
	start = b->len;
	put16(b, port_of(from));
	put16(b, port_of(to));
	put32(b, 1U + sent);		/* verification tag: tells the directions apart */
	put32(b, 0);
	strbuf_char(b, 0);		/* DATA */
	strbuf_char(b, (char)flags);
	put16(b, (unsigned int)part.len + 16);
	put32(b, f->sequence[sent]++);
	put16(b, 0);			/* stream */
	put16(b, f->messages[sent]);
	put32(b, H248_PPID);
	strbuf_str(b, part);
	strbuf_add(b, "\0\0\0", padding);
	if (b->err)
		return;
	/* the one number in a packet that is little-endian */
	crc = crc32c(b->p + start, b->len - start);
	for (padding = 0; padding < 4; padding++)
		b->p[start + 8 + padding] = (char)(crc >> 8 * padding);
}

static void put_packet(struct strbuf *out, struct pcap_flow *f, const struct timespec *when,
		       bool sent, struct str part, unsigned int flags)
{
	const struct sockaddr_storage *from = sent ? &f->local : &f->remote;
	const struct sockaddr_storage *to = sent ? &f->remote : &f->local;
	uint32_t len;
	size_t start;

	host32(out, (uint32_t)when->tv_sec);
	host32(out, (uint32_t)when->tv_nsec);
	start = out->len;
	host32(out, 0);
	host32(out, 0);
	switch (f->transport) {
	case CONFIG_TRANSPORT_UDP:
		put_udp(out, from, to, part);
		break;
	case CONFIG_TRANSPORT_TCP:
		put_tcp(out, f, sent, from, to, part);
		break;
	default:
		put_sctp(out, f, sent, from, to, part, flags);
		break;
	}
	if (out->err)
		return;
	len = (uint32_t)(out->len - start - 8);
	memcpy(out->p + start, &len, sizeof(len));
	memcpy(out->p + start + 4, &len, sizeof(len));
}

void pcap_message(struct strbuf *out, struct pcap_flow *flow, const struct timespec *when,
		  bool sent, const char *data, size_t len)
{
	size_t at = 0, n, max = flow->transport == CONFIG_TRANSPORT_UDP ? len : PART_MAX;
	struct strbuf whole;

	strbuf_init(&whole, 0);
	if (flow->transport == CONFIG_TRANSPORT_TCP) {
		put16(&whole, 0x0300);
		put16(&whole, (unsigned int)len + TPKT_HEADER);
	}
	strbuf_add(&whole, data, len);
	while (!whole.err && at < whole.len) {
		n = whole.len - at < max ? whole.len - at : max;
		put_packet(out, flow, when, sent, (struct str){ whole.p + at, n },
			   (at ? 0U : SCTP_FIRST) | (at + n == whole.len ? SCTP_LAST : 0U));
		at += n;
	}
	flow->messages[sent]++;
	if (whole.err && !out->err)
		out->err = whole.err;
	strbuf_free(&whole);
}
