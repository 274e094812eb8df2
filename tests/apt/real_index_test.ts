import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  compareVersions,
  formatStanza,
  parseDeb822,
  parseDependencies,
  reverseDependencies,
  type Stanza,
} from "@apt-ostree/apt";
import { output } from "../support/archive.ts";
import { SHORT } from "../support/effort.ts";
import { hostApt } from "../support/host_apt.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-cache", "dpkg");
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

  await t.step(`apt-cache rdepends says the same of ${PACKAGES} packages`, async () => {
    const asked = names.concat("libc6", "python3-yaml");
    const theirs = new Map<string, string[]>();
    let of = "";
    for (const line of (await cache("rdepends", ...asked)).split("\n")) {
      // Deeper still, behind a dependency with a version, it names those who provide it.
      const [, found] = /^[ |]{2}([^\s:]+)/.exec(line) ?? [];
      if (/^\S+$/.test(line)) theirs.set(of = line, []);
      else if (found) theirs.get(of)!.push(found);
    }
    assertEquals(theirs.size, new Set(asked).size);
    for (const name of asked) {
      const ours = new Set([...reverseDependencies(indexes, name)].map((each) => each.name));
      assertEquals([...ours].sort(), [...new Set(theirs.get(name))].sort(), name);
    }
  });

  await t.step(`apt-cache search finds the same for ${PACKAGES} terms`, async () => {
    // apt-cache also finds packages that provide a name with the term in it.
    const provided = indexes.flatMap((each) => [...each]).flatMap((stanza) => {
      const names = parseDependencies(stanza.get("Provides") ?? "").flat().map(({ name }) => name);
      return names.length > 0 ? [[stanza.get("Package")!, names] as const] : [];
    });
    const chosen = names.filter((_, at) => at % 2 === 0);
    const words = names.filter((_, at) => at % 2 !== 0).map((name) => {
      const summary = root.show([name])[0]!.get("Description") ?? "";
      return /(?<![\w.+-])[A-Za-z][\w.+-]{3,}(?![\w.+-])/.exec(summary)?.[0] ?? name.slice(0, 4);
    });
    for (const term of chosen.concat(words).filter((_, at) => !SHORT || at % 8 === 0)) {
      const providers = provided.filter(([, names]) =>
        names.some((name) => name.includes(term.toLowerCase()))
      ).map(([name]) => name);
      const pattern = term.replace(/[.+]/g, "\\$&"); // to apt-cache it is a regular expression
      const search = async (...options: string[]) =>
        (await cache("search", ...options, "--", pattern)).trim().split("\n")
          .map((line) => line.replace(/ - .*/, "")).filter((line) => line !== "");
      const { name, summary } = root.search([term]);
      const named = name.map((each) => each.name).concat(providers);
      const ours = summary.map((each) => each.name).concat(named);
      const [all, narrow] = await Promise.all([search(), search("--names-only")]);
      assertEquals([...new Set(ours)].sort(), [...new Set(all)].sort(), term);
      assertEquals([...new Set(named)].sort(), [...new Set(narrow)].sort(), `${term}, names only`);
    }
  });

  await t.step("dpkg puts all its versions in the same order", async () => {
    const versions = [...new Set(indexes.flatMap((each) => [...each].map(versionOf)))]
      .sort(compareVersions);
    assert(versions.length > 10_000, `${versions.length}`);
    // Neighbours in the right order prove a whole order.
    const neighbours = versions.slice(1).map((version, at) => [versions[at]!, version] as const);
    assertEquals(await denied(neighbours.filter((_, at) => !SHORT || at % 10 === 0)), "");
  });

  await t.step("dpkg says the same of every two versions of one package or source", async () => {
    const groups = new Map<string, Set<string>>();
    for (const stanza of indexes.flatMap((each) => [...each])) {
      const name = stanza.get("Package")!;
      const [, source = name, given] = /^(\S+)(?: \((.*)\))?$/.exec(stanza.get("Source") ?? "") ??
        [];
      const add = (key: string, version: string) =>
        groups.set(key, (groups.get(key) ?? new Set()).add(version));
      add(`package ${name}`, versionOf(stanza));
      add(`source ${source}`, given ?? versionOf(stanza));
    }
    const pairs = [...groups.values()].map((set) => [...set]).flatMap((versions) =>
      versions.flatMap((a, at) => versions.slice(at + 1).map((b) => [a, b] as const))
    );
    assert(pairs.length > 500, `${pairs.length}`);
    assertEquals(await denied(pairs.filter((_, at) => !SHORT || at % 10 === 0)), "");
  });
});

const versionOf = (stanza: Stanza) => stanza.get("Version")!;

const part = fc.stringMatching(/^[0-9a-cA-B.+~]{0,6}$/);
const version = fc.tuple(fc.constantFrom("", "0:", "1:", "12:"), fc.nat(20), part, part).map(
  ([epoch, digit, upstream, revision]) =>
    `${epoch}${digit}${upstream}${revision === "" ? "" : `-${revision}`}`,
);

Deno.test("compareVersions() agrees with dpkg on 20,000 pairs", { ignore }, async () => {
  const pairs = fc.sample(fc.tuple(version, version), { numRuns: 20_000, seed: 2026 });
  assertEquals(await denied(pairs.filter((_, at) => !SHORT || at % 10 === 0)), "");
});

/** Pairs of versions whose order, as we say it is, `dpkg --compare-versions` denies. */
async function denied(pairs: readonly (readonly [string, string])[]): Promise<string> {
  const lines = pairs.map(([a, b]) => {
    const relation = ["lt", "eq", "gt"][Math.sign(compareVersions(a, b)) + 1]!;
    return `${a} ${relation} ${b}`;
  });
  const script = 'while read -r a r b; do dpkg --compare-versions "$a" "$r" "$b" || ' +
    'echo "dpkg denies: $a $r $b"; done';
  const lanes = navigator.hardwareConcurrency;
  const size = Math.ceil(lines.length / lanes);
  const texts = Array.from(
    { length: lanes },
    (_, at) => filter(["sh", "-c", script], lines.slice(at * size, (at + 1) * size)),
  );
  return (await Promise.all(texts)).join("");
}

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
