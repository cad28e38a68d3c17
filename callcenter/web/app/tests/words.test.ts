import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AGENT_STATES, OUTCOMES } from "../src/api";
import { plain } from "../src/text";
import { CATALOGUES, known, LANGUAGES, translate, word, type Key } from "../src/words/words";

const keys = Object.keys(CATALOGUES.en) as Key[];
const forms = (language: "en" | "zh-CN", key: Key): string[] => {
  const text = CATALOGUES[language][key];
  return typeof text === "string" ? [text] : Object.values(text);
};
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|svelte)$/.test(entry.name) ? readFileSync(path, "utf8") : "";
  }).join("\n");
}

describe("the catalogues", () => {
  it("hold the same keys, none of them empty", () => {
    expect(Object.keys(CATALOGUES["zh-CN"]).sort()).toEqual([...keys].sort());
    for (const language of LANGUAGES) for (const key of keys) expect(forms(language, key).every((t) => t.trim())).toBe(true);
  });

  it("have the same placeholders in both languages and every form", () => {
    for (const key of keys) {
      const expected = holes(forms("en", key)[0] ?? "");
      for (const language of LANGUAGES)
        for (const text of forms(language, key))
          expect({ key, language, holes: holes(text) }).toEqual({ key, language, holes: expected });
    }
  });

  it("hold no sentence that nothing says", () => {
    const code = sources(join(import.meta.dirname, "../src"));
    const families = /^(state|outcome|pbx|source|ended_by|ring|event|reason|gap|definition|formula|interval|unit|anomaly|phase|problem|field|rule|figure|theme)\./;
    const said = (key: string) => code.includes(`"${key}"`) || code.includes(`\`${key.split(".")[0]}.\${`);
    const unsaid = keys.filter((key) => !families.test(key) && !said(key));
    expect(unsaid).toEqual([]);
  });

  it("know every state and outcome", () => {
    for (const language of LANGUAGES) {
      for (const state of AGENT_STATES) expect(known(language, "state", state)).toBeTruthy();
      for (const outcome of OUTCOMES) expect(known(language, "outcome", outcome)).toBeTruthy();
    }
  });

  it("use the trade's words in Chinese", () => {
    const said = keys.flatMap((key) => forms("zh-CN", key)).join(" ");
    for (const term of ["等待", "接起", "放弃", "服务水平", "平均应答速度", "平均处理时长", "示忙", "签入", "签出"])
      expect(said).toContain(term);
  });
});

describe("sentences", () => {
  it("count in the forms of the language", () => {
    expect(translate("en", "feed.gaps_today", { n: 1 })).toBe("1 gap today");
    expect(translate("en", "feed.gaps_today", { n: 0 })).toBe("0 gaps today");
    expect(translate("zh-CN", "feed.gaps_today", { n: 1 })).toBe("今日缺口 1 处");
  });

  it("show a code that is newer than the page as it came", () => {
    expect(word("en", "outcome", "abandoned")).toBe("Abandoned");
    expect(word("en", "outcome", "beamed_up")).toBe("beamed_up");
  });
});

describe("names written by strangers", () => {
  it("keep their letters and lose what turns or hides text", () => {
    expect(plain("张伟")).toBe("张伟");
    expect(plain("abc\u202Edcb\u2066x\u2069\u200B\u0007")).toBe("abcdcbx");
    expect(plain("<b>&amp;</b>")).toBe("<b>&amp;</b>");
  });
});
