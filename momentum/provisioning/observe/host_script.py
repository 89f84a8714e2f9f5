"""The one script that looks at a host: POSIX sh and coreutils, and wg, nft, systemctl, k3s where they are.

It prints lines of fields between tabs, first what the line is. It changes nothing, and prints no private key:
`wg show dump` would, so single questions are asked.
"""

from __future__ import annotations

from momentum.fleet.operations.etcdctl import PROGRAM as ETCDCTL

FIREWALL_LOADED = "/var/lib/momentum/firewall.loaded"
"""Written when rules were loaded: the hash of their file, and the hash of what nftables listed right after."""

RULES_HASH = "nft -s list table $table 2>/dev/null | sha256sum | cut -c1-64"
NEWEST_KERNEL = 'ls /boot 2>/dev/null | sed -n "s/^vmlinuz-\\([0-9.-]*$flavour\\)$/\\1/p" | sort -V | tail -n 1'

LOOK = f"""exec 2>/dev/null
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
user=$1 interface=$2 key=$3 table=$4 paths=$5 settings=$6 units=$7 peers=$8
say() {{ line=$1; shift; for field; do line="$line	$field"; done; printf '%s\\n' "$line"; }}
has() {{ command -v "$1" >/dev/null; }}
say clock "$(date +%s.%N)"
if [ -n "$interface" ] && has wg; then
  [ -r "$key" ] && say public "$(wg pubkey <"$key")"
  for what in allowed-ips endpoints latest-handshakes; do
    wg show "$interface" $what | while read -r peer value; do say $what "$peer" "$value"; done
  done
  if has ping && wg show "$interface" >/dev/null; then
    say pings
    for peer in $peers; do (ping -q -c 1 -W 1 "$peer" >/dev/null && say answers "$peer") & done
  fi
fi
for path in $paths; do
  [ -f "$path" ] && say file "$path" "$(sha256sum <"$path" | cut -c1-64)" $(stat -c '%U	%G	%a' "$path")
done
for setting in $settings; do
  at=/proc/sys/$(echo "$setting" | tr . /)
  [ -r "$at" ] && say sysctl "$setting" "$(tr '\\t' ' ' <"$at")"
done
if [ -n "$table" ] && has nft && nft list table $table >/dev/null; then
  say rules "$({RULES_HASH})"
  [ -r {FIREWALL_LOADED} ] && say loaded $(cat {FIREWALL_LOADED})
fi
for name in "$user" root; do
  home=$(awk -F: -v name="$name" '$1 == name {{ print $6 }}' /etc/passwd)
  [ -r "$home/.ssh/authorized_keys" ] && sed "s/^/key	$name	/" "$home/.ssh/authorized_keys" && echo
done
has systemctl && systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState $units | sed 's/^/unit	/'
has k3s && say k3s "$(k3s --version | head -n 1)"
[ -x {ETCDCTL} ] && say etcdctl "$({ETCDCTL} version | head -n 1)"
[ -d /var/lib/rancher/k3s/server/db/etcd/member ] && say etcd
for snapshot in /var/lib/rancher/k3s/server/db/snapshots/*; do
  [ -f "$snapshot" ] && [ -s "$snapshot" ] && say snapshot "$(stat -c %Y "$snapshot")" "${{snapshot##*/}}"
done
for ca in /var/lib/rancher/k3s/server/tls/server-ca.crt /var/lib/rancher/k3s/agent/server-ca.crt; do
  [ -r $ca ] && say ca "$(sha256sum <$ca | cut -c1-64)" && break
done
flavour=$(uname -r | sed 's/^[0-9.-]*//')
newest=$({NEWEST_KERNEL})
if [ -e /run/reboot-required ] || {{ [ -n "$newest" ] && [ "$newest" != "$(uname -r)" ]; }}; then say reboot; fi
wait
say now "$(date +%s)"
say end
"""
