/** Numbers, times and durations for people. Everything goes through `Intl`, and "–" stands for what was not counted. */
import type { Instant } from "./api";

export const NOTHING = "–";

const cache = new Map<string, unknown>();

/** `Intl` objects are slow to make and used every second. */
function kept<T>(key: string, make: () => T): T {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key) as T;
}

function numbers(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(`n ${language} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(language, options));
}

export function count(value: number | null | undefined, language: string): string {
  return value == null ? NOTHING : numbers(language, {}).format(value);
}

/** 0.8088 → 81 %. Whole percent, cut so that 99.96 % never reads as 100 % and 0.04 % never as 0 %. */
export function percent(ratio: number | null | undefined, language: string): string {
  if (ratio == null) return NOTHING;
  const rounded = Math.round(ratio * 100);
  const honest = ratio < 1 && rounded === 100 ? 99 : ratio > 0 && rounded === 0 ? 1 : rounded;
  return numbers(language, { style: "percent", maximumFractionDigits: 0 }).format(honest / 100);
}

/** A running or measured time as a digital clock: 0:07, 12:34, 1:02:03. */
export function clock(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return NOTHING;
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A mean in seconds, with its unit: 7.9 s below a minute, 2:03 from there on. */
export function mean(seconds: number | null | undefined, language: string): string {
  if (seconds == null) return NOTHING;
  if (seconds >= 60) return clock(Math.round(seconds));
  return unit(seconds, "second", language, 1);
}

/** A length in words: 45 s, 12 min, 2 h 5 min. */
export function span(seconds: number | null | undefined, language: string): string {
  if (seconds == null) return NOTHING;
  if (seconds < 60) return unit(Math.floor(seconds), "second", language);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute", language);
  const parts = [unit(Math.floor(minutes / 60), "hour", language)];
  if (minutes % 60) parts.push(unit(minutes % 60, "minute", language));
  return kept(`l ${language}`, () => new Intl.ListFormat(language, { type: "unit", style: "narrow" })).format(parts);
}

function unit(value: number, name: string, language: string, digits = 0): string {
  return numbers(language, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits })
    .format(value);
}

export function timeOfDay(instant: Instant | null | undefined, language: string, zone?: string): string {
  return moment(instant, language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, zone);
}

export function timeWithMilliseconds(instant: Instant, language: string, zone?: string): string {
  const options = {
    hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
  } as const;
  return moment(instant, language, options, zone);
}

export function dayAndTime(instant: Instant | null | undefined, language: string, zone?: string): string {
  return moment(instant, language, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }, zone);
}

/** A plain date (2026-11-25) in words; it belongs to no zone. */
export function day(date: string, language: string): string {
  return moment(`${date}T00:00:00Z`, language, { weekday: "short", day: "numeric", month: "short" }, "UTC");
}

function moment(
  instant: Instant | null | undefined,
  language: string,
  options: Intl.DateTimeFormatOptions,
  zone: string | undefined,
): string {
  if (instant == null) return NOTHING;
  const whole = zone ? { ...options, timeZone: zone } : options;
  return kept(`d ${language} ${JSON.stringify(whole)}`, () => new Intl.DateTimeFormat(language, whole))
    .format(new Date(instant));
}
