// SPDX-License-Identifier: Apache-2.0
/**
 * Entry of a packet thread: a worker that lives in the native loop until its stop word is set.
 *
 * The control thread makes the packet thread and its shared memory before it starts this worker,
 * and destroys it after the worker has ended. Nothing of JavaScript runs here in between: the loop
 * does not return, so this worker answers no messages and cannot be terminated from outside.
 */
import { workerData } from "node:worker_threads";
import { loadNative } from "../native/index.js";

/** What the control thread says to a worker. */
export interface PmdWorkerData {
  /** Number of the packet thread. */
  readonly index: number;
  /** Core to run on; -1: any. */
  readonly core: number;
  /** Name of the operating system's thread, at most 15 characters. */
  readonly name: string;
}

const { index, core, name } = workerData as PmdWorkerData;
const error = loadNative().pmdRun(index, core, name);
if (error) throw new Error(error);
