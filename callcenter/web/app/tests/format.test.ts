import { describe, expect, it } from "vitest";
import { clock, count, day, mean, NOTHING, percent, span, timeOfDay, timeWithMilliseconds } from "../src/format";

const plainSpaces = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("numbers", () => {
  it("writes a dash where nothing was counted, and zero where zero was", () => {
    for (const nothing of [count(null, "en"), percent(null, "en"), clock(null), mean(null, "en"), span(undefined, "en")])
      expect(nothing).toBe(NOTHING);
    expect([count(0, "en"), percent(0, "en"), clock(0)]).toEqual(["0", "0%", "0:00"]);
  });

  it("never rounds a share to all or to nothing", () => {
    expect(percent(203 / 251, "en")).toBe("81%");
    expect(percent(0.9996, "en")).toBe("99%");
    expect(percent(0.0004, "en")).toBe("1%");
    expect(percent(1, "zh-CN")).toBe("100%");
  });

  it("groups thousands", () => {
    expect(count(12345, "en")).toBe("12,345");
  });
});

describe("durations", () => {
  it.each([
    [7, "0:07"], [59.9, "0:59"], [60, "1:00"], [754, "12:34"], [3723, "1:02:03"], [-3, "0:00"], [Number.NaN, NOTHING],
  ])("%d seconds run as %s", (seconds, text) => expect(clock(seconds)).toBe(text));

  it("gives means their unit", () => {
    expect(plainSpaces(mean(7.94, "en"))).toBe("7.9s");
    expect(mean(123.4, "en")).toBe("2:03");
    expect(plainSpaces(mean(7.94, "zh-CN"))).toBe("7.9秒");
  });

  it("says lengths in words", () => {
    expect(plainSpaces(span(45.8, "en"))).toBe("45s");
    expect(plainSpaces(span(7500, "en"))).toBe("2h 5m");
    expect(plainSpaces(span(7200, "zh-CN"))).toBe("2小时");
  });
});

describe("instants", () => {
  it("are shown in the site's zone", () => {
    expect(timeOfDay("2026-11-25T09:00:05Z", "en", "Asia/Shanghai")).toBe("17:00:05");
    expect(timeOfDay("2026-11-25T16:00:05Z", "zh-CN", "Asia/Shanghai")).toBe("00:00:05");
    expect(timeWithMilliseconds("2026-11-25T09:00:05.123456Z", "en", "UTC")).toBe("09:00:05.123");
    expect(timeOfDay(null, "en")).toBe(NOTHING);
  });

  it("keep a date the date it is", () => {
    expect(day("2026-11-25", "en")).toBe("Wed, Nov 25");
    expect(day("2026-11-25", "zh-CN")).toBe("11月25日周三");
  });
});
