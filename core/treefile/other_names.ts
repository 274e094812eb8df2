import type { FieldName } from "./fields.ts";

/** Spellings of old treefiles, and the fields that they mean. */
export const OLD_SPELLINGS: Readonly<Record<string, FieldName>> = {
  "automatic_version_prefix": "automatic-version-prefix",
  "boot_location": "boot-location",
  "bootstrap_packages": "bootstrap-packages",
  "default_target": "default-target",
  "gpg_key": "gpg-key",
};

/** Fields of host origins, which no treefile of a compose may have. */
export const DERIVE_FIELDS: readonly string[] = [
  ...["base-refspec", "container-image-reference", "packages-local"],
  ...["packages-local-fileoverride", "override-remove", "ex-override-replace"],
  ...["override-replace-local", "initramfs", "custom", "override-commit", "unconfigured-state"],
];
