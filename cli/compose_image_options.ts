import type { OptionTable } from "./command.ts";

/** Options of the commands that compose a treefile to an image. */
export const COMPOSE_IMAGE_OPTIONS = {
  "cachedir": {
    type: "string",
    value: "DIR",
    help: "Keep downloads and imported packages here; it must exist",
  },
  "source-root": {
    type: "string",
    value: "PATH",
    help: "Use the package sources of the system at PATH where the treefile names none",
  },
  "authfile": { type: "string", value: "FILE", help: "Credentials of registries" },
  "force-nocache": { type: "boolean", help: "Compose even if nothing has changed" },
  "offline": { type: "boolean", help: "Use what is cached, and no archive of packages" },
  "copy-retry-times": {
    type: "string",
    value: "N",
    help: "Try N times again if an image cannot be copied to a registry",
  },
} as const satisfies OptionTable;
