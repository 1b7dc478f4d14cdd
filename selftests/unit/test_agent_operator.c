// SPDX-License-Identifier: GPL-2.0-only
/* The agent: control socket, stop, drain, message log, metrics. */
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "agent_lab.h"

#include "agent/agent_private.h"
#include "agent/mask.h"
#include "agent/operator.h"
#include "agent/pcap.h"
#include "agent/trace.h"

static bool stopped;

static void on_stop(void *priv)
{
	(void)priv;
	stopped = true;
}

static const struct agent_ops ops = { .stop = on_stop };

struct desk {
	struct lab lab;
	char directory[64];
	char path[100];
};

static void desk_open(struct desk *d, const char *more)
{
	char text[1024];

	memset(d, 0, sizeof(*d));
	strcpy(d->directory, "/tmp/kmgw-unit-XXXXXX");
	assert_non_null(mkdtemp(d->directory));
	snprintf(d->path, sizeof(d->path), "%s/run/control.sock", d->directory);
	snprintf(text, sizeof(text), "run_dir = \"%s/run\"; trace_dir = \"%s/log\"; %s",
		 d->directory, d->directory, more);
	lab_open(&d->lab, text);
	stopped = false;
	d->lab.agent->ops = &ops;
	assert_int_equal(agent_open(d->lab.agent), 0);
}

static void desk_close(struct desk *d)
{
	char command[128];

	lab_close(&d->lab);
	assert_int_equal(access(d->path, F_OK), -1);
	snprintf(command, sizeof(command), "rm -rf %s", d->directory);
	assert_int_equal(system(command), 0);
}

static int desk_connect(const struct desk *d)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", d->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

/* What comes on a connection until a line is whole, or NULL when it is closed. */
static char *line_from(struct desk *d, int fd)
{
	static char line[1 << 20];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = recv(fd, line + len, 1, 0);
		if (n == 1 && line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		if (n == 1) {
			len++;
			continue;
		}
		if (!n || (n < 0 && errno != EAGAIN))
			return NULL;
		uv_run(&d->lab.loop, UV_RUN_ONCE);
	}
}

static json_t *ask_on(struct desk *d, int fd, const char *text)
{
	char *line;
	json_t *obj;

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	line = line_from(d, fd);
	assert_non_null(line);
	obj = json_loads(line, 0, NULL);
	assert_non_null(obj);
	return obj;
}

static json_t *ask(struct desk *d, const char *text)
{
	int fd = desk_connect(d);
	json_t *obj = ask_on(d, fd, text);

	close(fd);
	return obj;
}

static bool ok(struct desk *d, const char *text)
{
	json_t *obj = ask(d, text);
	bool good = json_is_true(json_object_get(obj, "ok"));

	json_decref(obj);
	return good;
}

