/**
 * A cell for maintainer scripts: bubblewrap over an overlay, and a record of what they tried.
 *
 * @module
 */
export { type BubblewrapBind, type BubblewrapSpec, bwrapArgs, CAPABILITIES } from "./bwrap_args.ts";
export {
  enterUserNamespace,
  type EnterUserNamespaceOptions,
  userNamespaceArgs,
} from "./enter_user_namespace.ts";
export { blameScript, findMaker } from "./blame_script.ts";
export { type CellExcess } from "./cell_excess.ts";
export { type CellLimits, DEFAULT_CELL_LIMITS } from "./cell_limits.ts";
export { SandboxError, type SandboxErrorCode, ScriptError, type ScriptErrorCode } from "./error.ts";
export {
  INTERCEPTION_POLICIES,
  type InterceptionAction,
  type InterceptionPolicy,
} from "./interception/policy.ts";
export {
  type FileChange,
  type FileState,
  type InterceptedCall,
  type RunningScript,
  type ScriptRun,
} from "./interception/record.ts";
export { ShadowLayer } from "./interception/shadow_layer.ts";
export {
  type DpkgFailure,
  type MaintainerScript,
  parseDpkgFailure,
  runDpkgConfigure,
  runDpkgRemove,
  runMaintainerScript,
  scriptEnvironment,
  type ScriptRunOptions,
} from "./maintainer_script.ts";
export { overlayArgs, type OverlaySpec } from "./overlay.ts";
export { removeTree } from "./remove_tree.ts";
export { resolveInside } from "./resolve_inside.ts";
export { type IdRange, readRootFacts, requireRoot, type RootFacts } from "./root_facts.ts";
export { Sandbox, type SandboxOptions, type SandboxResult, type SandboxRun } from "./sandbox.ts";
export { seccompFilter } from "./seccomp_filter.ts";
export { readUpper, type UpperChange, type UpperLimits } from "./upper.ts";
export { WorkDir } from "./work_dir.ts";
