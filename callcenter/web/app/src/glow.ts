/** A value that changed glows once. The first value of a cell does not, and nothing does for who asked for less motion. */
import type { Attachment } from "svelte/attachments";

const GLOW_MS = 600;
const last = new WeakMap<Element, unknown>();
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function glow(value: unknown): Attachment<HTMLElement> {
  return (element) => {
    const changed = last.has(element) && last.get(element) !== value;
    last.set(element, value);
    if (changed && !still.matches)
      element.animate({ backgroundColor: ["var(--glow)", "transparent"] }, { duration: GLOW_MS, easing: "ease-out" });
  };
}
