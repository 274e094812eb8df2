import { alternatives } from "./alternatives.ts";
import { buildPaths } from "./build_paths.ts";
import type { Check } from "./check.ts";
import { etcLinks } from "./etc_links.ts";
import { hostIdentity } from "./host_identity.ts";
import { kernelModules } from "./kernel_modules.ts";
import { passwordHashes } from "./password_hashes.ts";
import { secrets } from "./secrets.ts";
import { setuid } from "./setuid.ts";
import { unownedFiles } from "./unowned_files.ts";
import { varContent } from "./var_content.ts";
import { worldWritable } from "./world_writable.ts";

/** All checks, those first that hosts must not share the findings of, then those that end a compose. */
export const CHECKS: readonly Check[] = [
  hostIdentity,
  secrets,
  passwordHashes,
  kernelModules,
  varContent,
  worldWritable,
  setuid,
  alternatives,
  etcLinks,
  buildPaths,
  unownedFiles,
];
