#include "workloads/software.hpp"

#include <string_view>

namespace workloads {
namespace {

void read(const sim::ConfigNode& node, std::string_view key, bool& value) {
  if (const auto found = node.find(key)) {
    value = found->boolean();
  }
}

void read(const sim::ConfigNode& node, std::string_view key, std::int32_t& value,
          std::int64_t least = 1) {
  constexpr std::int64_t most = 64;
  if (const auto found = node.find(key)) {
    value = static_cast<std::int32_t>(found->integer(least, most));
  }
}

void read(const sim::ConfigNode& node, std::string_view key, sim::Duration& value) {
  if (const auto found = node.find(key)) {
    value = found->duration();
    constexpr sim::Duration most{1'000'000'000'000};
    if (value > most) {
      found->fail("expected at most a second for a launch");
    }
  }
}

template <class Enum, std::size_t n>
void read(const sim::ConfigNode& node, std::string_view key,
          const std::array<std::string_view, n>& names, Enum& value) {
  if (const auto found = node.find(key)) {
    value = static_cast<Enum>(found->choice(names, key));
  }
}

}  // namespace

double accumulation_bytes(const Software& software) {
  const double sum = 2.0 * software.gradient;
  if (software.fused_accumulation) {
    return sum - software.element;
  }
  const bool is_cast = !software.fused_gradient_cast && software.gradient != software.element;
  return software.element + sum + (is_cast ? 2.0 * software.gradient : 0);
}

double update_bytes(const Software& software) {
  constexpr double single = 4;
  const double gradient = software.gradient;
  const double converted = gradient < single ? gradient + single : 0;
  const double unscaled = software.precision == Precision::float16 ? 2 * single : 0;
  const double norm = single;
  const double clipped = 2 * single;
  const double adam = single + (2.0 * software.optimizer);
  const double weight = single + software.element;
  return converted + unscaled + norm + clipped + adam + weight + gradient;
}

Software read_software(const sim::ConfigNode& node, const Software& base) {
  node.expect_keys({"like",
                    "description",
                    "recompute",
                    "precision",
                    "fused_attention",
                    "fused_elementwise",
                    "fused_norm",
                    "fused_cross_entropy",
                    "fused_permutation",
                    "fused_accumulation",
                    "fused_gradient_cast",
                    "dropout",
                    "overlap_tensor",
                    "overlap_data",
                    "overlap_pipeline",
                    "split_messages",
                    "synchronises",
                    "gradient_bytes",
                    "optimizer_bytes",
                    "memory_rate",
                    "communication_blocks",
                    "launch",
                    "collective_launch"});
  Software out = base;
  read(node, "recompute", recompute_names, out.recompute);
  read(node, "precision", precision_names, out.precision);
  read(node, "fused_attention", out.fused_attention);
  read(node, "fused_elementwise", out.fused_elementwise);
  read(node, "fused_norm", out.fused_norm);
  read(node, "fused_cross_entropy", out.fused_cross_entropy);
  read(node, "fused_permutation", out.fused_permutation);
  read(node, "fused_accumulation", out.fused_accumulation);
  read(node, "fused_gradient_cast", out.fused_gradient_cast);
  read(node, "dropout", out.dropout);
  read(node, "overlap_tensor", tensor_overlap_names, out.overlap_tensor);
  read(node, "overlap_data", out.overlap_data);
  read(node, "overlap_pipeline", out.overlap_pipeline);
  read(node, "split_messages", out.split_messages);
  read(node, "synchronises", out.synchronises);
  read(node, "gradient_bytes", out.gradient);
  read(node, "optimizer_bytes", out.optimizer);
  if (const auto found = node.find("memory_rate")) {
    constexpr double least = 0.01;
    out.memory_rate = found->number(least, 1);
  }
  read(node, "communication_blocks", out.communication_blocks, 0);
  read(node, "launch", out.launch);
  read(node, "collective_launch", out.collective_launch);
  return out;
}

}  // namespace workloads
