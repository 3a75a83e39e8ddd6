/** A bug put into the code on purpose: the sample of faults has to notice it. */
export interface Mutant {
  readonly name: string;
  /** The end of the path of the file that it is in. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** One for each way in which operators were seen to go wrong. */
export const mutants: readonly Mutant[] = [
  {
    name: "random Job names",
    file: "services/manifests.ts",
    from: "${service}-${phase}-${digest(inputs, 8)}",
    to: "${service}-${phase}-${digest([inputs, Math.random()], 8)}",
  },
  {
    name: "no fence",
    file: "operator/engine.ts",
    from: "(confirmed ??= Promise.all(basis.map(([ref, known]) => kube.confirm(ref, known))))",
    to: "(confirmed ??= Promise.resolve())",
  },
  {
    name: "no guard: a pass does not wait for the last one's writes",
    file: "operator/desk.ts",
    from: "if (written.length === 0) return;",
    to: "return;",
  },
  {
    name: "pruned before all is done",
    file: "operator/plan.ts",
    from: '? allDone : verdicts.get(step)?.is === "done"',
    to: "? true : true",
  },
  {
    name: "gate read from the object's own status",
    file: "operator/plan.ts",
    from: "step.after.find((name) => !passable(verdicts.get(name)))",
    to: 'step.after.find((name) => !seen.list({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud" }).some((each) => each.status?.steps?.some((s) => s.name === name && s.state !== "Waiting")))',
  },
  {
    name: "an update written only on some passes",
    file: "operator/engine.ts",
    from: "if (upToDate(live, whole)) return;",
    to: "if (upToDate(live, whole) || (now / 1000) % 7 !== 0) return;",
  },
  {
    name: "status read back: what was done once is not looked at again",
    file: "operator/engine.ts",
    from: "const live = seen.get(refOf(wanted));\n  if (live !== undefined) refuseForeign",
    to: 'if (subject.status?.steps?.some((s) => s.name === step.name && s.state === "Done")) return;\n  const live = seen.get(refOf(wanted));\n  if (live !== undefined) refuseForeign',
  },
  {
    name: "forgotten owner reference",
    file: "operator/dress.ts",
    from: "retained ? placed : { ...placed, ownerReferences }",
    to: 'retained || wanted.kind === "Service" ? placed : { ...placed, ownerReferences }',
  },
  {
    name: "ignored incarnation",
    file: "cloud/plan.ts",
    from: "incarnation: placeOf(spec) ?? incarnationOf(seen, namespace, databaseClaim)",
    to: 'incarnation: ""',
  },
  {
    name: "unordered configuration",
    file: "services/oslo.ts",
    from: "Object.keys(config)\n    .sort()",
    to: "Object.keys(config)\n    .sort(() => Math.random() - 0.5)",
  },
  {
    name: "missing back-off",
    file: "operator/queue.ts",
    from: "Math.min(backoffInSeconds.first * 2 ** failures, backoffInSeconds.last)",
    to: "0",
  },
  {
    name: "write on every pass",
    file: "operator/dress.ts",
    from: "[digestAnnotation]: digestOf(wanted)",
    to: "[digestAnnotation]: digest([wanted, Math.random()])",
  },
  {
    name: "names where uids are meant",
    file: "operator/client.ts",
    from: "preconditions: { uid }, ",
    to: "",
  },
  {
    name: "a lost Secret is made anew over its data",
    file: "cloud/record.ts",
    from: "if (opens(before[keyOf(metadata.name)], data) && !there)",
    to: "if (false)",
  },
  {
    name: "generated values are applied, not created",
    file: "operator/secrets.ts",
    from: "return isGenerated({ recipe, ...manifest })",
    to: "return false",
  },
];
