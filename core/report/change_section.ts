import { type Html, type HtmlValue, markup } from "./markup.ts";
import { formatDelta, formatNumber } from "./numbers.ts";
import type { FileDifference, Report, SizedPackage } from "./read_report.ts";
import { folded, section, table } from "./table.ts";

/** Packages that are shown at once, those that changed most. */
const SHOWN = 12;
/** Most files that are listed. */
const MAX_FILES = 2000;

interface PackageRow {
  readonly name: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly delta: number;
}

/** What differs from the commit that the report compares with. */
export function changes(report: Report): HtmlValue {
  const { comparison } = report;
  if (!comparison) return undefined;
  const { before, files } = comparison;
  const rows = packageRows(report).sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
  const delta = report.root.bytes - before.root.bytes;
  const accounts = [
    ...added("User", before.users, report.users),
    ...added("Group", before.groups, report.groups),
    ...added("Unit", before.units, report.units),
  ];
  return section(
    "changes",
    "What changed",
    markup`<p>Since <code>${before.commit.slice(0, 12)}</code>${
      before.version !== "" && ` (version ${before.version})`
    }: ${summary(report)}; ${formatDelta(delta)} in all.</p>${
      rows.length > 0 && packageTable(rows.slice(0, SHOWN))
    }${
      rows.length > SHOWN &&
      folded(`All ${formatNumber(rows.length, "package")} that changed`, packageTable(rows))
    }${
      accounts.length > 0 && markup`<h3>Accounts and units</h3>
        <ul>${accounts.map((each) => markup`<li>${each}</li>`)}</ul>`
    }${
      files.length > 0 && folded(
        `All ${formatNumber(files.length, "file")} that changed`,
        table(
          "Files that changed",
          [
            {
              title: "Path",
              cell: (file: FileDifference) => markup`<bdi class="mono">/${file.path}</bdi>`,
            },
            { title: "Change", cell: (file) => file.kind },
            {
              title: "Size",
              cell: (file) => formatDelta(file.delta),
              number: true,
            },
          ],
          files.toSorted((a, b) => Math.abs(b.delta) - Math.abs(a.delta)),
          MAX_FILES,
        ),
      )
    }`,
  );
}

function packageTable(rows: readonly PackageRow[]): Html {
  return table("Packages that changed", [
    { title: "Package", cell: (row: PackageRow) => markup`<bdi>${row.name}</bdi>` },
    { title: "Change", cell: (row) => row.what },
    { title: "Before", cell: (row) => markup`<span class="mono">${row.before}</span>` },
    { title: "After", cell: (row) => markup`<span class="mono">${row.after}</span>` },
    { title: "Size", cell: (row) => formatDelta(row.delta), number: true },
  ], rows);
}

function summary({ comparison }: Report): string {
  const { packages, files } = comparison!;
  const parts = (["upgraded", "downgraded", "added", "removed"] as const)
    .filter((kind) => packages[kind].length > 0)
    .map((kind) => `${formatNumber(packages[kind].length, "package")} ${kind}`);
  const changed = files.length === 0
    ? "no file changed"
    : `${formatNumber(files.length, "file")} changed`;
  return [...(parts.length === 0 ? ["no package changed"] : parts), changed].join(", ");
}

function packageRows(report: Report): PackageRow[] {
  const { packages, before } = report.comparison!;
  const size = (list: readonly SizedPackage[], name: string, architecture: string) =>
    list.find((pkg) => pkg.name === name && pkg.architecture === architecture)?.bytes ?? 0;
  const change = (what: string) => ({ name, from, to }: typeof packages.upgraded[number]) => ({
    name,
    what,
    before: from.version,
    after: to.version,
    delta: size(report.packages, name, to.architecture) -
      size(before.packages, name, from.architecture),
  });
  return [
    ...packages.upgraded.map(change("upgraded")),
    ...packages.downgraded.map(change("downgraded")),
    ...packages.added.map(({ name, version, architecture }) => ({
      name,
      what: "added",
      before: "",
      after: version,
      delta: size(report.packages, name, architecture),
    })),
    ...packages.removed.map(({ name, version, architecture }) => ({
      name,
      what: "removed",
      before: version,
      after: "",
      delta: -size(before.packages, name, architecture),
    })),
  ];
}

interface Named {
  readonly name: string;
}

function added(noun: string, before: readonly Named[], after: readonly Named[]): string[] {
  const [old, now] = [before, after].map((list) => new Set(list.map(({ name }) => name)));
  return [
    ...[...now!.difference(old!)].map((name) => `${noun} ${name} is new`),
    ...[...old!.difference(now!)].map((name) => `${noun} ${name} is gone`),
  ];
}
