import { type Html, markup } from "./markup.ts";
import { formatBytes, formatCount, formatDelta, formatNumber } from "./numbers.ts";
import type { Report, SizedPackage } from "./read_report.ts";
import { folded, section, table } from "./table.ts";
import type { DirectorySize } from "./tree_sizes.ts";
import type { SizedNode } from "./treemap.ts";
import { treemapFigure } from "./treemap_figure.ts";

/** How the size is spread over packages. */
export function packageSizes(report: Report): Html {
  const { packages, unowned } = report;
  const changed = changedNames(report);
  const bySection = Map.groupBy(packages, (pkg) => pkg.section || "no section");
  const groups: SizedNode[] = [...bySection].map(([name, members]) => ({
    name,
    title: name,
    children: members.map((pkg) => ({
      name: pkg.name,
      title: `${pkg.name} ${pkg.version}: ${formatBytes(pkg.bytes)}, ${
        formatNumber(pkg.files, "file")
      }${changed.has(pkg.name) ? ", changed" : ""}\n${pkg.summary}`,
      size: pkg.bytes,
      marked: changed.has(pkg.name),
    })),
  }));
  const nobody = `Files of no package: ${formatBytes(unowned.bytes)}`;
  groups.push({
    name: "no package",
    title: "no package",
    children: [{ name: "generated", title: nobody, size: unowned.bytes }],
  });
  const largest = packages.toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  const label = `Packages by size. The largest are ${
    largest.slice(0, 5).map((pkg) => `${pkg.name}, ${formatBytes(pkg.bytes)}`).join("; ")
  }.`;
  const caption = markup`Each area is the size of a package's files, by Debian's sections${
    changed.size > 0 && "; framed: changed"
  }. “No package” is what scripts and the compose made, such as the initramfs.`;
  return section(
    "packages",
    "Size by package",
    markup`${treemapFigure("map-packages", label, caption, groups)}${
      folded(`All ${formatNumber(packages.length, "package")}`, packageTable(largest))
    }`,
  );
}

function packageTable(packages: readonly SizedPackage[]): Html {
  return table("All packages", [
    { title: "Package", cell: (pkg) => markup`<bdi>${pkg.name}</bdi>` },
    { title: "Version", cell: (pkg) => markup`<span class="mono">${pkg.version}</span>` },
    { title: "Section", cell: (pkg) => pkg.section },
    { title: "Files", cell: (pkg) => formatCount(pkg.files), number: true },
    { title: "Size", cell: (pkg) => formatBytes(pkg.bytes), number: true },
    { title: "What it is", cell: (pkg) => pkg.summary },
  ], packages);
}

function changedNames({ comparison }: Report): ReadonlySet<string> {
  if (!comparison) return new Set();
  const { upgraded, downgraded, added } = comparison.packages;
  return new Set([...upgraded, ...downgraded, ...added].map(({ name }) => name));
}

/** A directory by its path. */
interface Place {
  readonly path: string;
  readonly size: DirectorySize;
}

/** How the size is spread over directories. */
export function directorySizes({ root, largest, comparison }: Report): Html {
  // /usr holds nearly everything: its directories are the groups.
  const places = root.directories.flatMap((each): Place[] =>
    each.name === "usr"
      ? each.directories.map((below) => ({ path: `/usr/${below.name}`, size: below }))
      : [{ path: `/${each.name}`, size: each }]
  ).filter(({ size }) => size.files > 0);
  const groups = places.map(({ path, size }): SizedNode => ({
    name: path,
    title: path,
    children: parts(path, size),
  }));
  const before = new Map<string, number>(
    comparison?.before.root.directories.flatMap((each) =>
      each.name === "usr"
        ? each.directories.map((below) => [`/usr/${below.name}`, below.bytes] as const)
        : [[`/${each.name}`, each.bytes] as const]
    ),
  );
  const label = `Directories by size: ${
    places.toSorted((a, b) => b.size.bytes - a.size.bytes).slice(0, 5)
      .map(({ path, size }) => `${path}, ${formatBytes(size.bytes)}`).join("; ")
  }.`;
  const rows = places.toSorted((a, b) => b.size.bytes - a.size.bytes);
  return section(
    "directories",
    "Size by directory",
    markup`${
      treemapFigure(
        "map-directories",
        label,
        "Each area is the size of all files below a directory.",
        groups,
      )
    }${
      folded(
        "As a table",
        table("Directories", [
          { title: "Directory", cell: ({ path }: Place) => markup`<bdi>${path}</bdi>` },
          { title: "Files", cell: ({ size }) => formatCount(size.files), number: true },
          { title: "Size", cell: ({ size }) => formatBytes(size.bytes), number: true },
          ...(comparison
            ? [{
              title: "Change",
              cell: ({ path, size }: Place) => formatDelta(size.bytes - (before.get(path) ?? 0)),
              number: true,
            }]
            : []),
        ], rows),
      )
    }${
      folded(
        "The largest files",
        table("Largest files", [
          { title: "File", cell: ({ path }) => markup`<bdi class="mono">/${path}</bdi>` },
          { title: "Package", cell: ({ owner }) => owner || "none" },
          { title: "Size", cell: ({ bytes }) => formatBytes(bytes), number: true },
        ], largest),
      )
    }`,
  );
}

/** Directories in a directory, a lone one with its own inside, and the files that lie beside them. */
function parts(path: string, size: DirectorySize): SizedNode[] {
  const nodes = size.directories.map((each): SizedNode => {
    let name = each.name;
    let at = each;
    while (at.directories.length === 1 && at.directories[0]!.bytes > at.bytes * 0.9) {
      at = at.directories[0]!;
      name += `/${at.name}`;
    }
    return {
      name,
      title: `${path}/${name}: ${formatBytes(each.bytes)}, ${formatNumber(each.files, "file")}`,
      size: each.bytes,
    };
  });
  const beside = size.bytes - size.directories.reduce((sum, each) => sum + each.bytes, 0);
  if (beside > 0) {
    nodes.push({
      name: "files here",
      title: `Files in ${path}: ${formatBytes(beside)}`,
      size: beside,
    });
  }
  return nodes;
}