static json_int_t number(json_t *obj, const char *a, const char *b)
{
	json_t *v = json_object_get(obj, a);

	if (b)
		v = json_object_get(v, b);
	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static void status(void **state)
{
	json_t *obj, *result, *mgc, *received;
	struct desk d;
	struct stat st;

	(void)state;
	desk_open(&d, "");
	assert_int_equal(stat(d.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	lab_register(&d.lab);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(&d.lab, 430, "Context = 1 { Subtract = ip/1/acc/99 }");
	lab_refused(&d.lab, 411, "Context = 99 { Subtract = ip/1/acc/99 }");
	obj = ask(&d, "{\"command\":\"status\"}\n");
	result = json_object_get(obj, "result");
	assert_int_equal(number(result, "contexts", NULL), 1);
	assert_int_equal(number(result, "association", "version"), 2);
	assert_string_equal(json_string_value(json_object_get(
			json_object_get(result, "association"), "state")), "registered");
	assert_int_equal(number(json_array_get(json_object_get(result, "realms"), 0),
				"terminations", NULL), 1);
	mgc = json_array_get(json_object_get(result, "mgcs"), 0);
	received = json_object_get(json_object_get(mgc, "received"), "commands");
	assert_int_equal(number(received, "Add", "all"), 1);
	assert_int_equal(number(received, "Subtract", "refused"), 1);
	assert_int_equal(number(json_object_get(mgc, "sent"), "errors", "430"), 1);
	assert_int_equal(number(json_object_get(mgc, "sent"), "errors", "411"), 1);
	assert_int_equal(number(mgc, "registrations", NULL), 1);
	json_decref(obj);
	desk_close(&d);
}

static void garbage_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"\n", "nonsense\n", "[]\n", "{}\n", "{\"command\":7}\n", "{\"command\":\"halt\"}\n",
		"{\"command\":\"drain\",\"realm\":[]}\n", "{\"command\":\"drain\",\"realm\":\"x\"}\n",
		"{\"command\":\"undrain\"}\n", "{\"command\":\"status\",\"command\":\"stop\"}\n",
		"{\"command\":\"trace\"}\n", "{\"command\":\"trace\",\"action\":\"start\","
		"\"file\":\"../control.sock\"}\n",
		"{\"command\":\"trace\",\"action\":\"start\",\"file\":\"a/b\"}\n",
		"{\"command\":\"trace\",\"action\":\"start\",\"context\":\"1\"}\n",
		"{\"command\":\"trace\",\"action\":\"start\",\"context\":-1}\n",
		"{\"command\":\"trace\",\"action\":\"start\",\"format\":\"exe\"}\n",
		"\xff\xfe\n", "{\"command\":\"stat\\u0000us\"}\n",
	};
	char huge[3 * 4096];
	struct desk d;
	int fd[40], first;
	unsigned int i;

	(void)state;
	desk_open(&d, "");
	lab_register(&d.lab);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ok(&d, bad[i]))
			fail_msg("accepted: %s", bad[i]);
	/* deep, and larger than a line may be: cut off, whatever it is made of */
	memset(huge, '[', sizeof(huge));
	fd[0] = desk_connect(&d);
	assert_true(send(fd[0], huge, sizeof(huge), MSG_NOSIGNAL) > 0);
	assert_null(line_from(&d, fd[0]));
	close(fd[0]);
	huge[4000] = '\n';
	fd[0] = desk_connect(&d);
	assert_int_equal(send(fd[0], huge, 4001, MSG_NOSIGNAL), 4001);
	assert_non_null(line_from(&d, fd[0]));
	close(fd[0]);
	/* connections that say nothing do not keep the operator out */
	for (i = 0; i < 40; i++) {
		fd[i] = desk_connect(&d);
		uv_run(&d.lab.loop, UV_RUN_NOWAIT);
	}
	assert_true(ok(&d, "{\"command\":\"status\"}\n"));
	for (i = 0; i < 40; i++)
		close(fd[i]);
	/* half a line and gone; several lines at once are answered in their order */
	first = desk_connect(&d);
	assert_int_equal(send(first, "{\"comm", 7, MSG_NOSIGNAL), 7);
	uv_run(&d.lab.loop, UV_RUN_NOWAIT);
	close(first);
	first = desk_connect(&d);
	json_decref(ask_on(&d, first, "{\"command\":\"x\"}\n{\"command\":\"status\"}\n"));
	assert_non_null(strstr(line_from(&d, first), "\"ok\":true"));
	close(first);
	assert_false(stopped);
	assert_false(d.lab.agent->draining);
	assert_null(d.lab.agent->trace);
	assert_int_equal(lab_pending(&d.lab), 0);
	desk_close(&d);
}

static struct h248_service_change *service(struct lab *lab)
{
	do
		lab_receive(lab);
	while (lab_transaction(lab)->kind != H248_REQUEST);
	assert_int_equal(lab_command(lab)->kind, H248_SERVICE_CHANGE);
	return lab_command(lab)->service_change;
}

