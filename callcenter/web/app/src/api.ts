/**
 * What the service says, as types, and the few questions that the page asks.
 *
 * Instants are ISO 8601 in UTC. Codes (states, outcomes, reasons) are words for machines; the catalogues in `words/`
 * hold the sentences for people. A code that is newer than this page is shown as it came.
 */

export type Instant = string;

export const AGENT_STATES = [
  "ready", "ringing", "talking", "on_hold", "wrap_up", "paused", "unavailable", "signed_out",
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

export const OUTCOMES = [
  "answered", "abandoned", "timed_out", "exited_by_key", "exited_empty", "withdrawn", "still_waiting", "unknown",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type FeedState = "live" | "stale" | "lost" | "starting";

export interface Pbx {
  pbx: string;
  state: FeedState;
  last_event_at: Instant | null;
  /** How far the PBX's clock is ahead of the service's. */
  clock_offset_seconds: number;
}

export interface WaitingCaller {
  leg: string;
  caller: string | null;
  entered_at: Instant;
  position: number | null;
  /** Where queues are added up over PBXs: of which one. Two PBXs may give legs the same id. */
  pbx?: string;
}

/** How many agents of a queue are in each state, and how many are signed in. */
export type AgentCounts = Record<Exclude<AgentState, "signed_out"> | "signed_in", number>;

export interface LiveQueue {
  pbx: string;
  queue: string;
  name: string | null;
  waiting: WaitingCaller[];
  longest_wait_since: Instant | null;
  agents: AgentCounts;
}

export interface Membership {
  queue: string;
  penalty: number | null;
  paused: boolean;
  static: boolean;
}

export interface CurrentCall {
  queue: string;
  caller: string | null;
  since: Instant;
  leg: string;
}

export interface LiveAgent {
  pbx: string;
  agent: string;
  name: string;
  interface: string | null;
  state: AgentState;
  since: Instant | null;
  reason: string | null;
  queues: Membership[];
  call: CurrentCall | null;
}

export interface LivePicture {
  as_of: Instant;
  pbxs: Pbx[];
  queues: Record<string, LiveQueue>;
  agents: Record<string, LiveAgent>;
}

/** What changed: whole objects by key, null for what is gone. */
export interface LiveDelta {
  as_of: Instant;
  pbxs?: Pbx[];
  queues?: Record<string, LiveQueue | null>;
  agents?: Record<string, LiveAgent | null>;
}

/** Whether a wait of exactly the threshold is in time. */
export type Boundary = "at_most" | "below";

/** Counts that divide. */
interface Share {
  part: number;
  whole: number;
  /** Null where there is nothing to divide by: neither 0 % nor 100 %. */
  ratio: number | null;
}

export interface ServiceLevelRule extends Share {
  rule_id: string;
  definition: string;
  version: number;
  threshold_seconds: number;
  boundary: Boundary;
  /** The day from which the rule holds; null from the beginning. */
  valid_from: string | null;
}

export interface ServiceLevel extends Share {
  definition: string;
  version: number;
  threshold_seconds: number | null;
  boundary: Boundary | null;
  /** Empty where one rule made the whole figure. */
  rules: ServiceLevelRule[];
}

/** What one vendor's rule makes of some calls. T and S are null where queues have different ones. */
export interface PresetLevel extends Share {
  preset: string;
  vendor: string;
  definition: string;
  formula: string;
  threshold_seconds: number | null;
  short_abandon_seconds: number | null;
  source: string;
}

export interface ServiceLevels {
  offered: number;
  presets: PresetLevel[];
}

/** offered is the sum of the eight outcomes; refused callers never entered and stand beside it. */
export interface QueueFigures extends Record<Outcome, number> {
  offered: number;
  refused_full: number;
  refused_empty: number;
  transferred: number;
  service_level: ServiceLevel;
  average_speed_of_answer_seconds: number | null;
  average_handle_time_seconds: number | null;
  longest_wait_seconds: number | null;
}

export interface QueueToday extends QueueFigures {
  pbx: string;
  queue: string;
  name: string | null;
}

export interface AgentToday {
  pbx: string;
  agent: string;
  name: string;
  answered: number;
  transferred: number;
  ring_no_answer: number;
  talk_seconds: number;
  hold_seconds: number;
  acw_seconds: number;
  signed_in_seconds: number;
  paused_seconds: number;
  paused_seconds_by_reason: Record<string, number>;
  average_handle_time_seconds: number | null;
  occupancy: number | null;
}

/** All figures since the site's day began. Sent again only when one changed, so `as_of` is when they last did. */
export interface Today {
  date: string;
  timezone: string;
  /** When the day began, which is not when the browser's did. */
  since: Instant;
  as_of: Instant;
  queues: QueueToday[];
  total: QueueFigures;
  agents: AgentToday[];
  /** Queues of one name added up over PBXs; empty with a single one. */
  across: QueueToday[];
}

export interface LiveSnapshot extends LivePicture {
  today: Today | null;
}

export interface FeedGap {
  source: string;
  started_at: Instant;
  ended_at: Instant | null;
  reason: string;
  filled_from: string | null;
}

export interface PbxFeed {
  pbx: string;
  /** Null for a PBX that only files told of. */
  state: FeedState | null;
  last_event_at: Instant | null;
  age_seconds: number | null;
  gaps: FeedGap[];
  anomalies: Record<string, number>;
  unknown_events: Record<string, number>;
  problems: Record<string, number>;
  events_by_source: Record<string, number>;
  disagreements: number;
  dead_letters: number;
  final: boolean;
}

export interface Feed {
  pbxs: PbxFeed[];
}

export interface Visit {
  pbx: string;
  visit_id: string;
  queue: string;
  caller: string | null;
  entered_at: Instant;
  outcome: Outcome;
  reason: string | null;
  wait_seconds: number | null;
  agent: string | null;
  agent_name: string | null;
  answered_at: Instant | null;
  talk_seconds: number | null;
  hold_seconds: number | null;
  ended_by: string | null;
  transferred: boolean;
  recordings: number;
}

export interface VisitPage {
  items: Visit[];
  next_cursor: string | null;
}

export interface Ring {
  agent: string;
  at: Instant;
  result: string;
  ring_seconds: number | null;
}

export interface TimelineEvent {
  occurred_at: Instant;
  type: string;
  source: string;
  adapter: string;
  seq: number;
  fields: Record<string, unknown>;
  wording: string;
}

export interface Disagreement {
  at: Instant;
  field: string;
  ami: string;
  queue_log: string;
}

export interface Anomaly {
  kind: string;
  at: Instant;
  detail: string;
}

export interface VisitStory extends Visit {
  rings: Ring[];
  same_call: Visit[];
  timeline: TimelineEvent[];
  disagreements: Disagreement[];
  anomalies: Anomaly[];
}

export interface Definition {
  subject: "queue" | "agent" | "preset";
  name: string;
  version: number;
  title: string;
  formula: string;
  unit: string;
  undefined_when: string;
  /** Which interval a fact belongs to, in English. */
  interval: string;
  source: string;
}

export interface VisitQuery {
  pbx?: string | undefined;
  from?: Instant | undefined;
  queue?: string | undefined;
  agent?: string | undefined;
  outcome?: Outcome | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** The service refused (status) or could not be reached (status 0). */
export class ApiError extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}

export const LIVE_EVENTS = "/api/v1/live/events";

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { Accept: "application/json" } }).catch(() => {
    throw new ApiError(0);
  });
  if (!answer.ok) throw new ApiError(answer.status);
  return (await answer.json()) as T;
}

function query(values: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) search.set(name, String(value));
  return search.toString();
}

export const api = {
  live: () => ask<LivePicture>("/api/v1/live"),
  feed: () => ask<Feed>("/api/v1/feed"),
  definitions: () => ask<Definition[]>("/api/v1/definitions"),
  serviceLevels: (wanted: { pbx?: string | undefined; queue?: string | undefined }) =>
    ask<ServiceLevels>(`/api/v1/queues/service-levels?${query(wanted)}`),
  visits: (wanted: VisitQuery) => ask<VisitPage>(`/api/v1/visits?${query(wanted)}`),
  visit: (pbx: string, id: string) =>
    ask<VisitStory>(`/api/v1/visits/${encodeURIComponent(pbx)}/${encodeURIComponent(id)}`),
};
