import {
  StepFailed,
  build,
  install,
  manifestOf,
  packageFolders,
  pnpmEnvironment,
  run,
  say,
  tool,
} from "./steps.mjs";

/**
 * Everything that can be said about the code without running it. All is checked before it throws
 * what failed.
 */
export function check() {
  install();
  const failures = [];
  const attempt = (step) => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      failures.push(error.message);
    }
  };

  attempt(build);
  attempt(() => run("types of tests", tool("tsc"), ["-p", "tsconfig.test.json"]));
  attempt(() => run("format", tool("oxfmt"), ["--check"]));
  attempt(() => run("lint", tool("oxlint"), ["--type-aware", "--deny-warnings"]));
  attempt(() => run("unused", tool("knip"), []));
  for (const folder of packageFolders().filter((path) => !manifestOf(path).private)) {
    const options = { env: pnpmEnvironment(), quiet: true }; // both tools pack the package
    attempt(() => run("package", tool("publint"), ["run", folder, "--strict"], options));
    const types = ["--pack", folder, "--profile", "esm-only"];
    attempt(() => run("package", tool("attw"), types, options));
  }

  if (failures.length > 0) throw new StepFailed(failures.join("\n"));
  say("check", "all good");
}
