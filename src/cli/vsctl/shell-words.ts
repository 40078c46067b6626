// SPDX-License-Identifier: Apache-2.0

/** `args` as one line that a shell would take apart again. */
export function escapeArguments(args: readonly string[]): string {
  return args
    .map((arg) => (/[\s\\'"]/.test(arg) ? `"${arg.replace(/[\\"]/g, "\\$&")}"` : arg))
    .join(" ");
}
