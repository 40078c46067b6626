// SPDX-License-Identifier: Apache-2.0
/** Debian packages that Pollux needs, by the command that needs them. One home for the list. */

/** To build the addon and run the switch. */
export const START_PACKAGES = [
  "build-essential",
  "python3",
  "pkg-config",
  "libdpdk-dev",
  "dpdk",
  "iproute2",
  "ethtool",
];

/** To boot throw-away guests; `dpdk-dev` has dpdk-testpmd. */
export const GUEST_PACKAGES = [
  "qemu-system-x86",
  "busybox-static",
  "cpio",
  "kmod",
  "xz-utils",
  "dpdk-dev",
];

/** To test it against real peers: the stock tools and daemon, guests, traffic. */
export const TEST_PACKAGES = [
  ...GUEST_PACKAGES,
  "git",
  "openvswitch-common",
  "openvswitch-switch",
  "openvswitch-switch-dpdk",
  "openvswitch-testcontroller",
  "openvswitch-source",
  "iputils-ping",
  "tshark",
  "tcpdump",
  "openssl",
];