static void drain(void **state)
{
	struct h248_service_change *sc;
	struct desk d;

	(void)state;
	desk_open(&d, "");
	lab_register(&d.lab);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	assert_true(ok(&d, "{\"command\":\"drain\",\"realm\":\"access\"}\n"));
	sc = service(&d.lab);
	assert_int_equal(sc->method, H248_METHOD_GRACEFUL);
	assert_int_equal(sc->reason_code, 905);
	assert_true(str_is(lab_command(&d.lab)->terms.first->text, "ip/1/acc/*"));
	lab_answer(&d.lab, 0, "Context = * { ServiceChange = ip/1/acc/* }");
	lab_refused(&d.lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&d.lab, CHOOSE("Add = ip/1/core/$"));
	lab_ok(&d.lab, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	lab_ok(&d.lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { } } }");
	assert_false(ok(&d, "{\"command\":\"drain\",\"realm\":\"ACC\"}\n"));
	assert_true(ok(&d, "{\"command\":\"drain\"}\n"));
	sc = service(&d.lab);
	assert_true(str_is(lab_command(&d.lab)->terms.first->text, "ROOT"));
	lab_answer(&d.lab, 0, "Context = - { ServiceChange = ROOT }");
	lab_refused(&d.lab, 502, CHOOSE("Add = ip/1/core/$"));
	assert_true(ok(&d, "{\"command\":\"undrain\"}\n"));
	sc = service(&d.lab);
	assert_int_equal(sc->method, H248_METHOD_RESTART);
	assert_int_equal(sc->reason_code, 918);
	lab_answer(&d.lab, 0, "Context = - { ServiceChange = ROOT }");
	lab_ok(&d.lab, CHOOSE("Add = ip/1/core/$"));
	lab_refused(&d.lab, 502, CHOOSE("Add = ip/1/acc/$"));
	assert_true(ok(&d, "{\"command\":\"undrain\",\"realm\":\"acc\"}\n"));
	service(&d.lab);
	lab_answer(&d.lab, 0, "Context = * { ServiceChange = ip/1/acc/* }");
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	desk_close(&d);
}

/* An MGC that takes over hears that the gateway drains. */
static void the_next_mgc_hears_of_a_drain(void **state)
{
	struct h248_service_change *sc;
	struct desk d;

	(void)state;
	desk_open(&d, "");
	lab_register(&d.lab);
	assert_true(ok(&d, "{\"command\":\"drain\",\"realm\":\"core\"}\n"));
	service(&d.lab);
	lab_answer(&d.lab, 0, "Context = * { ServiceChange = ip/1/core/* }");
	lab_ok(&d.lab, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	       "Reason = \"903 MGC Directed Change\", MgcIdToTry = [127.0.0.2]:%u } } }",
	       d.lab.mgc_port[1]);
	lab_receive_at(&d.lab, 1);
	lab_answer(&d.lab, 1, LAB_ACCEPT);
	do
		lab_receive_at(&d.lab, 1);
	while (!str_is(lab_command(&d.lab)->terms.first->text, "ip/1/core/*"));
	sc = lab_command(&d.lab)->service_change;
	assert_int_equal(sc->method, H248_METHOD_GRACEFUL);
	assert_int_equal(sc->reason_code, 905);
	desk_close(&d);
}

