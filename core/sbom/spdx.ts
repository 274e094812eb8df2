import { createHash } from "node:crypto";
import { getField } from "@apt-ostree/apt";
import type { InventoryFile } from "./digest_files.ts";
import { commitUuid, formatDate, parseMaintainer, TOOL } from "./document_id.ts";
import type { Inventory, InventoryPackage } from "./inventory.ts";

type Json = Record<string, unknown>;

const DOCUMENT = "SPDXRef-DOCUMENT";
const SYSTEM = "SPDXRef-System";

/**
 * A bill of materials as SPDX 2.3 has it in JSON: the same commit gives the same bytes.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function formatSpdx(inventory: Inventory): string {
  const { commit, name, version, packages, files, otherLicenses } = inventory;
  const byUrl = new Map(packages.map((pkg) => [pkg.purl, packageId(pkg)]));
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: DOCUMENT,
    name: version === "" ? name : `${name} ${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${TOOL.name}-${commitUuid(commit)}`,
    creationInfo: {
      created: formatDate(inventory.timestamp),
      creators: [`Tool: ${TOOL.name}-${TOOL.version}`],
    },
    packages: [systemPackage(inventory), ...packages.map(packageEntry)],
    ...(inventoryFiles(inventory).length === 0
      ? {}
      : { files: inventoryFiles(inventory).map(fileEntry) }),
    ...(otherLicenses.length === 0 ? {} : {
      hasExtractedLicensingInfos: otherLicenses.map(({ id, name, text }) => ({
        licenseId: id,
        name,
        extractedText: text ?? `The copyright file names "${name}" and has no text of it.`,
      })),
    }),
    relationships: [
      relationship(DOCUMENT, "DESCRIBES", SYSTEM),
      ...packages.map((pkg) => relationship(SYSTEM, "CONTAINS", packageId(pkg))),
      ...packages.flatMap((pkg) =>
        pkg.dependsOn.map((url) => relationship(packageId(pkg), "DEPENDS_ON", byUrl.get(url)!))
      ),
      ...packages.flatMap((pkg) =>
        pkg.files.map((file) => relationship(packageId(pkg), "CONTAINS", fileId(file)))
      ),
      ...files.map((file) => relationship(SYSTEM, "CONTAINS", fileId(file))),
    ],
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function systemPackage(
  { commit, name, version, architecture, distribution, files }: Inventory,
): Json {
  const system = `${distribution.id} ${distribution.version}`.trim();
  return {
    SPDXID: SYSTEM,
    name,
    ...(version === "" ? {} : { versionInfo: version }),
    summary: `OSTree commit of a ${system} system${
      architecture === "" ? "" : ` for ${architecture}`
    }`,
    comment: `OSTree commit ${commit}`,
    primaryPackagePurpose: "OPERATING-SYSTEM",
    downloadLocation: "NOASSERTION",
    ...analyzed(files),
    licenseConcluded: "NOASSERTION",
    licenseDeclared: "NOASSERTION",
    copyrightText: "NOASSERTION",
  };
}

function packageEntry(pkg: InventoryPackage): Json {
  const field = (name: string) => getField(pkg.fields, name) ?? "";
  const homepage = field("Homepage");
  const summary = field("Description").split("\n")[0]!;
  return {
    SPDXID: packageId(pkg),
    name: pkg.name,
    versionInfo: pkg.version,
    ...(summary === "" ? {} : { summary }),
    supplier: supplier(field("Maintainer")),
    downloadLocation: "NOASSERTION",
    ...(/^https?:\/\/[^\s"<>]+$/.test(homepage) ? { homepage } : {}),
    sourceInfo: `built from source package ${pkg.source} ${pkg.sourceVersion}`,
    ...analyzed(pkg.files),
    ...(pkg.sha256 === undefined
      ? {}
      : { checksums: [{ algorithm: "SHA256", checksumValue: pkg.sha256 }] }),
    licenseConcluded: "NOASSERTION",
    licenseDeclared: pkg.license,
    copyrightText: "NOASSERTION",
    externalRefs: [{
      referenceCategory: "PACKAGE-MANAGER",
      referenceType: "purl",
      referenceLocator: pkg.purl,
    }],
  };
}

/** Whether the files of a package are listed, and if so their common checksum. */
function analyzed(files: readonly InventoryFile[]): Json {
  if (files.length === 0) return { filesAnalyzed: false };
  const hash = createHash("sha1");
  for (const sha1 of files.map((file) => file.sha1).sort()) hash.update(sha1);
  return {
    filesAnalyzed: true,
    packageVerificationCode: { packageVerificationCodeValue: hash.digest("hex") },
  };
}

function inventoryFiles({ packages, files }: Inventory): InventoryFile[] {
  return [...packages.flatMap((pkg) => pkg.files), ...files];
}

function fileEntry(file: InventoryFile): Json {
  return {
    SPDXID: fileId(file),
    fileName: `./${file.path}`,
    checksums: [
      { algorithm: "SHA1", checksumValue: file.sha1 },
      { algorithm: "SHA256", checksumValue: file.sha256 },
    ],
    licenseConcluded: "NOASSERTION",
    copyrightText: "NOASSERTION",
  };
}

function supplier(maintainer: string): string {
  const { name, email } = parseMaintainer(maintainer);
  if (name === "") return "NOASSERTION";
  const group = /\b(teams?|groups?|maintainers?|developers?|project|packagers?|list|debian)\b/i;
  const kind = group.test(name) ? "Organization" : "Person";
  return `${kind}: ${name}${email === "" ? "" : ` (${email})`}`;
}

function relationship(from: string, kind: string, to: string): Json {
  return { spdxElementId: from, relationshipType: kind, relatedSpdxElement: to };
}

/** Letters, digits, `.` and `-` may stand in an id; what else a name has becomes `-XX`. */
function packageId({ name, architecture }: InventoryPackage): string {
  const plain = name.replace(
    /[^a-z0-9.-]/g,
    (found) => `-${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `SPDXRef-Package-${plain}-${architecture}`;
}

function fileId({ path }: InventoryFile): string {
  return `SPDXRef-File-${createHash("sha256").update(path).digest("hex").slice(0, 24)}`;
}
