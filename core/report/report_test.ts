import { assertEquals, assertMatch } from "@std/assert";
import { type Repo, variant } from "@apt-ostree/ostree";
import { inTemp } from "../../tests/support/in_temp.ts";
import { type MadeTreeSpec, makeTree } from "../../tests/support/made_tree.ts";
import { writeCommitScripts } from "../audit/commit_scripts.ts";
import { formatReport } from "./format_report.ts";
import { Html, markup } from "./markup.ts";
import { formatBytes, formatDelta, formatNumber } from "./numbers.ts";
import { readReport } from "./read_report.ts";
import { layOutTreemap, type SizedNode } from "./treemap.ts";

const SYSTEM: MadeTreeSpec = {
  files: {
    "usr/etc/passwd": "root:x:0:0:root:/root:/bin/bash\njane:x:1000:1000:Jane:/home/jane:/bin/sh\n",
    "usr/etc/group": "root:x:0:\njane:x:1000:root\n",
    "usr/bin/tool": "x".repeat(5000),
    "usr/lib/liba.so": "y".repeat(20000),
    "usr/bin/mine": "z",
    "usr/lib/systemd/system/tool@.service": "[Unit]\nDescription=Tool on %I\n",
  },
  links: {
    "usr/etc/systemd/system/multi-user.target.wants/tool@one.service":
      "/lib/systemd/system/tool@.service",
    "usr/lib/systemd/system/sysinit.target.wants/a.service": "../a.service",
  },
  packages: {
    "liba:amd64": ["/usr/lib/liba.so"],
    "tool:all": ["/usr/bin/tool", "/usr/lib/systemd/system/tool@.service"],
  },
  fields: { "liba:amd64": "Section: libs\n", "tool:all": "Section: contrib/admin\n" },
};

function commit(dir: string, spec: MadeTreeSpec, version = "1"): { repo: Repo; commit: string } {
  const { repo, tree } = makeTree(dir, spec);
  using txn = repo.transaction();
  const sum = txn.writeCommit({
    root: tree.write(txn),
    timestamp: 1_700_000_000,
    metadata: new Map([["version", variant("s", version)]]),
  });
  txn.commit({ sync: false });
  return { repo, commit: sum };
}

Deno.test("readReport() tells sizes, owners, accounts and units of a commit", () =>
  inTemp((dir) => {
    const { repo, commit: sum } = commit(dir, SYSTEM);
    const report = readReport(repo, sum);
    assertEquals(report.packages.map(({ name, bytes, files }) => [name, bytes, files]), [
      ["liba", 20000, 1],
      ["tool", 5030, 2],
    ]);
    assertEquals(report.packages.map(({ section }) => section), ["libs", "admin"]);
    const all = report.packages.reduce((total, { bytes }) => total + bytes, report.unowned.bytes);
    assertEquals(report.root.bytes, all);
    assertEquals(report.largest[0], { path: "usr/lib/liba.so", bytes: 20000, owner: "liba:amd64" });
    assertEquals(report.users.map(({ name }) => name), ["root", "jane"]);
    assertEquals(report.units, [
      { name: "a.service", description: "", wantedBy: ["sysinit.target"], by: "package" },
      {
        name: "tool@one.service",
        description: "Tool on one",
        wantedBy: ["multi-user.target"],
        by: "preset",
      },
    ]);
    assertEquals(report.scripts, undefined);
    assertMatch(formatReport(report), /This commit has no record of its maintainer scripts/);
  }));

Deno.test("readReport() compares packages, files and sizes with another commit", () =>
  inTemp((dir) => {
    const { repo, commit: before } = commit(dir, SYSTEM);
    const files = { ...SYSTEM.files, "usr/bin/tool": "x".repeat(9000), "usr/bin/new": "n" };
    const { commit: after } = commit(dir, {
      ...SYSTEM,
      files,
      packages: { ...SYSTEM.packages, "new:all": ["/usr/bin/new"] },
    }, "2");
    const report = readReport(repo, after, before);
    assertEquals(report.comparison!.packages.added.map(({ name }) => name), ["new"]);
    const named = report.comparison!.files.filter(({ path }) => path.startsWith("usr/bin/"));
    assertEquals(named, [
      { path: "usr/bin/new", kind: "added", delta: 1 },
      { path: "usr/bin/tool", kind: "changed", delta: 4000 },
    ]);
    const page = formatReport(report);
    assertMatch(page, /1 package added, \d files changed; \+4\.\d kB in all/);
    assertEquals(formatReport(readReport(repo, after)).includes("What changed"), false);
    assertMatch(
      formatReport(readReport(repo, after, after)),
      /no package changed, no file changed/,
    );
  }));

