import { assertEquals, assertThrows } from "@std/assert";
import { TreefileError } from "./error.ts";
import { readTreefile } from "./read_treefile.ts";
import { formatTreefile } from "./treefile.ts";

/** Read the first of some files that lie beside each other. */
function read(files: Record<string, string>, basearch = "x86_64") {
  const dir = Deno.makeTempDirSync();
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${dir}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, text);
    }
    return readTreefile(`${dir}/${Object.keys(files)[0]}`, basearch);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function fails(text: string, name = "t.yaml"): TreefileError {
  return assertThrows(() => read({ [name]: text }), TreefileError);
}

Deno.test("readTreefile() has defaults for everything", () => {
  const { treefile } = read({ "t.yaml": "packages: []\n" });
  assertEquals([treefile.recommends, treefile.documentation, treefile.repos, treefile.ref], [
    true,
    true,
    undefined,
    undefined,
  ]);
});

Deno.test("readTreefile() merges includes: lists before the including file's, its single values and keys over theirs", () => {
  const { treefile } = read({
    "top.yaml":
      "include: sub/base.yaml\nref: top\npackages: [b]\nadd-commit-metadata: {k: top}\nunits: [t.service]\n",
    "sub/base.yaml":
      "include: [deep.yaml]\nref: base\nrecommends: false\npackages: [a]\nadd-commit-metadata: {k: base, l: base}\nunits: [b.service]\n",
    "sub/deep.yaml": "packages: [z, a]\npostprocess: ['true']\n",
  });
  assertEquals([treefile.ref, treefile.recommends], ["top", false]);
  assertEquals(treefile.packages, ["z", "a", "b"]);
  assertEquals(treefile.packageLayers, [["z", "a"], ["a"], ["b"]]);
  assertEquals(treefile.addCommitMetadata, { k: "top", l: "base" });
  assertEquals(treefile.units, ["b.service", "t.service"]);
  assertEquals(treefile.postprocess, ["true"]);
});

Deno.test("readTreefile() splits items as a shell, and takes the architecture's packages under both names", () => {
  const text =
    "packages: ['a b', \"'c d'=1\"]\npackages-x86_64: [k]\npackages-amd64: [m]\npackages-aarch64: [other]\n";
  assertEquals(read({ "t.yaml": text }).treefile.packages, ["a", "b", "c d=1", "k", "m"]);
  assertEquals(read({ "t.yaml": text }, "aarch64").treefile.packages, ["a", "b", "c d=1", "other"]);
});

Deno.test("readTreefile() puts variables in, with defaults", () => {
  const text =
    "variables: {n: 12, s: x}\nref: d/${n}/${basearch}/${arch}/${missing:-y}/${s}\nadd-commit-metadata: {a: '${n}', b: 5}\n";
  const { treefile } = read({ "t.yaml": text });
  assertEquals(treefile.ref, "d/12/x86_64/amd64/y/x");
  assertEquals(treefile.addCommitMetadata, { a: "12", b: 5 });
});

Deno.test("readTreefile() includes by architecture, by condition, and in place", () => {
  const { treefile } = read({
    "top.yaml": `
include: [first.yaml, {packages: [inline], units: [i.service]}]
arch-include: {amd64: amd.yaml, aarch64: arm.yaml}
variables: {desktop: true}
releasever: 12
conditional-include:
  - {if: desktop == true, include: desktop.yaml}
  - {if: desktop == false, include: nothing.yaml}
  - {if: [releasever >= 12, flavour == "blue"], include: {packages: [blue]}}
packages: [top]
`,
    "first.yaml": "variables: {flavour: blue, desktop: false}\npackages: [first]\n",
    "amd.yaml": "packages: [amd]\n",
    "desktop.yaml":
      "conditional-include: [{if: desktop == true, include: {packages: [deeper]}}]\npackages: [desktop]\n",
  });
  assertEquals(treefile.packages, ["first", "inline", "amd", "deeper", "desktop", "blue", "top"]);
  assertEquals(treefile.units, ["i.service"]);
});

Deno.test("readTreefile() reads kickstart files that are included", () => {
  const { treefile } = read({
    "t.yaml": "include: a.ks\npackages: [t]\n",
    "a.ks": "%include b.ks\n%packages --exclude-weakdeps\na\n-x\n%end\n",
    "b.ks": "%packages\nb\n%end\n",
  });
  assertEquals(treefile.packages, ["b", "a", "t"]);
  assertEquals([treefile.excludePackages, treefile.recommends], [["x"], false]);
});

