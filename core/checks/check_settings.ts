import { CHECKS } from "./all_checks.ts";
import { CHECK_SEVERITIES, type CheckSeverity } from "./check.ts";

/** What a treefile says about one check. */
export interface CheckSetting {
  /** The check's own where it is absent. */
  readonly severity?: CheckSeverity;
  /** Patterns of paths that are as they should be. */
  readonly allow?: readonly string[];
}

/** Settings by the name of the check. */
export type CheckSettings = Readonly<Record<string, CheckSetting>>;

/** The settings from the treefile's field `checks`, which a severity alone may stand in for. */
export function toCheckSettings(
  field: Readonly<Record<string, CheckSeverity | CheckSetting>>,
): CheckSettings {
  return Object.fromEntries(
    Object.entries(field).map(([name, given]) =>
      [name, typeof given === "string" ? { severity: given } : given] as const
    ),
  );
}

/**
 * The settings that a commit's own treefile names.
 *
 * @param field Value of the field, as far as it can be trusted: what this version does not know, such as
 * checks of a later one, is left out.
 */
export function committedCheckSettings(field: unknown): CheckSettings {
  const settings: Record<string, CheckSetting> = {};
  for (const { name } of CHECKS) {
    const given = isMap(field) ? field[name] : undefined;
    if (!isMap(given)) continue;
    const severity = CHECK_SEVERITIES.find((each) => each === given["severity"]);
    const allow = Array.isArray(given["allow"]) ? given["allow"].map(String) : undefined;
    settings[name] = { ...(severity ? { severity } : {}), ...(allow ? { allow } : {}) };
  }
  return settings;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
