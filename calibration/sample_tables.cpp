#include "calibration/sample_tables.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace calibration {
namespace {

/// The entry with this op, number format and variant, which is added if there is none.
SampledCurve& curve_of(std::vector<SampledCurve>& curves, const SampleKey& key) {
  const std::string variant = key.variant.empty() ? "default" : key.variant;
  const auto found = std::ranges::find_if(curves, [&](const SampledCurve& each) {
    return each.op == key.op && each.dtype == key.dtype && each.variant == variant;
  });
  if (found != curves.end()) {
    return *found;
  }
  return curves.emplace_back(SampledCurve{key.op, key.dtype, variant, {}});
}

/// Does this op move so many bytes, and is that all there is to its size?
bool is_curve(std::string_view op) {
  constexpr std::array<std::string_view, 14> ops{
      "softmax",      "layer_norm", "rms_norm",      "gelu",     "swiglu",
      "residual_add", "embedding",  "cross_entropy", "adam",     "copy",
      "copy_h2d",     "copy_d2h",   "copy_d2d",      "copy_peer"};
  return std::ranges::find(ops, op) != ops.end();
}

bool is_cost(std::string_view op) {
  constexpr std::array<std::string_view, 8> ops{
      "launch_latency", "launch_throughput", "graph_launch",      "graph_node",
      "event_record",   "event_query",       "event_synchronize", "stream_synchronize"};
  return std::ranges::find(ops, op) != ops.end();
}

std::vector<double> gemm_shape(const Shape& shape) {
  return {shape_number(shape, "m"), shape_number(shape, "n"), shape_number(shape, "k")};
}

}  // namespace

std::optional<Kernel> kernel_of(const SampleKey& key) {
  if (key.op == "gemm" && key.variant == "default") {
    return Kernel::gemm;
  }
  const auto causal = std::ranges::find(key.shape, "causal", &Shape::value_type::first);
  if (key.op == "attention" && (causal == key.shape.end() || causal->second == 1)) {
    return Kernel::attention;
  }
  const bool is_default = key.variant == "default" || key.variant.empty();
  if (key.op == "batched_gemm" && is_default) {
    return Kernel::batched_gemm;
  }
  if (key.op == "grouped_gemm" && is_default) {
    return Kernel::grouped_gemm;
  }
  return std::nullopt;
}

std::optional<Operation> operation_of(const SampleKey& key) {
  constexpr std::array<std::string_view, 7> names{"all_reduce",  "all_gather", "reduce_scatter",
                                                  "all_to_all",  "broadcast",  "reduce",
                                                  "send_receive"};
  const auto* const found = std::ranges::find(names, key.op);
  return found == names.end() || key.variant != "auto"
             ? std::nullopt
             : std::optional{static_cast<Operation>(found - names.begin())};
}

std::vector<SampledKernel> sampled_kernels(const SampleLog& log) {
  std::vector<SampledKernel> out;
  for (const Sample& sample : log.samples) {
    const std::optional<Kernel> kernel = kernel_of(sample.key);
    if (!kernel) {
      continue;
    }
    auto found = std::ranges::find_if(out, [&](const SampledKernel& each) {
      return each.kernel == *kernel && each.dtype == sample.key.dtype;
    });
    if (found == out.end()) {
      out.push_back({*kernel, sample.key.dtype, {}});
      found = out.end() - 1;
    }
    KernelSample& added = found->samples.emplace_back();
    added.seconds = sample.seconds.median;
    for (const std::string_view name : shape_names(*kernel)) {
      added.shape.push_back(shape_number(sample.key.shape, name));
    }
  }
  return out;
}

std::vector<SampledCurve> sampled_curves(const SampleLog& log) {
  std::vector<SampledCurve> out;
  for (const Sample& sample : log.samples) {
    if (is_curve(sample.key.op) && sample.bytes > 0) {
      curve_of(out, sample.key).samples.push_back({sample.bytes, sample.seconds.median});
    }
  }
  return out;
}

std::vector<ProfiledCost> sampled_costs(const SampleLog& log) {
  std::vector<ProfiledCost> out;
  for (const Sample& sample : log.samples) {
    if (is_cost(sample.key.op)) {
      out.push_back({.op = sample.key.op,
                     .seconds = sample.seconds.median,
                     .p5_s = sample.seconds.p5,
                     .p95_s = sample.seconds.p95,
                     .samples = sample.repetitions});
    }
  }
  return out;
}

std::vector<ContentionSample> sampled_contention(const SampleLog& log) {
  std::vector<ContentionSample> out;
  const auto is_gemm = [](const Sample& sample) { return sample.key.op == "contention_gemm"; };
  const auto blocks = [](const Sample& sample) { return shape_number(sample.key.shape, "ctas"); };
  for (const Sample& beside : log.samples) {
    if (!is_gemm(beside) || blocks(beside) == 0) {
      continue;
    }
    const auto alone = std::ranges::find_if(log.samples, [&](const Sample& each) {
      return is_gemm(each) && blocks(each) == 0 &&
             gemm_shape(each.key.shape) == gemm_shape(beside.key.shape);
    });
    if (alone != log.samples.end()) {
      out.push_back({.shape = gemm_shape(beside.key.shape),
                     .blocks = blocks(beside),
                     .seconds = beside.seconds.median,
                     .alone_s = alone->seconds.median});
    }
  }
  return out;
}

std::vector<SampledCollective> sampled_collectives(const SampleLog& log) {
  std::vector<SampledCollective> out;
  for (const Sample& sample : log.samples) {
    const std::optional<Operation> operation = operation_of(sample.key);
    if (!operation) {
      continue;
    }
    const double ranks = shape_number(sample.key.shape, "ranks");
    if (ranks >= 2) {
      out.push_back({.dtype = sample.key.dtype,
                     .sample = {.shape = {.operation = *operation,
                                          .number = {},
                                          .ranks = static_cast<std::int32_t>(ranks),
                                          .nodes = 1,
                                          .bytes = shape_number(sample.key.shape, "bytes")},
                                .seconds = sample.seconds.median}});
    }
  }
  return out;
}

MeasuredOn measured_on(const SampleHeader& header) {
  return {.gpu_uuid = header.gpu_uuid,
          .driver = header.driver,
          .cuda = header.cuda,
          .cublas = header.cublas,
          .nccl = header.nccl,
          .date = header.date,
          .command = header.command,
          .host = header.host};
}

}  // namespace calibration
