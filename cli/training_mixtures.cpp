#include "cli/training_mixtures.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {

struct Mixture {
  std::string_view name;
  std::string_view model;  // of configs/models
  std::int32_t layers;
};
constexpr std::array mixtures{Mixture{"Mixtral-8x22B", "mixtral-8x22b", 56},
                              Mixture{"Qwen2-57B-A14B", "qwen2-57b-a14b", 28},
                              Mixture{"Mixtral-8x22B-G8T8", "mixtral-8x22b-g8t8", 56},
                              Mixture{"Llama3-8x70B", "llama-3-8x70b", 80}};

/// A row of table 3: the mappings that the others take over. Before folding, experts are split over
/// the ranks of TP as all else is.
struct Mapping {
  std::string_view model;
  std::string_view method;
  std::int32_t tensor;
  std::int32_t expert;
  std::int32_t pipeline;
  std::int32_t expert_tensor;  // 0: that of TP
};
constexpr std::array mappings{
    Mapping{"Mixtral-8x22B", "FSDP", 8, 1, 1, 0},
    Mapping{"Mixtral-8x22B", "FSDP+EP", 2, 8, 1, 0},
    Mapping{"Mixtral-8x22B", "TP+EP+DP", 4, 8, 1, 0},
    Mapping{"Mixtral-8x22B", "MCore", 2, 4, 8, 0},
    Mapping{"Mixtral-8x22B", "MCore+Folding", 2, 8, 8, 1},
    Mapping{"Qwen2-57B-A14B", "FSDP", 2, 1, 1, 0},
    Mapping{"Qwen2-57B-A14B", "FSDP+EP", 1, 8, 1, 0},
    Mapping{"Qwen2-57B-A14B", "TP+EP+DP", 4, 4, 1, 0},
    Mapping{"Qwen2-57B-A14B", "MCore", 2, 4, 4, 0},
    Mapping{"Qwen2-57B-A14B", "MCore+Folding", 2, 4, 4, 1},
    Mapping{"Mixtral-8x22B-G8T8", "FSDP", 8, 1, 1, 0},
    Mapping{"Mixtral-8x22B-G8T8", "FSDP+EP", 4, 8, 1, 0},
    Mapping{"Mixtral-8x22B-G8T8", "TP+EP+DP", 8, 8, 1, 0},
    Mapping{"Mixtral-8x22B-G8T8", "MCore", 2, 8, 8, 0},
    Mapping{"Mixtral-8x22B-G8T8", "MCore+Folding", 4, 8, 8, 1},
    Mapping{"Llama3-8x70B", "FSDP", 8, 1, 1, 0},
    Mapping{"Llama3-8x70B", "FSDP+EP", 8, 8, 1, 0},
    Mapping{"Llama3-8x70B", "TP+EP+DP", 8, 8, 1, 0},
    Mapping{"Llama3-8x70B", "MCore", 8, 4, 8, 0},
    Mapping{"Llama3-8x70B", "MCore+Folding", 8, 8, 16, 1},
};

}  // namespace

MeasuredStep from_mixtures(const CsvTable& table, std::size_t row) {
  const std::string& model = table.at(row, "model");
  const std::string& method = table.at(row, "method");
  MeasuredStep step{.table = fmt::format("MoE parallel folding, {}", table.at(row, "table"))};
  for (const std::string_view column :
       {"model", "method", "gpus", "seq", "gbs", "CP", "TP", "EP", "PP", "ETP", "note"}) {
    if (!table.at(row, column).empty()) {
      step.identity.emplace_back(column, table.at(row, column));
    }
  }
  const auto* const mixture = std::ranges::find(mixtures, model, &Mixture::name);
  const auto* const mapping = std::ranges::find_if(
      mappings, [&](const Mapping& each) { return each.model == model && each.method == method; });
  if (mixture == mixtures.end() || mapping == mappings.end()) {
    step.passed_over = "a model or a mapping that nobody described";
    return step;
  }
  if (table.at(row, "MFU_pct") == "OOM") {
    step.passed_over = "it did not fit: no time";
    return step;
  }
  const auto said_or = [&](std::string_view column, std::int32_t other) {
    return count_or(table, row, column, other);
  };
  step.reference = number_in(table, row, "MFU_pct");
  step.measure = Measure::model_percent;
  step.gpu = "h100-sxm-80gb";
  step.nic_gbps = 400;
  step.gpus = said_or("gpus", 0);
  step.layers = mixture->layers;
  step.model = mixture->model;
  step.sequence = said_or("seq", 0);
  step.global_batch = said_or("gbs", 0);
  step.tensor = said_or("TP", mapping->tensor);
  step.pipeline = said_or("PP", mapping->pipeline);
  const std::int32_t expert = said_or("EP", mapping->expert);
  const std::int32_t context = said_or("CP", 1);
  const std::int32_t expert_tensor =
      said_or("ETP", mapping->expert_tensor > 0 ? mapping->expert_tensor : step.tensor);
  step.data = step.gpus / (step.tensor * step.pipeline * context);
  const bool is_sharded = method.starts_with("FSDP");
  step.layout = fmt::format(
      ", context: {}, expert: {}, expert_tensor: {}, sequence_parallel: true, sharding: {}",
      context, expert, expert_tensor, is_sharded ? "weights" : "optimizer");
  step.chunks = possible_chunks(step.layers, step.pipeline);
  step.software = is_sharded && step.tensor > 1 ? "megatron-core-fsdp" : "megatron-core-moe";
  if (table.at(row, "note").starts_with("FP8")) {
    step.software = "{like: megatron-core-moe, precision: fp8}";
  }
  return step;
}

}  // namespace cli
