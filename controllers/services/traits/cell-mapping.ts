import type { Setup } from "../define.ts";

// What is written is a template: who reads it puts in the name and password of its own configuration, so that these may change without
// another mapping (nova:nova/objects/cell_mapping.py). Hosts are written out, since the template has no brackets for IPv6.
// A second run writes the same again, whatever a user made of it: nova-manage would refuse, or map the cell twice.
const program = `
import sys, uuid
from urllib.parse import urlsplit
import nova.conf
from nova import config, context, exception, objects
CONF = nova.conf.CONF
config.parse_args(["nova-manage"])
objects.register_all()
def place(netloc):
    return netloc.rpartition("@")[2]
def database():
    url = urlsplit(CONF.database.connection)
    return "{scheme}://{username}:{password}@" + place(url.netloc) + url.path + "?{query}"
def broker():
    url = urlsplit(CONF.transport_url)
    hosts = url.netloc.split(",")
    numbers = [""] if len(hosts) == 1 else range(1, len(hosts) + 1)
    return "{scheme}://" + ",".join("{username%s}:{password%s}@%s" % (n, n, place(h)) for n, h in zip(numbers, hosts)) + url.path
name = sys.argv[1]
first = name == "cell0"
cell = str(uuid.uuid5(uuid.NAMESPACE_DNS, name + ".cells.nephos.dev"))
cell = objects.CellMapping.CELL0_UUID if first else cell
wanted = {"name": name, "database_connection": database(), "transport_url": "none:///" if first else broker()}
asker = context.get_admin_context()
try:
    mapping = objects.CellMapping.get_by_uuid(asker, cell)
    for field, value in wanted.items(): setattr(mapping, field, value)
    mapping.save()
except exception.CellMappingNotFound:
    objects.CellMapping(asker, uuid=cell, **wanted).create()
print("mapped", name, "as", cell)
`.trim();

/** Tells Nova of a cell, by the database and the broker in the configuration that the Job finds. */
export function cellMapping(cell: string): Setup {
  return { name: "map", command: ["python3", "-c", program, cell], secrets: [] };
}
