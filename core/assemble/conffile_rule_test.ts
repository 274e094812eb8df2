import { assertEquals } from "@std/assert";
import { decideConffile } from "./conffile_rule.ts";

// From dpkg's table in src/main/configure.c; tests/fidelity/rules has dpkg judge each.
const CASES = [
  ["is new", undefined, undefined, "2", "install"],
  ["is new over another file", undefined, "mine", "2", "keep-beside"],
  ["is new over the same text", undefined, "2", "2", "keep"],
  ["nobody edited", "1", "1", "2", "install"],
  ["only the administrator edited", "1", "mine", "1", "keep"],
  ["only the administrator removed", "1", undefined, "1", "keep"],
  ["both edited", "1", "mine", "2", "keep-beside"],
  ["both edited alike", "1", "2", "2", "keep"],
  ["was removed and has a new text", "1", undefined, "2", "keep-beside"],
] as const;

Deno.test.each(CASES)(
  "decideConffile() on one that %s",
  (_, recorded, current, shipped, verdict) => {
    assertEquals(decideConffile(recorded, current, shipped), verdict);
  },
);
