// SPDX-License-Identifier: Apache-2.0

/** A session as the lock table sees it. */
export interface LockHolder {
  /** The lock was granted after waiting for it. */
  locked(name: string): void;
  /** Another session took the lock away. */
  stolen(name: string): void;
}

/** The locks of one server, RFC 7047 §4.1.8: the first in each queue owns the lock. */
export class LockTable {
  readonly #queues = new Map<string, LockHolder[]>();

  /** Whether `holder` owns the lock. */
  owns(holder: LockHolder, name: string): boolean {
    return this.#queues.get(name)?.[0] === holder;
  }

  /** Whether `holder` owns or waits for the lock. */
  wants(holder: LockHolder, name: string): boolean {
    return this.#queues.get(name)?.includes(holder) ?? false;
  }

  /** Queues for a lock; true if it is granted at once. */
  lock(holder: LockHolder, name: string): boolean {
    const queue = this.#queue(name);
    queue.push(holder);
    return queue[0] === holder;
  }

  /** Takes a lock from whoever owns it; that one waits at the front. */
  steal(holder: LockHolder, name: string): void {
    const queue = this.#queue(name);
    const victim = queue[0];
    queue.unshift(holder);
    victim?.stolen(name);
  }

  /** Gives a lock up, or stops waiting for it. */
  unlock(holder: LockHolder, name: string): void {
    const queue = this.#queue(name);
    const at = queue.indexOf(holder);
    if (at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(name);
    else if (at === 0) queue[0]?.locked(name);
  }

  /** Gives up everything: the session is over. */
  release(holder: LockHolder): void {
    for (const name of [...this.#queues.keys()]) this.unlock(holder, name);
  }

  /** The names of the locks that a session owns and those that it waits for. */
  namesOf(holder: LockHolder): { readonly held: string[]; readonly waiting: string[] } {
    const wanted = [...this.#queues].filter(([, queue]) => queue.includes(holder));
    const held = wanted.filter(([, queue]) => queue[0] === holder).map(([name]) => name);
    return { held, waiting: wanted.map(([name]) => name).filter((name) => !held.includes(name)) };
  }

  #queue(name: string): LockHolder[] {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = [];
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
