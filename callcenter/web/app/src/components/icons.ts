/** Line drawings on a 16 × 16 grid. Every agent state has its own shape, so that colour is never alone. */
const RING = "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5Z";

export const ICONS = {
  ready: `${RING}M5.2 8.2l2 2 3.6-4`,
  ringing: "M4 11V7a4 4 0 0 1 8 0v4l1.25 1.5H2.75L4 11ZM6.75 14.5h2.5",
  talking:
    "M5.2 2.2 3.4 3.1c-.8.4-1.2 1.3-1 2.2 1 4 4.3 7.3 8.3 8.3.9.2 1.8-.2 2.2-1l.9-1.8-2.9-2-1.5 1.2C7.7 9.2 6.8 8.3 6 6.6l1.2-1.5-2-2.9Z",
  on_hold: "M4.5 2h7M4.5 14h7M5 2v2.2L8 8l-3 3.8V14M11 2v2.2L8 8l3 3.8V14",
  wrap_up: "M3 13l.7-3 6.9-6.9a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7L6 12.3 3 13Z",
  paused: `${RING}M6.4 5.8v4.4M9.6 5.8v4.4`,
  unavailable: `${RING}M3.7 12.3l8.6-8.6`,
  signed_out: "M6.5 2.5h-3v11h3M7 8h6.5M11 5.5 13.5 8 11 10.5",
  close: "M4 4l8 8M12 4l-8 8",
  back: "M10 3.5 5.5 8l4.5 4.5",
  forward: "M6 3.5 10.5 8 6 12.5",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13.25 2.5v2.75H10.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3l3.2 3.2",
  warning: "M8 2.5 14.2 13H1.8L8 2.5ZM8 6.5v3M8 11.2v.1",
  system: "M2 3h12v8H2zM6 13.5h4M8 11v2.5",
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  wall: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  keys: `${RING}M6.2 6.4a1.8 1.8 0 1 1 2.7 1.5c-.6.3-.9.7-.9 1.3M8 11.2v.1`,
  pulse: "M1.5 8H4l2-4.5 3.5 9L11.5 8h3",
  gap: "M1.5 8h4M10.5 8h4M7.5 5 6.5 11M9.5 5l-1 6",
} as const;

export type IconName = keyof typeof ICONS;

export function isIcon(name: string): name is IconName {
  return name in ICONS;
}
