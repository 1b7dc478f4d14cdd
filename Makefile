# SPDX-License-Identifier: GPL-2.0-only
#
#	make			kmgw.ko, kmgwd and kmgw into build/
#	make module KVER=...	the module for one kernel (default: the newest installed headers)
#	make demo		the main job, shown in a virtual machine
#	make check		the tests, within an hour; the last line is "N passed, N failed"
#	make unit | lint	a part of it
#	make install		DESTDIR=, prefix= (default /usr/local), KVER=
#	make O=DIR ...		build into DIR instead of build/
#	make clean
#
# Nothing is written into the source directories. demo and check install missing Debian packages when
# run as root (scripts/deps), and fetch nothing else.

VERSION := 0.1.0

O ?= build
override O := $(abspath $(O))
prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man
sysconfdir ?= /etc
unitdir ?= $(if $(filter /usr,$(prefix)),/lib,$(sysconfdir))/systemd/system
DESTDIR ?=

ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WERROR ?= -Werror
CHECKFLAGS ?=

# V=1 shows the commands.
Q := $(if $(filter-out 0,$(V)),,@)
say = $(if $(Q),@printf '  %-7s %s\n' $(1) $(patsubst $(CURDIR)/%,%,$@))

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

.PHONY: all
all: module kmgwd kmgw

# --- kernel module ---

