import type { Kube } from "../kube.ts";
import type { Live, Ref } from "../object.ts";

/** A waist that lands nowhere: it keeps what it was asked to do, in order, and fails where a test says so. */
export class RecordingKube implements Kube {
  /** Every call, as `verb name`. */
  readonly calls: string[] = [];
  readonly applied: unknown[] = [];
  readonly statuses: Readonly<Record<string, unknown>>[] = [];
  /** The error with which a call fails, by the call as it is recorded. */
  readonly failing = new Map<string, unknown>();

  /** The calls that change something. */
  get writes(): string[] {
    return this.calls.filter((call) => !/^(confirm|absent|status) /.test(call));
  }

  confirm(ref: Ref, known: Live | undefined): Promise<void> {
    return this.#record(known === undefined ? "absent" : "confirm", ref.name);
  }

  apply(wanted: { readonly metadata: { readonly name: string } }): Promise<void> {
    this.applied.push(wanted);
    return this.#record("apply", wanted.metadata.name);
  }

  stamp(live: Live, digest: string): Promise<void> {
    return this.#record("stamp", `${live.metadata.name} ${digest}`);
  }

  mark(live: Live, label: string, value: string | undefined): Promise<void> {
    return this.#record("mark", `${live.metadata.name} ${label}=${value ?? ""}`);
  }

  remove(live: Live): Promise<void> {
    return this.#record("remove", live.metadata.name);
  }

  finalize(subject: Live, finalizers: readonly string[]): Promise<void> {
    return this.#record("finalize", `${subject.metadata.name} [${finalizers.join()}]`);
  }

  setStatus(subject: Live, status: Readonly<Record<string, unknown>>): Promise<void> {
    this.statuses.push(status);
    return this.#record("status", subject.metadata.name);
  }

  act(action: { readonly name: string }): Promise<void> {
    return this.#record("act", action.name);
  }

  async #record(verb: string, what: string): Promise<void> {
    const call = `${verb} ${what}`;
    this.calls.push(call);
    if (this.failing.has(call)) throw this.failing.get(call);
  }
}
