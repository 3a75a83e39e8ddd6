import { parse } from "yaml";
import { at, listAt, textAt } from "../../operator/object.ts";
import { krewManifest } from "./krew.ts";

test("the manifest for Krew names the archive, its digest and the file in it", () => {
  const manifest: unknown = parse(
    krewManifest({
      version: "0.1.0",
      url: "https://example.org/nephos.tar.gz",
      sha256: "0".repeat(64),
      homepage: "https://example.org",
    }),
  );
  expect(textAt(manifest, "apiVersion")).toBe("krew.googlecontainertools.github.com/v1alpha2");
  expect(textAt(manifest, "spec", "version")).toBe("v0.1.0");
  expect(
    listAt(manifest, "spec", "platforms").map((each) => [at(each, "uri"), at(each, "sha256"), at(each, "bin")]),
  ).toEqual([["https://example.org/nephos.tar.gz", "0".repeat(64), "kubectl-nephos"]]);
});
