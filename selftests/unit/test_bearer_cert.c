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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
