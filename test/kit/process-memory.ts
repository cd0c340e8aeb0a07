import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** How much memory a process has in use, without what is swapped out. */
export async function residentBytes(pid: number): Promise<number> {
  return (await residentKilobytes(pid)) * 1_024;
}

async function residentKilobytes(pid: number): Promise<number> {
  if (process.platform !== "linux") {
    const { stdout } = await execute("ps", ["-o", "rss=", "-p", `${pid}`]);
    return Number(stdout);
  }
  // A slim Linux has no `ps`.
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}
