// SPDX-License-Identifier: Apache-2.0
/** Kinds of controller targets. */

/** The port assigned to OpenFlow. */
export const OFP_PORT = 6653;

/** Whether the switch listens for this controller instead of connecting to it. */
export function isPassiveTarget(target: string): boolean {
  return /^(punix|ptcp|pssl):/.test(target);
}