static void stop_is_told_to_the_mgc(void **state)
{
	struct h248_service_change *sc;
	struct desk d;
	json_t *obj;
	char *line;
	int fd;

	(void)state;
	desk_open(&d, "");
	lab_register(&d.lab);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	fd = desk_connect(&d);
	assert_int_equal(send(fd, "{\"command\":\"stop\"}\n", 19, MSG_NOSIGNAL), 19);
	sc = service(&d.lab);
	assert_int_equal(sc->method, H248_METHOD_FORCED);
	assert_int_equal(sc->reason_code, 905);
	assert_true(str_is(lab_command(&d.lab)->terms.first->text, "ROOT"));
	assert_false(stopped);
	assert_int_equal(agent_n_contexts(d.lab.agent), 1);
	assert_false(ok(&d, "{\"command\":\"stop\"}\n"));
	lab_answer(&d.lab, 0, "Context = - { ServiceChange = ROOT }");
	line = line_from(&d, fd);
	assert_non_null(line);
	obj = json_loads(line, 0, NULL);
	assert_true(json_is_true(json_object_get(json_object_get(obj, "result"), "told")));
	json_decref(obj);
	close(fd);
	assert_true(stopped);
	assert_int_equal(agent_n_contexts(d.lab.agent), 0);
	desk_close(&d);

	/* a silent MGC does not hold it up, nor does whoever asked and went away */
	desk_open(&d, "stop_wait = 0.2;");
	lab_register(&d.lab);
	fd = desk_connect(&d);
	assert_int_equal(send(fd, "{\"command\":\"stop\"}\n", 19, MSG_NOSIGNAL), 19);
	service(&d.lab);
	lab_refused(&d.lab, 502, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	close(fd);
	while (!stopped)
		uv_run(&d.lab.loop, UV_RUN_ONCE);
	desk_close(&d);
}

static void reload(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d, "");
	assert_true(ok(&d, "{\"command\":\"reload\"}\n"));
	assert_int_equal(fake.reloads, 1);
	fake.reload_error = -EACCES;
	assert_false(ok(&d, "{\"command\":\"reload\"}\n"));
	desk_close(&d);
}

static void one_socket_one_daemon(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct desk d;
	int fd;

	(void)state;
	desk_open(&d, "");
	assert_int_equal(agent_open(d.lab.agent), -EADDRINUSE);
	control_close(d.lab.agent);
	/* what a killed daemon left is no obstacle */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", d.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(agent_open(d.lab.agent), 0);
	assert_true(ok(&d, "{\"command\":\"status\"}\n"));
	desk_close(&d);
}

static size_t contents(const struct desk *d, const char *name, char *buf, size_t len)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/log/%s", d->directory, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, buf, len - 1);
	close(fd);
	assert_true(n >= 0);
	buf[n] = '\0';
	return (size_t)n;
}

static void message_log(void **state)
{
	static char text[1 << 20];
	struct desk d;
	struct stat st;
	char path[256];

	(void)state;
	desk_open(&d, "");
	lab_register(&d.lab);
	assert_true(ok(&d, "{\"command\":\"trace\",\"action\":\"start\",\"format\":\"text\"}\n"));
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&d.lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SeCrEtSeCrEt\r\nk=clear:SeCrEt\r\n"))))));
	snprintf(path, sizeof(path), "%s/log/h248.log", d.directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(contents(&d, "h248.log", text, sizeof(text)) > 500);
	assert_non_null(strstr(text, "received from [127.0.0.1]:"));
	assert_non_null(strstr(text, "sent to [127.0.0.1]:"));
	assert_non_null(strstr(text, "inline:************"));
	assert_null(strstr(text, "SeCrEt"));
	/* begun anew: the old one is kept; now of one context only */
	assert_true(ok(&d, "{\"command\":\"trace\",\"action\":\"start\",\"format\":\"text\","
			"\"context\":3}\n"));
	assert_true(contents(&d, "h248.log.1", text, sizeof(text)) > 500);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&d.lab, CHOOSE("Add = ip/1/core/$"));
	lab_ok(&d.lab, "Context = 1 { AuditValue = * { Audit { } } }");
	lab_refused(&d.lab, 430, "Context = 3 { Subtract = ip/1/acc/99 }");
	contents(&d, "h248.log", text, sizeof(text));
	/* the Add that chose it came before it was known, and is there with its reply */
	assert_non_null(strstr(text, "Add = ip/1/acc/$"));
	assert_non_null(strstr(text, "Add = ip/1/acc/3"));
	assert_non_null(strstr(text, "Error = 430"));
	assert_null(strstr(text, "core"));
	assert_null(strstr(text, "AuditValue"));
	assert_true(ok(&d, "{\"command\":\"trace\",\"action\":\"stop\"}\n"));
	assert_null(d.lab.agent->trace);
	desk_close(&d);
}

