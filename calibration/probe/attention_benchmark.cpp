// Fused attention, forward.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "calibration/probe/attention_kernel.hpp"
#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/kernels.hpp"
#include "sim/error.hpp"

namespace probe {

namespace {

AttentionCall call_of(const calibration::Shape& shape) {
  const auto at = [&](const char* name) {
    return static_cast<int>(calibration::shape_number(shape, name));
  };
  return {.batch = at("batch"),
          .sequence = at("sequence"),
          .heads = at("heads"),
          .key_value_heads = at("key_value_heads"),
          .head_size = at("head_size"),
          .mask = at("causal") != 0 ? AttentionCall::Mask::causal : AttentionCall::Mask::none};
}

struct AttentionBytes {
  std::size_t query = 0;  // and of the result
  std::size_t key = 0;    // and of the values

  [[nodiscard]] std::size_t in() const { return query + (2 * key); }
};

AttentionBytes bytes_of(const AttentionCall& call) {
  constexpr std::size_t element_bytes = 2;
  const std::size_t head = element_bytes * static_cast<std::size_t>(call.batch) *
                           static_cast<std::size_t>(call.sequence) *
                           static_cast<std::size_t>(call.head_size);
  return {aligned(head * static_cast<std::size_t>(call.heads)),
          aligned(head * static_cast<std::size_t>(call.key_value_heads))};
}

class AttentionBenchmark : public Benchmark {
 public:
  AttentionBenchmark(const Gpu& gpu, const Group& group) : gpu_{&gpu} {
    std::size_t in = std::size_t{1} << 30;
    std::size_t out = in;
    for (const Point& point : group.points) {
      const AttentionBytes bytes = bytes_of(call_of(point.key.shape));
      in = std::max(in, bytes.in());
      out = std::max(out, bytes.query);
    }
    in_ = DeviceBuffer{aligned(in)};
    out_ = DeviceBuffer{aligned(out)};
    constexpr std::uint32_t seed = 3;
    launch_fill(Format::bfloat16, in_.data(), in_.size(), seed, gpu.stream());
    check(cudaStreamSynchronize(gpu.stream()));
    check_kernel();
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    const AttentionCall call = call_of(point.key.shape);
    const AttentionBytes bytes = bytes_of(call);
    const std::size_t sets = std::min(sets_in(in_, bytes.in()), sets_in(out_, bytes.query));
    return make_subject(*gpu_, {.launch =
                                    [this, call](cudaStream_t stream, std::size_t set) {
                                      launch_attention(placed(call, set), stream);
                                    },
                                .sets = sets});
  }

 private:
  [[nodiscard]] AttentionCall placed(AttentionCall call, std::size_t set) const {
    const AttentionBytes bytes = bytes_of(call);
    call.query = in_.data() + (set * bytes.in());
    call.key = call.query + bytes.query;
    call.value = call.key + bytes.key;
    call.result = out_.data() + (set * bytes.query);
    return call;
  }

  /// A kernel that is wrong is not worth timing: both head sizes, both masks, shared keys, and a
  /// sequence that fills its last tile only in part.
  void check_kernel() const {
    for (const int head_size : {64, 128}) {
      for (const auto mask : {AttentionCall::Mask::none, AttentionCall::Mask::causal}) {
        const AttentionCall call{.batch = 2,
                                 .sequence = 200,
                                 .heads = 4,
                                 .key_value_heads = 2,
                                 .head_size = head_size,
                                 .mask = mask};
        const std::vector<float> fused = result_of(launch_attention, call);
        const std::vector<float> plain = result_of(launch_attention_by_definition, call);
        // A bfloat16 has 8 bits: weights and results, of about 1, are off by 2^-9 each.
        constexpr float tolerance = 0.03F;
        for (std::size_t i = 0; i < fused.size(); ++i) {
          if (!(std::abs(fused[i] - plain[i]) <= tolerance * std::max(1.0F, std::abs(plain[i])))) {
            throw sim::Failure{fmt::format(
                "the fused attention kernel (head size {}, {}) is wrong on this GPU: element {} is "
                "{}, by definition {}",
                head_size, mask == AttentionCall::Mask::causal ? "causal" : "no mask", i, fused[i],
                plain[i])};
          }
        }
      }
    }
  }

  [[nodiscard]] std::vector<float> result_of(void (*launch)(const AttentionCall&, cudaStream_t),
                                             const AttentionCall& call) const {
    const AttentionCall here = placed(call, 0);
    const std::size_t bytes = bytes_of(call).query;
    // Poison: what a kernel does not write is a NaN, and found.
    check(cudaMemsetAsync(here.result, 0xFF, bytes, gpu_->stream()));
    launch(here, gpu_->stream());
    std::vector<std::uint16_t> raw(bytes / sizeof(std::uint16_t));
    check(cudaMemcpyAsync(raw.data(), here.result, bytes, cudaMemcpyDeviceToHost, gpu_->stream()));
    check(cudaStreamSynchronize(gpu_->stream()));
    std::vector<float> result;
    constexpr unsigned half_word = 16;
    for (const std::uint16_t bits : raw) {
      result.push_back(std::bit_cast<float>(std::uint32_t{bits} << half_word));
    }
    return result;
  }

  const Gpu* gpu_;
  DeviceBuffer in_;
  DeviceBuffer out_;
};

}  // namespace

std::unique_ptr<Benchmark> make_attention_benchmark(const Gpu& gpu, const Group& group) {
  return std::make_unique<AttentionBenchmark>(gpu, group);
}

}  // namespace probe
