import { serverFiles, trustFile } from "../services/tls.ts";

// A folder of the host, which guests see whatever pod they were started from; what is made in it is for QEMU's user to read.
const screens = "/run/libvirt/screens";

/**
 * Starts libvirtd in a group of the host's own, beside the one that has all pods in it: what a pod's group holds is killed with the pod,
 * and guests are started in the group of libvirtd. In each hierarchy of version 1, and in the one of version 2.
 */
export const libvirtStart = `set -eu
while IFS=: read -r number controllers group; do
  case "$group" in */kubepods*) ;; *) continue ;; esac
  hierarchy="/sys/fs/cgroup/\${controllers#name=}"
  if [ "$number" = 0 ]; then
    hierarchy=/sys/fs/cgroup
    [ ! -d /sys/fs/cgroup/unified ] || hierarchy=/sys/fs/cgroup/unified
  fi
  parent="$hierarchy\${group%%/kubepods*}"
  mkdir -p "$parent/nephos-guests"
  # A new group of version 1 has no processors and no memory to run on.
  for file in cpuset.cpus cpuset.mems; do
    [ "$number" != 0 ] && [ -e "$parent/nephos-guests/$file" ] || continue
    [ -n "$(cat "$parent/nephos-guests/$file")" ] || cat "$parent/$file" > "$parent/nephos-guests/$file"
  done
  echo $$ > "$parent/nephos-guests/cgroup.procs"
done < /proc/self/cgroup
if grep -q /kubepods /proc/self/cgroup; then
  echo "still in the group of the pod:" >&2
  cat /proc/self/cgroup >&2
  exit 1
fi
rm -f /run/libvirtd.pid
# It gets its name only when whole: the program beside this one begins as soon as it is there.
if [ ! -e ${screens} ]; then
  rm -rf ${screens}.new
  mkdir ${screens}.new
  chgrp libvirt-qemu ${screens}.new
  chmod 2750 ${screens}.new
  mv ${screens}.new ${screens}
fi
until [ -e ${screens}/current ]; do sleep 0.2; done
exec libvirtd
`;

/**
 * Keeps the certificate of screens where QEMU finds it, whichever pod it was started from, and has guests take up another one. What they
 * read from is a link that moves, so that certificate and key are of one kind.
 */
export const screensStart = `set -eu
trap 'exit 0' TERM
umask 027
until cd ${screens} 2> /dev/null; do sleep 0.2; done
while :; do
  folder=$(cat ${serverFiles.certificate} ${serverFiles.key} ${trustFile} | sha256sum | cut -c 1-16)
  if [ ! -e $folder ]; then
    rm -rf new
    mkdir new
    cp ${trustFile} new/ca-cert.pem
    cp ${serverFiles.certificate} new/server-cert.pem
    cp ${serverFiles.key} new/server-key.pem
    mv new $folder
  fi
  if [ "$(readlink current)" != $folder ]; then
    rm -f next
    ln -s $folder next
    mv -T next current
  fi
  for old in *; do
    case $old in current | $folder) ;; *) rm -rf "$old" ;; esac
  done
  if [ ! -e $folder/shown ] && guests=$(virsh --quiet list --name); then
    left=
    for guest in $guests; do
      virsh --quiet domdisplay-reload "$guest" || left=yes
    done
    [ -n "$left" ] || touch $folder/shown
  fi
  sleep 10 &
  wait $!
done
`;

/** Reached by its socket only, which is the host's root's. Hosts are told apart by what tells them apart otherwise. */
export const libvirtdConf = `unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid_source = "machine-id"
log_outputs = "2:stderr"
`;

/**
 * Guests have no group and no mount namespace of their own: both would be made below those of the pod. The console's output goes to a
 * file, since virtlogd would be one more program that must not end. Owners are not remembered: not every file system can.
 * Screens are shown by TLS only, to those who have a certificate of the cloud's authority.
 */
export const qemuConf = `user = "libvirt-qemu"
group = "libvirt-qemu"
dynamic_ownership = 1
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
vnc_tls = 1
vnc_tls_x509_verify = 1
vnc_tls_x509_cert_dir = "${screens}/current"
`;
