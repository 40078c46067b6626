// SPDX-License-Identifier: Apache-2.0
import type { Interest } from "./interest.js";

/** Asks for the columns that SwitchView reads. */
export function watchSwitch(interest: Interest): void {
  interest.add("Open_vSwitch", "bridges");
  interest.add("Bridge", "name", "controller", "fail_mode", "ports");
  interest.add("Port", "name", "fake_bridge", "tag", "interfaces");
  interest.add("Interface", "name", "ofport", "error");
}
