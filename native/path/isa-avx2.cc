// SPDX-License-Identifier: Apache-2.0
// The packet's path for AVX2. The pragma comes before every include, and
// nothing here may define a function with external linkage and a common name: the linker would be
// free to use it elsewhere.
#pragma GCC target("avx2,bmi,bmi2,lzcnt,movbe,fma,popcnt,sse4.2")
#define POLLUX_LEVEL level_avx2
// The compiler's own macros do not follow the pragma.
#define POLLUX_SIMD 256
#include "pipeline.h"

namespace pollux {

extern const PathOps kPathOps_avx2;
const PathOps kPathOps_avx2 = {"avx2", POLLUX_LEVEL::received, POLLUX_LEVEL::recirculate,
                               POLLUX_LEVEL::narrowHash};

}  // namespace pollux
