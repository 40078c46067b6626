// SPDX-License-Identifier: Apache-2.0
/** Things of the control plane that are worth counting: `coverage/show` has them under the stock
 * daemon's names. Packets are counted by the threads that see them. */

const counters: EventCounter[] = [];

/** Counts one kind of event. Made once, at the top of a file. */
export class EventCounter {
  count = 0;

  constructor(readonly name: string) {
    counters.push(this);
  }
}

export function eventCounters(): readonly EventCounter[] {
  return counters;
}
