import { assertEquals } from "@std/assert";
import "ajv-formats";
import "ajv-formats-draft2019";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import { type Repo, Tree, variant } from "@apt-ostree/ostree";
import { inTemp } from "../../tests/support/in_temp.ts";
import { makeTree } from "../../tests/support/made_tree.ts";
import { packageUrl } from "./package_url.ts";
import { readSbom, sbomDirectory, writeSboms } from "./write_sbom.ts";

/** Text that must come out as it went in. */
const ODD = 'quotes " and \\, <b>, \u0007 and \u{1f600}';

function makeCommit(dir: string): { repo: Repo; commit: string } {
  const { repo, tree } = makeTree(dir, {
    files: {
      "usr/lib/os-release": 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
      "usr/bin/tool": "tool",
      "usr/bin/mine": "mine",
      "usr/lib/a/one": "same",
      "usr/lib/a/two": "same",
      "usr/share/doc/liba++/copyright":
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n" +
        "Files: *\nLicense: GPL-2+ or Odd\n Be odd.\n",
      "usr/share/doc/tool/copyright": "Free as in beer.\n",
    },
    links: { "usr/share/doc/tool-data": "tool", "bin": "usr/bin" },
    packages: {
      "liba++:amd64": ["/usr/lib/a/one", "/usr/lib/a/two"],
      "tool:amd64": ["/bin/tool"],
      "tool-data:all": [],
    },
    fields: {
      "liba++:amd64": "Source: a (2.0-1)\nProvides: virtual-a (= 2)\n" +
        "Maintainer: Debian A Team <a@example.org>\nHomepage: https://example.org/a\n",
      "tool:amd64": "Pre-Depends: virtual-a\nDepends: none | tool-data (>= 1), liba++, gone\n" +
        `Maintainer: A. Person <p@example.org>\nHomepage: not a url\nSection: ${ODD}\n`,
    },
  });
  using txn = repo.transaction();
  const commit = txn.writeCommit({
    root: tree.write(txn),
    timestamp: 1_700_000_000,
    metadata: new Map([
      ["aptostree.dpkg.sha256", variant("a{ss}", new Map([["tool:amd64", "ab".repeat(32)]]))],
      ["ostree.architecture", variant("s", "x86_64")],
      ["ostree.ref-binding", variant("as", ["debian/12/test"])],
      ["version", variant("s", "12.1")],
    ]),
  });
  txn.commit({ sync: false });
  return { repo, commit };
}

Deno.test("packageUrl() gives what the package URL library reads", () => {
  const names = [["libstdc++6", "12.2.0-14+deb12u1"], ["vim", "2:9.0~rc1-1"], ["a.b-c", "1"]];
  for (const [name = "", version = ""] of names) {
    const text = packageUrl({ name, version, architecture: "amd64" }, {
      id: "debian",
      version: "12",
    });
    const read = PackageURL.fromString(text);
    assertEquals([read.type, read.namespace, read.name, read.version], [
      "deb",
      "debian",
      name,
      version,
    ]);
    assertEquals({ ...read.qualifiers }, { arch: "amd64", distro: "debian-12" });
  }
  assertEquals(
    packageUrl({ name: "g++", version: "1:2+b1", architecture: "all" }, {
      id: "debian",
      version: "",
    }),
    "pkg:deb/debian/g%2B%2B@1:2%2Bb1?arch=all&distro=debian",
  );
});

