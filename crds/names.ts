/** Names of Kubernetes objects, such as StorageClasses and Secrets. */
export const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Names of labels and taints, with or without a domain. */
export const labelName =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*[/])?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Values of labels and taints; they may be empty. */
export const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Keys in a Secret or ConfigMap. */
export const dataKey = /^[-._A-Za-z0-9]+$/;

/** Names of network interfaces, bridges and physical networks: nothing that a list of bridge mappings is made of is among them. */
export const linkName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Text that may be a range of addresses, such as 10.20.0.0/24. */
export const addressRange = /^[0-9A-Fa-f:.]+[/][0-9]{1,3}$/;

/** URLs of HTTP servers, with a path; parts in parentheses are a catalogue's own to fill in. */
export const httpUrl = /^https?:[/][/]([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/][!-~]*)?$/;
