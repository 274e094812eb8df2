import type { RecordedScript } from "../audit/scripts_record.ts";
import { type Html, markup } from "./markup.ts";
import { formatCount, formatNumber } from "./numbers.ts";
import type { Report } from "./read_report.ts";
import { folded, section, table } from "./table.ts";

/** Maintainer scripts that ran while the tree was made. */
export function scripts({ scripts: runs }: Report): Html {
  if (!runs) {
    return section(
      "scripts",
      "Scripts that ran",
      markup`<p>This commit has no record of its maintainer scripts: it was made without one, or pulled
without its detached metadata. Nothing can be said about which ran.</p>`,
    );
  }
  if (runs.length === 0) {
    return section("scripts", "Scripts that ran", markup`<p>No maintainer script ran.</p>`);
  }
  const failed = runs.filter(({ status }) => status !== 0).length;
  const incomplete = runs.filter((run) => run.incomplete).length;
  const calls = runs.reduce((sum, run) => sum + run.calls.length, 0);
  return section(
    "scripts",
    "Scripts that ran",
    markup`<p>${formatNumber(runs.length, "maintainer script")} ran in a sealed cell, ${
      failed === 0 ? "all to a good end" : `${failed} of them not to a good end`
    }; ${formatNumber(calls, "call")} to programs that act on a running system ${
      calls === 1 ? "was" : "were"
    } intercepted.${
      incomplete > 0 && ` The record of ${formatNumber(incomplete, "script")} is not complete.`
    }</p>${folded("Each run", runTable(runs))}`,
  );
}

function runTable(runs: readonly RecordedScript[]): Html {
  return table("Maintainer scripts", [
    { title: "Package", cell: (run: RecordedScript) => markup`<bdi>${run.package}</bdi>` },
    {
      title: "Script",
      cell: ({ script, args }) => markup`<span class="mono">${[script, ...args].join(" ")}</span>`,
    },
    {
      title: "Ended",
      cell: ({ status }) =>
        status === 0
          ? "well"
          : status === undefined
          ? "not seen"
          : markup`<span class="error">status ${status}</span>`,
    },
    {
      title: "Files",
      cell: (run) => formatCount(run.files.length + (run.omitted ?? 0)),
      number: true,
    },
    { title: "Accounts", cell: ({ users, groups }) => [...users, ...groups].join(", ") },
    {
      title: "Intercepted",
      cell: ({ calls }) => [...new Set(calls.map(({ program }) => program))].join(", "),
    },
    { title: "Time", cell: ({ ms }) => `${formatCount(Math.round(ms))} ms`, number: true },
  ], runs);
}
