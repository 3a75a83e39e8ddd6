interface Entry {
  readonly due: number;
  readonly key: string;
  /** Of two that are due at the same time, the one that came first is first. */
  readonly order: number;
}

/** Keys by when they are due; the earliest is found at once, adding and removing cost the logarithm of the number. */
export class Heap {
  readonly #entries: Entry[] = [];
  #count = 0;

  get size(): number {
    return this.#entries.length;
  }

  get first(): { readonly due: number; readonly key: string } | undefined {
    return this.#entries[0];
  }

  push(due: number, key: string): void {
    const entry = { due, key, order: this.#count++ };
    let place = this.#entries.length;
    for (let parent = (place - 1) >> 1; place > 0; place = parent, parent = (place - 1) >> 1) {
      const above = this.#entries[parent];
      if (above === undefined || !earlier(entry, above)) break;
      this.#entries[place] = above;
    }
    this.#entries[place] = entry;
  }

  /** Removes the first. */
  pop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    let place = 0;
    for (let child = this.#lesserChild(place); child !== undefined; child = this.#lesserChild(place)) {
      const below = this.#entries[child];
      if (below === undefined || !earlier(below, last)) break;
      this.#entries[place] = below;
      place = child;
    }
    this.#entries[place] = last;
  }

  #lesserChild(place: number): number | undefined {
    const [left, right] = [this.#entries[2 * place + 1], this.#entries[2 * place + 2]];
    if (left === undefined) return undefined;
    return right !== undefined && earlier(right, left) ? 2 * place + 2 : 2 * place + 1;
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
