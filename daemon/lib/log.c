// SPDX-License-Identifier: GPL-2.0-only
/* log: see log.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define LINE_MAX_TEXT	1024

static const struct {
	enum log_level level;
	const char *name;
} levels[] = {
	{ LOG_LEVEL_ERROR, "error" },
	{ LOG_LEVEL_WARNING, "warning" },
	{ LOG_LEVEL_NOTICE, "notice" },
	{ LOG_LEVEL_INFO, "info" },
	{ LOG_LEVEL_DEBUG, "debug" },
};

/* systemd.exec(5): JOURNAL_STREAM=device:inode of the journal's end */
static bool is_journal(int fd)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!env || sscanf(env, "%llu:%llu", &dev, &ino) != 2 || fstat(fd, &st))
		return false;
	return st.st_dev == dev && st.st_ino == ino;
}

void log_init(struct log *log, int fd, enum log_level level)
{
	log->fd = fd;
	log->level = level;
	log->journal = is_journal(fd);
}

int log_level_from_name(const char *name, enum log_level *out)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!strcmp(name, levels[i].name)) {
			*out = levels[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *level_name(enum log_level level)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "log";
}

static size_t put_escaped(char *out, size_t room, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *text && room - n > 4; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return n;
}

void log_vprint(const struct log *log, enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_TEXT];
	char line[LINE_MAX_TEXT + 64];
	size_t len, done = 0;
	ssize_t n;

	if (!log_wants(log, level))
		return;
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	if (log->journal)
		len = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		len = (size_t)snprintf(line, sizeof(line), "kmgwd: %s: ", level_name(level));
	len += put_escaped(line + len, sizeof(line) - len - 1, text);
	line[len++] = '\n';
	while (done < len) {
		n = write(log->fd, line + done, len - done);
		/* nobody is left to tell that the log cannot be written */
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			done += (size_t)n;
	}
}

void log_print(const struct log *log, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(log, level, fmt, ap);
	va_end(ap);
}

#define LIMIT_LINES	10
#define LIMIT_MS	10000

bool log_allowed(struct log_limit *limit, const struct log *log, enum log_level level,
		 unsigned long long now)
{
	if (now - limit->since >= LIMIT_MS) {
		if (limit->dropped)
			log_print(log, level, "%u more lines like the next one were not written",
				  limit->dropped);
		*limit = (struct log_limit){ .since = now };
	}
	if (limit->lines < LIMIT_LINES) {
		limit->lines++;
		return true;
	}
	limit->dropped++;
	return false;
}
