#pragma once
// Eight bfloat16 numbers in 16 bytes, the widest access there is, and as floats to reckon with.

#include <cuda_bf16.h>

namespace probe {

struct Eight {
  float at[8];
};

__device__ inline Eight unpack(const uint4& vector) {
  const unsigned words[4] = {vector.x, vector.y, vector.z, vector.w};
  Eight result;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    // A bfloat16 is the upper half of a float.
    result.at[2 * i] = __uint_as_float(words[i] << 16U);
    result.at[(2 * i) + 1] = __uint_as_float(words[i] & 0xFFFF0000U);
  }
  return result;
}

__device__ inline unsigned pack_two(float low, float high) {
  const __nv_bfloat162 two = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const unsigned*>(&two);
}

__device__ inline uint4 pack(const Eight& eight) {
  return {pack_two(eight.at[0], eight.at[1]), pack_two(eight.at[2], eight.at[3]),
          pack_two(eight.at[4], eight.at[5]), pack_two(eight.at[6], eight.at[7])};
}

/// f of each.
template <class Function>
__device__ Eight each(Eight x, Function f) {
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    x.at[i] = f(x.at[i]);
  }
  return x;
}

}  // namespace probe