# The newest installed headers, unless told: a version (KVER) or a build directory (KDIR).
KVER ?= $(shell ls -d /lib/modules/*/build/Makefile 2>/dev/null | cut -d/ -f4 | sort -V | tail -n 1)
KDIR ?= /lib/modules/$(KVER)/build
# Debian's include/config/kernel.release is not what uname -r says; this is.
KREL = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h \
	2>/dev/null)
MDIR = $(O)/$(KREL)
# O means something else to Kbuild: none of the variables given here is passed on but these.
MAKEOVERRIDES :=
KMAKE = $(MAKE) -C $(KDIR) M=$(MDIR) --no-print-directory $(foreach v,V W C CHECK CF,$(if $($v),$v='$($v)'))
KSRC = $(wildcard kmod/*.[ch])

# Kbuild puts its products beside the sources, so each kernel gets a directory of links to them.
define mlinks
	@[ -n "$(KREL)" ] || { echo "no kernel headers in $(KDIR): run scripts/deps" >&2; exit 1; }
	@mkdir -p $(1)/kmod
	@find $(1)/kmod -xtype l -delete
	@ln -sfnr Kbuild uapi -t $(1)
	@ln -sfr $(KSRC) -t $(1)/kmod
endef

.PHONY: module module-debug
module:
	$(call mlinks,$(MDIR))
	+@flock $(MDIR) $(KMAKE) KCFLAGS='-DKMGW_VERSION=\"$(VERSION)\" $(WERROR)' modules

# For the kernel that scripts/debug-kernel builds (several minutes, once).
module-debug:
	@dir=$$(scripts/debug-kernel) && \
	$(MAKE) --no-print-directory module O=$(O) KDIR=$$dir/build WERROR=$(WERROR)

# --- daemon and CLI ---

DAEMON_LIBS := libuv libnl-genl-3.0 gnutls libconfig libsystemd libsctp jansson libmicrohttpd
CLI_LIBS := libmnl jansson

DAEMON_SRC := $(filter-out daemon/cli/%,$(wildcard daemon/*.c daemon/*/*.c))
# kmgw reads H.248 messages with the daemon's codec, and names things by its table of packages
CLI_SRC := $(wildcard daemon/cli/*.c daemon/codec/*.c daemon/agent/package*.c) \
	daemon/lib/aead.c daemon/lib/arena.c daemon/lib/str.c daemon/lib/strbuf.c

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
BASE = -std=gnu11 -D_GNU_SOURCE -DKMGW_VERSION='"$(VERSION)"' -Iuapi -Idaemon -I. -pthread $(WARN)
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1))
DAEMON_CFLAGS = $(call pkg_cflags,$(DAEMON_LIBS))
CLI_CFLAGS = $(call pkg_cflags,$(CLI_LIBS))

DAEMON_OBJ := $(DAEMON_SRC:%.c=$(O)/obj/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(O)/obj/%.o)

.PHONY: kmgwd kmgw
kmgwd: $(O)/kmgwd
kmgw: $(O)/kmgw

$(O)/kmgwd: $(DAEMON_OBJ)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,-z,relro,-z,now -pthread -o $@ $^ $(call pkg_libs,$(DAEMON_LIBS))

$(O)/kmgw: $(CLI_OBJ)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,-z,relro,-z,now -o $@ $^ $(call pkg_libs,$(CLI_LIBS))

# For tests of fax calls: a T.38 terminal (spandsp) on UDPTL.
FAX_LIBS := spandsp libtiff-4 gnutls

.PHONY: fax
fax: $(O)/fax
$(O)/fax: $(wildcard selftests/fax/*.[ch])
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(BASE) $(call pkg_cflags,$(FAX_LIBS)) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) \
		$(call pkg_libs,$(FAX_LIBS))

# For tests of floor control: a participant and a server of BFCP (libre). Its headers want to be told
# of C99, and are not for our warnings.
BFCP_LIBS := libre openssl
BFCP_CFLAGS = $(patsubst -I%,-isystem %,$(call pkg_cflags,$(BFCP_LIBS))) -DHAVE_INTTYPES_H \
	-DHAVE_STDBOOL_H

.PHONY: bfcp
bfcp: $(O)/bfcp
$(O)/bfcp: $(wildcard selftests/bfcp/*.[ch])
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(BASE) $(BFCP_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) \
		$(call pkg_libs,$(BFCP_LIBS))

# For scripts/bench-datagram and bench-memory.
$(O)/bench/objects: selftests/bench/objects.c uapi/linux/kmgw.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(HARDEN) -Iuapi $(CFLAGS) -o $@ $< $(call pkg_libs,libmnl)

# For scripts/bench-datagram: a module, for one kernel as "module".
.PHONY: bench-cipher
bench-cipher: MDIR = $(O)/bench/cipher-$(KREL)
bench-cipher:
	@mkdir -p $(MDIR)
	@ln -sfr $(wildcard selftests/bench/cipher/*) -t $(MDIR)
	+@flock $(MDIR) $(KMAKE) KCFLAGS='$(WERROR)' modules

# For scripts/bench-datagram and bench-tcp.
$(O)/bench/gnutls_relay $(O)/bench/ktls_client: $(O)/bench/%: selftests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(HARDEN) $(CFLAGS) -o $@ $< $(call pkg_libs,gnutls)

# For scripts/bench-transactions: the daemon with a stub in place of the netlink layer.
$(O)/bench/kmgwd-stub: $(filter-out %/kernel/kernel.o %/kernel/route.o,$(DAEMON_OBJ)) \
		$(O)/obj/selftests/bench/kernel_stub.o
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -pthread -o $@ $^ $(call pkg_libs,$(DAEMON_LIBS))

$(O)/obj/daemon/cli/%.o: daemon/cli/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(HARDEN) $(CLI_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(HARDEN) $(DAEMON_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- unit tests: selftests/unit/*.c, each a program linked with the daemon less its main.c, all
# under AddressSanitizer and UBSan ---

UNIT_SRC := $(wildcard selftests/unit/*.c)
UNIT_BIN := $(UNIT_SRC:selftests/unit/%.c=$(O)/unit/%)
ASAN_OBJ := $(patsubst %.c,$(O)/asan/%.o,$(filter-out daemon/main.c,$(DAEMON_SRC)))
ASAN_CLI_OBJ := $(patsubst %.c,$(O)/asan/%.o,$(filter-out daemon/cli/main.c,$(CLI_SRC)))
UNIT_LIBS := cmocka

.PHONY: unit-build unit
unit-build: $(UNIT_BIN)

unit:
	@selftests/run --unit

# Archives, so that a test draws in only what it uses.
$(O)/asan/daemon.a: $(ASAN_OBJ)
$(O)/asan/cli.a: $(ASAN_CLI_OBJ)
$(O)/asan/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

# A test of the CLI is named cli_*.
$(O)/unit/cli_%: $(O)/asan/selftests/unit/cli_%.o $(O)/asan/cli.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) -pthread -o $@ $^ $(call pkg_libs,$(UNIT_LIBS) $(CLI_LIBS))

# A fuzz target without a fuzzer, which runs files.
$(O)/unit/fuzz_%: $(O)/asan/selftests/fuzz/fuzz_%.o $(O)/asan/selftests/fuzz/replay.o \
		$(O)/asan/cli.a $(O)/asan/daemon.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) -pthread -o $@ $^ $(call pkg_libs,$(CLI_LIBS) $(DAEMON_LIBS))

$(O)/unit/%: $(O)/asan/selftests/unit/%.o $(O)/asan/daemon.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) -pthread -o $@ $^ $(call pkg_libs,$(UNIT_LIBS) $(DAEMON_LIBS))

$(O)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(DAEMON_CFLAGS) $(CLI_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

.PRECIOUS: $(O)/asan/%.o
-include $(shell find $(O)/obj $(O)/asan -name '*.d' 2>/dev/null)

# --- tests ---

.PHONY: lint check demo fuzz
lint:
	@scripts/deps build lint
	@scripts/lint

check:
	@scripts/deps
	@selftests/run

demo:
	@scripts/deps build run
	@scripts/demo

# FUZZ_TIME: seconds for each target; FUZZ: some of them (fuzz_text), default all
FUZZ_TIME ?= 60
FUZZ ?=

fuzz:
	@KMGW_BUILD=$(O) selftests/fuzz/run $(FUZZ_TIME) $(FUZZ)

# --- installation ---

.PHONY: install install-module install-daemon
install: install-module install-daemon

# Unsigned, for Debian's headers come without a key. They come without a System.map, too, for want
# of which Kbuild warns and leaves out depmod.
install-module: module
	+$(KMAKE) CONFIG_MODULE_SIG_ALL= modules_install \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(abspath $(DESTDIR)))
	$(if $(DESTDIR),,depmod $(KREL))

install-daemon: kmgwd kmgw
	install -D -m 755 -t $(DESTDIR)$(sbindir) $(O)/kmgwd $(O)/kmgw
	for n in 5 7 8; do \
		for f in daemon/man/*.$$n; do \
			[ ! -f $$f ] || install -D -m 644 -t $(DESTDIR)$(mandir)/man$$n $$f; \
		done; \
	done
	install -D -m 644 daemon/cli/kmgw.bash-completion \
		$(DESTDIR)$(prefix)/share/bash-completion/completions/kmgw
	install -d $(DESTDIR)$(unitdir)
	sed 's|@sbindir@|$(sbindir)|g' daemon/kmgwd.service >$(DESTDIR)$(unitdir)/kmgwd.service
	install -D -m 644 daemon/kmgwd.sysusers $(DESTDIR)$(prefix)/lib/sysusers.d/kmgwd.conf
	install -D -m 644 -t $(DESTDIR)$(sysconfdir)/kmgw daemon/kmgwd.conf.example

.PHONY: clean
clean:
	rm -rf $(O)

.PHONY: help
help:
	@sed -n '3,10s/^#	//p' Makefile
