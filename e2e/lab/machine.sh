#!/usr/bin/env bash
# A machine of the lab: a set of namespaces of its own whose PID 1 starts daemons on request.
#
#   machine.sh start FOLDER NAME BINARIES RUNTIME CGROUP_PROCS…   on the host: becomes the machine's outer process
#   machine.sh init  FOLDER NAME BINARIES RUNTIME                 PID 1 of the machine
#
# In FOLDER: `pid` (outer process and its start time), `ready`, `control` (a pipe that reads `start NAME`, `stop NAME`,
# `kill NAME`), `daemons/NAME/{argv,state,log}`, `config/`, `pki/` and `disk/`, what the machine keeps.
set -euo pipefail
stage=$1 folder=$2 name=$3 binaries=$4 runtime=$5
shift 5

start() {
  ulimit -n "$(ulimit -Hn)"
  # Held by every process of the machine: one that is just ending is waited for, and none is ever started twice.
  exec 9>"$folder/lock"
  flock --timeout 10 9 || { echo "the machine is running already"; exit 1; }
  rm -f "$folder/ready" "$folder/control"
  local stat
  read -r -a stat <"/proc/$$/stat"
  echo "$$ ${stat[21]}" >"$folder/pid"
  # Before anything is started, so that all of the machine can be found by its groups.
  local procs
  for procs in "$@"; do echo $$ >"$procs"; done
  exec unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc --propagation slave \
    bash "$0" init "$folder" "$name" "$binaries" "$runtime"
}

# Without the bookkeeping under /run/mount, which moves away while it is being written.
mount() { command mount --no-mtab "$@"; }

# What container engines of the host have mounted would stay in use for as long as this copy of it is there.
forget_containers() {
  local point type
  while read -r _ point type _; do
    [[ $type != overlay || $point == / ]] || umount --no-mtab --lazy "$point" || true
  done </proc/self/mounts
}

mounts() {
  forget_containers
  mkdir -p "$folder"/{run,daemons,config,pki} "$folder"/disk/{lib,log,etc,etc-work} "$folder"/images
  mkdir -p -m 1777 "$folder/disk/tmp"
  mount -t tmpfs -o mode=755,size=2g nephos "$folder/run"
  mkdir -p "$folder"/run/{lock,netns,nephos/{machine,binaries,runtime}}
  mount --bind "$folder" "$folder/run/nephos/machine"
  mount --bind "$binaries" "$folder/run/nephos/binaries"
  mount --bind "$runtime" "$folder/run/nephos/runtime"
  mount --move "$folder/run" /run
  local here=/run/nephos/machine
  # Folders that pods mount from their host: each machine has its own, and the real host's stay untouched.
  mount --bind $here/disk/tmp /tmp
  mount --bind $here/disk/log /var/log
  mount --bind $here/disk/lib /var/lib
  mount -t overlay -o "lowerdir=/etc,upperdir=$here/disk/etc,workdir=$here/disk/etc-work" nephos /etc
  rm -f /etc/resolv.conf
  cp $here/config/resolv.conf /etc/resolv.conf
  echo "$name" >/etc/hostname
  # Programs that tell hosts apart by it must not take two machines for one.
  md5sum <<<"$folder" | cut -c 1-32 >/etc/machine-id
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >/etc/hosts
  # A fresh /sys shows this machine's interfaces; the cgroup hierarchies are carried over.
  mkdir /run/cgroup
  mount --rbind /sys/fs/cgroup /run/cgroup
  mount -t sysfs nephos /sys
  mount --move /run/cgroup /sys/fs/cgroup
  rmdir /run/cgroup
  mount --make-rshared /
}

kernel() {
  hostname "$name"
  ip link set lo up
  local setting
  for setting in ipv4/ip_forward ipv4/conf/all/route_localnet bridge/bridge-nf-call-iptables; do
    [[ ! -e /proc/sys/net/$setting ]] || echo 1 >"/proc/sys/net/$setting"
  done
}

serve() {
  local daemon=/run/nephos/machine/daemons/$1 argv code=0
  mapfile -d '' -t argv <"$daemon/argv"
  "${argv[@]}" </dev/null >>"$daemon/log" 2>&1 &
  echo "running $!" >"$daemon/state"
  wait $! || code=$?
  echo "exited $code" >"$daemon/state"
}

send() {
  local word pid
  read -r word pid <"/run/nephos/machine/daemons/$2/state"
  [[ $word != running ]] || kill "-$1" "$pid"
}

init() {
  mounts
  kernel
  local here=/run/nephos/machine verb daemon
  cd /
  export PATH="/run/nephos/runtime/usr/bin:/run/nephos/runtime/usr/sbin:/run/nephos/binaries:$PATH"
  mkfifo -m 600 $here/control
  exec 3<>$here/control
  touch $here/ready
  # Bash reaps whatever is handed to it as PID 1.
  while read -r -u 3 verb daemon; do
    case $verb in
      start) serve "$daemon" 3<&- 9<&- & ;;
      stop) send TERM "$daemon" || true ;;
      kill) send KILL "$daemon" || true ;;
    esac
  done
}

"$stage" "$@"