static void rotation(void **state)
{
	static char text[1 << 20];
	struct desk d;
	struct stat st;
	char path[256];
	unsigned int i;

	(void)state;
	desk_open(&d, "trace = \"mg.pcap\"; trace_size = 1; trace_files = 2;");
	lab_register(&d.lab);
	/* about 100 octets a message: 2 MiB want more than two files */
	memset(text, 0, sizeof(text));
	for (i = 0; i < 40; i++) {
		struct transport_path path_to = { .connection = 1 };

		((struct sockaddr_in *)&path_to.addr)->sin_family = AF_INET;
		trace_message(d.lab.agent, &path_to, true, text, 65531);
	}
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), i ? "%s/log/mg.pcap.%u" : "%s/log/mg.pcap",
			 d.directory, i);
		if (i == 2) {
			assert_int_equal(stat(path, &st), -1);
			break;
		}
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size <= (1 << 20) + 70000);
	}
	desk_close(&d);
}

/* What an HTTP server answers to these octets until it closes. */
static char *http(struct desk *d, uint16_t port, const char *request, size_t len)
{
	static char text[1 << 20];
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	size_t got = 0;
	ssize_t n;

	inet_pton(AF_INET, "127.0.0.1", &in4.sin_addr);
	connect(fd, (struct sockaddr *)&in4, sizeof(in4));
	send(fd, request, len, MSG_NOSIGNAL);
	for (;;) {
		n = recv(fd, text + got, sizeof(text) - got - 1, 0);
		if (!n || (n < 0 && errno != EAGAIN))
			break;
		if (n > 0)
			got += (size_t)n;
		else
			uv_run(&d->lab.loop, UV_RUN_ONCE);
	}
	text[got] = '\0';
	close(fd);
	return text;
}

#define GET	"GET /metrics HTTP/1.0\r\n\r\n"

static void metrics_page(void **state)
{
	static const char *const other[] = {
		"GET / HTTP/1.0\r\n\r\n", "POST /metrics HTTP/1.0\r\nContent-Length: 2\r\n\r\nab",
		"DELETE /metrics HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n", "GET /metrics/../x HTTP/1.0\r\n\r\n",
	};
	char config[64], want[128], *page;
	struct desk d;
	uint16_t port;
	unsigned int i;
	int fd;

	(void)state;
	fd = lab_socket("127.0.0.1", &port);
	close(fd);
	snprintf(config, sizeof(config), "metrics = \"[127.0.0.1]:%u\";", port);
	desk_open(&d, config);
	lab_register(&d.lab);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(&d.lab, 411, "Context = 99 { Subtract = ip/1/acc/99 }");
	page = http(&d, port, GET, strlen(GET));
	assert_non_null(strstr(page, "200 OK"));
	assert_non_null(strstr(page, "\nkmgw_registered 1\n"));
	assert_non_null(strstr(page, "\nkmgw_contexts 1\n"));
	assert_non_null(strstr(page, "\nkmgw_realm_terminations{realm=\"access\"} 1\n"));
	assert_non_null(strstr(page, "\nkmgw_realm_in_service{realm=\"core\"} 1\n"));
	assert_non_null(strstr(page, "kmgw_mgc_commands_total{mgc=\"127.0.0.1\",way=\"received\","
			       "command=\"Add\"} 1\n"));
	assert_non_null(strstr(page, "kmgw_mgc_errors_total{mgc=\"127.0.0.1\",way=\"sent\","
			       "code=\"411\"} 1\n"));
	snprintf(want, sizeof(want), "\nkmgw_transactions_requests_total %llu\n",
		 (unsigned long long)transactions_counters(d.lab.agent->transactions)->requests);
	assert_non_null(strstr(page, want));
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_null(strstr(http(&d, port, other[i], strlen(other[i])), "200 OK"));
	assert_non_null(strstr(http(&d, port, GET, strlen(GET)), "200 OK"));
	desk_close(&d);
}

