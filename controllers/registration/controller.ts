import { type RegistrationSpec, registrationSpec } from "../../crds/registration.ts";
import { summarise } from "../../operator/conditions.ts";
import { type Controller, type Edge, neededSecret } from "../../operator/controller.ts";
import { digest } from "../../operator/digest.ts";
import type { Live } from "../../operator/object.ts";
import type { SecretKeyRef } from "../../operator/recipe.ts";
import { type Credentials, type Keystone, KeystoneError, KeystoneSessions } from "../openstack/keystone.ts";
import { unreachableBy } from "../openstack/unreachable.ts";
import { type Facts, noFacts, observeKeystone } from "./facts.ts";
import { perform } from "./perform.ts";
import { type KeystoneCall, keystoneCall, planRegistration } from "./plan.ts";

/** The ways into Keystone; tests put one in memory here. */
export interface Doors {
  open(credentials: Credentials, signal: AbortSignal): Keystone;
  /** Rejects with a KeystoneError; its status is 401 where the password is wrong. */
  logIn(credentials: Credentials, signal: AbortSignal): Promise<unknown>;
}

function httpDoors(): Doors {
  const sessions = new KeystoneSessions();
  return {
    open: (credentials, signal) => sessions.open(credentials, signal),
    logIn: (credentials, signal) => sessions.logIn(credentials, signal),
  };
}

/** The controller that keeps Keystone's catalogue, projects, roles and service users as Registrations say. */
export function registrationController(doors: Doors = httpDoors()): Controller<Facts> {
  const passwords = new PasswordChecks(doors);
  return {
    name: "nephos-registration",
    kind: { apiVersion: "nephos.dev/v1alpha1", kind: "Registration" },
    reads: [{ apiVersion: "v1", kind: "Secret" }],
    owns: [],
    pollInSeconds: 30,
    plan: (subject, _seen, facts) => planRegistration(specOf(subject), facts ?? noFacts),
    status: (subject, verdicts) => {
      const observedGeneration = subject.metadata.generation ?? 0;
      const conditions = summarise(verdicts, observedGeneration);
      return { observedGeneration, conditions, reason: conditions[0]?.reason ?? "" };
    },
    observe: async (subject, _seen, edge) => {
      const spec = specOf(subject);
      try {
        const keystone = await open(doors, spec, edge);
        return await observeKeystone(spec, keystone, (user) => passwords.works(spec, user, edge));
      } catch (error) {
        return { ...noFacts, unreachable: unreachableBy(error) };
      }
    },
    act: (action, subject, edge) => act(keystoneCall.parse(action.input), specOf(subject), doors, edge),
  };
}

async function act(call: KeystoneCall, spec: RegistrationSpec, doors: Doors, edge: Edge): Promise<void> {
  const password = call.passwordFrom === undefined ? undefined : await neededSecret(edge, keyRef(call.passwordFrom));
  await perform(call, password, await open(doors, spec, edge));
}

function specOf(subject: Live): RegistrationSpec {
  return registrationSpec.parse(subject["spec"]);
}

function keyRef({ name, key }: { readonly name: string; readonly key: string }): SecretKeyRef {
  return { secret: name, key };
}

async function open(doors: Doors, { keystone }: RegistrationSpec, edge: Edge): Promise<Keystone> {
  const password = await neededSecret(edge, keyRef(keystone.passwordFrom));
  const who = { userName: keystone.userName, password, projectName: "admin" };
  return doors.open({ ...who, ...(await placeOf(keystone, edge)) }, edge.signal);
}

/** Where Keystone is, and by what it is trusted. */
async function placeOf(
  { url, caFrom }: RegistrationSpec["keystone"],
  edge: Edge,
): Promise<Pick<Credentials, "url" | "ca">> {
  return caFrom === undefined ? { url } : { url, ca: await neededSecret(edge, keyRef(caFrom)) };
}

/** A password that was changed behind our back is noticed after this long. */
const recheckInMilliseconds = 10 * 60_000;

/** Whether wanted passwords open their accounts: asked by logging in, now and then. */
class PasswordChecks {
  /** By digest of account and password: until when a success counts. */
  readonly #good = new Map<string, number>();
  readonly #doors: Doors;

  constructor(doors: Doors) {
    this.#doors = doors;
  }

  async works(spec: RegistrationSpec, user: RegistrationSpec["users"][number], edge: Edge): Promise<boolean> {
    const password = await neededSecret(edge, keyRef(user.passwordFrom));
    const key = digest([spec.keystone.url, user.name, password]);
    if ((this.#good.get(key) ?? 0) > performance.now()) return true;
    try {
      const who = { userName: user.name, password, projectName: "" };
      await this.#doors.logIn({ ...who, ...(await placeOf(spec.keystone, edge)) }, edge.signal);
    } catch (error) {
      if (error instanceof KeystoneError && error.status === 401) return false;
      throw error;
    }
    this.#good.set(key, performance.now() + recheckInMilliseconds);
    return true;
  }
}
