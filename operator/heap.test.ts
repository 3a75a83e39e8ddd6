import fc from "fast-check";
import { Heap } from "./heap.ts";

test("keys come out in the order of their time, and of one time in the order in which they came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (times) => {
      const heap = new Heap();
      times.forEach((due, index) => heap.push(due, String(index)));
      const out: { due: number; index: number }[] = [];
      for (let top = heap.first; top !== undefined; top = heap.first) {
        out.push({ due: top.due, index: Number(top.key) });
        heap.pop();
      }
      const sorted = times.map((due, index) => ({ due, index })).sort((a, b) => a.due - b.due || a.index - b.index);
      expect(out).toEqual(sorted);
      expect(heap.size).toBe(0);
    }),
  );
});