/* So that more than there can be is refused, as without memory, and does not end the test. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}

/* A page counts the terminations once for all realms: that takes as long as there are many. */
static void realms_are_counted_once(void **state)
{
	static const char *const want[] = {
		"\nkmgw_realm_contexts{realm=\"access\"} 2\n",
		"\nkmgw_realm_contexts{realm=\"core\"} 1\n",
		"\nkmgw_realm_terminations{realm=\"access\"} 3\n",
		"\nkmgw_realm_terminations{realm=\"core\"} 1\n",
		"\nkmgw_realm_ports{realm=\"core\"} 100\n",
		"\nkmgw_realm_in_service{realm=\"core\"} 1\n",
	};
	unsigned int i, realms;
	json_t *obj, *list;
	char config[64], *page;
	struct desk d;
	uint16_t port;
	int fd;

	(void)state;
	fd = lab_socket("127.0.0.1", &port);
	close(fd);
	snprintf(config, sizeof(config), "metrics = \"[127.0.0.1]:%u\";", port);
	desk_open(&d, config);
	lab_register(&d.lab);
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/acc/$"));
	lab_ok(&d.lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$"));
	realms = d.lab.config->n_realms;
	fake.described = 0;
	page = http(&d, port, GET, strlen(GET));
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (!strstr(page, want[i]))
			fail_msg("no %s in %s", want[i], page);
	assert_int_equal(fake.described, realms);
	fake.described = 0;
	obj = ask(&d, "{\"command\":\"status\"}\n");
	list = json_object_get(json_object_get(obj, "result"), "realms");
	assert_int_equal(number(json_array_get(list, 0), "contexts", NULL), 2);
	assert_int_equal(number(json_array_get(list, 0), "terminations", NULL), 3);
	assert_int_equal(number(json_array_get(list, 1), "contexts", NULL), 1);
	assert_int_equal(number(json_array_get(list, 1), "terminations", NULL), 1);
	assert_int_equal(fake.described, realms);
	json_decref(obj);
	/* no memory for so many */
	d.lab.config->n_realms = UINT_MAX;
	assert_non_null(strstr(http(&d, port, GET, strlen(GET)), " 500 "));
	assert_false(ok(&d, "{\"command\":\"status\"}\n"));
	d.lab.config->n_realms = realms;
	assert_non_null(strstr(http(&d, port, GET, strlen(GET)), " 200 "));
	assert_true(ok(&d, "{\"command\":\"status\"}\n"));
	desk_close(&d);
}

#define AUDIT	"MEGACO/2 [10.0.0.2]:2944\r\nTransaction = 7 { Context = 5 { AuditValue = * { " \
		"Audit { } } } }\r\n"

static void set_address(struct sockaddr_storage *out, bool six, const char *v4, const char *v6)
{
	memset(out, 0, sizeof(*out));
	out->ss_family = six ? AF_INET6 : AF_INET;
	if (six)
		inet_pton(AF_INET6, v6, &((struct sockaddr_in6 *)out)->sin6_addr);
	else
		inet_pton(AF_INET, v4, &((struct sockaddr_in *)out)->sin_addr);
	((struct sockaddr_in *)out)->sin_port = htons(2944);
}

/* Every transport and family, small and as large as can be: tshark reads H.248 in all. */
static void pcap_is_read_by_tshark(void **state)
{
	static const enum config_transport kinds[] = {
		CONFIG_TRANSPORT_UDP, CONFIG_TRANSPORT_TCP, CONFIG_TRANSPORT_SCTP,
	};
	static const char *const names[] = { "udp", "tcp", "sctp" };
	static char large[65532];
	char path[] = "/tmp/kmgw-unit-XXXXXX", command[512], line[4096];
	struct timespec when = { .tv_sec = 1700000000, .tv_nsec = 5 };
	unsigned int i, k, n, six, found;
	struct pcap_flow flow;
	struct strbuf out;
	FILE *f;
	int fd;

	(void)state;
	/* blanks before the end: one message of the largest size */
	memset(large, ' ', sizeof(large));
	memcpy(large, AUDIT, strlen(AUDIT));
	for (i = 0; i < 3; i++) {
		for (six = 0; six < 2; six++) {
			strbuf_init(&out, 0);
			pcap_begin(&out);
			memset(&flow, 0, sizeof(flow));
			flow.transport = kinds[i];
			set_address(&flow.local, six, "10.0.0.1", "fd00::1");
			set_address(&flow.remote, six, "10.0.0.2", "fd00::2");
			for (k = 0; k < 3; k++) {
				pcap_message(&out, &flow, &when, false, AUDIT, strlen(AUDIT));
				pcap_message(&out, &flow, &when, true, AUDIT, strlen(AUDIT));
				pcap_message(&out, &flow, &when, false, large,
					     kinds[i] == CONFIG_TRANSPORT_UDP ? 65507 : 65531);
			}
			assert_int_equal(out.err, 0);
			memcpy(path + strlen(path) - 6, "XXXXXX", 6);
			fd = mkstemp(path);
			assert_int_equal(write(fd, out.p, out.len), (ssize_t)out.len);
			close(fd);
			strbuf_free(&out);
			snprintf(command, sizeof(command), "tshark -r %s -o ip.check_checksum:TRUE "
				 "-o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE "
				 "-o 'sctp.checksum:CRC 32c' -V 2>/dev/null", path);
			f = popen(command, "r");
			assert_non_null(f);
			found = n = 0;
			while (fgets(line, sizeof(line), f)) {
				found += strstr(line, "MEGACO") && line[0] != ' ';
				n += strstr(line, "Checksum Status: Good") ||
				     strstr(line, "hecksum status: Good") ||
				     strstr(line, "[correct]");
				if (strstr(line, "alformed") || strstr(line, "Bad") ||
				    strstr(line, "incorrect") || strstr(line, "Retransmission") ||
				    strstr(line, "Out-Of-Order") || strstr(line, "not captured"))
					fail_msg("%s over IPv%d: %s", names[i], six ? 6 : 4, line);
			}
			assert_int_equal(pclose(f), 0);
			if (found != 9 || n < 9)
				fail_msg("%s over IPv%d: %u messages, %u checksums", names[i],
					 six ? 6 : 4, found, n);
			unlink(path);
		}
	}
}

static void masks(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a=crypto:1 X inline:abc|2^20\r\nm=x", "a=crypto:1 X inline:********\r\nm=x" },
		{ "a=key-mgmt:mikey AQAF==\r\n", "a=key-mgmt:************\r\n" },
		{ "\r\nk=base64:abc\r\nb=AS:1\r\n", "\r\nk=**********\r\nb=AS:1\r\n" },
		{ "tlsbsc/psk = \"abc\", gm/saf = ON", "tlsbsc/psk = \"***\", gm/saf = ON" },
		{ "x/PSKIdentity=abc}", "x/PSKIdentity=***}" },
		{ "a=psk:hex:00ff\r\n", "a=psk:********\r\n" },
		/* a brace that SDP escapes, one in quotes, and what is no ASCII are part of it */
		{ "k=clear:ab\\}SECRET\r\n}", "k=****************\r\n}" },
		{ "k=\\}SECRET}", "k=********}" },
		{ "x/psk = \"ab}SE\\\"}", "x/psk = \"******\"}" },
		{ "x/psk=\"ab\r\nSECRET\"", "x/psk=\"**********\"" },
		{ "x/psk = \"\", gm/saf = ON", "x/psk = \"\", gm/saf = ON" },
		{ "\"psk\": \"a}b\", \"x\"", "\"psk\": \"***\", \"x\"" },
		{ "x/psk = \"abc", "x/psk = \"***" },
		{ "k=clear:\xc3\xa4\x7f\xff" "b\r\n", "k=***********\r\n" },
		/* one marker right behind another */
		{ "psk inline:KEY\r\n", "psk inline:***\r\n" },
		{ "a=psk\r\nk=clear:abc\r\n", "a=psk\r\nk=*********\r\n" },
		/* several of them, conditions, and a comment before it */
		{ "x/psk = [ \"abc\", \"de\" ], gm/saf = ON",
		  "x/psk = [ \"***\", \"**\" ], gm/saf = ON" },
		{ "x/psk={abc,\"d}e\"},y=1", "x/psk={***,\"***\"},y=1" },
		{ "x/psk = [ \"abc\",\r\n\"d]e\", [ f ] ] }", "x/psk = [ \"***\",\r\n\"***\", [ * ] ] }" },
		{ "x/psk = [ \"abc", "x/psk = [ \"***" },
		{ "x/psk # \"abc\", y", "x/psk # \"***\", y" },
		{ "x/psk > abc\r\n", "x/psk > ***\r\n" },
		{ "x/psk = ; \"n\"\r\n\"abc\", y", "x/psk = *****\r\n\"***\", y" },
		{ "k={abc}\r\n", "k={***}\r\n" },
		/* no value follows, or the word is of something else */
		{ "Profile = threegipsk/1", "Profile = threegipsk/1" },
		{ "blink=k=v", "blink=k=v" },
		{ "psk", "psk" },
		{ "", "" },
	};
	char buf[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(buf, cases[i].in);
		mask_secrets(buf, strlen(buf));
		assert_string_equal(buf, cases[i].out);
	}
}

