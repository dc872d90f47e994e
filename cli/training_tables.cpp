#include "cli/training_tables.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/training_figures.hpp"
#include "cli/training_literature.hpp"
#include "cli/training_mixtures.hpp"
#include "sim/quantity_text.hpp"

namespace cli {
namespace {

constexpr std::int64_t count_most = 1'000'000;

/// "part_layers: [7, 8, 8, 7]" where parts cannot all have as many layers: the first and the last
/// one, which have the embedding and the output layer, have one less, then those at the end.
std::string part_layers(std::int32_t layers, std::int32_t parts) {
  if (layers % parts == 0) {
    return {};
  }
  const std::int32_t most = (layers / parts) + 1;
  std::vector<std::int32_t> all(static_cast<std::size_t>(parts), most);
  std::int32_t missing = (most * parts) - layers;
  if (missing > 1) {
    --all.front();
    --missing;
  }
  for (auto each = all.rbegin(); missing > 0; ++each, --missing) {
    --*each;
  }
  return fmt::format(", part_layers: [{}]", fmt::join(all, ", "));
}

/// GB/s of a GPU in one direction: 25 for each of 6, 12, 8 and 18 links, 50 for each of 18.
std::int32_t nvlink_rate(std::string_view gpu) {
  constexpr std::array<std::pair<std::string_view, std::int32_t>, 4> others{
      {{"v100", 150}, {"a100", 300}, {"h800", 200}, {"b200", 900}}};
  for (const auto& [name, rate] : others) {
    if (gpu.starts_with(name)) {
      return rate;
    }
  }
  constexpr std::int32_t hopper = 450;
  return hopper;
}

/// The iteration times that came with vTrain (J. Bang et al., "vTrain", MICRO 2024): GPT on
/// A100-80GB, eight a server, 800 Gb/s a server, Megatron-DeepSpeed, 1F1B, full recomputation.
MeasuredStep iteration_time(const CsvTable& table, std::size_t row) {
  const auto integer = [&](std::string_view column) {
    return static_cast<std::int32_t>(table.integer(row, column, 1, count_most));
  };
  MeasuredStep step{.table = "GPT on 64-512 A100, Megatron-DeepSpeed"};
  for (const std::string_view column :
       {"Parameters (billion)", "# GPUs", "global batch", "micro batch", "tensor parallelism",
        "data parallelism", "pipeline parallelism"}) {
    step.identity.emplace_back(column, table.at(row, column));
  }
  step.measure = Measure::milliseconds;
  step.reference = number_in(table, row, "iteration time (ms)");
  step.nic_gbps = 100;
  step.gpus = integer("# GPUs");
  step.layers = integer("# layers");
  step.sequence = integer("sequence length");
  const std::int32_t hidden = integer("hidden size");
  step.model = gpt_model({.layers = step.layers,
                          .hidden = hidden,
                          .heads = integer("attention heads"),
                          .sequence = step.sequence});
  step.software = "megatron-deepspeed";
  step.tensor = integer("tensor parallelism");
  step.data = integer("data parallelism");
  step.pipeline = integer("pipeline parallelism");
  step.global_batch = integer("global batch");
  step.micro_batches = {integer("micro batch")};
  constexpr std::int32_t odd_hidden = 3072;
  constexpr std::int32_t odd_batch = 64;
  if (hidden == odd_hidden && step.tensor == 8 && step.micro_batches.front() == odd_batch) {
    step.passed_over = "its time is unexplained by those who published it";
  }
  return step;
}

}  // namespace

std::vector<MeasuredStep::Choice> MeasuredStep::choices() const {
  std::vector<Choice> out;
  for (const std::int32_t micro_batch : micro_batches) {
    if (global_batch % (std::int64_t{data} * micro_batch) != 0) {
      continue;
    }
    for (const std::int32_t each : chunks) {
      if (each == 1 || global_batch / (data * micro_batch) % pipeline == 0) {
        out.push_back({micro_batch, each});
      }
    }
  }
  return out;
}

std::string MeasuredStep::scenario(Choice choice) const {
  constexpr std::int32_t per_server = 8;
  const std::int32_t servers = (gpus + per_server - 1) / per_server;
  return fmt::format(
      "model: {}\nsequence: {}\ngpu: {}\ngpus: {}\n"
      "topology: \"gpu-cluster:{}x{},nvlink={}GB/s,500ns,nic={}Gbps,500ns\"\n"
      "layout: {{tensor: {}, pipeline: {}, chunks: {}, micro_batch: {}, global_batch: {}{}{}}}\n"
      "software: {}\n",
      model, sequence, gpu, gpus, servers, std::min(per_server, gpus), nvlink_rate(gpu), nic_gbps,
      tensor, pipeline, choice.chunks, choice.micro_batch, global_batch,
      part_layers(layers, pipeline * choice.chunks), layout, software);
}

std::vector<std::int32_t> possible_chunks(std::int32_t layers, std::int32_t pipeline) {
  std::vector<std::int32_t> out{1};
  const std::int32_t per_stage = (layers + pipeline - 1) / pipeline;
  for (std::int32_t chunks = 2; pipeline > 1 && chunks <= per_stage; ++chunks) {
    const bool is_fine = per_stage / chunks >= 2 || (per_stage % 2 == 1 && chunks == per_stage);
    if (per_stage % chunks == 0 && is_fine) {
      out.push_back(chunks);
    }
  }
  return out;
}

std::string gpt_model(const GptShape& shape) {
  return fmt::format(
      "{{style: gpt, layers: {}, hidden: {}, heads: {}, vocabulary: {}, "
      "sequence: {}{}}}",
      shape.layers, shape.hidden, shape.heads, shape.vocabulary, shape.sequence, shape.more);
}

double number_in(const CsvTable& table, std::size_t row, std::string_view column) {
  const std::string& text = table.at(row, column);
  constexpr double most = 1e12;
  const double value = sim::parse_number(text).value.value_or(-1);
  if (value <= 0 || value > most) {
    table.fail(row, column, fmt::format("expected a number above 0, got '{}'", text));
  }
  return value;
}

bool is_training_table(const CsvTable& table) {
  return table.has("tensor parallelism") || table.has("schedule_features") || table.has("figure") ||
         (table.has("MFU_pct") && table.has("ETP"));
}

std::int32_t count_or(const CsvTable& table, std::size_t row, std::string_view column,
                      std::int32_t other) {
  if (!table.has(column) || table.at(row, column).empty()) {
    return other;
  }
  return static_cast<std::int32_t>(table.integer(row, column, 1, count_most));
}

MeasuredStep measured_step(const CsvTable& table, std::size_t row) {
  if (table.has("tensor parallelism")) {
    return iteration_time(table, row);
  }
  if (table.has("schedule_features")) {
    return from_literature(table, row);
  }
  return table.has("figure") ? from_figure(table, row) : from_mixtures(table, row);
}

}  // namespace cli
