/** What this browser's user chose, remembered; and everything that turns codes and numbers into this user's words. */
import { MediaQuery } from "svelte/reactivity";
import type { Instant } from "./api";
import * as format from "./format";
import { plain } from "./text";
import { known, LANGUAGES, translate, word as wordIn, type Family, type Key, type Language, type Values } from "./words/words";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

function recall<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const stored = localStorage.getItem(`callcenter.${key}`) as T | null;
    return stored !== null && allowed.includes(stored) ? stored : otherwise;
  } catch {
    return otherwise; // storage is forbidden in some kiosks
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`callcenter.${key}`, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}

class Preferences {
  language = $state<Language>(recall("language", LANGUAGES, /^zh/i.test(navigator.language) ? "zh-CN" : "en"));
  theme = $state<Theme>(recall("theme", THEMES, "system"));
  wall = $state(new URLSearchParams(location.search).has("wall"));
  private readonly phone = new MediaQuery("max-width: 52rem");
  /** Whether names of figures must be short: there is little room, or the letters are large. */
  readonly short = $derived(this.wall || this.phone.current);
  /** The site's time zone, once the service has told it. */
  zone = $state<string | undefined>(undefined);

  choose(choice: { language?: Language; theme?: Theme }): void {
    if (choice.language) remember("language", (this.language = choice.language));
    if (choice.theme) remember("theme", (this.theme = choice.theme));
  }

  /** Switch between desk and wall; the address follows, so that a wall can be bookmarked. */
  toggleWall(): void {
    this.wall = !this.wall;
    history.replaceState(null, "", this.wall ? "?wall" : location.pathname);
  }

  applyTo(root: HTMLElement): void {
    root.lang = this.language;
    if (this.theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = this.theme;
    if (this.wall) root.dataset["density"] = "wall";
    else delete root.dataset["density"];
    document.title = t("page.title");
  }
}

export const preferences = new Preferences();

export function t(key: Key, values?: Values): string {
  return translate(preferences.language, key, values);
}

export function word(family: Family, code: string): string {
  return wordIn(preferences.language, family, plain(code));
}

export function knownWord(family: Family, code: string): string | undefined {
  return known(preferences.language, family, code);
}

/** What did not fit: an event that came when it was not expected, or a kind of its own. */
export function anomalyWord(kind: string): string {
  const [, event, phase] = /^(.+)_when_(.+)$/.exec(kind) ?? [];
  if (!event || !phase) return word("anomaly", kind);
  return t("visit.unexpected", { event: word("event", event), phase: word("phase", phase) });
}

/** Numbers and times in the chosen language and the site's zone. */
export const show = {
  count: (value: number | null | undefined) => format.count(value, preferences.language),
  percent: (ratio: number | null | undefined) => format.percent(ratio, preferences.language),
  mean: (seconds: number | null | undefined) => format.mean(seconds, preferences.language),
  span: (seconds: number | null | undefined) => format.span(seconds, preferences.language),
  time: (at: Instant | null | undefined) => format.timeOfDay(at, preferences.language, preferences.zone),
  exactTime: (at: Instant) => format.timeWithMilliseconds(at, preferences.language, preferences.zone),
  dayAndTime: (at: Instant | null | undefined) => format.dayAndTime(at, preferences.language, preferences.zone),
  day: (date: string) => format.day(date, preferences.language),
  clock: format.clock,
};
