// SPDX-License-Identifier: Apache-2.0
import { ETH_TYPE_NONE } from "../../../pmd/shm/flow-key.js";
import { macAt } from "../mac-learning.js";
import { PORT_CONFIG } from "../ofproto-port.js";
import type { XPort } from "../ports.js";
import type { XlateContext } from "./context.js";
import { AT, ethType, mark } from "./headers.js";

const STP_ADDRESS = 0x0180c2000000;

/** Whether `port` takes packets in: NO_RECV, or NO_RECV_STP for a bridge PDU. */
export function mayReceive(ctx: XlateContext, port: XPort): boolean {
  const { NO_RECV, NO_RECV_STP } = PORT_CONFIG;
  const refused = port.of.config & (NO_RECV | NO_RECV_STP);
  if (refused === 0) return true;
  if (refused === (NO_RECV | NO_RECV_STP)) return false;
  mark(ctx.wc, AT.ethDst, 6);
  const { flow } = ctx;
  const isStp = macAt(flow.bytes, AT.ethDst) === STP_ADDRESS && ethType(flow) === ETH_TYPE_NONE;
  return refused !== (isStp ? NO_RECV_STP : NO_RECV);
}
