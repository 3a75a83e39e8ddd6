/**
 * Asks the image of a project which options its release knows: `npm run options -- PROJECT RELEASE [ARCHIVE]` writes the release's part of
 * `controllers/services/options/PROJECT.ts`. Without an archive the image is built from its locks.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { optionTables } from "../../controllers/services/options/index.ts";
import { tableText } from "../../controllers/services/options/table.ts";
import { openstackImage } from "./images.ts";
import { runInArchive } from "./images/buildah.ts";

// All that is installed beside the project registers its options too: what uses them reads the same file.
const program = `
import io, json, sys
from importlib.metadata import entry_points, version
from oslo_config import cfg, generator
conf = cfg.ConfigOpts()
generator.register_cli_opts(conf)
names = sorted({entry.name for entry in entry_points(group="oslo.config.opts")})
conf(args=["--format", "json"] + [word for name in names for word in ("--namespace", name)], project="nephos",
     default_config_files=[], default_config_dirs=[])
out = io.StringIO()
generator.generate(conf, out)
options = []
for group, content in json.loads(out.getvalue())["options"].items():
    drivers = [opt for opts in content.get("driver_opts", {}).values() for opt in opts]
    for opt in content["opts"] + drivers:
        multiple = opt["type"] == "multi valued"
        options.append({"section": group, "name": opt["dest"], "multiple": multiple, "old": False})
        for old in opt["deprecated_opts"]:
            name = (old["name"] or opt["dest"]).replace("-", "_")
            options.append({"section": old["group"] or group, "name": name, "multiple": multiple, "old": True})
print(json.dumps({"version": version(sys.argv[1]), "options": options}))
`;

const answer = z.object({
  version: z.string(),
  options: z.array(z.object({ section: z.string(), name: z.string(), multiple: z.boolean(), old: z.boolean() })),
});

async function archiveOf(release: string, project: string): Promise<string> {
  const [image] = await openstackImage(release, [project], console.log);
  if (image === undefined) throw new Error(`there is no image of ${project} for ${release}`);
  return image.archive;
}

async function main([project, release, given]: readonly string[]): Promise<void> {
  if (project === undefined || release === undefined)
    throw new Error("usage: npm run options -- PROJECT RELEASE [ARCHIVE]");
  const archive = given ?? (await archiveOf(release, project));
  if (!existsSync(archive)) throw new Error(`there is no ${archive}`);
  const output = await runInArchive(archive, ["/opt/openstack/bin/python", "-c", program, project]);
  const { version, options } = answer.parse(JSON.parse(output));
  const news = new Set(options.filter(({ old }) => !old).map(({ section, name }) => `${section}.${name}`));
  const asRead = options
    .filter(({ section, name, old }) => !old || !news.has(`${section}.${name}`))
    .map((option) => ({ ...option, section: option.section === "DEFAULT" ? "DEFAULT" : option.section.toLowerCase() }));
  const table = new Map([...(optionTables[project] ?? []), [release, { version, options: asRead }]]);
  const text = `/** Made by \`npm run options\`; not edited. \`table.ts\` says how to read it. */\nexport const ${project}Options = \`\n${tableText(table)}\`;\n`;
  const file = join(import.meta.dirname, "..", "..", "controllers", "services", "options", `${project}.ts`);
  await writeFile(file, text);
  console.log(`${project} ${version} knows ${news.size} options in ${release}`);
}

await main(process.argv.slice(2));
