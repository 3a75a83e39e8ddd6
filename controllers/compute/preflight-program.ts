/** What the preflight's pod does afterwards: nothing, until it is told to end. */
export const restStart = `trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait $!
done
`;

/**
 * Looks for what would be in the way of the agents. Its last words say what is, and what to do; or else how the host calls itself and,
 * in the second line, why no guest boots with KVM. Whoever comes later finds the hypervisor in /run/nephos/hypervisor.
 */
export const preflightProgram = `import email.utils, glob, http.client, json, os, socket, ssl, subprocess, sys, time

settings = json.load(open("/etc/nephos/settings.json"))
PROGRAMS = {"libvirtd", "virtqemud", "ovs-vswitchd", "ovsdb-server", "ovn-controller"}
CLOCK_MAY_DIFFER_IN_SECONDS = 5
BOOT_MAY_TAKE_IN_SECONDS = 40
GUEST = "/usr/lib/nephos/probe"


def text(path):
    with open(path, errors="replace") as file:
        return file.read()


def modules():
    if settings["datapath"] == "Kernel" and not os.path.isdir("/sys/module/openvswitch"):
        yield "the module openvswitch is not loaded: modprobe openvswitch, and a line in /etc/modules-load.d; or choose the datapath UserSpace"
    if not os.path.exists("/sys/class/misc/tun"):
        yield "there is no /dev/net/tun: modprobe tun, and a line in /etc/modules-load.d"


def foreign():
    own = os.stat("/proc/self/ns/net").st_ino
    for path in glob.glob("/proc/[0-9]*"):
        try:
            name = text(path + "/comm").strip()
            if name not in PROGRAMS or os.stat(path + "/ns/net").st_ino != own:
                continue
            if "NEPHOS_AGENT=" not in text(path + "/environ"):
                yield name + " runs on the host already, as process " + path[6:] + ": stop and disable it, a host has one"
        except (FileNotFoundError, ProcessLookupError):
            continue


def links():
    address = os.environ["HOST_ADDRESS"]
    found = json.loads(subprocess.check_output(["ip", "-json", "address", "show", "to", address]))
    carriers = [each["ifname"] for each in found if each.get("ifname")]
    for link in settings["links"]:
        if not os.path.exists("/sys/class/net/" + link):
            yield "there is no interface " + link + ", which a physical network of the Network names"
        for carrier in carriers:
            if link == carrier or os.path.exists("/sys/class/net/" + carrier + "/lower_" + link):
                yield "the interface " + link + " carries the node's own address " + address + ": give the physical network another one"
    for bridge in settings["bridges"]:
        if os.path.isdir("/sys/class/net/" + bridge + "/bridge"):
            yield "the host has a bridge " + bridge + " that is not of Open vSwitch: give the physical network's bridge another name"


def clock():
    context = ssl._create_unverified_context()
    where = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
    server = http.client.HTTPSConnection(*where, timeout=10, context=context)
    server.request("HEAD", "/version")
    told = server.getresponse().getheader("Date")
    if told is None:
        return
    ahead = time.time() - email.utils.parsedate_to_datetime(told).timestamp()
    if abs(ahead) > CLOCK_MAY_DIFFER_IN_SECONDS:
        yield "its clock is %d s %s that of the API server: have it set by NTP" % (abs(ahead), "before" if ahead > 0 else "behind")


def memory():
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in text("/proc/meminfo").splitlines()}
    huge = sizes.get("HugePages_Total", 0) * sizes.get("Hugepagesize", 0)
    if huge * 2 > sizes["MemTotal"]:
        yield "%d of %d MiB of its memory are huge pages, which servers do not get: lower vm.nr_hugepages" % (huge // 1024, sizes["MemTotal"] // 1024)


def identity():
    known = "/proc/1/root/etc/machine-id"
    if not os.path.exists(known) or text(known).strip() in ("", "uninitialized"):
        yield "it has no /etc/machine-id: systemd-machine-id-setup makes one"


def kvm():
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    command = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-no-reboot"]
    command += ["-display", "none", "-serial", "stdio", "-kernel", GUEST + "/kernel", "-initrd", GUEST + "/initrd"]
    command += ["-append", "console=ttyS0 quiet panic=-1"]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=BOOT_MAY_TAKE_IN_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "no guest booted within %d s" % BOOT_MAY_TAKE_IN_SECONDS
    if b"nephos-guest-is-up" in ended.stdout:
        return ""
    words = (ended.stderr + ended.stdout).decode(errors="replace").strip().splitlines()
    return "a guest did not boot: " + (words[-1][:200] if words else "it said nothing")


def say(words):
    with open("/dev/termination-log", "w") as file:
        file.write(words)


troubles = [each for check in (modules, foreign, links, clock, memory, identity) for each in check()]
if troubles:
    say("; ".join(troubles))
    sys.exit(1)
trouble = kvm()
with open("/run/nephos/hypervisor.new", "w") as file:
    file.write("qemu" if trouble else "kvm")
os.replace("/run/nephos/hypervisor.new", "/run/nephos/hypervisor")
say(socket.gethostname() + "\\n" + trouble)
`;
