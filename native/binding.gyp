# SPDX-License-Identifier: Apache-2.0
{
  "target_defaults": {
    "include_dirs": [".", "<!(node -p \"require('path').dirname(require.resolve('node-addon-api/napi.h', { paths: ['..'] }))\")"],
    "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_DISABLE_CPP_EXCEPTIONS"],
    "cflags!": ["-fno-exceptions", "-O2"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20", "-O2"],
    "cflags": ["-fPIC", "<!@(pkg-config --cflags libdpdk | sed 's/-march=[^ ]*//; s/-mrtm//')"],
    "cflags_cc": ["-std=gnu++20", "-O3", "-g", "-march=x86-64-v2", "-fno-exceptions", "-fno-strict-aliasing", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-cast-function-type", "-Wno-unused-parameter", "-Wno-volatile", "-Wno-uninitialized", "-Wno-maybe-uninitialized"]
  },
  "targets": [
    {
      # The packet's path, shared by the addon and the test harness.
      "target_name": "datapath",
      "type": "static_library",
      "sources": ["<!@(node -p \"['packet','tables','meter','actions','path'].flatMap(d => require('fs').readdirSync(d).filter(f => f.endsWith('.cc')).map(f => d + '/' + f)).join(' ')\")"],
      "actions": [
        {
          "action_name": "shm_header",
          "inputs": ["<!@(node -p \"require('fs').readdirSync('../dist/pmd/shm').filter(f => f.endsWith('.js')).map(f => '../dist/pmd/shm/' + f).join(' ')\")"],
          "outputs": ["generated/shm.h"],
          "action": ["node", "../dist/pmd/shm/generate-header.js", "generated/shm.h"],
          "message": "generating generated/shm.h"
        }
      ],
      # Whatever depends on this target also includes the generated header.
      "hard_dependency": 1
    },
    {
      "target_name": "pollux",
      "dependencies": ["datapath"],
      "sources": ["<!@(node -p \"['addon.cc', ...['eal','io'].flatMap(d => require('fs').readdirSync(d).filter(f => f.endsWith('.cc')).map(f => d + '/' + f))].join(' ')\")"],
      "libraries": ["<!@(pkg-config --libs libdpdk)"]
    },
    {
      # For test/path and bench/path only: the path without devices.
      "target_name": "harness",
      "dependencies": ["datapath"],
      "sources": ["harness/harness.cc", "harness/steps.cc"],
      "libraries": ["<!@(pkg-config --libs libdpdk)"]
    }
  ]
}
