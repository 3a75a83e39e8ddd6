/** Names of Kubernetes objects, such as StorageClasses and Secrets. */
export const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Names of labels and taints, with or without a domain. */
export const labelName =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*[/])?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Values of labels and taints; they may be empty. */
export const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Keys in a Secret or ConfigMap. */
export const dataKey = /^[-._A-Za-z0-9]+$/;

/** URLs of HTTP servers, with a path; parts in parentheses are a catalogue's own to fill in. */
export const httpUrl = /^https?:[/][/]([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/][!-~]*)?$/;
