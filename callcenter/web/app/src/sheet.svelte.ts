/** What the side sheet shows: a stack, so that a call opened from a figure leads back to it. */
import type { Figure } from "./figures";

export type View =
  | { kind: "figure"; figure: Figure; queue: string | null }
  | { kind: "waiting"; queue: string }
  | { kind: "agent"; agent: string }
  | { kind: "visit"; pbx: string; id: string; caller: string | null }
  | { kind: "feed" }
  | { kind: "keys" };

class SheetStack {
  views = $state.raw<readonly View[]>([]);
  readonly top = $derived(this.views.at(-1));

  open(view: View): void {
    this.views = [view];
  }

  push(view: View): void {
    this.views = [...this.views, view];
  }

  back(): void {
    this.views = this.views.slice(0, -1);
  }

  close(): void {
    this.views = [];
  }
}

export const sheet = new SheetStack();
