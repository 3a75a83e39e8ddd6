#!/bin/sh
# The first process of the guest. Everything it says goes to the serial console.
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /etc/dropbear /root/.ssh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
# In an order in which they can be loaded; those that the kernel has built in are not there.
while read -r module; do
  [ ! -e "/modules/$module" ] || insmod "/modules/$module"
done < /modules/order

word() { tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1=//p"; }
# The service may be slow, and a minute late: of an answer that never comes, nothing is left but to go on.
ask() {
  for left in 1 2 3 4 5 6 7 8 9 10 11 12; do
    wget -q -T 10 -O "$2" "http://169.254.169.254/$1" && return
    sleep 1
  done
}

ip link set lo up
for left in 1 2 3 4 5 6 7 8 9 10; do
  [ ! -e /sys/class/net/eth0 ] || break
  sleep 0.2
done
ip link set eth0 up
address=$(word nephos.address)
if [ -n "$address" ]; then
  ip address add "$address" dev eth0
  gateway=$(word nephos.gateway)
  [ -z "$gateway" ] || ip route add default via "$gateway"
else
  udhcpc -i eth0 -s /dhcp.sh -t 20 -T 1 -n
  ask openstack/latest/meta_data.json /run/meta_data.json
  # One key a line, as the older interface of the service has them.
  ask latest/meta-data/public-keys/0/openssh-key /root/.ssh/authorized_keys
  # Not every server has some.
  wget -q -T 10 -O /run/user_data http://169.254.169.254/openstack/latest/user_data
  chmod 700 /root /root/.ssh
  sed -n 's/.*"hostname": "\([^"]*\)".*/\1/p' /run/meta_data.json > /etc/hostname
  hostname -F /etc/hostname
fi
dropbear -R -s -E
echo "the guest is up: $(ip -4 -o address show eth0 | tr -s ' ' | cut -d ' ' -f 4)"
while :; do sleep 3600; done
