import { type FieldSchema, TEXT, TEXTS, words } from "../treefile/field_schema.ts";

/** A field of an extensions file. */
export interface ExtensionField {
  /** Shape of its value. */
  readonly schema: FieldSchema;
  /** What it does, in a sentence. */
  readonly text: string;
}

/** What is done with an extension's packages. */
export const EXTENSION_KINDS = ["os-extension", "development"] as const;

/** The fields of one extension. */
export const EXTENSION_FIELDS: Readonly<Record<string, ExtensionField>> = {
  "packages": {
    schema: TEXTS,
    text: "Its packages, each as apt takes it: name, name=version, name/suite, name:arch.",
  },
  "kind": {
    schema: words(...EXTENSION_KINDS),
    text:
      "os-extension: packages for hosts to install, resolved together with the base, with all that they need. development: packages that are only put beside them, nothing is resolved. Default: os-extension.",
  },
  "match-base-evr": {
    schema: TEXT,
    text: "Package of the base whose version all packages of this extension have to have.",
  },
  "architectures": {
    schema: TEXTS,
    text:
      "Architectures that have this extension, by the kernel's or dpkg's name. Without it: all.",
  },
  "repos": {
    schema: TEXTS,
    text: "Further names of .sources or .list files beside the treefile.",
  },
};

/** The fields of the whole file. */
export const EXTENSIONS_FIELDS = {
  "repos": {
    schema: TEXTS,
    text: "Names of .sources or .list files beside the treefile, besides those that it names.",
  },
  "extensions": {
    schema: { type: "object", additionalProperties: { type: "object" } },
    text:
      "The extensions by name; the names are for people and programs that read extensions.json.",
  },
} as const satisfies Record<string, ExtensionField>;

/** Fields without which an extension is none. */
export const REQUIRED_FIELDS: readonly string[] = ["packages"];

/**
 * The JSON Schema of extensions files, with which editors complete and check them.
 *
 * @returns A schema of draft 2020-12; unknown fields do not fit it.
 */
export function extensionsSchema(): Record<string, unknown> {
  return {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.org/apt-ostree/extensions.schema.json",
    "title": "Extensions of apt-ostree compose extensions",
    "type": "object",
    "properties": {
      "repos": described(EXTENSIONS_FIELDS.repos),
      "extensions": {
        "description": EXTENSIONS_FIELDS.extensions.text,
        "type": "object",
        "additionalProperties": {
          "type": "object",
          "properties": Object.fromEntries(
            Object.entries(EXTENSION_FIELDS).map(([name, field]) => [name, described(field)]),
          ),
          "required": REQUIRED_FIELDS,
          "additionalProperties": false,
        },
      },
    },
    "required": ["extensions"],
    "additionalProperties": false,
  };
}

function described({ schema, text }: ExtensionField): Record<string, unknown> {
  return { description: text, ...schema };
}
