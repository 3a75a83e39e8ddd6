import { block, inline, maybe, optional, templateOf } from "./template.ts";

const head = "{{- /* Generated from charts/a.ts by npm run generate. */ -}}\n";

function body(object: object, where: { readonly when?: string; readonly each?: string } = {}): string {
  const text = templateOf({ file: "a.yaml", from: "a.ts", objects: [object], ...where });
  expect(text.startsWith(head)).toBe(true);
  return text.slice(head.length);
}

test("a template says where it comes from, and is YAML where nothing is left to the chart", () => {
  expect(body({ kind: "A", spec: { ports: [80, 443], text: "no: yes" } })).toBe(
    'kind: A\nspec:\n  ports:\n    - 80\n    - 443\n  text: "no: yes"\n',
  );
});

test("a scalar is the value of its expression, alone or within a text", () => {
  const expression = inline('.Values.a | default "b: {{c}}"');
  expect(body({ one: expression, more: [expression], text: `x-${inline(".y")}-${inline(".z")}` })).toBe(
    'one: {{ .Values.a | default "b: {{c}}" }}\nmore:\n  - {{ .Values.a | default "b: {{c}}" }}\ntext: x-{{ .y }}-{{ .z }}\n',
  );
});

test("a block is indented below its key, in a map and as the first key of a member of a list", () => {
  expect(body({ spec: { ports: block("toYaml .a") }, list: [{ to: block("toYaml .b"), rest: 1 }] })).toBe(
    "spec:\n  ports:\n    {{- toYaml .a | nindent 4 }}\nlist:\n  - to:\n      {{- toYaml .b | nindent 6 }}\n    rest: 1\n",
  );
});

test("an optional key goes with its value", () => {
  expect(body({ pod: { selector: optional(".Values.s"), class: maybe(".Values.c") } })).toBe(
    "pod:\n  {{- with .Values.s }}\n  selector:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n  {{- with .Values.c }}\n  class: {{ . | quote }}\n  {{- end }}\n",
  );
});

test("an optional key cannot open a member of a list, which would lose its dash", () => {
  expect(() => body({ list: [{ first: optional(".a"), second: 1 }] })).toThrow("first: opens a member of a list");
});

test("a whole file depends on a value, or is there once for each member of one", () => {
  expect(body({ kind: "A" }, { when: ".Values.a.enabled" })).toBe("{{- if .Values.a.enabled }}\nkind: A\n{{- end }}\n");
  expect(body({ name: inline(". | quote") }, { each: ".Values.names" })).toBe(
    "{{- range .Values.names }}\n---\nname: {{ . | quote }}\n{{- end }}\n",
  );
});

test("braces that are ours do not become an expression of Helm", () => {
  expect(body({ rule: "a {{b}} c" })).toBe('rule: a {{ "{{" }}b{{ "}}" }} c\n');
});
