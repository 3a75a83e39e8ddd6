import { startCluster } from "./lab/cluster.ts";
import { prepare } from "./scene/prepare.ts";
const env = await prepare(await startCluster({name:"dev",nodes:1,log:console.log}), console.log);
console.log(Object.entries(env).map(([k,v])=>`export ${k}=${v}`).join("\n"));
