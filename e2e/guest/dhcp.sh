#!/bin/sh
# What udhcpc calls with what it was offered.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address flush dev "$interface"
ip address add "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
for gateway in $router; do ip route replace default via "$gateway"; done
set -- $staticroutes
while [ $# -ge 2 ]; do
  [ "$1" = 0.0.0.0/0 ] || [ "$2" = 0.0.0.0 ] || ip route replace "$1" via "$2"
  shift 2
done
for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
