import process from "node:process";
import { runCli } from "./cli.ts";
import type { Shell } from "./shell.ts";

const shell: Shell = {
  environment: process.env,
  folder: process.cwd(),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  onStopSignal(listener) {
    process.on("SIGTERM", listener);
    process.on("SIGINT", listener);
  },
  exit: (code) => process.exit(code),
};

// `nacre config | head` closes the pipe early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

void runCli(process.argv.slice(2), shell).then((code) => {
  process.exitCode = code;
  if (code !== 0) {
    // What a failed start left open must not keep the process.
    process.exit();
  }
});
