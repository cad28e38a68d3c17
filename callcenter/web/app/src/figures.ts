/** The figures of a day: how each is read from what the service counted, and which visits stand behind it. */
import { OUTCOMES, type Outcome, type QueueFigures } from "./api";

export const FIGURES = [
  "service_level", "offered", "answered", "abandoned", "other", "average_speed_of_answer", "average_handle_time",
  "longest_wait",
] as const;
export type Figure = (typeof FIGURES)[number];

/** Every way to end that is neither an answer nor an abandon, callers who still wait included. */
export const OTHER_OUTCOMES = OUTCOMES.filter((outcome) => outcome !== "answered" && outcome !== "abandoned");

/** With answered and abandoned this adds up to offered. */
export function otherOutcomes(figures: QueueFigures): number {
  return OTHER_OUTCOMES.reduce((sum, outcome) => sum + figures[outcome], 0);
}

/** Which outcome to show first when somebody opens a figure; undefined for all visits. */
export function outcomeBehind(figure: Figure, figures: QueueFigures | undefined): Outcome | undefined {
  switch (figure) {
    case "offered":
    case "longest_wait":
      return undefined;
    case "abandoned":
      return "abandoned";
    case "other":
      return OTHER_OUTCOMES.find((outcome) => figures && figures[outcome] > 0) ?? "timed_out";
    default:
      return "answered";
  }
}

/** The name under which the service publishes the definition of a figure. */
export function definitionName(figure: Figure, figures: QueueFigures | undefined): string {
  const rule = figures?.service_level.definition;
  return figure === "service_level" && rule && rule !== "mixed" ? rule : figure;
}
