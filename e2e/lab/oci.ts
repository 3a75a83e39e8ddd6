import { createHash } from "node:crypto";

/** A file, folder or symbolic link of an image. */
export interface ImageEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly file: Buffer } | { readonly link: string } | "folder";
}

/** An image of one layer. */
export interface ImageSource {
  /** The full name it is imported under. */
  readonly name: string;
  /** `amd64`, `arm64` … */
  readonly architecture: string;
  readonly entries: readonly ImageEntry[];
  readonly entrypoint: readonly string[];
  readonly user?: string;
}

const emptyTar = Buffer.alloc(1024);

/** An image as one OCI archive. The same source gives the same bytes. */
export function ociArchive(source: ImageSource): Buffer {
  const layer = tar(source.entries);
  const config = json({
    architecture: source.architecture,
    os: "linux",
    config: {
      Entrypoint: source.entrypoint,
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: "/",
      ...(source.user === undefined ? {} : { User: source.user }),
    },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
    history: [{ created_by: "e2e/lab" }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: [describe("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...describe("application/vnd.oci.image.manifest.v1+json", manifest),
        annotations: { "io.containerd.image.name": source.name, "org.opencontainers.image.ref.name": source.name },
      },
    ],
  });
  return tar([
    file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    file("index.json", index),
    ...[config, layer, manifest].map((blob) => file(`blobs/sha256/${digest(blob).slice(7)}`, blob)),
  ]);
}

/** A tar archive with root as the owner of all and no times. */
export function tar(entries: readonly ImageEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(member), emptyTar]);
}

function file(path: string, content: Buffer): ImageEntry {
  return { path, mode: 0o644, content: { file: content } };
}

function member({ path, mode, content }: ImageEntry): Buffer[] {
  if (content === "folder") return [header(`${path}/`, mode, "5", 0, "")];
  if ("link" in content) return [header(path, 0o777, "2", 0, content.link)];
  const size = content.file.length;
  return [header(path, mode, "0", size, ""), content.file, Buffer.alloc((512 - (size % 512)) % 512)];
}

function header(path: string, mode: number, type: string, size: number, link: string): Buffer {
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(link) > 100)
    throw new Error(`${path}: too long for a tar header`);
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, "0")}\0`;
}

function describe(mediaType: string, blob: Buffer): object {
  return { mediaType, digest: digest(blob), size: blob.length };
}

function digest(blob: Buffer): string {
  return `sha256:${createHash("sha256").update(blob).digest("hex")}`;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
