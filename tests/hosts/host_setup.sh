# Becomes the first process of a host: own file systems, then waits until its standard input closes.
# $1 name, $2 folder with host key, keys and stand-ins, $3 python
set -eu
name=$1 given=$2 python=$3
hostname "$name"
mount --make-rprivate /
layers=/run
mount -t tmpfs -o size=256m,mode=755 tmpfs $layers
mkdir -p $layers/layers $layers/sshd $layers/lock
mount -t tmpfs -o size=256m tmpfs $layers/layers
for folder in /etc /var /usr/local /root /home /opt; do
  at=$layers/layers$folder
  mkdir -p "$at/upper" "$at/work"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$at/upper,workdir=$at/work" "$folder"
done
# vm.* and kernel.* belong to the machine: here they are files that can be written and read, nothing more.
for area in vm kernel; do
  mkdir -p "$layers/sys/$area"
  (cd "/proc/sys/$area" && find . -type d ! -name . -exec mkdir -p "$layers/sys/$area/{}" \;
   find . -type f | while read -r file; do cat "$file" >"$layers/sys/$area/$file" 2>/dev/null || :; done)
  mount --bind "$layers/sys/$area" "/proc/sys/$area"
done
cat "$given/boot_id" >/proc/sys/kernel/random/boot_id
[ "$(stat -f -c %T /proc/sys/vm)" = tmpfs ] && [ "$(stat -f -c %T /proc/sys/kernel)" = tmpfs ]
ip link set lo up
printf '127.0.0.1 localhost %s\n' "$name" >/etc/hosts
rm -f /etc/nftables.conf /var/run/reboot-required
grep -q '^debian:' /etc/passwd || echo 'debian:x:4242:4242::/home/debian:/bin/sh' >>/etc/passwd
grep -q '^debian:' /etc/group || echo 'debian:x:4242:' >>/etc/group
grep -q '^debian:' /etc/shadow || echo 'debian:*:19000:0:99999:7:::' >>/etc/shadow
mkdir -p /home/debian/.ssh /etc/sudoers.d /etc/wireguard
cp "$given/authorized_keys" /home/debian/.ssh/authorized_keys
chmod 700 /home/debian/.ssh; chmod 600 /home/debian/.ssh/authorized_keys; chown -R debian:debian /home/debian
echo 'debian ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/momentum-test; chmod 440 /etc/sudoers.d/momentum-test
mkdir -p /etc/ssh /usr/local/sbin
cp "$given/host_key" /etc/ssh/test_host_key; chmod 600 /etc/ssh/test_host_key
cat >/etc/ssh/test_sshd_config <<CONFIG
ListenAddress 0.0.0.0
HostKey /etc/ssh/test_host_key
PidFile /run/sshd.pid
UsePAM no
PasswordAuthentication no
PermitRootLogin no
StrictModes yes
UseDNS no
MaxSessions 20
MaxStartups 50
CONFIG
printf '#!/bin/sh\nexec %s -I -S %s/systemctl_standin.py "$@"\n' "$python" "$given" >/usr/local/sbin/systemctl
chmod 755 /usr/local/sbin/systemctl
echo ready
exec cat >/dev/null
