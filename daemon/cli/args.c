// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the command line: keywords and their abbreviations, numbers, addresses, octet strings.
 */
#include "cli/args.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/kmgw.h"

void args_init(struct args *a, int argc, char **argv)
{
	memset(a, 0, sizeof(*a));
	a->argc = argc;
	a->argv = argv;
}

/* Leaves the text for the user and hands the error through. The first text wins: it names the cause. */
int args_fail(struct args *a, int err, const char *fmt, ...)
{
	va_list ap;

	if (!a->err[0]) {
		va_start(ap, fmt);
		vsnprintf(a->err, sizeof(a->err), fmt, ap);
		va_end(ap);
	}
	return err;
}

bool args_left(const struct args *a)
{
	return a->pos < a->argc;
}

const char *args_peek(const struct args *a)
{
	return args_left(a) ? a->argv[a->pos] : NULL;
}

/* The next word, or NULL with an error that says what should have been there. */
const char *args_next(struct args *a, const char *what)
{
	if (!args_left(a)) {
		args_fail(a, -EINVAL, "%s is missing", what);
		return NULL;
	}
	return a->argv[a->pos++];
}

int args_done(struct args *a)
{
	if (args_left(a))
		return args_fail(a, -EINVAL, "\"%s\" is not expected here", a->argv[a->pos]);
	return 0;
}

bool args_is_prefix(const char *word, const char *full)
{
	size_t len = strlen(word);

	return len && !strncmp(word, full, len);
}

/*
 * Index of a verb in @table. An abbreviation that fits several takes the first, as ip does: tables
 * begin with the verb that changes nothing.
 */
int args_verb(struct args *a, const char *what, const char *const *table, unsigned int n)
{
	const char *word = args_next(a, what);
	unsigned int i;

	if (!word)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (!strcmp(word, table[i]))
			return (int)i;
	}
	for (i = 0; i < n; i++) {
		if (args_is_prefix(word, table[i]))
			return (int)i;
	}
	return args_fail(a, -EINVAL, "\"%s\" is no %s", word, what);
}

/* Index of an option in @table. These change what is done, so an abbreviation must be unambiguous. */
int args_option(struct args *a, const char *const *table, unsigned int n)
{
	const char *word = args_next(a, "option");
	int found = -1;
	unsigned int i;

	if (!word)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (!strcmp(word, table[i]))
			return (int)i;
	}
	for (i = 0; i < n; i++) {
		if (!args_is_prefix(word, table[i]))
			continue;
		if (found >= 0)
			return args_fail(a, -EINVAL, "\"%s\" may be \"%s\" or \"%s\"",
					 word, table[found], table[i]);
		found = (int)i;
	}
	if (found < 0)
		return args_fail(a, -EINVAL, "\"%s\" is no option here", word);
	return found;
}

/* Digits only: strtoul() would take signs, blanks and, with base 0, octal. */
static int parse_number(const char *s, uint64_t max, uint64_t *out)
{
	unsigned int base = 10, digit;
	uint64_t v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (isdigit((unsigned char)*s))
			digit = (unsigned int)(*s - '0');
		else if (base == 16 && isxdigit((unsigned char)*s))
			digit = (unsigned int)(tolower((unsigned char)*s) - 'a' + 10);
		else
			return -EINVAL;
		v = v * base + digit;
		if (v > max)
			return -ERANGE;
	}
	*out = v;
	return 0;
}

int args_number(struct args *a, const char *what, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *word = args_next(a, what);
	uint64_t v = 0;
	int err;

	if (!word)
		return -EINVAL;
	err = parse_number(word, max, &v);
	if (err == -EINVAL)
		return args_fail(a, err, "%s: \"%s\" is no number", what, word);
	if (err || v < min)
		return args_fail(a, -ERANGE, "%s: %s is not in %u to %u", what, word, min, max);
	*out = (uint32_t)v;
	return 0;
}

int args_octets(struct args *a, const char *what, uint64_t *out)
{
	const char *word = args_next(a, what);
	int err;

	if (!word)
		return -EINVAL;
	err = parse_number(word, UINT64_MAX, out);
	if (err)
		return args_fail(a, err, "%s: \"%s\" is no number of octets", what, word);
	return 0;
}

static int parse_ip(const char *word, int *family, uint8_t ip[16])
{
	memset(ip, 0, 16);
	if (inet_pton(AF_INET, word, ip) == 1)
		*family = AF_INET;
	else if (inet_pton(AF_INET6, word, ip) == 1)
		*family = AF_INET6;
	else
		return -EINVAL;
	return 0;
}

/* ADDR PORT */
int args_addr(struct args *a, const char *what, struct cli_addr *out)
{
	const char *word = args_next(a, what);
	char port[64];
	uint32_t v;
	int err;

	if (!word)
		return -EINVAL;
	if (parse_ip(word, &out->family, out->ip))
		return args_fail(a, -EINVAL, "%s: \"%s\" is no IPv4 or IPv6 address", what, word);
	snprintf(port, sizeof(port), "%s port", what);
	err = args_number(a, port, 0, 65535, &v);
	if (err)
		return err;
	out->port = (uint16_t)v;
	return 0;
}