Deno.test("formatReport() shows the scripts that a commit has a record of", () =>
  inTemp((dir) => {
    const { repo, commit: sum } = commit(dir, SYSTEM);
    {
      using txn = repo.transaction();
      writeCommitScripts(repo, txn, sum, [{
        package: "tool",
        architecture: "all",
        version: "1.0",
        script: "postinst",
        args: ["configure", ""],
        status: 7,
        ms: 1234.5,
        calls: [{
          program: "systemctl",
          argv: ["start"],
          cwd: "/",
          action: "ignore",
          status: undefined,
        }],
        files: [],
        users: ["tooluser"],
        groups: [],
        triggers: [],
        incomplete: true,
      }]);
      txn.commit({ sync: false });
    }
    const page = formatReport(readReport(repo, sum));
    assertMatch(page, /1 maintainer script ran in a sealed cell, 1 of them not to a good end/);
    for (const text of ["postinst configure", "status 7", "1,235 ms", "tooluser", "systemctl"]) {
      assertEquals(page.includes(text), true, text);
    }
    assertMatch(page, /The record of 1 script is not complete/);
  }));

const BAD = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u202egnp.exe`;

Deno.test("formatReport() escapes whatever names, paths and descriptions hold", () =>
  inTemp((dir) => {
    const name = BAD.replaceAll("/", "\u2215");
    const { repo, commit: sum } = commit(dir, {
      files: {
        [`usr/bin/${name}`]: { text: "x", mode: 0o4777 },
        "usr/etc/passwd": `${name}:x:1000:1000:${BAD}:${BAD}:${BAD}\n`,
        "usr/etc/group": `${name}:x:1000:${BAD}\n`,
        [`usr/lib/systemd/system/${name}.service`]: `[Unit]\nDescription=${BAD}\n`,
        "usr/share/apt-ostree/treefile.json": BAD,
      },
      links: { [`usr/etc/systemd/system/${name}.target.wants/${name}.service`]: BAD },
      packages: { "a:all": [`/usr/bin/${name}`] },
      fields: { "a:all": `Section: ${BAD}\nSource: ${BAD}\n` },
    }, BAD);
    const page = formatReport(readReport(repo, sum, sum));
    const tags = new Set([...page.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    for (const tag of ["script", "img"]) assertEquals(tags.has(tag), false, tag);
    assertEquals([...page.matchAll(/<[^>]*\s(on\w+|src)=/gi)].length, 0);
    assertEquals(page.includes("\u202e"), false);
    assertEquals(page.includes("&lt;script&gt;alert(1)"), true);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!);
    assertEquals(links.every((href) => /^#[a-z]+$/.test(href)), true);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    assertEquals(new Set(ids).size, ids.length);
    assertEquals(links.filter((href) => !ids.includes(href.slice(1))), []);
  }));

Deno.test("markup() escapes values, and leaves markup alone", () => {
  const bold = markup`<b title="${'"<'}">${"a\u0000\ud800&"}</b>`;
  assertEquals(`${bold}`, '<b title="&quot;&lt;">a\ufffd\ufffd&amp;</b>');
  assertEquals(`${markup`<i>${[bold, 1, undefined, false]}</i>`}`, `<i>${bold}1</i>`);
  assertEquals(`${new Html("<u>")}`, "<u>");
});

Deno.test("layOutTreemap() gives each its share of the area, inside its group", () => {
  const leaf = (name: string, size: number): SizedNode => ({ name, title: name, size });
  const groups: SizedNode[] = [
    { name: "small", title: "", children: [leaf("a", 100)] },
    { name: "large", title: "", children: [leaf("b", 200), leaf("c", 100), leaf("none", 0)] },
  ];
  const tiles = layOutTreemap(groups, 1000, 500);
  assertEquals(tiles.map(({ node }) => node.name), ["large", "b", "c", "small", "a"]);
  const [large, b, c, small] = tiles;
  const area = (tile: typeof large) => tile!.width * tile!.height;
  assertEquals(Math.round(area(large) / area(small)), 3);
  assertEquals(Math.round(area(b) / area(c)), 2);
  for (const tile of [b!, c!]) {
    assertEquals(tile.x >= large!.x && tile.x + tile.width <= large!.x + large!.width, true);
    assertEquals(tile.y >= large!.y && tile.y + tile.height <= large!.y + large!.height, true);
  }
  assertEquals(layOutTreemap([], 10, 10), []);
});

const SIZES: [bytes: number, text: string][] = [
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [99_600, "100 kB"],
  [999_600, "1.0 MB"],
  [348_000_000, "348 MB"],
  [-8_600_000, "\u22128.6 MB"],
];

Deno.test.each(SIZES)("formatBytes() of %d is %s", (bytes, text) => {
  assertEquals(formatBytes(bytes), text);
});

Deno.test("formatDelta() and formatNumber() are read as words", () => {
  assertEquals([formatDelta(1500), formatDelta(0)], ["+1.5 kB", "0 B"]);
  assertEquals([formatNumber(1, "file"), formatNumber(1234, "file")], ["1 file", "1,234 files"]);
});
