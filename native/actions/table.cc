// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

const ActionEntry kActionTable[kActionsMax] = {
    [0] = {nullptr, 0},
    [kActionOutput] = {actionOutput, 4},
    [kActionUserspace] = {actionUserspace, 4},
    [kActionRecirc] = {actionRecirc, 4},
    [kActionHash] = {actionHash, 8},
    [kActionTrunc] = {actionTrunc, 4},
    [kActionPushVlan] = {actionPushVlan, 4},
    [kActionPopVlan] = {actionPopVlan, 0},
    [kActionDrop] = {actionDrop, 4},
    [kActionMeter] = {actionMeter, 4},
    [10] = {nullptr, 0},
    [11] = {nullptr, 0},
    [12] = {nullptr, 0},
    [13] = {nullptr, 0},
    [14] = {nullptr, 0},
    [15] = {nullptr, 0},
    [kActionSetEth] = {actionSetEth, 24},
    [kActionSetIpv4] = {actionSetIpv4, 24},
    [kActionSetIpv6] = {actionSetIpv6, 80},
    [kActionSetTcp] = {actionSetTcp, 8},
    [kActionSetUdp] = {actionSetUdp, 8},
    [kActionSetSctp] = {actionSetSctp, 8},
    [kActionSetIcmp] = {actionSetIcmp, 8},
    [kActionSetIcmpv6] = {actionSetIcmpv6, 8},
    [kActionSetArp] = {actionSetArp, 48},
    [kActionSetNd] = {actionSetNd, 56},
    [kActionSetMark] = {actionSetMark, 8},
    [kActionSetPriority] = {actionSetPriority, 8},
};

}  // namespace pollux