Deno.test("readTreefile() names the place in an included file, and who includes it", () => {
  const error = assertThrows(() =>
    read({
      "top.yaml": "include: sub/a.yaml\n",
      "sub/a.yaml": "include: b.yaml\n",
      "sub/b.yaml": "packages:\n  - good\n  - {bad: 1}\n",
    }), TreefileError);
  const message = error.message.replaceAll(/\/tmp\/\w+\//g, "");
  assertEquals(
    message,
    'Cannot read treefile sub/b.yaml:3:5, which "sub/a.yaml:1:1" includes, which "top.yaml:1:1" includes: "packages" has to be a list of texts',
  );
});

/** Mistakes in an included file: its second line, the column, what is said. */
const PLACED: [line: string, column: number, message: string][] = [
  ["nope: 1", 1, 'there is no field "nope"'],
  ["recommends: maybe", 1, '"recommends" has to be true or false'],
  ["units: [a, {b: c}]", 12, '"units" has to be a list of texts'],
  ["units: [a: ]b", 13, "Unexpected scalar"],
  ["units: *lost", 8, '"*lost" names what is not there before it'],
  ["units: &a [*a]", 12, '"*a" names what is part of itself'],
  ["units: !odd [a]", 8, "Unresolved tag: !odd"],
  ["ref: a/${nope}", 1, 'there is no variable "nope"'],
  ["ref: a/${nope", 1, 'has a "${" that no variable follows'],
  ["ref: a/${a:-${b}}", 1, 'has a "${" that no variable follows'],
  ["mutate-os-release: ${nope}", 1, 'there is no variable "nope"'],
  ["add-commit-metadata: {a: b, c: '${nope}'}", 29, 'there is no variable "nope"'],
  ["variables: {a: b, arch: c}", 19, 'variable "arch" is set by apt-ostree'],
  ["packages: [a, 'b \"c']", 15, "a quote is not closed in packages"],
  ["bootstrap-packages: ['\"']", 22, "a quote is not closed in packages"],
  ["exclude-packages: [a, '\"']", 23, "a quote is not closed in exclude-packages"],
  ["repo-packages: [{repo: a, packages: ['\"']}]", 17, "a quote is not closed in repo-packages"],
  ["basearch: s390x", 1, "it is for s390x"],
  ["remove-files: [/usr/a, ../b]", 24, 'remove-files has the path "../b"'],
  ["add-files: [[t.yaml, /var/x]]", 13, 'add-files has the path "/var/x"'],
  ["add-files: [[nope, /usr/x]]", 13, "sub/nope"],
  ["postprocess-script: nope.sh", 1, "sub/nope.sh"],
  ["check-groups: {type: file, filename: nope}", 28, "sub/nope"],
  ["remove-from-packages: [[a, b], [c, '(']]", 32, "Invalid regular expression"],
  ["check-passwd: {type: file}", 1, "check-passwd of type file names no file"],
  ["check-groups: {type: data}", 1, "check-groups of type data has no entries"],
  ["machineid-compat: false\nunits: [a]", 1, '"units" has no effect'],
  ["conditional-include: [{if: nope == 1, include: a}]", 24, 'there is no variable "nope"'],
  ["conditional-include: [{if: arch == 1, include: a}]", 24, "it compares string"],
  ["conditional-include: [{if: arch, include: a}]", 24, "it is not VARIABLE OPERATOR VALUE"],
  ["conditional-include: [{if: arch < true, include: a}]", 24, "it compares string"],
  ["include: [{packages: [{a: b}]}]", 23, '"packages" has to be a list of texts'],
  ["override-remove: [a]", 1, "it belongs to a host's origin"],
];

Deno.test.each(PLACED)(
  "readTreefile() says where %j is, and who includes it",
  (line, column, what) => {
    const files = {
      "top.yaml": "packages: []\ninclude:\n  - sub/a.yaml\n",
      "sub/a.yaml": `# A\n${line}\n`,
    };
    const error = assertThrows(() => read(files), TreefileError);
    const row = line.includes("\n") ? 3 : 2;
    const message = error.message.replaceAll(/\/tmp\/\w+\//g, "");
    const place = `sub/a.yaml:${row}:${column}, which "top.yaml:3:5" includes`;
    assertEquals([message.includes(place), message.includes(what)], [true, true], message);
  },
);

Deno.test("readTreefile() says who includes a file that is not there, or is none of its form", () => {
  const top = "include: [sub/a.yaml]\n";
  const message = (files: Record<string, string>) =>
    assertThrows(() => read({ "top.yaml": top, ...files }), TreefileError).message
      .replaceAll(/\/tmp\/\w+\//g, "");
  assertEquals(
    message({}),
    'Cannot read treefile "sub/a.yaml", which "top.yaml:1:11" includes: it does not exist',
  );
  assertEquals(
    message({ "sub/a.yaml": "include: b.ks\n", "sub/b.ks": "%packages\na\n" }),
    'Cannot read treefile sub/b.ks:1, which "sub/a.yaml:1:1" includes, which "top.yaml:1:11" includes: %packages has no %end',
  );
  assertEquals(
    message({
      "sub/a.yaml": "include: b.yaml\n",
      "sub/b.yaml": "\ninclude: [c.yaml, a.yaml]\n",
      "sub/c.yaml": "{}\n",
    }),
    'Cannot read treefile "top.yaml": includes go round: "sub/b.yaml:2:19" includes "sub/a.yaml:1:1" includes "sub/b.yaml"',
  );
});

Deno.test("readTreefile() refuses aliases that grow without end", () => {
  const nest = ["a", "b", "c", "d"].map((name, at, all) =>
    `${name}: &${name} [${Array(20).fill(at === 0 ? "x" : `*${all[at - 1]}`).join(", ")}]`
  );
  assertEquals(fails(`${nest.join("\n")}\n`).code, "treefile/syntax");
  assertEquals(read({ "t.yaml": "packages: &a [x]\nunits: *a\n" }).treefile.units, ["x"]);
});

Deno.test("readTreefile() takes numbers for text as they are written", () => {
  const { treefile } = read({
    "t.yaml":
      "releasever: 24.10\nref: d/${releasever}\nautomatic-version-prefix: 1.10\ngpg-key: 12345E67\nsign: [{gpg: 0012}]\n" +
      "repovars: {a: 1.0}\nadd-commit-metadata: {a: 1.50}\nadd-files: [[1.0, /usr/1.0]]\nconditional-include: [{if: releasever >= 24.04, include: {units: [1.0]}}]\n",
    "1.0": "",
  });
  assertEquals([treefile.ref, treefile.automaticVersionPrefix], ["d/24.10", "1.10"]);
  assertEquals(treefile.sign, [{ gpg: "12345E67" }, { gpg: "0012" }]);
  assertEquals([treefile.releasever, treefile.repovars], ["24.10", { a: "1.0" }]);
  assertEquals([treefile.addCommitMetadata, treefile.units], [{ a: 1.5 }, ["1.0"]]);
});

Deno.test("readTreefile() takes /usr/etc for what it is while a tree is made", () => {
  const { treefile } = read({
    "t.yaml": "add-files: [[a, /usr/etc/a]]\nremove-files: [usr/etc/b, /usr/lib/etc]\n",
    "a": "",
  });
  assertEquals(treefile.addFiles.map(({ dest }) => dest), ["etc/a"]);
  assertEquals(treefile.removeFiles, ["etc/b", "usr/lib/etc"]);
});

Deno.test("readTreefile() takes no map of metadata for a file", () => {
  const { treefile } = read({
    "t.yaml": "metadata: {path: nowhere}\nadd-commit-metadata: {a: {path: b}}\n",
  });
  assertEquals(treefile.metadata, { path: "nowhere" });
});

Deno.test("readTreefile() takes settings of checks, the including file's first", () => {
  const { treefile } = read({
    "t.yaml": "include: b.yaml\nchecks: {setuid: error}\n",
    "b.yaml": "checks: {setuid: {allow: [/usr/bin/a]}, secrets: {severity: warn, allow: [/x]}}\n",
  });
  assertEquals(treefile.checks, {
    setuid: { severity: "error" },
    secrets: { severity: "warn", allow: ["/x"] },
  });
});

Deno.test("readTreefile() takes old spellings, but not beside the new ones", () => {
  const { treefile } = read({
    "t.yaml": "default_target: a.target\nbootstrap_packages: [b]\npackages: [p]\n",
  });
  assertEquals([treefile.defaultTarget, treefile.packages], ["a.target", ["b", "p"]]);
  assertEquals(
    fails("default_target: a\ndefault-target: b\n").message.includes("mean the same"),
    true,
  );
});

Deno.test("readTreefile() reads JSON, and leaves unknown fields of JSON alone", () => {
  assertEquals(
    read({ "t.json": '{"ref": "a", "somethingelse": 1, "packages": ["p"]}' }).treefile.packages,
    ["p"],
  );
});

const WRONG: [text: string, code: TreefileError["code"], message: string][] = [
  ["a: [", "treefile/syntax", "t.yaml:1:"],
  ["- a\n", "treefile/syntax", "no map"],
  ["", "treefile/syntax", "no map"],
  ["ref: a\n---\nref: b\n", "treefile/syntax", "t.yaml:2:1: a second document begins"],
  ["ref: a\nref: b\n", "treefile/syntax", "t.yaml:2:1"],
  ["recommends: maybe\n", "treefile/bad-value", "true or false"],
  ["packages: apt\n", "treefile/bad-value", "list of texts"],
  ["packages: ['a \"b']\n", "treefile/bad-value", "quote is not closed"],
  ["automatic-version-suffix: '--'\n", "treefile/bad-value", "one ASCII character"],
  ["ref: ${nope}\n", "treefile/unknown-variable", '"nope"'],
  ["variables: {basearch: x}\n", "treefile/bad-value", "set by apt-ostree"],
  ["basearch: s390x\n", "treefile/bad-value", "it is for s390x"],
  ["documentatoin: false\n", "treefile/unknown-field", '"documentatoin"'],
  ["selinux: true\n", "treefile/bad-value", '"selinux" has to be false'],
  ["edition: 1999\n", "treefile/bad-value", '"edition" has to be'],
  ["boot-location: new\n", "treefile/bad-value", "one of modules"],
  ["add-files: [[a]]\n", "treefile/bad-value", "a list of pairs"],
  ["add-files: [[a, /var/x]]\n", "treefile/bad-value", '"/var/x"'],
  ["remove-files: [/usr/../etc]\n", "treefile/bad-value", '"/usr/../etc"'],
  ["remove-from-packages: [[p, '(']]\n", "treefile/bad-value", "Invalid regular expression"],
  ["check-passwd: {type: file}\n", "treefile/bad-value", "names no file"],
  ["check-groups: {type: data}\n", "treefile/bad-value", "has no entries"],
  ["machineid-compat: false\nunits: [a.service]\n", "treefile/bad-value", '"units"'],
  ["postprocess-script: nope.sh\n", "treefile/not-found", "nope.sh"],
  ["override-remove: [a]\n", "treefile/derive-field", "host's origin"],
  ["include: [{nope: 1}]\n", "treefile/unknown-field", 't.yaml:1:12: there is no field "nope"'],
  ["checks: {setuid: fatal}\n", "treefile/bad-value", 't.yaml:1:10: "checks" has to be a map of'],
  ["checks: {setiud: warn}\n", "treefile/bad-value", "setuid"],
  ["checks: {setuid: {allow: [bin]}}\n", "treefile/bad-value", "t.yaml:1:27"],
  ["conditional-include: [{if: a == 1}]\n", "treefile/bad-value", "t.yaml:1:23"],
  ["variables: {codename: x}\n", "treefile/bad-value", "set by apt-ostree"],
];

Deno.test.each(WRONG)("readTreefile() refuses %j with %s", (text, code, message) => {
  const error = fails(text);
  assertEquals([error.code, error.message.includes(message)], [code, true], error.message);
});

Deno.test("readTreefile() reads what formatTreefile() writes", () => {
  const text =
    "ref: x\npackages: [p]\nrecommends: false\nautomatic-version-prefix: '1'\nunits: [u.service]\nrepos: [r]\n";
  const { treefile, directory } = read({ "t.yaml": text });
  const again = read({ "t.yaml": formatTreefile(treefile, "x86_64", directory) });
  assertEquals(again.treefile, treefile);
});

Deno.test("readTreefile() stops at includes that go round", () => {
  assertEquals(
    assertThrows(
      () => read({ "a.yaml": "include: b.yaml\n", "b.yaml": "include: a.yaml\n" }),
      TreefileError,
    ).code,
    "treefile/include-depth",
  );
});

Deno.test("readTreefile() gives the same digest for the same meaning, and formatTreefile() leaves empty fields out", () => {
  const a = read({ "t.yaml": "ref: x # a comment\npackages: [p]\n" });
  const b = read({ "t.json": '{"packages": ["p"], "ref": "x"}' });
  assertEquals(a.digest, b.digest);
  assertEquals(read({ "t.yaml": "ref: x\npackages: [q]\n" }).digest === a.digest, false);
  assertEquals(JSON.parse(formatTreefile(a.treefile, "x86_64", a.directory)), {
    "basearch": "x86_64",
    "documentation": true,
    "packages": ["p"],
    "recommends": true,
    "ref": "x",
  });
});
