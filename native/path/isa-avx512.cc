// SPDX-License-Identifier: Apache-2.0
// The packet's path for AVX-512 with VBMI. The pragma comes before every include, and
// nothing here may define a function with external linkage and a common name: the linker would be
// free to use it elsewhere.
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,vaes,aes,avx2")
#pragma GCC target("bmi,bmi2,lzcnt,movbe,fma,popcnt,sse4.2")
#define POLLUX_LEVEL level_avx512
// The compiler's own macros do not follow the pragma.
#define POLLUX_SIMD 512
#include "pipeline.h"

namespace pollux {

extern const PathOps kPathOps_avx512;
const PathOps kPathOps_avx512 = {"avx512", POLLUX_LEVEL::received, POLLUX_LEVEL::recirculate,
                               POLLUX_LEVEL::narrowHash};

}  // namespace pollux
