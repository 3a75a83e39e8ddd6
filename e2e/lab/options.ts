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
import { common, distributions } from "../../images/releases.ts";
import { openstackImage } from "./images.ts";
import { runInArchive } from "./images/buildah.ts";

// All that the project builds on registers its options too: what uses them reads the same file. Of an image that projects share the
// others do not count, nor does what belongs to tests, which our images are without.
const program = `
import io, json, re, sys
from importlib.metadata import distribution, entry_points, PackageNotFoundError, version
from oslo_config import cfg, generator
known = set()
def learn(name):
    name = re.sub("[-_.]+", "-", name).lower()
    if name in known: return
    try: needs = distribution(name).requires or []
    except PackageNotFoundError: return
    known.add(name)
    for need in needs:
        if "extra ==" not in need: learn(re.match("[A-Za-z0-9._-]+", need)[0])
for name in sys.argv[1:]: learn(name)
conf = cfg.ConfigOpts()
generator.register_cli_opts(conf)
names = sorted({entry.name for entry in entry_points(group="oslo.config.opts") if ".tests." not in entry.module and
                re.sub("[-_.]+", "-", entry.dist.name).lower() in known})
conf(args=["--format", "json"] + [word for name in names for word in ("--namespace", name)], project="nephos",
     default_config_files=[], default_config_dirs=[])
out = io.StringIO()
generator.generate(conf, out)
options = []
for group, content in json.loads(out.getvalue())["options"].items():
    if group == "sample_castellan_source": continue
    drivers = [opt for opts in content.get("driver_opts", {}).values() for opt in opts]
    for opt in content["opts"] + drivers:
        multiple = opt["type"] == "multi valued"
        options.append({"section": group, "name": opt["dest"], "multiple": multiple, "old": False})
        for old in opt["deprecated_opts"]:
            name = (old["name"] or opt["dest"]).replace("-", "_")
            options.append({"section": old["group"] or group, "name": name, "multiple": multiple, "old": True})
# How to log in is asked once the kind of log-in is known.
logins = {option["section"] for option in options if option["name"] == "auth_type"}
if logins:
    from keystoneauth1 import loading
    names = sorted({o.dest for kind in ("password", "v3applicationcredential") for o in loading.get_auth_plugin_conf_options(kind)})
    options += [{"section": group, "name": name, "multiple": False, "old": False} for group in logins for name in names]
print(json.dumps({"version": version(sys.argv[1]), "options": options}))
`;

/** Sections that a project reads as it reads another, but does not tell of: Glance's own stores are files, wherever images are. */
const twins: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  glance: { os_glance_staging_store: "file", os_glance_tasks_store: "file" },
};

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
  const asked = [distributions[project] ?? project, ...common.map((requirement) => requirement.replace(/\[.*/, ""))];
  const output = await runInArchive(archive, ["/opt/openstack/bin/python", "-c", program, ...asked]);
  const { version, options: told } = answer.parse(JSON.parse(output));
  const options = Object.entries(twins[project] ?? {}).reduce(
    (all, [section, twin]) => [
      ...all,
      ...told.filter((each) => each.section === twin).map((each) => ({ ...each, section })),
    ],
    told,
  );
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
