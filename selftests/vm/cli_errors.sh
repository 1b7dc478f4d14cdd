#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
# kmgw: a refusal names the object, the error, the kernel's words and the attribute.
. "$(dirname "$0")/../lib/ktap.sh"
ktap_begin
gw='' ue=''
setup_ns gw ue
setup_veth "$gw" g0 10.1.0.1/24 "$ue" u0 10.1.0.2/24

k() { kmgw -n "$gw" "$@"; }

# refused NAME TEXT WORD...: status 1 and exactly this on standard error.
refused()
{
	local name=$1 text=$2 got rc

	shift 2
	got=$(k "$@" 2>&1 >/dev/null)
	rc=$?
	ktap_is "$name" "$rc $got" "1 kmgw: $text"
}

# matches NAME PATTERN WORD...
matches()
{
	local name=$1 pattern=$2

	shift 2
	ktap_refused "$name" "^kmgw: $pattern" k "$@"
}

k context add 1
k endpoint add 1 1 1 udp local 10.1.0.1 20000
k endpoint add 1 1 2 tcp local 10.1.0.1 20000

refused "no such context" 'context show 5: No such file or directory: no such context (attribute "id")' \
	context show 5
matches "context exists" "context add 1: File exists: " context add 1
matches "endpoint exists" "endpoint add 1 1 1: File exists: " endpoint add 1 1 1 udp local 10.1.0.1 20002
matches "no context for an endpoint" 'endpoint add 9 1 1: No such file or directory: .*"context"' \
	endpoint add 9 1 1 udp local 10.1.0.1 20002
matches "local address taken" 'endpoint add 1 2 1: Address already in use: .*' \
	endpoint add 1 2 1 udp local 10.1.0.1 20000
matches "a remote that may not be" 'endpoint set 1 1 1: .*"remote"' \
	endpoint set 1 1 1 remote 127.0.0.1 5004
matches "a remote of another family" 'endpoint set 1 1 1: .*"remote"' \
	endpoint set 1 1 1 remote fd00::2 5004
matches "a filter of another family" 'endpoint set 1 1 1: .*"filter"' \
	endpoint set 1 1 1 filter fd00::/8
matches "what is fixed" 'endpoint set 1 1 1: .*LOCAL.*"local"' \
	endpoint set 1 1 1 local 10.1.0.1 20004
matches "a number that is no socket" 'endpoint set 1 1 2: .*"socket"' \
	endpoint set 1 1 2 socket 99
matches "a pipe that is no socket" 'endpoint set 1 1 2: .*"socket"' \
	endpoint set 1 1 2 socket 0
matches "release of what has no connection" 'endpoint release 1 1 1: .*"release"' \
	endpoint release 1 1 1
spawn other ip netns exec "$gw" socat -u udp-recv:20010,bind=10.1.0.1 -
wait_for 10 listening "$gw" udp 20010
matches "a port that another program has" 'endpoint add 1 3 3: reserve port 20010: Address already in use' \
	endpoint add 1 3 3 udp local 10.1.0.1 20010 reserve
refused "no such network namespace" "netns nowhere: No such file or directory" -n nowhere stats
ktap_is "no rights" "$(setpriv --reuid 65534 --clear-groups --inh-caps=-all kmgw context show 2>&1)" \
	"kmgw: context show: Operation not permitted: CAP_NET_ADMIN is needed"
ktap_end
