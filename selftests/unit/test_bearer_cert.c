// SPDX-License-Identifier: GPL-2.0-only
/*
 * The self-signed certificate: made once, kept, private, and never half written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "lib/log.h"

static char dir[] = "/tmp/kmgw-cert-XXXXXX";
static char file[sizeof(dir) + 32];
static struct log quiet;

static void made_once_and_kept(void **state)
{
	struct cert *first, *second;
	struct stat st;

	(void)state;
	assert_int_equal(cert_self_signed(&quiet, dir, &first), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(cert_self_signed(&quiet, dir, &second), 0);
	assert_memory_equal(&first->digests, &second->digests, sizeof(first->digests));
	cert_put(first);
	cert_put(second);
	/* the file is also what a configured certificate looks like */
	assert_int_equal(cert_load(&quiet, file, file, &first), 0);
	cert_put(first);
	unlink(file);
}

static void in_memory_without_a_directory(void **state)
{
	struct cert *first, *second;

	(void)state;
	assert_int_equal(cert_self_signed(&quiet, NULL, &first), 0);
	assert_int_equal(cert_self_signed(&quiet, "/nonexistent/dir", &second), 0);
	assert_memory_not_equal(&first->digests, &second->digests, sizeof(first->digests));
	cert_put(first);
	cert_put(second);
}

static void damaged_file_is_not_replaced(void **state)
{
	struct cert *c = NULL;
	char buf[16] = "";
	int fd;

	(void)state;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	close(fd);
	assert_true(cert_self_signed(&quiet, dir, &c) < 0);
	assert_null(c);
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, buf, sizeof(buf)), 7);
	close(fd);
	assert_string_equal(buf, "rubbish");
	unlink(file);
	/* a link is not followed: it may point to a place where others read */
	assert_int_equal(symlink("/tmp/elsewhere", file), 0);
	assert_true(cert_self_signed(&quiet, dir, &c) < 0);
	unlink(file);
}

static void configured_files(void **state)
{
	struct cert *c = NULL;

	(void)state;
	assert_true(cert_load(&quiet, "/nonexistent/cert", "/nonexistent/key", &c) < 0);
	assert_null(c);
}

static void take(void *priv, struct cert *c)
{
	struct cert **out = priv;

	assert_null(*out);
	*out = cert_get(c);
}

/* The old one stays under a name of its own until it is forgotten. */
static void rotated(void **state)
{
	struct cert *first, *second, *found = NULL, *again;
	char name[sizeof(dir) + 128];
	struct stat st;
	int i, n;

	(void)state;
	assert_int_equal(cert_self_signed(&quiet, dir, &first), 0);
	cert_each_retired(&quiet, dir, take, &found);
	assert_null(found);
	assert_int_equal(cert_rotate(&quiet, dir, &second), 0);
	assert_memory_not_equal(&first->digests, &second->digests, sizeof(first->digests));
	assert_int_equal(cert_self_signed(&quiet, dir, &again), 0);
	assert_memory_equal(&again->digests, &second->digests, sizeof(first->digests));
	cert_put(again);
	cert_each_retired(&quiet, dir, take, &found);
	assert_non_null(found);
	assert_true(cert_is(found, first->digests.of[BEARER_SHA256].digest));
	assert_false(cert_is(found, second->digests.of[BEARER_SHA256].digest));
	n = snprintf(name, sizeof(name), "%s/self-signed.", dir);
	for (i = 0; i < BEARER_CERT_ID; i++)
		n += sprintf(name + n, "%02x", first->digests.of[BEARER_SHA256].digest[i]);
	strcpy(name + n, ".pem");
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	cert_forget(dir, found);
	assert_int_not_equal(stat(name, &st), 0);
	cert_forget(dir, second);
	assert_int_equal(stat(file, &st), 0);
	cert_put(found);
	cert_put(first);
	cert_put(second);
	unlink(file);
}

static void expiry(void **state)
{
	char name[sizeof(dir) + 32], text[256] = "";
	struct cert c = { .expires = 100 * 86400, .name = (char *)"the.pem" };
	struct log log;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "%s/log", dir);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	log_init(&log, fd, LOG_LEVEL_WARNING);
	cert_check_expiry(&c, &log, 85 * 86400);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	cert_check_expiry(&c, &log, 87 * 86400);
	cert_check_expiry(&c, &log, 101 * 86400);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "the.pem: the certificate expires within 14 days"));
	assert_non_null(strstr(text, "the.pem: the certificate has expired"));
	close(fd);
	unlink(name);
}

static int setup(void **state)
{
	(void)state;
	log_init(&quiet, open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_ERROR);
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/self-signed.pem", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(quiet.fd);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_once_and_kept),
		cmocka_unit_test(in_memory_without_a_directory),
		cmocka_unit_test(damaged_file_is_not_replaced),
		cmocka_unit_test(configured_files),
		cmocka_unit_test(rotated),
		cmocka_unit_test(expiry),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
