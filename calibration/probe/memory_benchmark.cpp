// Kernels bound by memory: softmax, norms, activations, embedding, Adam, local sums.

#include <algorithm>
#include <utility>

#include "calibration/probe/benchmarks.hpp"
#include "calibration/probe/check.hpp"
#include "calibration/probe/kernels.hpp"
#include "calibration/probe/memory_kernels.hpp"

namespace probe {

namespace {

MemoryCall call_of(const Point& point) {
  const calibration::Shape& shape = point.key.shape;
  const auto find = [&](std::string_view name, std::int64_t otherwise) {
    const auto found = std::ranges::find(shape, name, &calibration::Shape::value_type::first);
    return found == shape.end() ? otherwise : static_cast<std::int64_t>(found->second);
  };
  const std::int64_t columns = find("columns", 0);
  return {.rows = columns > 0 ? find("rows", 1) : 1,
          .columns = columns > 0 ? columns : find("elements", 0),
          .inputs = static_cast<int>(find("inputs", 1)),
          .blocks = static_cast<int>(find("ctas", 0))};
}

class MemoryBenchmark : public Benchmark {
 public:
  MemoryBenchmark(const Gpu& gpu, const Group& group) : gpu_{&gpu} {
    // Beside the largest point, room for sets that fill the L2 cache many times over.
    std::size_t in = std::size_t{1} << 30;
    std::size_t out = in;
    for (const Point& point : group.points) {
      const MemoryBytes bytes = memory_bytes(memory_op(point.key.op), call_of(point));
      in = std::max(in, bytes.in);
      out = std::max(out, bytes.out);
    }
    in_ = DeviceBuffer{aligned(in)};
    out_ = DeviceBuffer{aligned(out)};
    constexpr std::uint32_t seed = 2;
    launch_fill(Format::bfloat16, in_.data(), in_.size(), seed, gpu.stream());
    check(cudaStreamSynchronize(gpu.stream()));
  }

  std::unique_ptr<Subject> prepare(const Point& point) override {
    const MemoryOp op = memory_op(point.key.op);
    MemoryCall call = call_of(point);
    call.processors = gpu_->facts().processors;
    constexpr std::int64_t vocabulary = 32000;
    constexpr std::int64_t element_bytes = 2;
    call.table = in_.data();
    call.table_rows = std::min(
        vocabulary, static_cast<std::int64_t>(in_.size()) / (element_bytes * call.columns));
    const MemoryBytes bytes = memory_bytes(op, call);
    const std::size_t in_bytes = aligned(bytes.in);
    const std::size_t out_bytes = aligned(bytes.out);
    const bool is_warm = point.key.variant == "warm";
    const std::size_t sets =
        is_warm ? 1 : std::min(sets_in(in_, in_bytes), sets_in(out_, out_bytes));
    return make_subject(
        *gpu_, {.launch =
                    [this, call, op, in_bytes, out_bytes](cudaStream_t stream, std::size_t set) {
                      MemoryCall each = call;
                      each.in = in_.data() + (set * in_bytes);
                      each.out = out_.data() + (set * out_bytes);
                      each.seed = static_cast<std::uint32_t>(set);
                      launch_memory(op, each, stream);
                    },
                .sets = sets,
                .cache = is_warm ? calibration::Cache::warm : calibration::Cache::cold});
  }

 private:
  const Gpu* gpu_;
  DeviceBuffer in_;
  DeviceBuffer out_;
};

}  // namespace

std::unique_ptr<Benchmark> make_memory_benchmark(const Gpu& gpu, const Group& group) {
  return std::make_unique<MemoryBenchmark>(gpu, group);
}

}  // namespace probe
