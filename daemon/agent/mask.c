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

static bool ends_value(char c)
{
	return (unsigned char)c < 0x20 || (unsigned char)c >= 0x7f || c == '"' || c == '}';
}

/* Masks from @at on what can be a value. */
static size_t mask_value(char *data, size_t len, size_t at, bool name)
{
	bool separated = !name;

	while (name && at < len && is_word(data[at]))
		at++;
	while (at < len && strchr(" \t\r\n=:\"{", data[at]) && data[at]) {
		separated |= data[at] == '=' || data[at] == ':' || data[at] == '{';
		at++;
	}
	while (separated && at < len && !ends_value(data[at]))
		data[at++] = '*';
	return at;
}

static void mask_binary(char *data, size_t len)
{
	char *p = data, *end = data + len;
	size_t i, n;

	while ((p = memmem(p, (size_t)(end - p), binary_k, sizeof(binary_k)))) {
		p += sizeof(binary_k);
		for (i = 0; i < 8 && p + i + 2 <= end; i++) {
			n = (unsigned char)p[i + 1];
			if (p[i] == 4 && n < 0x80 && p + i + 2 + n <= end) {
				memset(p + i + 2, '*', n);
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
			at = mask_value(data, len, at + n, markers[i].name);
			break;
		}
	}
	mask_binary(data, len);
}
