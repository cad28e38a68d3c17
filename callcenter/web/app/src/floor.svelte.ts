/** Everything that the service told, as state that the page draws from. */
import {
  api, type AgentCounts, type AgentState, type AgentToday, type Definition, type Instant, type LiveAgent, type LiveQueue, type Pbx,
  type PbxFeed, type QueueToday, type Today,
} from "./api";
import { nextSkew } from "./clock";
import { LiveConnection } from "./connection";
import { EMPTY_FLOOR, step, type LiveMessage } from "./live";
import { preferences } from "./preferences.svelte";

export type Connection = "connecting" | "live" | "resync" | "lost";

export interface QueueView {
  key: string;
  pbx: string;
  queue: string;
  /** The site's name for the queue before its own, where it has one. */
  title: string;
  /** The PBX by whose clock the longest wait is told. */
  clock: string;
  live: LiveQueue | undefined;
  today: QueueToday | undefined;
}

export interface AgentView {
  key: string;
  pbx: string;
  agent: string;
  name: string;
  state: AgentState;
  live: LiveAgent | undefined;
  today: AgentToday | undefined;
}

/** What the service puts in the place of a PBX's name where all are added up. */
export const EVERY_PBX = "*";

const TICK_MS = 500;
const POLL_MS = 30_000;

class FloorState {
  picture = $state.raw(EMPTY_FLOOR);
  today = $state.raw<Today | null>(null);
  feed = $state.raw<Readonly<Record<string, PbxFeed>>>({});
  definitions = $state.raw<readonly Definition[]>([]);
  lostAt = $state<number | null>(null);
  now = $state(Date.now());

  /** Whether queues of one name are added up over PBXs. */
  across = $state(false);

  private skew: number | null = null;
  private everHeard = $state(false);

  readonly connection: Connection = $derived.by(() => {
    if (this.lostAt !== null) return "lost";
    if (!this.everHeard || this.picture.asOf === null) return "connecting";
    return this.picture.awaiting ? "resync" : "live";
  });
  /** When the site's day began; undefined until the service has told which day it is. */
  readonly dayBegan = $derived(this.today?.since);
  readonly severalPbxs = $derived(this.picture.pbxs.length > 1);
  readonly queues: readonly QueueView[] = $derived(
    this.across && this.severalPbxs ? addedUp(this.viewQueues(), this.today?.across ?? []) : this.viewQueues(),
  );
  readonly agents: readonly AgentView[] = $derived(this.viewAgents());
  readonly waiting = $derived(this.queues.reduce((sum, { live }) => sum + (live?.waiting.length ?? 0), 0));
  /** The queue in which somebody has waited longest. */
  readonly longestQueue = $derived.by(() =>
    this.queues
      .filter(({ live }) => live?.longest_wait_since)
      .sort((a, b) => this.elapsed(b.live?.longest_wait_since, b.clock)! - this.elapsed(a.live?.longest_wait_since, a.clock)!)
      .at(0),
  );

  start(): void {
    const connection = new LiveConnection(
      {
        message: (message, asOf) => this.take(message, asOf),
        today: (today) => this.takeToday(today),
        connected: (open) => this.connected(open),
      },
      { open: (url) => new EventSource(url), picture: api.live },
    );
    connection.start();
    setInterval(() => (this.now = Date.now() + (this.skew ?? 0)), TICK_MS);
    void this.poll();
    setInterval(() => void this.poll(), POLL_MS);
  }

  /** Seconds from an instant of a PBX's clock until now, or until that PBX was last heard. */
  elapsed(since: Instant | null | undefined, pbx: string): number | null {
    if (!since) return null;
    const known = this.pbx(pbx);
    const heardUntil = this.heardUntil(known);
    const now = heardUntil ?? this.now + (known?.clock_offset_seconds ?? 0) * 1000;
    return Math.max(0, (now - Date.parse(since)) / 1000);
  }

  /** Seconds since a PBX was last heard, by its own clock. */
  sinceHeard(pbx: Pbx): number | null {
    if (!pbx.last_event_at) return null;
    return Math.max(0, (this.now + pbx.clock_offset_seconds * 1000 - Date.parse(pbx.last_event_at)) / 1000);
  }

  pbx(name: string): Pbx | undefined {
    return this.picture.pbxs.find(({ pbx }) => pbx === name);
  }

  /** Whether what is shown of a PBX may be old. */
  isStale(name: string): boolean {
    if (name === EVERY_PBX) return this.picture.pbxs.some(({ pbx }) => this.isStale(pbx));
    const state = this.pbx(name)?.state;
    return this.connection !== "live" || (state !== undefined && state !== "live");
  }

