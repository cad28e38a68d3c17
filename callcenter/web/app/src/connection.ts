/**
 * The way from the service's live events to the page.
 *
 * The browser reconnects an `EventSource` by itself, with Last-Event-ID. Two cases are left to us: it gives up when the
 * service answers with an error, and it does not notice a line that went dead without a word. So: a closed source is
 * opened again with growing pauses, and after a silence the whole picture is asked for, which also proves the line.
 */
import { LIVE_EVENTS, type LiveDelta, type LivePicture, type LiveSnapshot, type Today } from "./api";
import type { LiveMessage } from "./live";

export interface Listener {
  message(message: LiveMessage, asOf: string | null): void;
  today(today: Today): void;
  /** The line is open, or is not and is being tried again. */
  connected(open: boolean): void;
}

export interface Line {
  open(url: string): EventSource;
  picture(): Promise<LivePicture>;
}

const SILENCE_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class LiveConnection {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = FIRST_PAUSE_MS;

  constructor(
    private readonly listener: Listener,
    private readonly line: Line,
  ) {}

  start(): void {
    const source = this.line.open(LIVE_EVENTS);
    this.source = source;
    const on = <T>(name: string, take: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return; // an earlier connection's last words
        this.heard();
        take(parse<T>((event as MessageEvent<string>).data));
      });
    source.onopen = () => this.heard();
    source.onerror = () => this.failed(source);
    on<LiveSnapshot>("snapshot", (picture) => {
      this.listener.message({ kind: "snapshot", picture }, picture.as_of);
      if (picture.today) this.listener.today(picture.today);
    });
    on<LiveDelta>("delta", (delta) => this.listener.message({ kind: "delta", delta }, delta.as_of));
    on<Today>("today", (today) => this.listener.today(today));
    on<unknown>("resync", () => this.listener.message({ kind: "resync" }, null));
  }

  stop(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private heard(): void {
    this.pause = FIRST_PAUSE_MS;
    this.listener.connected(true);
    this.later(() => void this.probe(), SILENCE_MS);
  }

  private failed(source: EventSource): void {
    if (source !== this.source) return;
    this.listener.connected(false);
    if (source.readyState === source.CLOSED) this.reopen();
    else clearTimeout(this.timer); // the browser is trying
  }

  private reopen(): void {
    this.stop();
    this.later(() => this.start(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private async probe(): Promise<void> {
    const source = this.source;
    try {
      const picture = await this.line.picture();
      if (source !== this.source) return;
      this.listener.message({ kind: "snapshot", picture }, picture.as_of);
      this.heard();
    } catch {
      if (source !== this.source) return;
      this.listener.connected(false);
      this.reopen();
    }
  }

  private later(what: () => void, milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(what, milliseconds);
  }
}

function parse<T>(data: string): T {
  return (data ? JSON.parse(data) : null) as T;
}
