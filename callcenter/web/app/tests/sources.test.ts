import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|svelte|css)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCE, name), "utf8") }));

/** What would break the content security policy, or let a caller's name become markup. */
const FORBIDDEN = {
  "markup from text": /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
  "code from text": /\beval\(|new Function\(/,
  "an address elsewhere": /https?:\/\//,
  "a style attribute that is parsed": /\sstyle="/,
};

describe("the sources", () => {
  it("are found", () => expect(files.length).toBeGreaterThan(30));

  it.each(Object.entries(FORBIDDEN))("hold no %s", (_, pattern) => {
    expect(files.filter(({ text }) => pattern.test(text)).map(({ name }) => name)).toEqual([]);
  });
});
