import { describe, expect, it } from "vitest";
import { startOfDay } from "../src/site-day";

describe("the site's midnight", () => {
  it.each([
    ["2026-11-25", "Asia/Shanghai", "2026-11-24T16:00:00.000Z"],
    ["2026-11-25", "UTC", "2026-11-25T00:00:00.000Z"],
    ["2026-11-25", "America/St_Johns", "2026-11-25T03:30:00.000Z"],
    // The days on which Europe changes its clocks, and those after.
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z"],
    ["2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
  ])("of %s in %s is %s", (date, zone, start) => expect(startOfDay(date, zone)).toBe(start));
});
