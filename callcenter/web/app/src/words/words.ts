/**
 * Two catalogues as equals. A key that one of them lacks does not compile, so the build fails.
 *
 * Texts are whole sentences with {placeholders}; where a count changes the sentence, a key holds the forms that
 * `Intl.PluralRules` names. The service sends codes: `word("outcome", code)` finds `outcome.<code>`.
 */
import en from "./en.json";
import zh from "./zh-CN.json";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

export type Key = keyof typeof en;
type Text = string | { readonly one?: string; readonly other: string };
type Catalogue = Readonly<Record<Key, Text>>;

/** A key that English lacks is as wrong as one that Chinese lacks. */
type Surplus = Exclude<keyof typeof zh, Key>;
const none: [Surplus] extends [never] ? true : Surplus = true;
void none;

export const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, "zh-CN": zh };

export type Values = Readonly<Record<string, string | number>>;

export function translate(language: Language, key: Key, values: Values = {}): string {
  const text = CATALOGUES[language][key];
  const form = typeof text === "string" ? text : pluralForm(language, text, Number(values["n"]));
  return form.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`));
}

function pluralForm(language: Language, text: Exclude<Text, string>, n: number): string {
  return (new Intl.PluralRules(language).select(n) === "one" ? text.one : undefined) ?? text.other;
}

/** Families of codes that the service sends and the catalogues know. */
export type Family =
  | "state" | "outcome" | "pbx" | "source" | "ended_by" | "ring" | "event" | "reason" | "gap" | "definition"
  | "formula" | "interval" | "unit" | "anomaly" | "phase" | "problem" | "field" | "rule";

/** The sentence for a code, or undefined when the code is newer than the catalogues. */
export function known(language: Language, family: Family, code: string): string | undefined {
  const key = `${family}.${code}`;
  return key in CATALOGUES[language] ? translate(language, key as Key) : undefined;
}

export function word(language: Language, family: Family, code: string): string {
  return known(language, family, code) ?? code;
}
