import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { RequestContext } from "@kubernetes/client-node/dist/gen/http/http.js";
import { Agent, type Dispatcher } from "undici";
import { kubeClient } from "../../operator/client.ts";
import { type Answer, type Call, routedTransport, type Transport } from "../../operator/transport.ts";
import { type Cluster, Misuse, type Target } from "./surroundings.ts";

/** Opens the cluster of a kubeconfig, with whatever it says about certificates, tokens, credential plugins and proxies. */
export async function openCluster({ kubeconfig, context }: Target): Promise<Cluster> {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new Misuse(
      `the kubeconfig has no context ${context ?? config.getCurrentContext() ?? ""}; choose one with --context`,
    );
  const entry = async (): Promise<Transport> => {
    const proof = new RequestContext(server, "GET");
    await config.applySecurityAuthentication(proof);
    const dispatcher: Dispatcher = proof.getDispatcher() ?? new Agent();
    const headers = proof.getHeaders();
    return routedTransport({
      server: server.replace(/\/$/, ""),
      headers: () => headers,
      calls: dispatcher,
      watches: dispatcher,
    });
  };
  const transport = renewed(await entry(), entry);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return { transport, client: kubeClient(transport), namespace, close: () => transport.close() };
}

/** A transport whose proof is made anew once it is refused: tokens of credential plugins end while somebody watches. */
function renewed(first: Transport, entry: () => Promise<Transport>): Transport {
  const all = [first];
  let current = first;
  let renewal: Promise<void> | undefined;
  const renew = async (): Promise<void> => {
    try {
      const next = await entry();
      all.push(next);
      current = next;
    } finally {
      renewal = undefined;
    }
  };
  // Of several that are refused at once the first renews for all; the old connections may still carry others' answers.
  const renewedSince = async (refused: Transport): Promise<void> => {
    if (current === refused) await (renewal ??= renew());
  };
  return {
    call: async (call: Call): Promise<Answer> => {
      const used = current;
      const answer = await used.call(call);
      if (answer.status !== 401) return answer;
      await renewedSince(used);
      return current.call(call);
    },
    lines: (call, signal) => current.lines(call, signal),
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  };
}
