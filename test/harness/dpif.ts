// SPDX-License-Identifier: Apache-2.0
/** A datapath for benchmarks, and packets for it: what the tests of the datapath use. */
export { fromPort, udpFrame, writePcap } from "../dpif/packets.js";
export { addPort, eventually, openTestDpif } from "../dpif/test-dpif.js";
