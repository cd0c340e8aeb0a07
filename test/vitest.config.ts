import { projectConfig } from "../vitest.shared.ts";

export default projectConfig("test", { include: ["**/*.test.ts"], testTimeout: 30_000 });