  gapsToday(name: string): number | null {
    const feed = this.feed[name];
    if (!feed) return null;
    const began = Date.parse(this.dayBegan ?? "");
    return feed.gaps.filter(({ ended_at }) => !ended_at || !(Date.parse(ended_at) < began)).length;
  }

  /** What a figure of queues means. */
  definition(name: string): Definition | undefined {
    return this.definitions.find((definition) => definition.subject === "queue" && definition.name === name);
  }

  /** The instant by the PBX's clock at which its figures stand still; null while they are current. */
  private heardUntil(pbx: Pbx | undefined): number | null {
    if (this.lostAt !== null) return this.lostAt + (pbx?.clock_offset_seconds ?? 0) * 1000;
    const ill = pbx && pbx.state !== "live" && pbx.last_event_at;
    return ill ? Date.parse(ill) : null;
  }

  private take(message: LiveMessage, asOf: Instant | null): void {
    if (asOf) {
      this.skew = nextSkew(this.skew, Date.parse(asOf), Date.now());
      this.now = Date.now() + this.skew;
    }
    this.picture = step(this.picture, message);
  }

  private takeToday(today: Today): void {
    this.today = today;
    preferences.zone = today.timezone;
  }

  private connected(open: boolean): void {
    if (open) this.everHeard = true;
    if (!open) this.lostAt ??= this.now;
    else this.lostAt = null;
  }

  /** Keeps what it knew when the service does not answer: the connection's own words tell of that. */
  private async poll(): Promise<void> {
    const answer = await api.feed().catch(() => null);
    if (answer) this.feed = Object.fromEntries(answer.pbxs.map((pbx) => [pbx.pbx, pbx]));
    if (!this.definitions.length) this.definitions = await api.definitions().catch(() => []);
  }

  private viewQueues(): QueueView[] {
    const { queues } = this.picture;
    const today = Object.fromEntries((this.today?.queues ?? []).map((queue) => [`${queue.pbx}/${queue.queue}`, queue]));
    return sortedKeys(queues, today).map((key) => {
      const { pbx, queue, name } = (queues[key] ?? today[key]) as LiveQueue | QueueToday;
      return { key, pbx, queue, title: titled(queue, name), clock: pbx, live: queues[key], today: today[key] };
    });
  }

  private viewAgents(): AgentView[] {
    const { agents } = this.picture;
    const today = Object.fromEntries((this.today?.agents ?? []).map((agent) => [`${agent.pbx}/${agent.agent}`, agent]));
    return sortedKeys(agents, today).map((key) => {
      const live = agents[key];
      const { pbx, agent, name } = (live ?? today[key]) as LiveAgent | AgentToday;
      return { key, pbx, agent, name, state: live?.state ?? "signed_out", live, today: today[key] };
    });
  }
}

function titled(queue: string, name: string | null): string {
  return name ? `${name} · ${queue}` : queue;
}

/** Queues of one name as one: callers in order of their entry, agents counted at each PBX, today as the service adds it up. */
function addedUp(views: readonly QueueView[], sums: readonly QueueToday[]): QueueView[] {
  const names = [...new Set(views.map(({ queue }) => queue))];
  return names.map((queue) => {
    const parts = views.filter((view) => view.queue === queue);
    const lives = parts.flatMap(({ live }) => live ?? []);
    const waiting = lives
      .flatMap((live) => live.waiting.map((caller) => ({ ...caller, pbx: live.pbx })))
      .sort((a, b) => Date.parse(a.entered_at) - Date.parse(b.entered_at));
    const [first] = parts as [QueueView];
    const agents = lives.map((live) => live.agents).reduce(added, undefined);
    const live = agents && {
      pbx: EVERY_PBX, queue, name: null, waiting, longest_wait_since: waiting[0]?.entered_at ?? null, agents,
    };
    return {
      key: `${EVERY_PBX}/${queue}`, pbx: EVERY_PBX, queue, title: first.title, clock: waiting[0]?.pbx ?? first.pbx, live,
      today: sums.find((sum) => sum.queue === queue),
    };
  });
}

function added(sum: AgentCounts | undefined, counts: AgentCounts): AgentCounts {
  if (!sum) return counts;
  const names = Object.keys(counts) as (keyof AgentCounts)[];
  return Object.fromEntries(names.map((name) => [name, sum[name] + counts[name]])) as unknown as AgentCounts;
}

/** By name, never by a live value: rows keep their places. */
function sortedKeys(...records: Readonly<Record<string, unknown>>[]): string[] {
  const order = new Intl.Collator(preferences.language, { numeric: true });
  const name = (key: string) => key.slice(key.indexOf("/") + 1);
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort(
    (a, b) => order.compare(name(a), name(b)) || order.compare(a, b),
  );
}

export const floor = new FloorState();
