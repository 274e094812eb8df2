/** Forms of bills of materials: SPDX 2.3 and CycloneDX 1.6, both in JSON. */
export const SBOM_FORMATS = ["spdx", "cyclonedx"] as const;

/** One of {@linkcode SBOM_FORMATS}. */
export type SbomFormat = typeof SBOM_FORMATS[number];
