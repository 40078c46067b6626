// SPDX-License-Identifier: Apache-2.0

/** The level of Open vSwitch that tools and daemon are compatible with. */
export const COMPATIBLE_VERSION = "3.1.0";

/** What `--version` prints: scripts read the level from it, in the form of the stock tools. */
export function versionText(tool: string): string {
  return `${tool} (Open vSwitch) ${COMPATIBLE_VERSION}\n`;
}
