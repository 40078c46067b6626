// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

/** Files with real daemons, devices or guests end in `.slow.test.ts`; they run last, one by one. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: ["**/*.slow.test.ts"],
          testTimeout: 60_000,
          // Packet threads of a test compile their own entry first.
          hookTimeout: 60_000,
          maxWorkers: 2,
          pool: "forks",
        },
      },
      {
        test: {
          name: "real",
          include: ["test/**/*.slow.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          fileParallelism: false,
          pool: "forks",
        },
      },
    ],
  },
});
