import type { Progress, ProgressEvent } from "@apt-ostree/base";

/** Writes text to standard error. */
type Write = (text: string) => void;

/** Least time between two drawings of a moving line, in milliseconds. */
const FRAME = 100;

/**
 * Draw progress for people: a line that moves on a terminal, a line for each finished phase elsewhere.
 */
export function drawProgress(write: Write, terminal: boolean): Progress {
  const titles = new Map<string, Extract<ProgressEvent, { type: "phase-start" }>>();
  let drawn = 0;
  let moving = false;
  const clear = () => {
    if (moving) write("\r\x1b[K");
    moving = false;
  };
  return (event) => {
    switch (event.type) {
      case "phase-start":
        titles.set(event.phase, event);
        if (terminal) {
          clear();
          write(`${event.title}…`);
          moving = true;
        }
        break;
      case "phase-progress": {
        const now = performance.now();
        if (!terminal || now - drawn < FRAME) break;
        drawn = now;
        const start = titles.get(event.phase);
        const bytes = event.bytes === undefined
          ? ""
          : `  ${size(event.bytes)}${start?.totalBytes ? `/${size(start.totalBytes)}` : ""}`;
        const { bytesPerSecond } = event;
        const rate = bytesPerSecond === undefined ? "" : `  ${size(bytesPerSecond)}/s`;
        const count = `${event.done}${start?.total === undefined ? "" : `/${start.total}`}`;
        write(
          `\r\x1b[K${start?.title ?? event.phase}  ${count}${bytes}${rate}  ${event.item ?? ""}`,
        );
        moving = true;
        break;
      }
      case "phase-end": {
        clear();
        const title = titles.get(event.phase)?.title ?? event.phase;
        const bytes = event.bytes === undefined
          ? ""
          : `  ${size(event.bytes)}, ${size(event.bytes / (event.ms / 1000))}/s`;
        const summary = event.summary === undefined ? "" : `  ${event.summary}`;
        write(`${title}${bytes}${summary}  ${(event.ms / 1000).toFixed(1)} s\n`);
        break;
      }
      case "message":
        clear();
        write(`${event.level === "warning" ? "warning: " : ""}${event.text}\n`);
    }
  };
}

/** Progress as JSON lines: each event with the version of this form. */
export function jsonProgress(write: Write): Progress {
  return (event) => write(`${JSON.stringify({ v: 1, ...event })}\n`);
}

/** Bytes for people. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
