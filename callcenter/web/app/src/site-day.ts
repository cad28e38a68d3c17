/** The day of the site, which is not the day of the browser: its midnight in its own time zone. */
import type { Instant } from "./api";

/** The instant at which a date begins in a zone. Where the clock skips midnight: within an hour of it. */
export function startOfDay(date: string, zone: string): Instant {
  const wall = Date.parse(`${date}T00:00:00Z`);
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone)).toISOString();
}

/** How far a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function offset(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric",
    minute: "numeric", second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
