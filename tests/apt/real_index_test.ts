import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  compareVersions,
  formatStanza,
  parseDeb822,
  parseDependencies,
  reverseDependencies,
} from "@apt-ostree/apt";
import { output } from "../support/archive.ts";
import { hostApt } from "../support/host_apt.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-cache", "dpkg", "perl");
/** Packages that apt-cache is asked about. */
const PACKAGES = 200;

/** Some packages of a suite, the same each time. */
function sample(names: readonly string[]): string[] {
  const step = Math.floor(names.length / PACKAGES);
  return Array.from({ length: PACKAGES }, (_, at) => names[at * step]!);
}

Deno.test("a full suite's index is read as apt reads it", { ignore }, async (t) => {
  const { root, dir } = await hostApt();
  const indexes = root.indexes();
  const index = indexes.toSorted((a, b) => b.length - a.length)[0]!;
  const cache = (...args: string[]) =>
    output("env", `APT_CONFIG=${dir}/apt.conf`, "LC_ALL=C.UTF-8", "apt-cache", ...args);

  await t.step("every field of every paragraph gives its text back", () => {
    assert(index.length > 20_000, `there are only ${index.length} packages`);
    for (let at = 0; at < index.length; at++) {
      // Space at the end of a line is no part of a value. @see deb822(5)
      const [text, original] = [formatStanza(index.stanza(at)), index.text(at)]
        .map((each) => each.replace(/[ \t]+$/gm, ""));
      if (text !== original) assertEquals(text, original);
    }
  });

  const names = sample([...index.names()]);
  await t.step(`apt-cache show says the same of ${PACKAGES} packages`, async () => {
    const theirs = parseDeb822(await cache("show", "--", ...names), "apt-cache");
    const key = (stanza: ReadonlyMap<string, string>) =>
      [...stanza].map(([name, value]) => `${name}: ${value}`).sort().join("\n");
    const found = new Set(root.show(names).map(key));
    assertEquals(theirs.filter((stanza) => !found.has(key(stanza))).map(key), []);
    assert(theirs.length >= PACKAGES);
  });

  await t.step(`apt-cache depends says the same of ${PACKAGES} packages`, async () => {
    const fields = ["Pre-Depends", "Depends", "Recommends", "Suggests", "Conflicts", "Breaks"];
    const options = ["--no-replaces", "--no-enhances"];
    const text = await cache("depends", ...options, ...names);
    const theirs = new Map<string, string[]>();
    let name = "";
    for (const line of text.split("\n")) {
      const found = /^ [ |](\w+): <?([^>\s]+?)(?::\w+)?>?$/.exec(line);
      if (/^\S/.test(line)) theirs.set(name = line, []);
      else if (found) theirs.get(name)!.push(`${found[1]} ${found[2]}`);
    }
    const policy = await cache("policy", ...names);
    const candidates = new Map(
      [...policy.matchAll(/^(\S+):\n.*\n {2}Candidate: (\S+)$/gm)].map(([, name, version]) =>
        [name!, version!] as const
      ),
    );
    for (const name of names) {
      const candidate = candidates.get(name);
      const stanza = root.show([name]).find((each) => each.get("Version") === candidate)!;
      const ours = fields.flatMap((field) =>
        parseDependencies(stanza.get(field) ?? "").flat()
          .map((each) => `${field.replace("-", "")} ${each.name}`)
      );
      assertEquals(ours.toSorted(), theirs.get(name)!.toSorted(), name);
    }
  });

  await t.step("apt-cache rdepends says the same", async () => {
    for (const name of sample(names).slice(0, 20).concat("libc6", "python3-yaml")) {
      const text = await cache("rdepends", name);
      const theirs = text.split("\n").slice(2).map((line) => line.replace(/^[ |]+/, ""))
        .filter((line) => line !== "").map((line) => line.replace(/:.*/, ""));
      const ours = new Set([...reverseDependencies(indexes, name)].map((each) => each.name));
      assertEquals([...ours].sort(), [...new Set(theirs)].sort(), name);
    }
  });

  await t.step("apt-cache search finds the same", async () => {
    // apt-cache also finds packages that provide a name with the term in it.
    const provided = [...index].flatMap((stanza) => {
      const names = parseDependencies(stanza.get("Provides") ?? "").flat().map(({ name }) => name);
      return names.length > 0 ? [[stanza.get("Package")!, names] as const] : [];
    });
    for (const term of ["nginx", "editor", "compress", "python3-yaml", "Raspberry"]) {
      const providers = provided.filter(([, names]) => names.some((name) => name.includes(term)))
        .map(([name]) => name);
      const theirs = (await cache("search", term)).trim().split("\n")
        .map((line) => line.replace(/ - .*/, ""));
      const { name, summary } = root.search([term]);
      const found = [...name, ...summary].map((each) => each.name);
      const ours = new Set([...found, ...providers]);
      assertEquals([...ours].sort(), [...new Set(theirs)].sort(), term);
      const narrow = (await cache("search", "--names-only", term)).trim().split("\n")
        .map((line) => line.replace(/ - .*/, "")).filter((line) => line !== "");
      const named = new Set([...name.map((each) => each.name), ...providers]);
      assertEquals([...named].sort(), [...new Set(narrow)].sort(), term);
    }
  });

  await t.step("Dpkg::Version puts all its versions in the same order", async () => {
    const versions = [...new Set([...index].map((stanza) => stanza.get("Version")!))]
      .sort(compareVersions);
    const script = "use Dpkg::Version; my $b; while (<STDIN>) { chomp; " +
      'print "$b $_\\n" if defined $b and version_compare($b, $_) > 0; $b = $_ }';
    assertEquals(await filter(["perl", "-e", script], versions), "");
    assert(versions.length > 10_000, `${versions.length}`);
  });
});

const part = fc.stringMatching(/^[0-9a-cA-B.+~]{0,6}$/);
const version = fc.tuple(fc.constantFrom("", "0:", "1:", "12:"), fc.nat(20), part, part).map(
  ([epoch, digit, upstream, revision]) =>
    `${epoch}${digit}${upstream}${revision === "" ? "" : `-${revision}`}`,
);

Deno.test("compareVersions() agrees with dpkg on 20,000 pairs", { ignore }, async () => {
  const pairs = fc.sample(fc.tuple(version, version), { numRuns: 20_000, seed: 2026 });
  const lines = pairs.map(([a, b]) => {
    const relation = ["lt", "eq", "gt"][Math.sign(compareVersions(a, b)) + 1]!;
    return `${a} ${relation} ${b}`;
  });
  const script = 'while read -r a r b; do dpkg --compare-versions "$a" "$r" "$b" || ' +
    'echo "dpkg denies: $a $r $b"; done';
  const half = lines.length / 2;
  const denied = await Promise.all(
    [lines.slice(0, half), lines.slice(half)].map((some) => filter(["sh", "-c", script], some)),
  );
  assertEquals(denied.join(""), "");
});

/** What a program writes when it reads lines. */
async function filter(argv: readonly string[], lines: readonly string[]): Promise<string> {
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    stdin: "piped",
    stdout: "piped",
    stderr: "null", // dpkg warns of versions that no package should have
  }).spawn();
  const writer = child.stdin.getWriter();
  const text = child.output();
  await writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  await writer.close();
  return new TextDecoder().decode((await text).stdout);
}
