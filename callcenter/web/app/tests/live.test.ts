import { describe, expect, it } from "vitest";
import type { LiveAgent, LiveDelta, LivePicture, LiveQueue } from "../src/api";
import { EMPTY_FLOOR, isLate, step, type Floor, type LiveMessage } from "../src/live";

const at = (seconds: number) => `2026-11-25T09:00:${String(seconds).padStart(2, "0")}.123456Z`;

function queue(name: string, waiting: number): LiveQueue {
  return {
    pbx: "pbx16", queue: name, name: null, longest_wait_since: waiting ? at(0) : null,
    waiting: Array.from({ length: waiting }, (_, i) => (
      { leg: `1.${i}`, caller: "22•••••001", entered_at: at(0), position: i + 1 }
    )),
    agents: { ready: 1, ringing: 0, talking: 2, on_hold: 0, wrap_up: 0, paused: 1, unavailable: 0, signed_in: 4 },
  };
}

function agent(name: string, state: LiveAgent["state"]): LiveAgent {
  return { pbx: "pbx16", agent: name, name, interface: "PJSIP/1001", state, since: at(0), reason: null, queues: [], call: null };
}

function picture(second: number, queues: LiveQueue[], agents: LiveAgent[] = []): LivePicture {
  return {
    as_of: at(second),
    pbxs: [{ pbx: "pbx16", state: "live", last_event_at: at(second), clock_offset_seconds: 0 }],
    queues: Object.fromEntries(queues.map((q) => [`${q.pbx}/${q.queue}`, q])),
    agents: Object.fromEntries(agents.map((a) => [`${a.pbx}/${a.agent}`, a])),
  };
}

const snapshot = (p: LivePicture): LiveMessage => ({ kind: "snapshot", picture: p });
const delta = (second: number, rest: Omit<LiveDelta, "as_of">): LiveMessage => (
  { kind: "delta", delta: { as_of: at(second), ...rest } }
);
const play = (...messages: LiveMessage[]): Floor => messages.reduce(step, EMPTY_FLOOR);

/** All that the page draws from. */
const drawn = ({ asOf, pbxs, queues, agents, awaiting }: Floor) => ({ asOf, pbxs, queues, agents, awaiting });

describe("the floor", () => {
  it("equals a reload after a snapshot and its deltas", () => {
    const live = play(
      snapshot(picture(1, [queue("sales", 1), queue("vip", 0)], [agent("Alice Martin", "ready")])),
      delta(2, { queues: { "pbx16/sales": queue("sales", 2) }, agents: { "pbx16/张伟": agent("张伟", "talking") } }),
      delta(3, { queues: { "pbx16/vip": null } }),
      delta(4, { agents: { "pbx16/Alice Martin": agent("Alice Martin", "paused") }, pbxs: [
        { pbx: "pbx16", state: "live", last_event_at: at(4), clock_offset_seconds: 0 },
      ] }),
    );
    const reload = play(snapshot(picture(4, [queue("sales", 2)], [agent("Alice Martin", "paused"), agent("张伟", "talking")])));
    expect(drawn(live)).toEqual(drawn(reload));
  });

  it("takes whole objects, so hearing a delta twice changes nothing", () => {
    const change = delta(2, { queues: { "pbx16/sales": queue("sales", 3) } });
    const once = play(snapshot(picture(1, [queue("sales", 1)])), change);
    expect(step(once, change)).toEqual(once);
  });

  it("forgets what a null says is gone, also when it never was there", () => {
    const floor = play(
      snapshot(picture(1, [queue("sales", 1)])),
      delta(2, { queues: { "pbx16/sales": null, "pbx16/ghost": null } }),
    );
    expect(floor.queues).toEqual({});
  });

  it("leaves out a late delta and does not bring back what is gone", () => {
    const newer = play(
      snapshot(picture(1, [queue("sales", 1), queue("vip", 1)])),
      delta(5, { queues: { "pbx16/sales": queue("sales", 5), "pbx16/vip": null } }),
    );
    const after = step(newer, delta(4, { queues: { "pbx16/sales": queue("sales", 4), "pbx16/vip": queue("vip", 4) } }));
    expect(after.queues).toEqual(newer.queues);
  });

  it("takes a delta that is older than another object's: each PBX tells in its own time", () => {
    const floor = play(
      snapshot(picture(1, [queue("sales", 1), queue("vip", 1)])),
      delta(5, { queues: { "pbx16/sales": queue("sales", 5) } }),
      delta(4, { queues: { "pbx16/vip": queue("vip", 2) } }),
    );
    expect(floor.queues["pbx16/vip"]?.waiting).toHaveLength(2);
  });

  it("goes on after the sender's clock was set back", () => {
    const floor = play(
      snapshot(picture(1, [queue("sales", 1)])),
      { kind: "delta", delta: { as_of: "2026-11-25T10:00:00Z", queues: { "pbx16/sales": queue("sales", 2) } } },
      delta(2, { queues: { "pbx16/sales": queue("sales", 3) } }),
    );
    expect(floor.queues["pbx16/sales"]?.waiting).toHaveLength(3);
  });

  it("counts nothing between a resync and the next snapshot, and keeps the picture marked", () => {
    const before = play(snapshot(picture(1, [queue("sales", 1)])));
    const waiting = [{ kind: "resync" } as const, delta(2, { queues: { "pbx16/sales": queue("sales", 9) } })]
      .reduce(step, before);
    expect(waiting.awaiting).toBe(true);
    expect(waiting.queues).toEqual(before.queues);
    const fresh = picture(3, [queue("vip", 2)]);
    expect(step(waiting, snapshot(fresh))).toEqual(play(snapshot(fresh)));
  });

  it("draws nothing from deltas before the first snapshot", () => {
    expect(play(delta(1, { queues: { "pbx16/sales": queue("sales", 1) } }))).toEqual(EMPTY_FLOOR);
  });

  it("lets a snapshot replace everything, also an older one", () => {
    const old = picture(1, [queue("vip", 0)]);
    const floor = play(snapshot(picture(9, [queue("sales", 1)])), delta(9, { queues: { "pbx16/vip": null } }), snapshot(old));
    expect(floor).toEqual(play(snapshot(old)));
  });

  it("does not touch the floor it was given", () => {
    const before = play(snapshot(picture(1, [queue("sales", 1)])));
    const copy = structuredClone(before);
    step(before, delta(2, { queues: { "pbx16/sales": null }, agents: { "pbx16/Bo": agent("Bo", "ready") } }));
    expect(before).toEqual(copy);
  });

  it("keeps the very objects that did not change, so that the page redraws only what did", () => {
    const before = play(snapshot(picture(1, [queue("sales", 1), queue("vip", 0)])));
    const after = step(before, delta(2, { queues: { "pbx16/sales": queue("sales", 2) } }));
    expect(after.queues["pbx16/vip"]).toBe(before.queues["pbx16/vip"]);
    expect(after.agents).toBe(before.agents);
  });
});

describe("lateness", () => {
  it.each([
    [at(2), at(1), false],
    [at(1), at(2), true],
    [at(1), at(1), false],
    ["2026-11-25T09:00:01.000001Z", "2026-11-25T09:00:01.000002Z", true],
    ["2026-11-25T09:00:01.000002Z", "2026-11-25T09:00:01.000001Z", false],
    ["2026-11-25T09:00:01Z", "2026-11-25T09:00:01.000001Z", true],
  ])("%s after %s is late: %s", (asOf, last, late) => {
    expect(isLate(asOf, last)).toBe(late);
  });
});