Deno.test("readSbom() writes SPDX with licences, sources, dependencies and owners", () =>
  inTemp(async (dir) => {
    const { repo, commit } = makeCommit(dir);
    const document = JSON.parse(await readSbom(repo, commit, "spdx", { files: true }));
    assertEquals(document.name, "debian/12/test 12.1");
    assertEquals(document.creationInfo.created, "2023-11-14T22:13:20Z");
    const [system, liba, data, tool] = document.packages;
    assertEquals(system.comment, `OSTree commit ${commit}`);
    assertEquals([liba.name, data.name, tool.name], ["liba++", "tool-data", "tool"].toSorted());
    const [other] = document.hasExtractedLicensingInfos;
    assertEquals([other.name, other.extractedText], ["Odd", "Be odd."]);
    assertEquals(liba.licenseDeclared, `GPL-2.0-or-later OR ${other.licenseId}`);
    assertEquals(liba.supplier, "Organization: Debian A Team (a@example.org)");
    assertEquals(liba.sourceInfo, "built from source package a 2.0-1");
    const named = (name: string) =>
      document.packages.find((each: { name: string }) => each.name === name);
    assertEquals(named("tool").licenseDeclared, "NOASSERTION");
    assertEquals(named("tool").checksums, [{
      algorithm: "SHA256",
      checksumValue: "ab".repeat(32),
    }]);
    assertEquals(named("tool").supplier, "Person: A. Person (p@example.org)");
    assertEquals(["homepage" in named("tool"), "homepage" in liba], [false, true]);
    type Relationship = Record<"spdxElementId" | "relationshipType" | "relatedSpdxElement", string>;
    const relations = (kind: string, from: string): string[] =>
      document.relationships.filter((each: Relationship) =>
        each.relationshipType === kind && each.spdxElementId === from
      ).map((each: Relationship) => each.relatedSpdxElement);
    assertEquals(relations("DEPENDS_ON", named("tool").SPDXID), [
      "SPDXRef-Package-liba-2B-2B-amd64",
      "SPDXRef-Package-tool-data-all",
    ]);
    const files = (id: string) =>
      relations("CONTAINS", id).map((file) =>
        document.files.find((each: { SPDXID: string }) => each.SPDXID === file)?.fileName
      );
    assertEquals(files(liba.SPDXID), ["./usr/lib/a/one", "./usr/lib/a/two"]);
    assertEquals(files(named("tool").SPDXID), ["./usr/bin/tool"]);
    assertEquals(files("SPDXRef-System").includes("./usr/bin/mine"), true);
    const ids = [document.packages, document.files].flat().map((each) => each.SPDXID);
    assertEquals(new Set(ids).size, ids.length);
  }));

Deno.test("readSbom() writes CycloneDX that the strict schema fits, with and without files", () =>
  inTemp(async (dir) => {
    const { repo, commit } = makeCommit(dir);
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    for (const files of [true, false]) {
      const text = await readSbom(repo, commit, "cyclonedx", { files });
      assertEquals(await validator.validate(text), null);
      const document = JSON.parse(text);
      const refs = document.components.map((each: { "bom-ref": string }) => each["bom-ref"]);
      assertEquals(refs[0], "pkg:deb/debian/liba%2B%2B@1.0?arch=amd64&distro=debian-12");
      const tool = document.components.find((each: { name: string }) => each.name === "tool");
      assertEquals(tool.properties.at(-1), { name: "apt-ostree:section", value: ODD });
      assertEquals(
        tool.components?.map((each: { name: string }) => each.name),
        files ? ["/usr/bin/tool"] : undefined,
      );
      const { dependsOn } = document.dependencies.find((each: { ref: string }) =>
        each.ref === tool.purl
      );
      assertEquals(dependsOn.length, 2);
    }
    const broken = (await readSbom(repo, commit, "cyclonedx")).replace('"library"', '"thing"');
    assertEquals(Array.isArray(await validator.validate(broken)), true);
  }));

Deno.test("readSbom() gives the same bytes for the same commit in another repository", () =>
  inTemp(async (dir) => {
    for (const name of ["a", "b"]) Deno.mkdirSync(`${dir}/${name}`);
    const [a, b] = ["a", "b"].map((name) => makeCommit(`${dir}/${name}`));
    assertEquals(a!.commit, b!.commit);
    for (const format of ["spdx", "cyclonedx"] as const) {
      for (const files of [false, true]) {
        const texts = [a!, b!].map(({ repo, commit }) => readSbom(repo, commit, format, { files }));
        assertEquals(await texts[0], await texts[1]);
      }
    }
  }));

Deno.test("writeSboms() keeps those of commits that are there, and removes the others", () =>
  inTemp(async (dir) => {
    const { repo, commit } = makeCommit(dir);
    using txn = repo.transaction();
    const root = Tree.fromCommit(repo, commit).write(txn);
    const second = txn.writeCommit({ root, timestamp: 1 });
    txn.commit({ sync: false });
    await writeSboms(repo, repo, commit, ["spdx", "cyclonedx"]);
    const paths = await writeSboms(repo, repo, second, ["spdx"]);
    assertEquals(paths, [`${sbomDirectory(repo)}/${second}.spdx.json`]);
    const names = () => [...Deno.readDirSync(sbomDirectory(repo))].map(({ name }) => name).sort();
    assertEquals(
      names(),
      [
        `${commit}.cdx.json`,
        `${commit}.spdx.json`,
        `${second}.spdx.json`,
      ].toSorted(),
    );
    assertEquals(Deno.readTextFileSync(paths[0]!), await readSbom(repo, second, "spdx"));
    Deno.removeSync(repo.objectPath(commit, "commit"));
    await writeSboms(repo, repo, second, ["spdx"]);
    assertEquals(names(), [`${second}.spdx.json`]);
  }));
