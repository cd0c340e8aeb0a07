import { defineConfig, type ViteUserConfig } from "vitest/config";
import { SummaryReporter } from "./vitest.summary.ts";

// Workspace packages resolve to their sources, so that tests need no build.
const conditions = ["@nacre/source", "module", "node", "default"];

/** The vitest project of one workspace package, named as the package without its scope. */
export function projectConfig(name: string, test: ViteUserConfig["test"] = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: ["test/**/*.test.ts"],
      reporters: ["default", new SummaryReporter(name)],
      ...test,
    },
  });
}
