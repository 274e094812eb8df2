import type { Preview, PreviewFile } from "@apt-ostree/core";
import { cleanText } from "@apt-ostree/base";
import { size } from "../draw_progress.ts";
import { formatDiffBlock } from "./packages.ts";
import { formatScripts } from "./scripts.ts";

/** How {@linkcode formatPreview} shows a preview. */
export interface FormatPreviewOptions {
  /** Whether every file is shown. */
  readonly verbose: boolean;
}

/** Files that are shown one by one; more are counted by directory. */
const SHOWN = 20;
/** Directories that are shown of many files. */
const DIRECTORIES = 12;

/** A preview for people. */
export function formatPreview(preview: Preview, options: FormatPreviewOptions): string {
  const { deployment, files, scripts } = preview;
  const head = `Deployment: ${deployment.osname} ${
    deployment.checksum.slice(0, 12)
  }.${deployment.serial}`;
  const base = preview.newBase ? [`New base: ${preview.base}`] : [];
  const inactive = preview.inactive.map((name) => `Already in the base: ${name}`);
  if (files.length === 0) return [head, ...base, ...inactive, "Nothing would change."].join("\n");
  const packages = formatDiffBlock(preview.packages);
  return [
    head,
    ...base,
    ...inactive,
    ...(packages === "" ? [] : [packages]),
    ...formatSizes(preview),
    ...formatFiles(files, options.verbose),
    ...formatUnits(preview),
    ...formatNames("Users", preview.users),
    ...formatNames("Groups", preview.groups),
    ...formatEtc(preview),
    ...(scripts.length === 0 ? [] : [
      "Maintainer scripts:",
      ...formatScripts({ version: 1, scripts }, options).split("\n").map((line) => `  ${line}`),
    ]),
    "Nothing was changed; fetched packages stay in the cache.",
  ].map(cleanText).join("\n");
}

function formatSizes({ size: { download, system, repository } }: Preview): string[] {
  const more = `${size(Math.abs(system))} ${system < 0 ? "less" : "more"} in the system`;
  return [
    `Size: ${size(download)} of packages, ${more}, ${size(repository)} new in the repository`,
  ];
}

const mark = ({ before, after }: PreviewFile) => before ? (after ? "~" : "-") : "+";

function formatFiles(files: readonly PreviewFile[], verbose: boolean): string[] {
  const count = (sign: string) => files.filter((each) => mark(each) === sign).length;
  const head = `Files: ${count("+")} added, ${count("~")} changed, ${count("-")} removed`;
  if (verbose || files.length <= SHOWN) {
    return [head, ...files.map((each) => `  ${mark(each)} ${each.path}`)];
  }
  const directories = new Map<string, PreviewFile[]>();
  for (const each of files) {
    const path = each.path.split("/").slice(0, 4).join("/");
    directories.set(path, [...directories.get(path) ?? [], each]);
  }
  const largest = [...directories].sort(([, a], [, b]) => b.length - a.length);
  const lines = largest.slice(0, DIRECTORIES).sort(([a], [b]) => a < b ? -1 : 1).map(
    ([path, within]) => {
      const only = within[0]!;
      if (within.length === 1) return `  ${mark(only)} ${only.path}`;
      const counts = ["+", "~", "-"].map((sign) =>
        [sign, within.filter((each) => mark(each) === sign).length] as const
      ).filter(([, n]) => n > 0).map(([sign, n]) => `${sign}${n}`);
      return `  ${path}/… ${counts.join(" ")}`;
    },
  );
  const rest = largest.slice(DIRECTORIES).reduce((sum, [, within]) => sum + within.length, 0);
  return [head, ...lines, ...(rest > 0 ? [`  and ${rest} elsewhere; --verbose shows all`] : [])];
}

function formatUnits({ units }: Preview): string[] {
  if (units.length === 0) return [];
  return [
    "Services:",
    ...units.map(({ name, scope, change, enabled, preset }) => {
      const user = scope === "user" ? ", for users" : "";
      const starts = change === "removed"
        ? ""
        : enabled
        ? ", started at boot"
        : preset === undefined
        ? ""
        : `, not started (preset: ${preset})`;
      return `  ${name}: ${change}${user}${starts}`;
    }),
  ];
}

function formatNames(title: string, { added, removed }: Preview["users"]): string[] {
  const names = [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)];
  return names.length === 0 ? [] : [`${title}: ${names.join(" ")}`];
}

function formatEtc({ etc }: Preview): string[] {
  if (etc.length === 0) return [];
  return [
    "Configuration changed on this host and by the update; what is on this host stays:",
    ...etc.map(({ path, local, update, same, package: name }) => {
      const owner = name === undefined ? "" : ` (conffile of ${name})`;
      const outcome = same ? ", both to the same" : "";
      return `  ${path}${owner}: ${local} here, ${update} by the update${outcome}`;
    }),
  ];
}
