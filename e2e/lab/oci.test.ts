import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./host/command.ts";
import { type ImageSource, ociArchive } from "./oci.ts";

const folder = mkdtempSync(join(tmpdir(), "nephos-oci-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source: ImageSource = {
  name: "localhost/nephos/hello:1",
  architecture: "amd64",
  entries: [
    { path: "bin", mode: 0o755, content: "folder" },
    { path: "bin/hello", mode: 0o755, content: { file: Buffer.from("hello") } },
    { path: "bin/hi", mode: 0o777, content: { link: "hello" } },
  ],
  entrypoint: ["/bin/hello"],
  user: "65534",
};

it("gives the same bytes for the same source", () => {
  expect(ociArchive(source).equals(ociArchive(source))).toBe(true);
});

it("writes an archive that tar reads, of blobs that match their names", async () => {
  const archive = join(folder, "hello.tar");
  writeFileSync(archive, ociArchive(source));
  await run("tar", ["-xf", archive, "-C", folder]);
  const blobs = (await run("tar", ["-tf", archive])).split("\n").filter((path) => path.startsWith("blobs/sha256/"));
  expect(blobs).toHaveLength(3);
  for (const blob of blobs) {
    const digest = createHash("sha256")
      .update(readFileSync(join(folder, blob)))
      .digest("hex");
    expect(blob).toBe(`blobs/sha256/${digest}`);
  }
  expect(readFileSync(join(folder, "index.json"), "utf8")).toContain(
    '"io.containerd.image.name":"localhost/nephos/hello:1"',
  );
});

it("keeps modes and links in the layer", async () => {
  const archive = join(folder, "modes.tar");
  writeFileSync(archive, ociArchive(source));
  const blobs = (await run("tar", ["-tf", archive])).split("\n").filter((path) => path.startsWith("blobs/"));
  await run("tar", ["-xf", archive, "-C", folder, ...blobs]);
  const listings = await Promise.all(blobs.map((blob) => run("tar", ["-tvf", join(folder, blob)]).catch(() => "")));
  const layer = listings.find((listing) => listing.includes("bin/hello")) ?? "";
  expect(layer).toMatch(/^drwxr-xr-x 0\/0 .* bin\/$/m);
  expect(layer).toMatch(/^-rwxr-xr-x 0\/0 +5 .* bin\/hello$/m);
  expect(layer).toMatch(/ bin\/hi -> hello$/m);
});

it("refuses a path that a plain tar header cannot hold", () => {
  const long = { path: "x".repeat(101), mode: 0o644, content: "folder" } as const;
  expect(() => ociArchive({ ...source, entries: [long] })).toThrow("too long for a tar header");
});
