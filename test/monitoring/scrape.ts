// SPDX-License-Identifier: Apache-2.0
/** A scraper: HTTP and the text format of Prometheus, strictly. */
import { type IncomingHttpHeaders, request } from "node:http";

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function httpGet(
  where: { readonly socketPath: string } | { readonly host: string; readonly port: number },
  path = "/metrics",
  method = "GET",
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, path, method }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.on("error", reject).end();
  });
}

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  readonly types: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
}

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g;

/** Throws for what Prometheus would refuse: lines that are none, the same series twice, samples of
 * a metric that was not announced or not in one block. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>();
  const series: Series[] = [];
  const seen = new Set<string>();
  let block = "";
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type) {
      block = type[1]!;
      if (types.has(block)) throw new Error(`${block} is announced twice`);
      types.set(block, type[2]!);
    }
    if (line === "" || line.startsWith("#")) continue;
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`not a sample: ${line}`);
    const [, name = "", inner = "", value] = sample;
    if (name.replace(/_(bucket|sum|count)$/, "") !== block && name !== block) {
      throw new Error(`${name} is in the block of ${block}`);
    }
    if (inner.replace(LABEL, "") !== "") throw new Error(`labels: ${line}`);
    const id = `${name}{${inner}}`;
    if (seen.has(id)) throw new Error(`twice: ${id}`);
    seen.add(id);
    const number = Number(value!.replace("Inf", "Infinity"));
    // In any case, as in the parser of Prometheus.
    if (Number.isNaN(number) && !/^nan$/i.test(value!)) throw new Error(`not a number: ${line}`);
    const labels = Object.fromEntries([...inner.matchAll(LABEL)].map((m) => [m[1]!, m[2]!]));
    series.push({ name, labels, value: number });
  }
  return { types, series };
}
