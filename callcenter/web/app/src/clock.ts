/**
 * The service's clock, guessed from what it says. A message that left the service at `asOf` was on its way for some
 * unknown time, so the smallest delay seen is the best guess; a large difference means that a clock was set.
 */

const CLOCK_SET_MS = 2_000;

/** The new guess of (service's clock − browser's clock) in milliseconds. */
export function nextSkew(skew: number | null, asOfMs: number, receivedMs: number): number {
  const sample = asOfMs - receivedMs;
  if (!Number.isFinite(sample)) return skew ?? 0;
  if (skew === null || Math.abs(sample - skew) > CLOCK_SET_MS) return sample;
  return Math.max(sample, skew);
}