/* k= of the binary encoding: its octet string, and nothing else */
static void masks_in_binary(void **state)
{
#define K	"\x00\x00\xb0\x0b"
	static const struct {
		const char *head;
		unsigned int head_len, value, rest;	/* octets */
	} cases[] = {
		{ "\x04\x04" K "\xa1\x05\x04\x03", 10, 3, 3 },
		{ K "\x04\x7f", 6, 127, 3 },
		{ K "\xa1\x81\x83\x04\x81\x80", 10, 128, 3 },
		{ K "\xa1\x81\xff\x04\x81\xfc", 10, 252, 3 },
		/* lengths that look like the tag of a string */
		{ K "\xa1\x82\x04\x34\x04\x82\x04\x30", 12, 0x430, 3 },
		{ K "\xa1\x82\x01\x04\x04\x82\x01\x00", 12, 0x100, 3 },
		/* without a length outside; more octets of a length than it takes */
		{ K "\xa1\x80\x04\x84\x00\x00\x01\x00", 12, 0x100, 3 },
		/* beyond the end */
		{ K "\x04\x7f", 6, 2, 0 },
		{ K "\xa1\x82\xff\xff\x04\x82\xff\xff", 12, 300, 0 },
		{ K "\x04\x82\x01", 7, 0, 0 },
		{ K "\xa1", 5, 0, 0 },
		{ K, 4, 0, 0 },
		/* no value */
		{ K "\x30\x05\x80\x03", 8, 0, 3 },
		{ K "\xa1\xff\x04\x03", 8, 0, 3 },
	};
#undef K
	unsigned int i, k, len;
	char *buf;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = cases[i].head_len + cases[i].value + cases[i].rest;
		buf = malloc(len);	/* of this size: what is beyond is seen */
		assert_non_null(buf);
		memset(buf, 'a', len);
		memcpy(buf, cases[i].head, cases[i].head_len);
		mask_secrets(buf, len);
		assert_memory_equal(buf, cases[i].head, cases[i].head_len);
		for (k = cases[i].head_len; k < len; k++)
			if (buf[k] != (k < cases[i].head_len + cases[i].value ? '*' : 'a'))
				fail_msg("case %u: octet %u of %u", i, k, len);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status),
		cmocka_unit_test(garbage_changes_nothing),
		cmocka_unit_test(drain),
		cmocka_unit_test(the_next_mgc_hears_of_a_drain),
		cmocka_unit_test(stop_is_told_to_the_mgc),
		cmocka_unit_test(reload),
		cmocka_unit_test(one_socket_one_daemon),
		cmocka_unit_test(message_log),
		cmocka_unit_test(rotation),
		cmocka_unit_test(metrics_page),
		cmocka_unit_test(realms_are_counted_once),
		cmocka_unit_test(pcap_is_read_by_tshark),
		cmocka_unit_test(masks),
		cmocka_unit_test(masks_in_binary),
	};

	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
