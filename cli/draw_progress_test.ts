import { assertEquals } from "@std/assert";
import { drawProgress, jsonProgress, size } from "./draw_progress.ts";

Deno.test("drawProgress() writes one line for each finished phase where there is no terminal", () => {
  let text = "";
  const progress = drawProgress((piece) => void (text += piece), false);
  progress({
    type: "phase-start",
    phase: "download",
    title: "Downloading 2 packages",
    total: 2,
    totalBytes: 10,
  });
  progress({ type: "phase-progress", phase: "download", done: 1, bytes: 5 });
  progress({ type: "phase-end", phase: "download", done: 2, bytes: 2_000_000, ms: 500 });
  progress({ type: "message", level: "warning", text: "careful" });
  assertEquals(text, "Downloading 2 packages  2.0 MB, 4.0 MB/s  0.5 s\nwarning: careful\n");
});

Deno.test("drawProgress() clears its moving line on a terminal before it writes another", () => {
  let text = "";
  const progress = drawProgress((piece) => void (text += piece), true);
  progress({ type: "phase-start", phase: "a", title: "Working" });
  progress({ type: "message", level: "info", text: "hello" });
  assertEquals(text, "Working…\r\x1b[Khello\n");
});

Deno.test("jsonProgress() writes one JSON object a line, with the version of the form", () => {
  let text = "";
  jsonProgress((piece) => void (text += piece))({ type: "message", level: "info", text: "a\nb" });
  assertEquals(JSON.parse(text), { v: 1, type: "message", level: "info", text: "a\nb" });
  assertEquals(text.endsWith("\n"), true);
});

Deno.test("size() is short and has a unit", () => {
  assertEquals([0, 999, 1000, 12_345_678, 5e12].map(size), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12 MB",
    "5.0 TB",
  ]);
});
