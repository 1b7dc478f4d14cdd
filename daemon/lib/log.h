/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log: one line a message, to standard error or the journal.
 *
 * Purpose: the daemon's only way to say something outside of H.248. systemd
 * reads standard error and takes the leading <n> as the level, so that it is
 * written when JOURNAL_STREAM names standard error, and a readable word else.
 * Context: any thread; a line is one write(). Lifetime: log_init() once, the
 * struct is owned by the caller and passed down. Secrets must never be given
 * to it; control characters in what is logged are shown as \xHH, so that no
 * peer can forge a line.
 */
#ifndef KMGWD_LOG_H
#define KMGWD_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR = 3,	/* the numbers are syslog's */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

struct log {
	int fd;
	enum log_level level;	/* what is above is dropped */
	bool journal;
};

void log_init(struct log *log, int fd, enum log_level level);

static inline bool log_wants(const struct log *log, enum log_level level)
{
	return level <= log->level;
}

/* "error", "warning", "notice", "info", "debug"; Return: 0 or -EINVAL */
int log_level_from_name(const char *name, enum log_level *out);

void log_vprint(const struct log *log, enum log_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
void log_print(const struct log *log, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Lines of one kind that peers can cause as often as they like. All zero at first. */
struct log_limit {
	unsigned long long since;	/* ms, any clock */
	unsigned int lines, dropped;
};

/*
 * May one more line of that kind be written? Ten in ten seconds may; then one line says how many
 * were not.
 */
bool log_allowed(struct log_limit *limit, const struct log *log, enum log_level level,
		 unsigned long long now);

#define log_error(log, ...)	log_print((log), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...)	log_print((log), LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(log, ...)	log_print((log), LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(log, ...)	log_print((log), LOG_LEVEL_INFO, __VA_ARGS__)
/* arguments are not evaluated when nobody wants to read it */
#define log_debug(log, ...) \
	do { \
		if (log_wants((log), LOG_LEVEL_DEBUG)) \
			log_print((log), LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)

#endif /* KMGWD_LOG_H */
