import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LivePicture } from "../src/api";
import { nextSkew } from "../src/clock";
import { LiveConnection } from "../src/connection";
import type { LiveMessage } from "../src/live";

const PICTURE: LivePicture = { as_of: "2026-11-25T09:00:00Z", pbxs: [], queues: {}, agents: {} };

/** Stands in for the browser's EventSource, which Node does not have. */
class Source extends EventTarget {
  static readonly made: Source[] = [];
  readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    Source.made.push(this);
  }
  say(name: string, data: unknown): void {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data) }));
  }
  close(): void {
    this.readyState = 2;
  }
  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.();
  }
}

function connect(picture: () => Promise<LivePicture> = async () => PICTURE) {
  const messages: LiveMessage[] = [];
  const open: boolean[] = [];
  const today: unknown[] = [];
  const connection = new LiveConnection(
    { message: (m) => messages.push(m), today: (d) => today.push(d), connected: (is) => open.push(is) },
    { open: () => new Source() as unknown as EventSource, picture },
  );
  connection.start();
  return { messages, open, today, source: () => Source.made.at(-1) as Source };
}

beforeEach(() => {
  vi.useFakeTimers();
  Source.made.length = 0;
});
afterEach(() => vi.useRealTimers());

describe("the live connection", () => {
  it("passes on what it hears, the day's figures of a snapshot too", () => {
    const { messages, today, source } = connect();
    source().say("snapshot", { ...PICTURE, today: { date: "2026-11-25" } });
    source().say("delta", { as_of: PICTURE.as_of });
    source().say("resync", null);
    expect(messages.map((m) => m.kind)).toEqual(["snapshot", "delta", "resync"]);
    expect(today).toEqual([{ date: "2026-11-25" }]);
  });

  it("leaves a reconnect to the browser while it tries", () => {
    const { open, source } = connect();
    source().onopen?.();
    source().fail(0);
    vi.advanceTimersByTime(120_000);
    expect(open).toEqual([true, false]);
    expect(Source.made).toHaveLength(1);
  });

  it("opens anew, with growing pauses, when the browser has given up", () => {
    const { source } = connect();
    source().fail(2);
    vi.advanceTimersByTime(1_000);
    expect(Source.made).toHaveLength(2);
    source().fail(2);
    vi.advanceTimersByTime(1_999);
    expect(Source.made).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(Source.made).toHaveLength(3);
  });

  it("does not listen to the last words of an earlier connection", () => {
    const { messages, source } = connect();
    const first = source();
    first.fail(2);
    vi.advanceTimersByTime(1_000);
    first.say("delta", { as_of: PICTURE.as_of });
    expect(messages).toEqual([]);
  });

  it("asks for the whole picture after a silence, and takes it", async () => {
    const { messages, source } = connect();
    source().onopen?.();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(messages).toEqual([{ kind: "snapshot", picture: PICTURE }]);
    expect(Source.made).toHaveLength(1);
  });

  it("says that the line is dead when that is not answered, and opens anew", async () => {
    const { open, source } = connect(() => Promise.reject(new Error("no route")));
    source().onopen?.();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(open).toEqual([true, false]);
    expect(Source.made).toHaveLength(2);
  });
});

describe("the service's clock", () => {
  it("is guessed from the least delayed message", () => {
    expect(nextSkew(null, 10_000, 9_500)).toBe(500);
    expect(nextSkew(500, 20_000, 19_300)).toBe(700);
    expect(nextSkew(700, 30_000, 29_900)).toBe(700);
  });

  it("follows a clock that was set", () => {
    expect(nextSkew(700, 30_000, 90_000)).toBe(-60_000);
    expect(nextSkew(700, Number.NaN, 1)).toBe(700);
  });
});
