# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For a test written in bash:
#
#	#!/bin/bash
#	. "$(dirname "$0")/../lib/ktap.sh"
#	ktap_begin
#	setup_ns ue gw				# $ue and $gw are namespaces, lo is up
#	setup_veth $ue u0 10.1.0.2/24 $gw g0 10.1.0.1/24
#	spawn sink ip netns exec $gw socat ...	# in the background, output in $KTAP_TMP/sink.log
#	wait_for 5 listening $gw tcp 5000
#	ktap_test "the ping is answered" ip netns exec $ue ping -c 1 10.1.0.1
#	ktap_is "octets" "$got" 1000
#	ktap_end
#
# The module is loaded and empty, kmgw and kmgwd are in PATH. What a test leaves behind in
# namespaces, processes and files of $KTAP_TMP is removed for it. A script that stops before
# ktap_end has failed. Waits are for a state, with a limit; never sleep for one.

KTAP_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
KMGW_BUILD=${KMGW_BUILD:-$KTAP_TREE/build}
export KMGW_BUILD PATH=$KMGW_BUILD:$PATH:/usr/sbin:/sbin
# How much slower than a stock kernel this one is: limits are multiplied by it.
KMGW_SLOW=${KMGW_SLOW:-1}
# The initial network namespace, for what can be set only there (nsenter --net=$KMGW_INIT_NET ...).
KMGW_INIT_NET=${KMGW_INIT_NET:-/proc/1/ns/net}
KTAP_TMP=
ktap_count=0 ktap_failed=0 ktap_done='' ktap_pids='' ktap_ns=''

ktap_begin()
{
	echo "TAP version 13"
	KTAP_TMP=$(mktemp -d)
	trap ktap_cleanup EXIT
	trap 'exit 1' INT TERM
	if [ -z "$KMGW_VM" ]; then
		ktap_done=y
		echo "1..0 # SKIP needs the virtual machine: scripts/vm $0"
		exit 4
	fi
	if [ ! -d /sys/module/kmgw ]; then
		"$KTAP_TREE/scripts/load-module" || { echo "Bail out! the module cannot be loaded"; exit 1; }
	fi
}

ktap_cleanup()
{
	local rc=$? pid ns

	[ "$ktap_done" ] || { echo "Bail out! ended before ktap_end, status $rc"; rc=1; }
	for pid in $ktap_pids; do
		kill "$pid" 2>/dev/null
	done
	for ns in $ktap_ns; do
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$KTAP_TMP"
	exit "$rc"
}

ktap_end()
{
	ktap_done=y
	echo "1..$ktap_count"
	[ "$ktap_failed" = 0 ]
	exit
}

ktap_pass()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1"
}

# ktap_fail NAME [WHY]
ktap_fail()
{
	ktap_count=$((ktap_count + 1))
	ktap_failed=$((ktap_failed + 1))
	echo "not ok $ktap_count $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
}

ktap_skip()
{
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1 # SKIP $2"
}

# ktap_test NAME COMMAND...: passes if the command succeeds; shows its output if not.
ktap_test()
{
	local name=$1 output rc

	shift
	output=$("$@" 2>&1)
	rc=$?
	if [ $rc = 0 ]; then
		ktap_pass "$name"
	else
		ktap_fail "$name" "status $rc of: $*
$output"
	fi
	return $rc
}

# ktap_refused NAME PATTERN COMMAND...: passes if it fails, and says something that matches.
ktap_refused()
{
	local name=$1 pattern=$2 output rc

	shift 2
	output=$("$@" 2>&1)
	rc=$?
	if [ $rc = 0 ]; then
		ktap_fail "$name" "succeeded: $*"
	elif ! grep -qE -- "$pattern" <<<"$output"; then
		ktap_fail "$name" "expected /$pattern/ from: $*
$output"
	else
		ktap_pass "$name"
	fi
}

# ktap_is NAME GOT WANTED
ktap_is()
{
	if [ "$2" = "$3" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "got '$2', wanted '$3'"
	fi
}

# wait_for SECONDS COMMAND...: until the command succeeds, else 1 and a comment.
wait_for()
{
	local end=$((SECONDS + $1 * KMGW_SLOW))

	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -gt $end ]; then
			echo "# waited in vain for: $*"
			return 1
		fi
		sleep 0.05
	done
}

# setup_ns NAME...: makes namespaces and sets the variables of these names to theirs.
setup_ns()
{
	local name ns

	for name; do
		ns=$name-$(printf %04x $RANDOM)
		ip netns add "$ns" || return 1
		ktap_ns="$ktap_ns $ns"
		ip -n "$ns" link set lo up
		# Addresses are usable at once, not after duplicate address detection.
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.all.accept_dad=0
		declare -g "$name=$ns"
	done
}

# setup_veth NS1 DEV1 ADDR1[,ADDR...] NS2 DEV2 ADDR2[,ADDR...]
setup_veth()
{
	local addr

	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4" || return 1
	for addr in ${3//,/ }; do
		ip -n "$1" addr add "$addr" dev "$2" || return 1
	done
	for addr in ${6//,/ }; do
		ip -n "$4" addr add "$addr" dev "$5" || return 1
	done
	ip -n "$1" link set "$2" up && ip -n "$4" link set "$5" up
}

# spawn NAME COMMAND...: in the background; its pid in $spawned, its output in $KTAP_TMP/NAME.log.
spawn()
{
	local name=$1

	shift
	"$@" >"$KTAP_TMP/$name.log" 2>&1 </dev/null &
	spawned=$!
	ktap_pids="$ktap_pids $spawned"
}

# listening NS tcp|udp PORT
listening()
{
	[ -n "$(ip netns exec "$1" ss -Hln --"$2" "sport = :$3")" ]
}
