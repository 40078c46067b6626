// SPDX-License-Identifier: Apache-2.0
/** Types of stock-suite.mjs, for the test. */
export interface Test {
  readonly number: number;
  readonly file: string;
  readonly line: number;
  readonly title: string;
  readonly keywords: readonly string[];
}
export interface Result {
  readonly test: Test;
  readonly outcome: "passed" | "failed" | "skipped";
  /** `file.at:line` of what failed or why it was skipped. */
  readonly where: string;
}
export declare const TARBALL: string;
export declare class StockSuite {
  static prepare(options?: { dir?: string; daemon?: "pollux" | "stock" }): StockSuite;
  choose(wanted: readonly string[]): Test[];
  run(tests: readonly Test[], onResult?: (result: Result) => void): Promise<Result[]>;
  logOf(test: Test): string;
  remove(): void;
}
export declare function judge(results: readonly Result[]): {
  readonly unexpected: Result[];
  readonly obsolete: Result[];
};
