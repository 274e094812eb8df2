import { getField } from "@apt-ostree/apt";
import type { InventoryFile } from "./digest_files.ts";
import { commitUuid, formatDate, parseMaintainer, TOOL } from "./document_id.ts";
import type { Inventory, InventoryPackage } from "./inventory.ts";

type Json = Record<string, unknown>;

/**
 * A bill of materials as CycloneDX 1.6 has it in JSON: the same commit gives the same bytes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function formatCycloneDx(inventory: Inventory): string {
  const { commit, name, version, packages, files } = inventory;
  const system = `ostree-commit:${commit}`;
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${commitUuid(commit)}`,
    version: 1,
    metadata: {
      timestamp: formatDate(inventory.timestamp),
      lifecycles: [{ phase: "build" }],
      tools: { components: [{ type: "application", ...TOOL }] },
      component: {
        "type": "operating-system",
        "bom-ref": system,
        name,
        ...(version === "" ? {} : { version }),
        "hashes": [{ alg: "SHA-256", content: commit }],
        "properties": properties({
          "distribution": `${inventory.distribution.id} ${inventory.distribution.version}`.trim(),
          "architecture": inventory.architecture,
        }),
        ...fileComponents(files),
      },
    },
    components: packages.map(component),
    dependencies: [
      { ref: system, dependsOn: packages.map(({ purl }) => purl) },
      ...packages.map(({ purl, dependsOn }) => ({
        ref: purl,
        ...(dependsOn.length === 0 ? {} : { dependsOn }),
      })),
    ],
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function component(pkg: InventoryPackage): Json {
  const field = (name: string) => getField(pkg.fields, name) ?? "";
  const homepage = field("Homepage");
  const description = field("Description").split("\n")[0]!;
  const maintainer = parseMaintainer(field("Maintainer"));
  return {
    "type": "library",
    "bom-ref": pkg.purl,
    ...(maintainer.name === "" ? {} : {
      supplier: {
        name: maintainer.name,
        ...(maintainer.email === "" ? {} : { contact: [maintainer] }),
      },
    }),
    "name": pkg.name,
    "version": pkg.version,
    ...(description === "" ? {} : { description }),
    ...(pkg.sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: pkg.sha256 }] }),
    ...(pkg.license === "NOASSERTION" ? {} : { licenses: [{ expression: pkg.license }] }),
    "purl": pkg.purl,
    ...(/^https?:\/\/[^\s"<>]+$/.test(homepage)
      ? { externalReferences: [{ type: "website", url: homepage }] }
      : {}),
    "properties": properties({
      "source": pkg.source,
      "source-version": pkg.sourceVersion,
      "section": field("Section"),
    }),
    ...fileComponents(pkg.files),
  };
}

function fileComponents(files: readonly InventoryFile[]): Json {
  if (files.length === 0) return {};
  return {
    components: files.map(({ path, sha1, sha256 }) => ({
      type: "file",
      name: `/${path}`,
      hashes: [{ alg: "SHA-1", content: sha1 }, { alg: "SHA-256", content: sha256 }],
    })),
  };
}

function properties(values: Readonly<Record<string, string>>): Json[] {
  return Object.entries(values).filter(([, value]) => value !== "").map(([name, value]) => ({
    name: `apt-ostree:${name}`,
    value,
  }));
}
