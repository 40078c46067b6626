// SPDX-License-Identifier: Apache-2.0
// The packet's path for the baseline. The pragma comes before every include, and
// nothing here may define a function with external linkage and a common name: the linker would be
// free to use it elsewhere.
#pragma GCC target("sse4.2,popcnt")
#define POLLUX_LEVEL level_v2
// The compiler's own macros do not follow the pragma.
#define POLLUX_SIMD 128
#include "pipeline.h"

namespace pollux {

extern const PathOps kPathOps_v2;
const PathOps kPathOps_v2 = {"x86-64-v2", POLLUX_LEVEL::received, POLLUX_LEVEL::recirculate,
                               POLLUX_LEVEL::narrowHash};

}  // namespace pollux
