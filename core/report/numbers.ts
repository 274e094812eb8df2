/** Bytes as people read them, in powers of ten: `348 MB`, `1.2 kB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${bytes < 0 ? "\u2212" : ""}${value.toFixed(digits)} ${units[unit]}`;
}

/** A difference of bytes, with its sign; `0 B` where there is none. */
export function formatDelta(bytes: number): string {
  return `${bytes > 0 ? "+" : ""}${formatBytes(bytes)}`;
}

/** A count with a comma at thousands. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A count and its noun: `1 file`, `2 files`. */
export function formatNumber(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
