// SPDX-License-Identifier: GPL-2.0-only
/* agent: see mask.h. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "agent/mask.h"

/*
 * What stands before a key. Nobody has seen the carrier of the pre-shared key of
 * Mp, so any name with "psk" in it counts as one.
 */
static const struct {
	const char *text;
	bool line;			/* only at the head of a line */
	bool name;			/* may be part of a name; a separator follows it */
} markers[] = {
	{ "inline:", false, false },	/* a=crypto (RFC 4568) */
	{ "key-mgmt:", false, false },	/* RFC 4567 */
	{ "k=", true, false },		/* RFC 4566 */
	{ "psk", false, true },
	{ "pre_shared_key", false, true },
};

/* PropertyID of k= in binary (H.248.1 Annex C.11): its value is the octet string that follows. */
static const char binary_k[] = { 0, 0, (char)0xb0, 0x0b };

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/*
 * Is this the end of a value that is not in quotes? In SDP a brace is escaped; octets
 * that are no ASCII can be part of a key as well.
 */
static bool ends_value(char before, char c)
{
	return (unsigned char)c < 0x20 || c == '"' || (c == '}' && before != '\\');
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Several values in brackets, each in quotes or not: all but what holds them together. */
static size_t mask_list(char *data, size_t len, size_t at)
{
	unsigned int depth = 0;
	bool quoted = false;
	char c;

	for (; at < len; at++) {
		c = data[at];
		if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && is_one_of(c, "[{")) {
			depth++;
		} else if (!quoted && is_one_of(c, "]}")) {
			if (!--depth)
				return at + 1;
		} else if (quoted || !is_one_of(c, ", \t\r\n")) {
			data[at] = '*';
		}
	}
	return at;
}

/* A comment of H.248 between name and value; a value that begins like one is masked as well. */
static size_t mask_comment(char *data, size_t len, size_t at)
{
	while (at < len && data[at] != '\r' && data[at] != '\n')
		data[at++] = '*';
	return at;
}

/* Masks from @at on what can be a value. Return: the first octet behind it. */
static size_t mask_value(char *data, size_t len, size_t at, bool name)
{
	const char *before_value = name ? " \t\r\n=:<>#\"{[;" : " \t\r\n=:\"{";
	bool separated = !name, quoted = false;
	char before = 0, c;

	while (name && at < len && is_word(data[at]))
		at++;
	/* The first quote behind the separator is the one that opens the value. */
	while (!quoted && at < len && is_one_of(data[at], before_value)) {
		c = data[at];
		if (c == '[' || (name && separated && c == '{'))
			return mask_list(data, len, at);
		if (c == ';') {
			at = mask_comment(data, len, at);
			continue;
		}
		quoted = separated && c == '"';
		separated |= is_one_of(c, "=:<>#{");
		at++;
	}
	while (separated && at < len) {
		c = data[at];
		if (quoted ? c == '"' : ends_value(before, c))
			break;
		data[at++] = '*';
		before = c;
	}
	return at;
}

/*
 * Octets of the head of an element of BER, tag and length; 0: it is none.
 * @n: receives the length of what follows; 0 where the head leaves it open
 */
static size_t element_head(const unsigned char *p, size_t left, size_t *n)
{
	size_t i, octets;

	if (left < 2)
		return 0;
	*n = p[1];
	if (p[1] < 0x80)
		return 2;
	octets = p[1] & 0x7f;
	if (octets > 4 || octets > left - 2)
		return 0;
	for (*n = 0, i = 0; i < octets; i++)
		*n = *n << 8 | p[2 + i];
	return 2 + octets;
}

/*
 * Heads are read one by one: an octet of a length can look like the tag of a string.
 * A string that is longer than the message is masked as far as there is one.
 */
static void mask_binary(char *data, size_t len)
{
	char *p = data, *end = data + len;
	bool masked;
	size_t head, n;

	while ((p = memmem(p, (size_t)(end - p), binary_k, sizeof(binary_k)))) {
		p += sizeof(binary_k);
		masked = false;
		while ((head = element_head((unsigned char *)p, (size_t)(end - p), &n))) {
			if (*p == 4) {
				p += head;
				n = n < (size_t)(end - p) ? n : (size_t)(end - p);
				memset(p, '*', n);
				p += n;
				masked = true;
			} else if ((*p & 0x20) && !masked) {
				p += head;	/* what the string is in */
			} else {
				break;
			}
		}
	}
}

void mask_secrets(char *data, size_t len)
{
	size_t at, i, n;

	for (at = 0; at < len; at++) {
		for (i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
			n = strlen(markers[i].text);
			if (n > len - at || strncasecmp(data + at, markers[i].text, n))
				continue;
			if (markers[i].line && at && data[at - 1] != '\n' && data[at - 1] != '\r')
				continue;
			/* Where it ends another marker may begin: the loop goes one on. */
			at = mask_value(data, len, at + n, markers[i].name) - 1;
			break;
		}
	}
	mask_binary(data, len);
}
