// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgwd: starts the parts in their order, runs the loop, stops them again.
 *
 * What goes wrong at start ends the daemon with one line that says what and
 * where; afterwards nothing but SIGTERM ends it. It leaves media to the kernel.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/packages.h"
#include "bearer/env.h"
#include "daemon.h"
#include "lib/log.h"
#include "lib/workers.h"

#define DEFAULT_CONFIG	"/etc/kmgw/kmgwd.conf"

enum {
	EXIT_USAGE = 2,
	EXIT_CONFIG = 78,	/* sysexits: EX_CONFIG; systemd shows it by name */
};

struct options {
	const char *config;
	bool config_given;
	bool foreground;
	bool packages;
};

static void usage(FILE *to)
{
	fputs("usage: kmgwd [-f] [-P] [-c FILE]\n"
	      "  -c FILE  configuration (default " DEFAULT_CONFIG ")\n"
	      "  -f       stay in the foreground\n"
	      "  -P       print the packages, as the configuration has them if -c names one\n"
	      "  -V       print the version\n"
	      "  -h       print this\n", to);
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "packages", no_argument, NULL, 'P' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*o = (struct options){ .config = DEFAULT_CONFIG };
	while ((c = getopt_long(argc, argv, "c:fPVh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			o->config_given = true;
			break;
		case 'P':
			o->packages = true;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'V':
			puts("kmgwd " KMGW_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "kmgwd: \"%s\": no argument is expected\n", argv[optind]);
		exit(EXIT_USAGE);
	}
}

/* Return: status to exit with. */
static int print_packages(const struct options *o)
{
	struct config *config = NULL;
	struct packages packages;
	char err[512];
	int ret = 0;

	packages_defaults(&packages);
	if (o->config_given)
		ret = config_load(o->config, &config, err, sizeof(err));
	if (config)
		ret = packages_init(&packages, config, err, sizeof(err));
	if (ret)
		fprintf(stderr, "kmgwd: %s\n", err);
	else
		packages_print(&packages, stdout);
	config_free(config);
	return ret ? EXIT_CONFIG : EXIT_SUCCESS;
}

/* What of the configuration shows only beside the table of packages, and beside this host. */
static int check_config(const struct config *config)
{
	struct packages packages;
	char err[512];

	if (packages_init(&packages, config, err, sizeof(err))) {
		fprintf(stderr, "kmgwd: %s\n", err);
		return EXIT_CONFIG;
	}
	switch (bearer_env_check_ports(config, &config->log)) {
	case 0:
		return EXIT_SUCCESS;
	case -EINVAL:
		return EXIT_CONFIG;
	default:
		return EXIT_FAILURE;
	}
}

/* Keys of calls live in this process: no core, no ptrace by others of the user. */
static int protect(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
		return -errno;
	return 0;
}

/* A session takes several descriptors while it is set up. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Into the background. The parent stays until the child has started, so that
 * whoever started it sees whether it did.
 * Return: in the child, a descriptor to close when it is ready.
 */
static int detach(void)
{
	char byte;
	int p[2];
	pid_t pid;

	if (pipe(p))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		close(p[1]);
		if (read(p[0], &byte, 1) == 1)
			_exit(EXIT_SUCCESS);
		if (waitpid(pid, &p[1], 0) == pid && WIFEXITED(p[1]))
			_exit(WEXITSTATUS(p[1]));
		_exit(EXIT_FAILURE);
	}
	close(p[0]);
	setsid();
	return p[1];
}

static void on_status(void *priv, const char *line)
{
	(void)priv;
	sd_notifyf(0, "STATUS=%s", line);
}

static void on_stop(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	(void)signum;
	if (d->stopping)
		return;
	d->stopping = true;
	sd_notify(0, "STOPPING=1");
	log_notice(&d->config->log, "stopping; %u calls are left to the kernel",
		   agent_n_contexts(d->agent));
	uv_stop(&d->loop);
}

static void on_agent_stop(void *priv)
{
	struct daemon *d = priv;

	d->stopping = true;
	sd_notify(0, "STOPPING=1");
	uv_stop(&d->loop);
}

static int watch_signal(struct daemon *d, uv_signal_t *handle, int signum)
{
	int err = uv_signal_init(&d->loop, handle);

	handle->data = d;
	return err ? err : uv_signal_start(handle, on_stop, signum);
}

static int start(struct daemon *d)
{
	static const struct agent_ops ops = { .status = on_status, .stop = on_agent_stop };
	int err;

	err = uv_loop_init(&d->loop);
	if (err)
		return err;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	err = watch_signal(d, &d->term, SIGTERM);
	if (!err)
		err = watch_signal(d, &d->interrupt, SIGINT);
	if (!err)
		err = workers_open(&d->loop);
	if (!err)
		err = bearer_env_new(&d->loop, d->config, &d->config->log, &d->env);
	if (!err)
		err = agent_new(&d->loop, d->config, d->env, &ops, d, &d->agent);
	/* Calls of an earlier run are taken over, or go, before the MGC hears of us. */
	if (!err)
		err = agent_adopt(d->agent);
	if (!err)
		err = agent_open(d->agent);
	if (!err)
		agent_start(d->agent);
	return err;
}

static void stop(struct daemon *d)
{
	if (d->agent)
		agent_free(d->agent);
	if (d->env)
		bearer_env_free(d->env);
	uv_close((uv_handle_t *)&d->term, NULL);
	uv_close((uv_handle_t *)&d->interrupt, NULL);
	/* What is still being done is waited for. */
	uv_run(&d->loop, UV_RUN_DEFAULT);
	workers_close(&d->loop);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	config_free(d->config);
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	struct options options;
	char err[8192];
	int ready = -1, ret;

	parse_options(argc, argv, &options);
	if (options.packages)
		return print_packages(&options);
	ret = protect();
	if (ret) {
		fprintf(stderr, "kmgwd: cannot forbid core dumps: %s\n", strerror(-ret));
		return EXIT_FAILURE;
	}
	raise_descriptors();
	if (config_load(options.config, &d.config, err, sizeof(err))) {
		fprintf(stderr, "kmgwd: %s\n", err);
		return EXIT_CONFIG;
	}
	ret = check_config(d.config);
	if (ret) {
		config_free(d.config);
		return ret;
	}
	if (!options.foreground) {
		ready = detach();
		if (ready < 0) {
			fprintf(stderr, "kmgwd: cannot detach: %s\n", strerror(-ready));
			return EXIT_FAILURE;
		}
	}
	ret = start(&d);
	if (ret) {
		log_error(&d.config->log, "kmgwd cannot start: %s", strerror(-ret));
		stop(&d);
		return EXIT_FAILURE;
	}
	sd_notify(0, "READY=1");
	if (ready >= 0) {
		if (write(ready, "", 1) != 1)
			log_warning(&d.config->log, "whoever started kmgwd is gone");
		close(ready);
	}
	uv_run(&d.loop, UV_RUN_DEFAULT);
	stop(&d);
	return EXIT_SUCCESS;
}
