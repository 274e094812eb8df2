/**
 * Whether a program is missing, to ignore a test at home; in CI a missing program is an error, since
 * the setup task installs every one.
 */
export async function lacks(...programs: string[]): Promise<boolean> {
  for (const program of programs) {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", 'command -v -- "$1"', "sh", program],
      stdout: "null",
    }).output();
    if (success) continue;
    if (Deno.env.get("CI")) throw new Error(`CI lacks "${program}": run the setup task`);
    return true;
  }
  return false;
}
