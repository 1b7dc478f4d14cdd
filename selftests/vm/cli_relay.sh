#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# kernels: vm debug new
# A relay for datagrams, set up by hand with kmgw as its manual page says.
. "$(dirname "$0")/../lib/ktap.sh"
ktap_begin
ue='' gw='' core=''
setup_ns ue gw core
setup_veth "$ue" u0 10.1.0.2/24 "$gw" g0 10.1.0.1/24
setup_veth "$core" c0 10.2.0.2/24 "$gw" g1 10.2.0.1/24

k() { kmgw -n "$gw" "$@"; }
# field TERMINATION KEY: what the JSON of its endpoint says there
field() { k -j -s endpoint show 1 "$1" 1 | grep -o "\"$2\":[^,]*" | cut -d: -f2- | tr -d '"}]'; }
# shellcheck disable=SC2317	# called by wait_for
dropped() { [ "$(field 1 no_remote)" = 1 ]; }
ask() { ip netns exec "$ue" timeout 10 socat -t 3 - udp:10.1.0.1:20000,sourceport=5004; }

ktap_test "context" k context add 1
ktap_test "endpoint of the terminal" k endpoint add 1 1 1 udp local 10.1.0.1 20000 \
	remote 10.1.0.2 5004 mode sendreceive reserve
ktap_test "endpoint of the peer" k endpoint add 1 2 1 udp local 10.2.0.1 21000 \
	remote 10.2.0.2 6000 mode sendreceive reserve
ktap_is "the port is reserved" "$(ip netns exec "$gw" ss -Hlun 'sport = :20000' | wc -l)" 1

spawn echo ip netns exec "$core" socat udp-listen:6000,bind=10.2.0.2,fork exec:cat
wait_for 10 listening "$core" udp 6000
ktap_is "there and back" "$(echo 'T.38, more or less' | ask)" "T.38, more or less"
ktap_is "counted in" "$(field 1 rx_octets)" 19
ktap_is "counted out" "$(field 2 tx_octets)" 19
ktap_is "established" "$(field 1 state)" established

ktap_test "hold" k endpoint set 1 2 1 remote 0.0.0.0 0
echo held | ip netns exec "$ue" socat - udp:10.1.0.1:20000,sourceport=5004
ktap_test "dropped with its reason" wait_for 10 dropped

k endpoint del 1 1 1 stats | grep -q 'drops no_remote 1'
ktap_is "the last picture of the endpoint" $? 0
ktap_test "the context goes" k context del 1
ktap_is "and the endpoints with it" "$(k endpoint show)" ""
ktap_end