static int parse_prefix(struct args *a, const char *word, struct cli_filter *out)
{
	char buf[INET6_ADDRSTRLEN + 5];
	uint64_t len, bits;
	char *slash;

	if (strlen(word) >= sizeof(buf))
		return args_fail(a, -EINVAL, "filter: \"%s\" is no prefix", word);
	strcpy(buf, word);
	slash = strchr(buf, '/');
	if (slash)
		*slash++ = '\0';
	if (parse_ip(buf, &out->family, out->ip))
		return args_fail(a, -EINVAL, "filter: \"%s\" is neither \"any\" nor a prefix", word);
	bits = len = out->family == AF_INET ? 32 : 128;
	if (slash && parse_number(slash, bits, &len))
		return args_fail(a, -EINVAL, "filter: \"%s\" has a bad prefix length", word);
	out->prefixlen = (uint8_t)len;
	return 0;
}

static int parse_ports(struct args *a, const char *word, struct cli_filter *out)
{
	uint64_t min, max;
	const char *dash;
	char buf[16];

	if (strlen(word) >= sizeof(buf))
		return args_fail(a, -EINVAL, "ports: \"%s\" is no range", word);
	strcpy(buf, word);
	dash = strchr(word, '-');
	if (dash)
		buf[dash - word] = '\0';
	if (parse_number(buf, 65535, &min))
		return args_fail(a, -EINVAL, "ports: \"%s\" is no range", word);
	max = min;
	if (dash && parse_number(dash + 1, 65535, &max))
		return args_fail(a, -EINVAL, "ports: \"%s\" is no range", word);
	if (max < min)
		return args_fail(a, -EINVAL, "ports: \"%s\" ends before it begins", word);
	out->ports = true;
	out->port_min = (uint16_t)min;
	out->port_max = (uint16_t)max;
	return 0;
}

/* any|PREFIX [ports MIN[-MAX]] */
int args_filter(struct args *a, struct cli_filter *out)
{
	const char *word = args_next(a, "filter");
	int err;

	if (!word)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (strcmp(word, "any")) {
		err = parse_prefix(a, word, out);
		if (err)
			return err;
	}
	if (!args_left(a) || !args_is_prefix(args_peek(a), "ports"))
		return 0;
	a->pos++;
	word = args_next(a, "ports");
	return word ? parse_ports(a, word, out) : -EINVAL;
}

/* off | [ rate N burst N ] [ peak N [ tolerance US ] ]; which of them go together, the kernel knows */
int args_police(struct args *a, struct cli_police *out)
{
	static const char *const words[] = { "rate", "burst", "peak", "tolerance" };
	uint32_t value[4] = { 0 };
	unsigned int i, n = 0;
	int err;

	memset(out, 0, sizeof(*out));
	if (args_left(a) && !strcmp(args_peek(a), "off")) {
		a->pos++;
		return 0;
	}
	for (i = 0; i < 4; i++) {
		if (!args_left(a) || strcmp(args_peek(a), words[i]))
			continue;
		a->pos++;
		err = args_number(a, words[i], 1, i == 3 ? KMGW_TOLERANCE_MAX : UINT32_MAX, &value[i]);
		if (err)
			return err;
		n++;
	}
	if (!n)
		return args_fail(a, -EINVAL, "police: what (off, rate, burst, peak, tolerance)");
	out->sustained = value[0];
	out->burst = value[1];
	out->peak = value[2];
	out->tolerance = value[3];
	return 0;
}

static int blob_from_file(struct args *a, const char *what, const char *name, size_t max,
			  struct cli_blob *out)
{
	uint8_t *data = malloc(max + 1);
	int err = 0;
	size_t len;
	FILE *f;

	if (!data)
		return args_fail(a, -ENOMEM, "%s: out of memory", what);
	f = fopen(name, "rb");
	if (!f) {
		err = -errno;
		free(data);
		return args_fail(a, err, "%s: %s: %s", what, name, strerror(-err));
	}
	len = fread(data, 1, max + 1, f);
	if (ferror(f))
		err = args_fail(a, -EIO, "%s: %s: cannot be read", what, name);
	else if (len > max)
		err = args_fail(a, -EFBIG, "%s: %s: more than %zu octets", what, name, max);
	fclose(f);
	if (err) {
		free(data);
		return err;
	}
	out->data = data;
	out->len = len;
	return 0;
}

static int hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return -1;
}

/* HEX|@FILE */
int args_blob(struct args *a, const char *what, size_t max, struct cli_blob *out)
{
	const char *word = args_next(a, what);
	int high, low;
	size_t i, len;

	if (!word)
		return -EINVAL;
	if (word[0] == '@')
		return blob_from_file(a, what, word + 1, max, out);
	len = strlen(word);
	if (len % 2)
		return args_fail(a, -EINVAL, "%s: an odd number of hex digits", what);
	len /= 2;
	if (len > max)
		return args_fail(a, -EFBIG, "%s: more than %zu octets", what, max);
	out->data = malloc(len ? len : 1);
	if (!out->data)
		return args_fail(a, -ENOMEM, "%s: out of memory", what);
	for (i = 0; i < len; i++) {
		high = hex_digit(word[2 * i]);
		low = hex_digit(word[2 * i + 1]);
		if (high < 0 || low < 0) {
			free(out->data);
			out->data = NULL;
			return args_fail(a, -EINVAL, "%s: \"%.2s\" is no hex octet (a file is @NAME)",
					 what, word + 2 * i);
		}
		out->data[i] = (uint8_t)(high << 4 | low);
	}
	out->len = len;
	return 0;
}

/* A network device by name, or "none". */
int args_device(struct args *a, const char *what, uint32_t *ifindex)
{
	const char *word = args_next(a, what);

	if (!word)
		return -EINVAL;
	*ifindex = 0;
	if (!strcmp(word, "none"))
		return 0;
	*ifindex = if_nametoindex(word);
	if (!*ifindex)
		return args_fail(a, -ENODEV, "%s: no device \"%s\"", what, word);
	return 0;
}
