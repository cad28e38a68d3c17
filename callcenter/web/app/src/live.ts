/**
 * The floor as the page knows it: a pure fold of one snapshot and the deltas after it.
 *
 * The law: a snapshot and its deltas give the same floor as a new snapshot would. Deltas carry whole objects, so one
 * that is heard twice is harmless. One that is older than what the same object was last told is late and is left out;
 * unless it is so much older that the sender's clock was set back. After a resync nothing counts until the next
 * snapshot; the old picture stays, marked `awaiting`, so that the page can grey it instead of going blank.
 */
import type { Instant, LiveAgent, LiveDelta, LivePicture, LiveQueue, Pbx } from "./api";

export interface Floor {
  readonly awaiting: boolean;
  readonly asOf: Instant | null;
  readonly pbxs: readonly Pbx[];
  readonly queues: Readonly<Record<string, LiveQueue>>;
  readonly agents: Readonly<Record<string, LiveAgent>>;
  /** When each object was last told of by a delta; also of those that are gone, so that nothing comes back late. */
  readonly told: Readonly<Record<string, Instant>>;
}

export type LiveMessage =
  | { kind: "snapshot"; picture: LivePicture }
  | { kind: "delta"; delta: LiveDelta }
  | { kind: "resync" };

export const EMPTY_FLOOR: Floor = { awaiting: true, asOf: null, pbxs: [], queues: {}, agents: {}, told: {} };

const CLOCK_STEP_MS = 60_000;

export function step(floor: Floor, message: LiveMessage): Floor {
  switch (message.kind) {
    case "snapshot":
      return fromSnapshot(message.picture);
    case "resync":
      return { ...floor, awaiting: true };
    case "delta":
      return floor.awaiting ? floor : withDelta(floor, message.delta);
  }
}

function fromSnapshot({ as_of, pbxs, queues, agents }: LivePicture): Floor {
  return { awaiting: false, asOf: as_of, pbxs, queues, agents, told: {} };
}

function withDelta(floor: Floor, delta: LiveDelta): Floor {
  const told = { ...floor.told };
  return {
    awaiting: false,
    asOf: delta.as_of,
    pbxs: mergePbxs(floor.pbxs, delta.pbxs ?? []),
    queues: merge(floor.queues, delta.queues ?? {}, "q:", delta.as_of, told),
    agents: merge(floor.agents, delta.agents ?? {}, "a:", delta.as_of, told),
    told,
  };
}

function merge<T>(
  known: Readonly<Record<string, T>>,
  changes: Readonly<Record<string, T | null>>,
  prefix: string,
  asOf: Instant,
  told: Record<string, Instant>,
): Readonly<Record<string, T>> {
  const entries = Object.entries(changes).filter(([key]) => !isLate(asOf, told[prefix + key]));
  if (!entries.length) return known;
  const merged = { ...known };
  for (const [key, value] of entries) {
    told[prefix + key] = asOf;
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

function mergePbxs(known: readonly Pbx[], changed: readonly Pbx[]): readonly Pbx[] {
  if (!changed.length) return known;
  const merged = new Map(known.map((pbx) => [pbx.pbx, pbx]));
  for (const pbx of changed) merged.set(pbx.pbx, pbx);
  return [...merged.values()];
}

/** Whether something told at `asOf` comes after a newer telling. Microseconds count, though `Date` drops them. */
export function isLate(asOf: Instant, last: Instant | undefined): boolean {
  if (last === undefined) return false;
  const behind = Date.parse(last) - Date.parse(asOf);
  if (behind !== 0) return behind > 0 && behind < CLOCK_STEP_MS;
  return fraction(asOf) < fraction(last);
}

function fraction(instant: Instant): string {
  return (/\.(\d+)/.exec(instant)?.[1] ?? "").padEnd(6, "0");
}
