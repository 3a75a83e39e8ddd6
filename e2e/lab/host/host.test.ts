import { spawn } from "node:child_process";
import { hierarchiesIn } from "./cgroups.ts";
import { run } from "./command.ts";
import { renderMasquerade } from "./network.ts";
import { alive, endProcess, processOf } from "./process.ts";
import { rootEnvironment, withSystemFolders } from "./root.ts";

describe("cgroup hierarchies", () => {
  it("of version 1 are told apart, and a hybrid's unified one is among them", () => {
    const mounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
/dev/sda1 / ext4 rw 0 0
`;
    expect(hierarchiesIn(mounts)).toEqual([
      { path: "/sys/fs/cgroup/cpu,cpuacct", unified: false, cpuset: false },
      { path: "/sys/fs/cgroup/cpuset", unified: false, cpuset: true },
      { path: "/sys/fs/cgroup/unified", unified: true, cpuset: false },
    ]);
  });

  it("of version 2 are one", () => {
    expect(hierarchiesIn("cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n")).toEqual([
      { path: "/sys/fs/cgroup", unified: true, cpuset: false },
    ]);
  });
});

it("says of a program that is not there that it cannot be run", async () => {
  await expect(run("nephos-no-such-program", [])).rejects.toThrow(/^nephos-no-such-program cannot be run: .*ENOENT/);
});

describe("a process", () => {
  it("is ended only if it is the one that was meant", async () => {
    const child = spawn("sleep", ["60"]);
    const id = processOf(child.pid ?? 0);
    if (id === undefined) throw new Error("no process");
    await endProcess({ ...id, startedAt: "1" });
    expect(alive(id)).toBe(true);
    await endProcess(id);
    expect(alive(id)).toBe(false);
  });
});

it("masquerades what leaves a cluster, in a table that carries its name", () => {
  expect(renderMasquerade({ name: "nl-test", range: "10.101.0.0/16" })).toBe(`add table ip nl-test
flush table ip nl-test
table ip nl-test {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.101.0.0/16 ip daddr != 10.101.0.0/16 oifname != "nl-test" masquerade
  }
}
`);
});

describe("going on as root", () => {
  const user = { home: "/home/ann", uid: 1000, gid: 1001 };

  it("keeps the calling user's folders", () => {
    expect(rootEnvironment({ PATH: "/bin", SECRET: "x" }, user)).toEqual([
      "HOME=/home/ann",
      "XDG_CACHE_HOME=/home/ann/.cache",
      "XDG_STATE_HOME=/home/ann/.local/state",
      "NEPHOS_CALLER=1000:1001",
      "PATH=/bin",
    ]);
  });

  it("finds root's programs with an ordinary user's search path", () => {
    expect(withSystemFolders("/home/ann/bin:/usr/bin:/bin")).toBe(
      "/home/ann/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    );
    expect(withSystemFolders("/usr/sbin:/usr/bin")).toBe("/usr/sbin:/usr/bin:/usr/local/sbin:/sbin");
  });

  it("keeps the places that the user chose", () => {
    expect(rootEnvironment({ XDG_CACHE_HOME: "/big/cache" }, user)).toContain("XDG_CACHE_HOME=/big/cache");
  });
});
