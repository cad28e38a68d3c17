import { describe, expect, it } from "vitest";
import type { QueueFigures } from "../src/api";
import { definitionName, otherOutcomes, outcomeBehind } from "../src/figures";

const figures: QueueFigures = {
  offered: 251, answered: 203, abandoned: 30, timed_out: 0, exited_by_key: 9, exited_empty: 4, withdrawn: 1,
  still_waiting: 3, unknown: 1, refused_full: 2, refused_empty: 1, transferred: 8,
  service_level: { definition: "answered_of_offered", version: 1, threshold_seconds: 20, boundary: "at_most", rules: [], part: 203, whole: 251, ratio: 203 / 251 },
  average_speed_of_answer_seconds: 7.9, average_handle_time_seconds: 123.4, longest_wait_seconds: 90,
};

describe("figures", () => {
  it("leave nothing out: offered is answered, abandoned and other", () => {
    expect(figures.answered + figures.abandoned + otherOutcomes(figures)).toBe(figures.offered);
  });

  it("open on the calls behind them", () => {
    expect(outcomeBehind("abandoned", figures)).toBe("abandoned");
    expect(outcomeBehind("offered", figures)).toBeUndefined();
    expect(outcomeBehind("service_level", figures)).toBe("answered");
    expect(outcomeBehind("other", figures)).toBe("exited_by_key");
    expect(outcomeBehind("other", undefined)).toBe("timed_out");
  });

  it("name the definition in force", () => {
    expect(definitionName("service_level", figures)).toBe("answered_of_offered");
    const mixed = { ...figures, service_level: { ...figures.service_level, definition: "mixed" } };
    expect(definitionName("service_level", mixed)).toBe("service_level");
    expect(definitionName("abandoned", figures)).toBe("abandoned");
  });
});
