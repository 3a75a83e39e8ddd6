import type { Look } from "../looks.ts";

/** One line of doctor; `advice` says what to do where there is something to do. */
export interface Finding {
  readonly about: string;
  readonly is: "ok" | "warning" | "error";
  readonly message: string;
  readonly advice?: string;
}

/** A finding for what we may not see. */
export function unseen(about: string, { reason }: Look<unknown> & { readonly is: "refused" }): Finding {
  return {
    about,
    is: "warning",
    message: `not looked at: ${reason}`,
    advice: "ask somebody who may, or for the right to",
  };
}
